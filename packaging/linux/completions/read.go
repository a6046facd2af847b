package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A program, as its own help describes it.
type program struct {
	name     string
	flags    []option  // without a command
	commands []command // none: it has no commands
}

type command struct {
	name, help string
	words      []string // that stand after it
	flags      []option
}

type option struct {
	name, help string
	takes      kind
	choices    []string // of a value
}

type kind int

const (
	nothing kind = iota
	value
	file
	folder
)

// examine asks a program for its help.
func examine(path string) (program, error) {
	text, err := help(path, "--help")
	if err != nil {
		return program{}, err
	}
	p, err := read(filepath.Base(path), text)
	if err != nil {
		return p, err
	}
	for i := range p.commands {
		c := &p.commands[i]
		if c.flags != nil || c.name == "help" || c.name == "version" { // of these the list has said all
			continue
		}
		if text, err = help(path, c.name, "--help"); err != nil {
			return p, err
		}
		c.flags = readFlags(text)
	}
	return p, nil
}

func help(path string, args ...string) (string, error) {
	out, err := exec.Command(path, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%v: %w: %.200s", args, err, out)
	}
	return string(out), nil
}

var (
	listed   = regexp.MustCompile(`(?m)^  ([a-z]+) *(\S.*)?\n {12}(\S.*)$`)                    // parleyctl's: a command and what it does
	synopsis = regexp.MustCompile(`(?m)^  (\w+) ([a-z]+)(?: ([a-z]+))?\b(.*(?:\n {16}\S.*)*)`) // parleyd's: a line for each way to call it
	single   = regexp.MustCompile(`(?m)^  (--[a-z-]+)(?: ([A-Z]+))?  +(\S.*)$`)                // parley's: a flag and what it does
	mention  = regexp.MustCompile(`(--[a-z-]+)(?: ([A-Z][A-Z:.]*|[0-9]+h))?`)                  // a flag in a synopsis
	printed  = regexp.MustCompile(`(?m)^  -([a-z-]+)(?: (\w+))?\n    \t(.*)$`)                 // what package flag prints
	word     = regexp.MustCompile(`^[a-z]+$`)
	choice   = regexp.MustCompile(`: ((?:[a-z]+, )*[a-z]+ or [a-z]+)(?:$| \()`)
)

// read takes a program's list of commands, or of its flags where it has no commands.
func read(name, text string) (program, error) {
	p := program{name: name}
	if found := listed.FindAllStringSubmatch(text, -1); found != nil {
		for _, m := range found {
			p.commands = append(p.commands, command{name: m[1], words: wordsOf(m[2]), help: m[3]})
		}
		p.commands = append(p.commands, command{name: "help", help: "list the commands"})
		return p, nil
	}
	for _, m := range synopsis.FindAllStringSubmatch(text, -1) {
		if m[1] != name {
			continue
		}
		i := slices.IndexFunc(p.commands, func(c command) bool { return c.name == m[2] })
		if i < 0 {
			i, p.commands = len(p.commands), append(p.commands, command{name: m[2]})
		}
		c := &p.commands[i]
		if m[3] != "" {
			c.words = append(c.words, m[3])
		}
		for _, f := range mention.FindAllStringSubmatch(m[4], -1) {
			c.add(flagOf(f[1], f[2], ""))
		}
	}
	if p.commands != nil {
		p.commands = append(p.commands, command{name: "help"})
		return p, nil
	}
	for _, m := range single.FindAllStringSubmatch(text, -1) {
		p.flags = append(p.flags, flagOf(m[1], m[2], m[3]))
	}
	for _, m := range mention.FindAllStringSubmatch(text, -1) {
		if f := flagOf(m[1], m[2], ""); !slices.ContainsFunc(p.flags, func(o option) bool { return o.name == f.name }) {
			p.flags = append(p.flags, f)
		}
	}
	if p.flags == nil {
		return p, errors.New("its help names neither commands nor flags")
	}
	return p, nil
}

func (c *command) add(o option) {
	if !slices.ContainsFunc(c.flags, func(f option) bool { return f.name == o.name }) {
		c.flags = append(c.flags, o)
	}
}

// wordsOf takes what can stand after a command as it is: of "[on | off]" both, of "INVITE [list | add NAME]" list and add.
func wordsOf(args string) (words []string) {
	for part := range strings.FieldsFuncSeq(args, func(r rune) bool { return strings.ContainsRune("[]|", r) }) {
		if f := strings.Fields(part); len(f) > 0 && word.MatchString(f[0]) {
			words = append(words, f[0])
		}
	}
	return words
}

// flagOf is a flag of a synopsis, whose value's name says what it is.
func flagOf(name, placeholder, help string) option {
	o := option{name: strings.TrimPrefix(name, "--"), help: help}
	switch placeholder {
	case "":
	case "DIR":
		o.takes = folder
	case "FILE":
		o.takes = file
	default:
		o.takes = value
	}
	return o
}

// paths are the flags of parleyctl that take a file or a folder, which its help says in words only.
var paths = map[string]kind{
	"home": folder, "downloads": folder, "record-dir": folder, "record-video-dir": folder,
	"play": file, "record": file, "record-video": file, "stats": file, "counters": file,
}

// readFlags takes the flags that package flag has printed.
func readFlags(text string) (flags []option) {
	for _, m := range printed.FindAllStringSubmatch(text, -1) {
		o := option{name: m[1], help: m[3]}
		switch {
		case m[2] == "":
		case paths[o.name] != nothing:
			o.takes = paths[o.name]
		default:
			o.takes = value
		}
		if c := choice.FindStringSubmatch(o.help); c != nil && o.takes == value {
			o.choices = strings.Split(strings.ReplaceAll(c[1], " or ", ", "), ", ")
		}
		flags = append(flags, o)
	}
	return flags
}

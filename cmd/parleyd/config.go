package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A file of --config is small: what is longer is another file.
const (
	maxConfig = 64 << 10 // bytes
	maxValue  = 4 << 10
)

// configError is what is wrong with a configuration file. It is no way of calling the program: its usage would hide the line.
type configError struct{ error }

func (e configError) Unwrap() error { return e.error }

// setting is a line of a configuration file.
type setting struct {
	name, value string
	line        int
}

// configure sets the flags that the command line has not set from the file: what is typed wins over what is written, a flag that can
// be given several times as a whole.
func configure(f *flag.FlagSet, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return configError{fmt.Errorf("configuration: %w", err)}
	}
	defer file.Close()
	settings, err := readConfig(file)
	if err == nil {
		err = apply(f, settings)
	}
	if err != nil {
		return configError{fmt.Errorf("%s: %w", path, err)}
	}
	return nil
}

// readConfig reads lines of the form
//
//	flag = value
//
// The value goes to the end of the line, without the blanks around it; there are no quotes. Empty lines, and those that begin with #, say
// nothing.
func readConfig(r io.Reader) ([]setting, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxConfig+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxConfig:
		return nil, fmt.Errorf("it is longer than %d bytes", maxConfig)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // editors of Windows put it there
	var settings []setting
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxConfig+1)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(text, "=")
		s := setting{strings.TrimSpace(name), strings.TrimSpace(value), n}
		switch {
		case !utf8.ValidString(text) || strings.ContainsFunc(text, func(c rune) bool { return c != '\t' && unicode.IsControl(c) }):
			return nil, fmt.Errorf("line %d is not text", n)
		case !ok:
			return nil, fmt.Errorf("line %d: %.40q is not of the form flag = value", n, text)
		case s.value == "":
			return nil, fmt.Errorf("line %d: %.40q has no value", n, s.name)
		case len(s.value) > maxValue:
			return nil, fmt.Errorf("line %d: the value is longer than %d bytes", n, maxValue)
		}
		settings = append(settings, s)
	}
	return settings, lines.Err()
}

// apply sets flags that are not set yet.
func apply(f *flag.FlagSet, settings []setting) error {
	typed := map[string]bool{}
	f.Visit(func(x *flag.Flag) { typed[x.Name] = true })
	first := map[string]int{} // the line of a flag that has only one value
	for _, s := range settings {
		x := f.Lookup(s.name)
		if x == nil || s.name == configFlag {
			return fmt.Errorf("line %d: there is no flag %.40q", s.line, s.name)
		}
		if _, several := x.Value.(list); !several && first[s.name] > 0 {
			return fmt.Errorf("line %d: %s is in line %d already", s.line, s.name, first[s.name])
		}
		first[s.name] = s.line
		if typed[s.name] {
			continue
		}
		if err := f.Set(s.name, s.value); err != nil {
			if b, ok := x.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
				err = errors.New("it is true or false")
			}
			return fmt.Errorf("line %d: %s: %w", s.line, s.name, err)
		}
	}
	return nil
}

// list is a flag that can be given several times.
type list func(string) error

func (l list) Set(s string) error { return l(s) }
func (l list) String() string     { return "" }

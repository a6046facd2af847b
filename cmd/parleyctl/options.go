package main

import (
	"flag"
	"log/slog"
	"os"
	"slices"
	"strings"

	"parley/cmd/internal/setup"
	"parley/profile"
	"parley/wire"
)

// options are the flags that every command of a profile has.
type options struct {
	flags *flag.FlagSet
	check func() error // of flags that exclude each other or have a range; nil: none do
	home  string
	name  string
	debug bool
}

func newOptions(command string) *options {
	o := &options{flags: flag.NewFlagSet("parleyctl "+command, flag.ContinueOnError)}
	o.flags.StringVar(&o.home, "home", "", "profile folder (default: the user's own)")
	o.flags.StringVar(&o.name, "name", "", "display name (default: the profile's)")
	o.flags.BoolVar(&o.debug, "debug", false, "log to standard error")
	return o
}

// parse takes flags and other words in any order and returns the other words. A flag has two dashes: ids and secrets are
// random, and one in sixty-four begins with one.
func (o *options) parse(args []string) ([]string, error) {
	var flags, words []string
	for i := 0; i < len(args); i++ {
		name, isFlag := strings.CutPrefix(args[i], "--")
		switch {
		case args[i] == "-h":
			flags = append(flags, "--help")
		case !isFlag:
			words = append(words, args[i])
		case name == "":
			words, i = append(words, args[i+1:]...), len(args)
		default:
			flags = append(flags, args[i])
			if o.takesValue(name) && i+1 < len(args) {
				i++
				flags = append(flags, args[i])
			}
		}
	}
	if err := o.flags.Parse(flags); err != nil {
		return nil, &failure{exitUsage, "usage", err}
	}
	return words, nil
}

// takesValue says whether the word after a flag belongs to it.
func (o *options) takesValue(name string) bool {
	f := o.flags.Lookup(name)
	if f == nil {
		return false
	}
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return !ok || !b.IsBoolFlag()
}

func (o *options) log() *slog.Logger {
	if !o.debug {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// open opens the profile and settles the display name.
func (o *options) open() (*setup.Home, error) {
	home, notices, err := setup.OpenHome(o.home)
	for _, n := range notices {
		emit(map[string]any{"event": "profile", "text": n.String()})
		tell("%v", n)
	}
	if err != nil {
		return nil, &failure{exitRefused, "home", err}
	}
	if o.name != "" {
		clean := profile.CleanName(o.name)
		if clean == "" {
			_ = home.Close()
			return nil, usageError("--name holds nothing that can be shown")
		}
		o.name = clean
		if err := home.Profile.Update(func(s *profile.Settings) { s.Name = clean }); err != nil {
			_ = home.Close()
			return nil, &failure{exitRefused, "home", err}
		}
		return home, nil
	}
	if o.name = home.Profile.Settings().Name; o.name == "" {
		o.name = setup.DefaultName()
	}
	return home, nil
}

// begin is what every visit to a server starts with: flags, profile, and the link among the words.
func (o *options) begin(args []string) (home *setup.Home, link string, rest []string, err error) {
	words, err := o.parse(args)
	if err != nil {
		return nil, "", nil, err
	}
	if o.check != nil {
		if err := o.check(); err != nil {
			return nil, "", nil, err
		}
	}
	if home, err = o.open(); err != nil {
		return nil, "", nil, err
	}
	if link, rest, err = server(home, words); err != nil {
		_ = home.Close()
		return nil, "", nil, err
	}
	return home, link, rest, nil
}

// server picks the link out of the words, the first wherever it stands; without one it is the server used last.
func server(home *setup.Home, words []string) (link string, rest []string, err error) {
	for i, word := range words {
		if _, err := wire.ParseLink(word); err == nil {
			return word, slices.Delete(slices.Clone(words), i, i+1), nil
		} else if i == 0 && looksLikeLink(word) {
			return "", nil, &failure{exitUsage, "bad_link", err}
		}
	}
	list := home.Profile.Servers()
	if len(list) == 0 {
		return "", nil, usageError("which server? Give an invite or a server's address")
	}
	l, err := setup.LinkOf(list[0])
	if err != nil {
		return "", nil, &failure{exitRefused, "home", err}
	}
	return l.String(), words, nil
}

func looksLikeLink(s string) bool {
	for _, c := range s {
		if c == ':' || c == '/' {
			return true
		}
	}
	return false
}

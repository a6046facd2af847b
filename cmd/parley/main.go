// Command parley is the desktop app. It puts together what a person's machine keeps and has, and hands it to the window.
//
// Exit codes: 0 done, or handed to the Parley that runs already; 1 failed; 2 used wrongly; 3 there is no display; update.Elsewhere is
// what a new version on trial tells the one before.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"parley/cmd/internal/calm"
	"parley/cmd/internal/restart"
	"parley/wire"
)

const (
	exitDone      = 0
	exitFailed    = 1
	exitUsage     = 2
	exitNoDisplay = 3
)

// maxLink is longer than any invite: what is longer was pasted by mistake.
const maxLink = 4096

const usage = `parley is the Parley desktop app.

  parley [--profile DIR] [--host] [--log FILE] [LINK]
  parley --version

LINK is an invite, parley://...  The window asks before it joins.

  --profile DIR  the folder that keeps your key, settings and servers (default: your own)
  --host         host a server in this process, as "Host here" does
  --log FILE     append what happens to FILE: no names, addresses or secrets
`

func main() {
	calm.Runtime()
	out, people, end := words()
	code, again, file := run(os.Args[1:], out, people)
	if again {
		if err := restart.Process(file); err != nil {
			fmt.Fprintf(people, "parley: start again: %v\n", err)
			code = exitFailed
		}
	}
	end(code)
	os.Exit(code)
}

// run is the program; again: it shall be started anew, from that file, or its own if that is empty.
func run(args []string, out, people io.Writer) (code int, again bool, file string) {
	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		return exitDone, false, ""
	case err != nil:
		fmt.Fprintf(people, "parley: %v\n\n%s", err, usage)
		return exitUsage, false, ""
	case o.version:
		fmt.Fprintln(out, "parley "+wire.Release)
		return exitDone, false, ""
	}
	p := &program{options: o, people: people}
	code, err = p.run()
	if err != nil {
		fmt.Fprintf(people, "parley: %v\n", err)
	}
	return code, p.again, p.file
}

// options are what the command line says.
type options struct {
	profile, logFile, link string
	host, version          bool
}

// parse takes flags and the link in any order. Behind "--" there are no flags: Windows puts a link that somebody else has made into a
// command line, where one with a quotation mark in it becomes several words.
func parse(args []string) (o options, err error) {
	var links []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, links = args[:i], args[i+1:]
	}
	f := flag.NewFlagSet("parley", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	f.StringVar(&o.profile, "profile", "", "")
	f.StringVar(&o.logFile, "log", "", "")
	f.BoolVar(&o.host, "host", false, "")
	f.BoolVar(&o.version, "version", false, "")
	for {
		if err := f.Parse(args); err != nil {
			return o, err
		}
		if f.NArg() == 0 {
			break
		}
		links, args = append(links, f.Arg(0)), f.Args()[1:]
	}
	switch {
	case len(links) == 0:
		return o, nil
	case len(links) > 1:
		return o, fmt.Errorf("one link at a time: what is %.80q?", links[1])
	case len(links[0]) > maxLink:
		return o, errors.New("the link is too long to be an invite")
	}
	o.link = strings.TrimSpace(links[0])
	return o, nil
}

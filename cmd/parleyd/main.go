// Command parleyd is the Parley server. It needs a folder and a port, and nothing else.
//
// Standard output is for programs: serve prints one line when it is ready, the others JSON, an object on a line. People
// read standard error. Exit codes: 0 done, 1 failed, 2 used or configured wrongly.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

const usage = `parleyd is a Parley server.

  parleyd serve --listen HOST:PORT --data DIR [--name NAME] [--public-host HOST[:PORT]] [--relay-listen HOST:PORT]
                [--relay-rate KBIT] [--relay-allow PREFIX]... [--turn FILE]...
                [--domain NAME [--acme-directory URL] [--acme-ca FILE] [--acme-email ADDRESS]] [--map-ports] [--config FILE]
  parleyd status --data DIR         certificate and router of the running server
  parleyd doctor --data DIR [--listen HOST:PORT] [--relay-listen HOST:PORT] [--config FILE] [--json]
                                    what stands in the way: ports, certificate, address, router, clock, relay, disk, files
  parleyd invite --data DIR [--uses N] [--expires 24h]
  parleyd channels list --data DIR
  parleyd channels add NAME --data DIR
  parleyd channels remove NAME --data DIR
  parleyd users --data DIR
  parleyd claim --data DIR          a new owner's claim, if the last one was lost
  parleyd version

--domain has a certificate issued (ACME; port 443 of NAME must lead here) and agrees to the authority's terms. --map-ports asks
the router to pass the server's ports on, by NAT-PMP or UPnP. --config reads flags that are not given here from a file: a line each,
"flag = value", and # begins a comment. doctor fails (1) where a step does. All but serve, status and version work whether the server is
running or not.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// errUsage is any way of calling the program that it does not have.
var errUsage = errors.New("wrong usage")

func run(ctx context.Context, args []string, out, people io.Writer) int {
	err := dispatch(ctx, args, out, people)
	var wrong configError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return exitDone
	case errors.Is(err, errUsage):
		fmt.Fprintf(people, "parleyd: %v\n\n%s", err, usage)
		return exitUsage
	}
	fmt.Fprintf(people, "parleyd: %v\n", err)
	if errors.As(err, &wrong) {
		return exitUsage
	}
	return exitFailed
}

func dispatch(ctx context.Context, args []string, out, people io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: no command given", errUsage)
	}
	name, args := args[0], args[1:]
	commands := map[string]func(context.Context, []string, io.Writer, io.Writer) error{
		"serve": serve, "invite": invite, "channels": channels, "users": users, "claim": claim, "status": status, "doctor": doctor, "version": version,
	}
	switch name {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(people, usage)
		return nil
	}
	command, ok := commands[name]
	if !ok {
		return fmt.Errorf("%w: there is no command %q", errUsage, name)
	}
	return command(ctx, args, out, people)
}

// parse reads flags wherever they stand, and returns the other arguments, which must be as many as names.
func parse(f *flag.FlagSet, args []string, people io.Writer, names ...string) ([]string, error) {
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	var rest []string
	for {
		if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(people, usage)
			return nil, err
		} else if err != nil {
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}
		if f.NArg() == 0 {
			break
		}
		rest, args = append(rest, f.Arg(0)), f.Args()[1:]
	}
	switch {
	case len(rest) > len(names):
		return nil, fmt.Errorf("%w: what is %q?", errUsage, rest[len(names)])
	case len(rest) < len(names):
		return nil, fmt.Errorf("%w: %s is missing", errUsage, names[len(rest)])
	}
	return rest, nil
}

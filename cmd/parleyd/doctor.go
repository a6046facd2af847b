package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"parley/probe"
	"parley/server"
)

// doctor looks for what stands in the way of a server, running or not.
func doctor(ctx context.Context, args []string, out, people io.Writer) error {
	f := flag.NewFlagSet("doctor", flag.ContinueOnError)
	dir, listen, relay := f.String("data", "", ""), f.String("listen", "", ""), f.String("relay-listen", "", "")
	file, quiet := f.String(configFlag, "", ""), f.Bool("json", false, "")
	if _, err := parse(f, args, people); err != nil {
		return err
	}
	if *file != "" {
		var c server.Config
		s := flag.NewFlagSet("serve", flag.ContinueOnError)
		serveFlags(s, &c)
		if err := configure(s, *file); err != nil {
			return err
		}
		*dir, *listen, *relay = cmp.Or(*dir, c.Dir), cmp.Or(*listen, c.Listen), cmp.Or(*relay, c.RelayListen)
	}
	if *dir == "" {
		return fmt.Errorf("%w: --data is missing", errUsage)
	}
	found, err := server.Doctor(ctx, *dir, *listen, *relay)
	if err != nil {
		return err
	}
	failed := 0
	for _, x := range found {
		if x.Result == probe.Fail {
			failed++
		}
		if !*quiet {
			fmt.Fprintf(people, "%-7s  %-11s  %s\n", x.Result, x.Step, x.Text)
		}
	}
	if err := lines(out, found); err != nil {
		return err
	}
	switch failed {
	case 0:
		return nil
	case 1:
		return errors.New("one step failed")
	}
	return fmt.Errorf("%d steps failed", failed)
}

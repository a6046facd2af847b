package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"

	"parley/server"
)

func serve(ctx context.Context, args []string, out, people io.Writer) error {
	var c server.Config
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	f.StringVar(&c.Listen, "listen", "", "")
	f.StringVar(&c.Dir, "data", "", "")
	f.StringVar(&c.Name, "name", "", "")
	f.StringVar(&c.PublicHost, "public-host", "", "")
	f.Func("relay-allow", "", func(s string) error {
		p, err := netip.ParsePrefix(s)
		c.RelayAllow = append(c.RelayAllow, p)
		return err
	})
	if _, err := parse(f, args, people); err != nil {
		return err
	}
	if c.Listen == "" || c.Dir == "" {
		return fmt.Errorf("%w: serve needs --listen and --data", errUsage)
	}
	c.Log = slog.New(slog.NewTextHandler(people, nil))
	srv, err := server.New(c)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, srv.Ready()); err != nil {
		_ = srv.Close()
		return fmt.Errorf("say that the server is ready: %w", err)
	}
	return srv.Serve(ctx)
}

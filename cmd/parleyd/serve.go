package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"time"

	"parley/server"
)

// routerPatience is how long the invite in the first line waits for the router's address.
const routerPatience = 10 * time.Second

// roots reads certificates in PEM.
func roots(path string) (*x509.CertPool, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, errors.New("it holds no certificate in PEM")
	}
	return pool, nil
}

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
	f.BoolVar(&c.MapPorts, "map-ports", false, "")
	f.StringVar(&c.Certs.Domain, "domain", "", "")
	f.StringVar(&c.Certs.Directory, "acme-directory", "", "")
	f.StringVar(&c.Certs.Email, "acme-email", "", "")
	f.Func("acme-ca", "", func(path string) (err error) {
		c.Certs.Roots, err = roots(path)
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
	if c.MapPorts {
		answered, cancel := context.WithTimeout(ctx, routerPatience)
		_ = srv.AwaitRouter(answered) // one that is slower changes the address later
		cancel()
		fmt.Fprintln(people, srv.Router().Text)
	}
	if _, err := fmt.Fprintln(out, srv.Ready()); err != nil {
		_ = srv.Close()
		return fmt.Errorf("say that the server is ready: %w", err)
	}
	return srv.Serve(ctx)
}

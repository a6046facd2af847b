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
	"strings"
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

// configFlag names the file that says what the command line does not.
const configFlag = "config"

// serveFlags are the flags of serve, each of which can stand in a configuration file.
func serveFlags(f *flag.FlagSet, c *server.Config) {
	f.StringVar(&c.Listen, "listen", "", "")
	f.StringVar(&c.Dir, "data", "", "")
	f.StringVar(&c.Name, "name", "", "")
	f.StringVar(&c.PublicHost, "public-host", "", "")
	f.StringVar(&c.RelayListen, "relay-listen", "", "")
	f.IntVar(&c.RelayRate, "relay-rate", 0, "")
	f.Var(list(func(s string) error {
		e, err := externalOf(s)
		c.External = append(c.External, e)
		return err
	}), "turn", "")
	f.Var(list(func(s string) error {
		p, err := netip.ParsePrefix(s)
		c.RelayAllow = append(c.RelayAllow, p)
		return err
	}), "relay-allow", "")
	f.BoolVar(&c.MapPorts, "map-ports", false, "")
	f.StringVar(&c.Certs.Domain, "domain", "", "")
	f.StringVar(&c.Certs.Directory, "acme-directory", "", "")
	f.StringVar(&c.Certs.Email, "acme-email", "", "")
	f.Func("acme-ca", "", func(path string) (err error) {
		c.Certs.Roots, err = roots(path)
		return err
	})
}

func serve(ctx context.Context, args []string, out, people io.Writer) error {
	var c server.Config
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	serveFlags(f, &c)
	file := f.String(configFlag, "", "")
	if _, err := parse(f, args, people); err != nil {
		return err
	}
	if *file != "" {
		if err := configure(f, *file); err != nil {
			return err
		}
	}
	if c.Listen == "" || c.Dir == "" {
		return fmt.Errorf("%w: serve needs --listen and --data", errUsage)
	}
	c.RelayRate *= 1000 / 8
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
	if err := notify(os.Getenv(notifySocket), "READY=1"); err != nil {
		c.Log.Warn("the service manager was not told that the server is ready", "err", err)
	}
	return srv.Serve(ctx)
}

// externalOf reads a file that describes a TURN server of somebody else's: its addresses and the secret that it shares with this
// server, a word on each line. In a flag everybody on the machine could read the secret.
func externalOf(file string) (server.External, error) {
	const enough = 16 << 10
	f, err := os.Open(file)
	if err != nil {
		return server.External{}, fmt.Errorf("an external TURN server: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, enough))
	if err != nil {
		return server.External{}, fmt.Errorf("an external TURN server: %w", err)
	}
	var e server.External
	for _, line := range strings.Fields(string(text)) {
		switch {
		case strings.HasPrefix(line, "turn:"), strings.HasPrefix(line, "turns:"), strings.HasPrefix(line, "stun:"):
			e.URLs = append(e.URLs, line)
		case e.Secret == "":
			e.Secret = line
		default:
			return e, fmt.Errorf("%s: one secret is enough, and an address begins with turn:, turns: or stun:", file)
		}
	}
	return e, nil
}

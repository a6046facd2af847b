package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"parley/server"
	"parley/wire"
)

// control parses a command's arguments and has it done.
func control(ctx context.Context, f *flag.FlagSet, c *server.Command, args []string, people io.Writer, names ...string) (server.Result, error) {
	dir := f.String("data", "", "")
	rest, err := parse(f, args, people, names...)
	if err != nil {
		return server.Result{}, err
	}
	if *dir == "" {
		return server.Result{}, fmt.Errorf("%w: --data is missing", errUsage)
	}
	if len(rest) > 0 {
		c.Channel = rest[0]
	}
	return server.Control(ctx, *dir, *c)
}

// lines prints each of a list as a JSON object on a line.
func lines[T any](out io.Writer, list []T) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for _, x := range list {
		if err := e.Encode(x); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	return nil
}

func invite(ctx context.Context, args []string, out, people io.Writer) error {
	c := server.Command{Do: server.DoInvite}
	f := flag.NewFlagSet("invite", flag.ContinueOnError)
	f.Func("uses", "", func(s string) (err error) {
		if c.Uses, err = strconv.Atoi(s); err == nil && c.Uses < 1 {
			err = fmt.Errorf("at least one use")
		}
		return err
	})
	f.Func("expires", "", func(s string) error {
		d, err := duration(s)
		c.ExpiresS = int64(d / time.Second)
		return err
	})
	r, err := control(ctx, f, &c, args, people)
	if err != nil {
		return err
	}
	var made []any
	for _, i := range r.Invites {
		made = append(made, struct {
			Invite  string `json:"invite"`
			Page    string `json:"page"` // the same for a browser
			ID      string `json:"id"`
			Uses    int    `json:"uses"`
			Expires int64  `json:"expires"` // Unix time, seconds
		}{i.URL, server.PageOf(i.URL), i.ID, i.Uses, i.Expires})
	}
	return lines(out, made)
}

// duration reads what time.ParseDuration reads, and days.
func duration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if n, ok := strings.CutSuffix(s, "d"); ok {
		var days uint64
		days, err = strconv.ParseUint(n, 10, 16)
		d = time.Duration(days) * 24 * time.Hour
	}
	if err == nil && d < time.Second {
		err = fmt.Errorf("at least a second")
	}
	return d, err
}

func channels(ctx context.Context, args []string, out, people io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: channels list, add or remove?", errUsage)
	}
	var c server.Command
	var names []string
	switch args[0] {
	case "list":
		c.Do = server.DoChannels
	case "add":
		c.Do, names = server.DoChannelAdd, []string{"the channel's name"}
	case "remove":
		c.Do, names = server.DoChannelRemove, []string{"the channel's name"}
	default:
		return fmt.Errorf("%w: there is no channels %q", errUsage, args[0])
	}
	r, err := control(ctx, flag.NewFlagSet("channels", flag.ContinueOnError), &c, args[1:], people, names...)
	if err != nil {
		return err
	}
	return lines(out, r.Channels)
}

func users(ctx context.Context, args []string, out, people io.Writer) error {
	c := server.Command{Do: server.DoUsers}
	r, err := control(ctx, flag.NewFlagSet("users", flag.ContinueOnError), &c, args, people)
	if err != nil {
		return err
	}
	return lines(out, r.Users)
}

func claim(ctx context.Context, args []string, out, people io.Writer) error {
	c := server.Command{Do: server.DoClaim}
	r, err := control(ctx, flag.NewFlagSet("claim", flag.ContinueOnError), &c, args, people)
	if err != nil {
		return err
	}
	return lines(out, []map[string]string{{"owner_claim": r.Claim}})
}

func status(ctx context.Context, args []string, out, people io.Writer) error {
	c := server.Command{Do: server.DoStatus}
	r, err := control(ctx, flag.NewFlagSet("status", flag.ContinueOnError), &c, args, people)
	if err != nil {
		return err
	}
	return lines(out, []*server.Status{r.Status})
}

func version(_ context.Context, args []string, out, people io.Writer) error {
	if _, err := parse(flag.NewFlagSet("version", flag.ContinueOnError), args, people); err != nil {
		return err
	}
	return lines(out, []map[string]string{{"version": wire.Release}})
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"parley/call"
	"parley/cmd/internal/crash"
	"parley/cmd/internal/host"
	"parley/cmd/internal/idle"
	"parley/cmd/internal/instance"
	"parley/cmd/internal/keys"
	"parley/cmd/internal/screen"
	"parley/cmd/internal/setup"
	"parley/profile"
	"parley/update"
)

// handOver is how long a second start tries to reach the first.
const handOver = 5 * time.Second

// program is one start of parley.
type program struct {
	options
	people io.Writer
	log    *slog.Logger
	dir    string // of the profile

	home    *setup.Home
	notices []profile.Notice
	engine  *call.Engine
	keys    *keys.Keys
	hosting *host.Host
	idle    *idle.Watcher
	opened  chan string // links, and nothing, that later starts hand over

	newness newness

	closers []func() error // of what is open, in the order in which it was opened
	again   bool           // start anew at the end
	file    string         // this one; empty: this program's own
}

// run opens everything, shows the window until it is closed for good, and closes everything, the last first: the engine
// before the server in this process, so that it leaves with a word, and the profile's lock at the end, so that whoever waits
// for it finds all in order.
func (p *program) run() (code int, err error) {
	defer func() {
		for i := len(p.closers) - 1; i >= 0; i-- {
			err = errors.Join(err, p.closers[i]())
		}
		if err != nil && code == exitDone {
			code = exitFailed
		}
	}()
	if err := p.findDir(); err != nil {
		return exitFailed, err
	}
	if p.again = p.lookAtUpdates(); p.again {
		p.file = p.newness.copy.Target // an AppImage's own program is the one that was taken back
		return exitDone, nil
	}
	if first, err := p.openHome(); err != nil || !first {
		return p.notFirst(err)
	}
	if err := screen.Check(); err != nil {
		return exitNoDisplay, err
	}
	if renewed, err := p.renew(); err != nil || renewed {
		return exitDone, err
	}
	if p.home == nil {
		if first, err := p.openHome(); err != nil || !first { // a new version had it, and was taken back
			return p.notFirst(err)
		}
	}
	for _, open := range []func() error{p.openLog, p.openCrashLog, p.listen, p.openHost, p.openEngine, p.openKeys, p.openIdle, p.openUpdates} {
		if err := open(); err != nil {
			return exitFailed, err
		}
	}
	if err := p.show(); err != nil {
		return exitFailed, err
	}
	return exitDone, p.newness.works() // whoever has closed the window has seen it
}

// notFirst ends a start that has not got the profile. A new version on trial says so to the one before, which has started it: another
// start was quicker.
func (p *program) notFirst(err error) (code int, _ error) {
	switch {
	case p.newness.onTrial && (err == nil || errors.Is(err, profile.ErrInUse)):
		code = update.Elsewhere
	case err != nil:
		code = exitFailed
	}
	if err == nil {
		fmt.Fprintln(p.people, "Parley is open already: see its window.")
	}
	return code, err
}

func (p *program) closeLater(f func() error) { p.closers = append(p.closers, f) }

// findDir settles which folder the profile is in.
func (p *program) findDir() (err error) {
	if p.dir = p.profile; p.dir == "" {
		p.dir, err = profile.DefaultDir()
	}
	return err
}

// openHome takes the profile's folder, or hands the link to the Parley that has it.
func (p *program) openHome() (first bool, err error) {
	if err := p.findDir(); err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), handOver)
	defer cancel()
	return instance.First(ctx, p.dir, instance.Request{Do: instance.Open, Link: p.link}, profile.ErrInUse, func() (err error) {
		if p.home, p.notices, err = setup.OpenHome(p.dir); err == nil {
			p.closeLater(p.home.Close)
		}
		return err
	})
}

// openLog appends to the file of --log; without one nothing is logged.
func (p *program) openLog() error {
	p.log = slog.New(slog.DiscardHandler)
	if p.logFile == "" {
		return nil
	}
	f, err := os.OpenFile(p.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	p.closeLater(f.Close)
	p.log = slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return nil
}

// openCrashLog, as far as it can be had: one talks without it as well.
func (p *program) openCrashLog() error {
	l, err := crash.Open(p.dir)
	if err != nil {
		p.log.Warn("a crash would leave no trace", "err", err)
		return nil
	}
	p.closeLater(l.Close)
	return nil
}

// listen takes what later starts hand over. Where it can't, they say so; this one goes on.
func (p *program) listen() error {
	p.opened = make(chan string, 4)
	l, err := instance.Listen(p.dir, map[string]instance.Handler{instance.Open: p.take}, p.log)
	if err != nil {
		p.log.Warn("a second start would not find this one", "err", err)
		return nil
	}
	p.closeLater(l.Close)
	return nil
}

// take passes a link to the window, which looks at it and asks before it joins. More of them than somebody can click are
// dropped.
func (p *program) take(r instance.Request) error {
	if len(r.Link) > maxLink {
		return errors.New("the link is too long to be an invite")
	}
	select {
	case p.opened <- r.Link:
		return nil
	default:
		return errors.New("the window is busy: try again in a moment")
	}
}

// openHost prepares the server that this process can run.
func (p *program) openHost() error {
	p.hosting = host.New(host.Config{
		Dir:  filepath.Join(p.dir, "server"),
		Name: func() string { return serverName(p.home.Profile.Settings().Name) },
		Port: func() int { return p.home.Profile.Settings().HostPort },
		KeepPort: func(port int) error {
			return p.home.Profile.Update(func(s *profile.Settings) { s.HostPort = port })
		},
		MapPorts: func() bool { return p.home.Profile.Settings().MapPorts },
		Log:      p.log,
	})
	p.closeLater(p.hosting.Stop)
	return nil
}

func (p *program) openIdle() error {
	p.idle = idle.New()
	p.closeLater(func() error { p.idle.Close(); return nil })
	return nil
}

package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"fyne.io/fyne/v2/app"

	"parley/audio"
	"parley/call"
	"parley/cmd/internal/setup"
	"parley/cmd/internal/sound"
	"parley/identity"
	"parley/profile"
	"parley/server"
	"parley/ui"
)

// program is one start of parley.
type program struct {
	options
	people  io.Writer
	log     *slog.Logger
	home    *setup.Home
	closers []func() error // what is open, in the order in which it was opened
	again   bool           // start anew at the end
}

// run opens everything, shows the window until it is closed for good, and closes everything, the last first: the engine
// before the server in this process, so that it leaves with a word, and the profile's lock at the end, so that whoever waits
// for it finds all in place.
func (p *program) run() (code int, err error) {
	defer func() {
		for i := len(p.closers) - 1; i >= 0; i-- {
			err = errors.Join(err, p.closers[i]())
		}
		if err != nil && code == exitDone {
			code = exitFailed
		}
	}()
	if err := p.openLog(); err != nil {
		return exitUsage, err
	}
	home, notices, err := setup.OpenHome(p.profile)
	if err != nil {
		return exitFailed, err
	}
	p.home = home
	p.closers = append(p.closers, home.Close)
	engine, err := p.engine()
	if err != nil {
		return exitFailed, err
	}
	fyneApp := app.NewWithID("chat.parley.app")
	return exitDone, ui.Run(ui.Config{
		App: fyneApp, Engine: engine, Profile: home.Profile, Notices: notices,
		Key:    home.Key.Public(),
		Safety: func(other []byte) string { return identity.SafetyNumber(home.Key.Public(), other) },
		LinkOf: linkOf, AutoHost: p.host,
		Restart: func() { p.again = true; fyneApp.Quit() },
		Link:    p.link, Version: server.Version, Log: p.log,
	})
}

// engine makes the engine of the calls, with the sound of this machine.
func (p *program) engine() (*call.Engine, error) {
	late := sound.NewLate(sound.LateConfig{
		Find: func() (audio.Backend, func() error, error) { return setup.Devices(p.log) },
		Log:  p.log,
	})
	p.closers = append(p.closers, late.Close)
	settings := p.home.Profile.Settings()
	c := call.SoundConfig{Backend: late, Mic: settings.Mic, Speaker: settings.Speaker, Voice: p.home.Voice()}
	if err := setup.Codecs(&c); err != nil {
		return nil, err
	}
	e, err := call.New(call.Config{
		Key: p.home.Key, People: setup.People{Profile: p.home.Profile}, Sound: c, Log: p.log,
		KnownOnly: settings.KnownOnly, RelayOnly: settings.AlwaysRelay,
	})
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, func() error { e.Close(); return nil })
	return e, nil
}

// openLog appends to the file of --log; without one nothing is logged.
func (p *program) openLog() error {
	if p.logFile == "" {
		p.log = slog.New(slog.DiscardHandler)
		return nil
	}
	f, err := os.OpenFile(p.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	p.closers = append(p.closers, f.Close)
	p.log = slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return nil
}

func linkOf(s profile.Server) (string, error) {
	l, err := setup.LinkOf(s)
	if err != nil {
		return "", err
	}
	return l.String(), nil
}

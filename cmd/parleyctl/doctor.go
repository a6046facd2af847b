package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"parley/call"
	"parley/call/doctor"
	"parley/cmd/internal/setup"
	"parley/profile"
	"parley/wire"
)

// examine looks for what stands in the way of calls, and says what to do about it.
func examine(ctx context.Context, args []string) error {
	o := &visitOptions{options: newOptions("doctor")}
	o.options.check = o.agreeOnDevices
	o.deviceFlags()
	quiet := o.flags.Bool("json", false, "no text for people beside the JSON lines")
	home, link, rest, err := o.begin(args)
	if err != nil {
		return err
	}
	defer func() { _ = home.Close() }()
	if len(rest) > 0 {
		return usageError("doctor does not know %q", rest[0])
	}
	var sound call.SoundConfig
	if o.mic != noDevice || o.speaker != noDevice { // else there is none to look at
		var closeSound func()
		if sound, closeSound, err = o.sound(home); err != nil {
			tell("%v", err)
			sound = call.SoundConfig{}
		}
		defer closeSound()
	}
	l, err := wire.ParseLink(link)
	if err != nil {
		return &failure{exitUsage, "bad_link", err}
	}
	if known := slices.ContainsFunc(home.Profile.Servers(), func(s profile.Server) bool { return s.Key == l.Key.String() }); !known && l.Secret != "" {
		tell("This profile is new to the server: to look at the relay it logs in, which uses the invite once. You are a member then.")
	}
	e, err := call.New(call.Config{Key: home.Key, People: setup.People{Profile: home.Profile}, Sound: sound, Log: o.log()})
	if err != nil {
		return err
	}
	defer e.Close()
	if _, err := e.Ask(ctx, call.Connect{Link: link, Name: o.name}); err != nil {
		return &failure{exitUsage, "bad_link", err}
	}
	if _, err := ask(ctx, e, call.Examine{}); err != nil {
		return err
	}
	err = findings(ctx, e, *quiet)
	if s := e.Snapshot(); s.Link == call.Online {
		err = errors.Join(err, home.Used(link, s.Server))
	}
	return err
}

// findings tells of each step as it is over, and at the end whether all is well.
func findings(ctx context.Context, e *call.Engine, quiet bool) error {
	d := diagnosis{quiet: quiet}
	for {
		x := e.Snapshot().Examination
		failed := d.show(x)
		switch {
		case x.Running:
		case failed > 0:
			return &failure{exitFailed, "findings", fmt.Errorf("%d of the steps failed", failed)}
		default:
			emit(map[string]any{"event": "done", "command": "doctor"})
			return nil
		}
		select {
		case <-e.Changed():
		case <-ctx.Done():
			e.Do(call.StopExamine{})
			return nil
		}
	}
}

// diagnosis is what was shown of an examination.
type diagnosis struct {
	quiet bool // nothing is said to people
	at    int64
	said  map[string]bool
}

// show tells of the steps that are over, each once, and returns how many have failed. What was found without being asked for is said
// to people by a notice.
func (d *diagnosis) show(x call.Examination) (failed int) {
	if d.at != x.AtMS || d.said == nil {
		d.at, d.said = x.AtMS, map[string]bool{}
	}
	for _, f := range x.Findings {
		if f.Result == doctor.Fail {
			failed++
		}
		if f.Result == doctor.Running || d.said[f.Step] {
			continue
		}
		d.said[f.Step] = true
		emit(struct {
			Event string `json:"event"`
			Why   string `json:"why"`
			call.Finding
		}{"finding", x.Why, f})
		if !d.quiet && x.Why == call.WhyAsked {
			tell("%-7s  %-10s  %s", f.Result, f.Step, f.Text)
		}
	}
	return failed
}

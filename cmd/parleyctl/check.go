package main

import (
	"context"
	"errors"
	"fmt"

	"parley/call"
	"parley/cmd/internal/setup"
)

func newCheckOptions() *visitOptions {
	o := &visitOptions{options: newOptions("check")}
	o.options.check = o.agreeOnDevices
	o.deviceFlags()
	return o
}

// check records the microphone as others would hear it, and plays it, or tests what becomes of the speaker's echo in it; nothing is
// sent anywhere, and no server is needed.
func check(ctx context.Context, args []string) error {
	o := newCheckOptions()
	echo := o.flags.Bool("echo", false, "play noise and a sweep instead, and say what the echo canceller leaves of them in the microphone")
	words, err := o.parse(args)
	if err != nil {
		return err
	}
	if len(words) > 0 {
		return usageError("check does not know %q", words[0])
	}
	if err := o.options.check(); err != nil {
		return err
	}
	home, err := o.open()
	if err != nil {
		return err
	}
	defer func() { _ = home.Close() }()
	sound, closeSound, err := o.sound(home)
	if err != nil {
		return err
	}
	defer closeSound()
	e, err := call.New(call.Config{Key: home.Key, People: setup.People{Profile: home.Profile}, Sound: sound, Log: o.log()})
	if err != nil {
		return err
	}
	defer e.Close()
	if *echo {
		return echoTest(ctx, e)
	}
	if _, err := e.Ask(ctx, call.Check{}); err != nil {
		return err
	}
	tell("Speak: %d seconds are recorded, and then played to you.", int(call.CheckTime.Seconds()))
	return follow(ctx, e)
}

// follow tells of the check until it is over.
func follow(ctx context.Context, e *call.Engine) error {
	shown := call.CheckIdle
	for {
		c := e.Snapshot().Sound.Check
		if c.Phase != shown && c.Phase != call.CheckIdle {
			emit(map[string]any{"event": "check", "phase": c.Phase.String()})
		}
		shown = c.Phase
		switch {
		case c.Phase != call.CheckIdle:
		case c.Failed != "":
			return &failure{exitRefused, "sound", errors.New(c.Failed)}
		default:
			emit(map[string]any{"event": "done", "command": "check", "peak_dbfs": c.Heard})
			return nil
		}
		select {
		case <-e.Changed():
		case <-ctx.Done():
			return nil
		}
	}
}

// echoTest plays, listens, and tells of it.
func echoTest(ctx context.Context, e *call.Engine) error {
	if _, err := e.Ask(ctx, call.EchoTest{}); err != nil {
		return err
	}
	tell("Be quiet: some noise and a sweep are played over the speaker.")
	for {
		switch t := e.Snapshot().Sound.EchoTest; {
		case t.Phase != call.EchoTestIdle:
		case !t.Done:
			return &failure{exitRefused, "sound", errors.New(t.Failed)}
		default:
			emit(map[string]any{"event": "done", "command": "check", "left_db": t.LeftDB, "echo_dbfs": t.EchoDBFS, "delay_ms": t.DelayMS})
			tell("%s", echoWords(t))
			return nil
		}
		select {
		case <-e.Changed():
		case <-ctx.Done():
			return nil
		}
	}
}

// echoWords says what an echo test has found.
func echoWords(t call.EchoTestState) string {
	heard := fmt.Sprintf("The microphone hears the speaker at %.0f dBFS", t.EchoDBFS)
	switch {
	case t.LeftDB < 3:
		return heard + ", and nothing of that is taken away: others hear themselves."
	case t.LeftDB < 20:
		return fmt.Sprintf("%s; what is left of that is only %.0f dB lower: others may hear themselves.", heard, t.LeftDB)
	}
	return fmt.Sprintf("%s; what is left of that is %.0f dB lower.", heard, t.LeftDB)
}

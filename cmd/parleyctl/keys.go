package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"parley/call"
	"parley/cmd/internal/control"
	"parley/cmd/internal/keys"
	"parley/cmd/internal/setup"
	"parley/profile"
)

// pressing is a subcommand that presses a key of the Parley that runs with the same profile folder, the window or parleyctl.
func pressing(key string) func(context.Context, []string) error {
	return func(ctx context.Context, args []string) error {
		pressed := time.Now()
		o := newOptions(key)
		words, err := o.parse(args)
		if err != nil {
			return err
		}
		dir := o.home
		if dir == "" {
			if dir, err = profile.DefaultDir(); err != nil {
				return &failure{exitRefused, "home", err}
			}
		}
		line := strings.Join(append([]string{key}, words...), " ")
		return pressFailure(ctx, dir, control.Send(ctx, dir, line, pressed))
	}
}

// pressFailure puts into words why a key was not pressed. Whoever ends this program lets go of what it holds.
func pressFailure(ctx context.Context, dir string, err error) error {
	switch {
	case err == nil, ctx.Err() != nil:
		return nil
	case errors.Is(err, control.ErrNobody):
		return &failure{exitConnect, "nobody", fmt.Errorf("no Parley runs with the profile in %s: start it, or say with --home which folder its profile is in", dir)}
	case errors.Is(err, control.ErrRefused):
		return &failure{exitRefused, "refused", err}
	case errors.Is(err, control.ErrLost):
		return &failure{exitLost, "lost", err}
	}
	return &failure{exitUsage, "usage", err}
}

// keys serves the socket by which other programs press keys.
func (o *visitOptions) keys(e *call.Engine, home *setup.Home) *keys.Keys {
	return keys.New(keys.Config{
		Engine: e, Dir: home.Dir, Log: o.log(), Settings: func() profile.Settings { return withMode(home.Profile.Settings(), o.mode) },
	})
}

// withMode is settings with the mode of the command line; empty: their own.
func withMode(s profile.Settings, mode string) profile.Settings {
	switch {
	case mode == "ptm":
		s.Mode, s.Keys.Does = profile.PushToTalk, profile.MuteWhileHeld
	case mode != "":
		s.Mode, s.Keys.Does = profile.Mode(mode), profile.TalkWhileHeld
	}
	return s
}

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"parley/cmd/internal/updates"
	"parley/profile"
	"parley/update"
	"parley/wire"
)

// renew looks for a newer version of the app beside this program, and fetches it if that is wanted: the app's next start with this
// profile takes it. The profile is not opened, so that the app may be running.
func renew(ctx context.Context, args []string) error {
	o := newOptions("update")
	words, err := o.parse(args)
	if err != nil {
		return err
	}
	get := len(words) == 1 && words[0] == "get"
	if !get && len(words) > 0 && (len(words) > 1 || words[0] != "check") {
		return usageError("update takes check or get, not %q", strings.Join(words, " "))
	}
	dir := o.home
	if dir == "" {
		if dir, err = profile.DefaultDir(); err != nil {
			return &failure{exitRefused, "home", err}
		}
	}
	origin, err := updates.Find(os.Getenv)
	if err != nil {
		return &failure{exitRefused, "update", err}
	}
	app, current, err := beside(ctx)
	if err != nil {
		return &failure{exitRefused, "update", err}
	}
	if !get {
		app.Kind = updates.Unknown // it is only told
	}
	s := updates.New(updates.Config{
		Origin: origin, Copy: app, Current: current, Folder: updates.Folder(dir), Log: o.log(),
		On: func() bool { return true }, Busy: func() bool { return false },
	}).Now(ctx)
	said := s.Words(current.String(), time.Now())
	if s.Problem != "" {
		return &failure{exitConnect, "update", errors.New(s.Problem)}
	}
	if s.Phase == updates.NoOrigin {
		return &failure{exitRefused, "update", errors.New(said.Line + " " + said.Detail)}
	}
	if s.Phase == updates.Known && !get {
		said.Detail = "Parley fetches it by itself where it may, or: parleyctl update get"
	}
	emit(map[string]any{"event": "update", "state": s.Phase.String(), "current": current.String(), "version": s.Version, "news": s.News})
	tell("%s", strings.TrimSpace(said.Line+" "+said.Detail))
	return nil
}

// beside is the app that lies beside this program, and its version: it may have been replaced since, and this program not. Where there is
// none it is this program's own.
func beside(ctx context.Context) (c updates.Copy, current update.Version, err error) {
	own, err := os.Executable()
	if err != nil {
		return c, current, err
	}
	name := "parley"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	c = updates.CopyOf(filepath.Join(filepath.Dir(own), name), os.Getenv)
	if current, err = updates.VersionOf(ctx, c.Target); err != nil {
		current, err = update.ParseVersion(wire.Release)
	}
	return c, current, err
}

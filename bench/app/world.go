package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"parley/profile"
	"parley/test/lab"
)

// world is a screen, a sound card for two, a server, and a folder for all that is kept.
type world struct {
	programs lab.Programs
	display  *lab.Display
	pulse    *lab.Pulse
	server   *lab.Server
	dir      string
}

func newWorld(ctx context.Context, bin string) (_ *world, err error) {
	w := &world{}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.dir, err = lab.TempDir(nil); err != nil {
		return nil, err
	}
	if w.programs.Dir, err = filepath.Abs(bin); err != nil {
		return nil, err
	}
	if w.pulse, err = lab.StartPulse(ctx, 2, nil); err != nil {
		return nil, err
	}
	if w.display, err = lab.StartDisplay(ctx, lab.AppWidth, lab.AppHeight, nil); err != nil {
		return nil, err
	}
	w.server, err = w.programs.Serve(ctx, "127.0.0.1:0", filepath.Join(w.dir, "server"), lab.Command{})
	return w, err
}

func (w *world) close() error {
	var errs []error
	if w.server != nil {
		errs = append(errs, w.server.Close())
	}
	if w.display != nil {
		errs = append(errs, w.display.Close())
	}
	if w.pulse != nil {
		errs = append(errs, w.pulse.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}

// config is an app with the settings of somebody new, but for the theme and the devices: a's.
func (w *world) config(name string) lab.AppConfig {
	return lab.AppConfig{
		Display: w.display, Pulse: w.pulse, Dir: filepath.Join(w.dir, name),
		Settings: func(s *profile.Settings) {
			lab.Devices(0)(s)
			s.Name, s.Theme = name, profile.DarkTheme
		},
	}
}

// app starts it.
func (w *world) app(ctx context.Context, c lab.AppConfig) (*lab.App, error) {
	c.Settings = nil // they are written already
	return w.programs.App(ctx, c)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"parley/bench/internal/measure"
	"parley/bench/internal/phones"
	"parley/bench/internal/picture"
	"parley/profile"
	"parley/test/lab"
)

// inWindow measures the app: a sends, and b, who has a window, says yes by a click.
func (p *ours) inWindow(ctx context.Context) (r result, err error) {
	c := lab.AppConfig{
		Display: p.display, Pulse: p.pulse, Dir: p.file("b"),
		Settings: func(s *profile.Settings) {
			lab.Devices(1)(s)
			s.Name, s.Theme = "b", profile.DarkTheme
		},
	}
	if err := p.Programs.Member(ctx, c, p.Server.Ready.Invite); err != nil {
		return r, err
	}
	c.Settings = nil // they are written
	app, err := p.Programs.App(ctx, c)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	if err := app.WaitChannels(ctx, lab.Dark); err != nil {
		return r, err
	}
	a, err := p.Client(0, "window", "call", "b", "--video")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := app.TakeCall(ctx, lab.Dark, lab.OtherKind); err != nil {
		return r, err
	}
	place := p.place()
	number := func(*image.RGBA) bool {
		_, ok, err := p.display.ReadNumber(place, false)
		return ok && err == nil
	}
	if err := app.WaitFor(ctx, "a picture with a number", lab.Rail, number); err != nil {
		return r, err
	}
	if err := p.load(ctx, app, a, &r); err != nil {
		return r, err
	}
	return r, p.look(ctx, a, place, &r)
}

func (p *ours) load(ctx context.Context, app *lab.App, a *lab.Client, r *result) error {
	if err := measure.Pass(ctx, p.warm); err != nil {
		return err
	}
	usage := measure.Sample(map[string]int{"a": a.PID(), "b": app.PID()})
	if err := measure.Pass(ctx, p.length()); err != nil {
		return err
	}
	r.Usage, r.Machine = usage.Stop()
	return nil
}

// look reads the screen, afterwards, because that costs what the window might need.
func (p *ours) look(ctx context.Context, a *lab.Client, place image.Rectangle, r *result) error {
	begin := time.Now()
	seen, err := watchScreen(ctx, p.display, place, glassTime)
	if err != nil {
		return err
	}
	r.Shown = picture.Count(seen, picture.UnixMS(begin), picture.UnixMS(time.Now()))
	screen := r.Shown
	r.Screen = &screen
	r.Shown.Sizes = []string{p.size()} // of the picture it tells nothing
	s, err := phones.ReadStats(p.Stats(0, "window"))
	if err != nil {
		return err
	}
	r.Coded = map[string]any{"sent": s.Camera}
	if r.Delay, err = picture.Delays(s.Captured(picture.UnixMS(begin)-2000, picture.UnixMS(time.Now())), seen); err != nil {
		return fmt.Errorf("%w; %d were seen", err, len(seen))
	}
	return phones.Leave(ctx, a)
}

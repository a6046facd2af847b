package main

import (
	"context"
	"errors"
	"fmt"

	"parley/bench/internal/measure"
	"parley/bench/internal/picture"
	"parley/test/lab"
)

// The shared screen.
const screenWidth, screenHeight, screenKbps = 1920, 1080, 4000

// The limits of the issue that asked for it; a share that shows less of the screen, or smaller, would be no comparison.
const (
	screenRatio    = 0.5 // of Chromium's CPU
	screenFPSLimit = 28  // shown a second
)

// shared is one program that shows a screen.
type shared struct {
	Usage   map[string]measure.Usage `json:"usage"` // a shares, b looks
	Machine float64                  `json:"machine_busy_cores"`
	Shown   picture.Shown            `json:"shown"`
	Detail  any                      `json:"detail"`
}

// cores is what both take together.
func (r shared) cores() float64 { return measure.Round(r.Usage["a"].Cores+r.Usage["b"].Cores, 3) }

func screen(ctx context.Context, b *bench, name string) error {
	return beside(b, name,
		func() (shared, error) { return b.screen(ctx, ours) },
		func() (shared, error) { return b.screen(ctx, chromium) },
		func(who string, r shared) { b.reportScreen(name, who, r) },
		func(ours, theirs shared) { b.compareScreen(name, ours, theirs) })
}

func (b *bench) compareScreen(name string, ours, theirs shared) {
	b.say(name+", CPU, parley by chromium", measure.Round(ours.cores()/max(theirs.cores(), 1e-9), 3), "ratio", measure.AtMost(screenRatio), nil)
}

func (b *bench) reportScreen(name, who string, r shared) {
	say := func(what string, value float64, unit string, l *measure.Limit, detail any) {
		if who != parleyName {
			l = nil
		}
		b.say(name+", "+who+", "+what, value, unit, l, detail)
	}
	other := 0
	for _, size := range r.Shown.Sizes {
		if size != fmt.Sprintf("%dx%d", screenWidth, screenHeight) {
			other++
		}
	}
	say("CPU of both", r.cores(), "cores", nil, r)
	say("pictures shown", r.Shown.FPS(), "a second", measure.AtLeast(screenFPSLimit), nil)
	say("pictures of another size", float64(other), "sizes", measure.AtMost(0), nil)
}

// screen makes a call in which a shares a screen on which something moves.
func (b *bench) screen(ctx context.Context, start starter) (r shared, err error) {
	display := func(w *world) (err error) {
		w.display, err = lab.StartDisplay(ctx, screenWidth, screenHeight, nil)
		return err
	}
	err = b.call(ctx, b.warm+b.span/2, display, start, func(w *world, p program) error {
		still, err := w.display.Scroll() // over the window that a browser has there
		if err != nil {
			return err
		}
		defer still()
		if err := measure.Pass(ctx, w.warm); err != nil {
			return err
		}
		usage := measure.Sample(p.pids())
		err = errors.Join(p.begin(ctx), measure.Pass(ctx, w.span/2))
		r.Usage, r.Machine = usage.Stop()
		if err != nil {
			return err
		}
		r.Shown, r.Detail, err = p.end(ctx)
		return err
	})
	return r, err
}

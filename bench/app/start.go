package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"time"

	"parley/audio/audiotest"
	"parley/bench/internal/measure"
	"parley/profile"
	"parley/test/lab"
)

// start measures how long a person waits for a window, at the very first start and at every other one.
func (b *bench) start(ctx context.Context, w *world) error {
	first, again := w.config("first"), w.config("again")
	if err := w.programs.Member(ctx, again, w.server.Ready.Invite); err != nil {
		return err
	}
	clean := func() error {
		if err := os.RemoveAll(first.Dir); err != nil {
			return err
		}
		if err := os.MkdirAll(first.Profile(), 0o700); err != nil {
			return err
		}
		p, _, err := profile.Open(first.Profile())
		if err != nil {
			return err
		}
		return errors.Join(p.Update(func(s *profile.Settings) { s.Theme = profile.DarkTheme }), p.Close())
	}
	err := b.kind(ctx, w, "start, first", first, clean, lab.Stage, func(img *image.RGBA) bool { return lab.Count(img, lab.Stage, lab.Dark.Primary) > 2000 })
	if err != nil {
		return err
	}
	return b.kind(ctx, w, "start, again", again, func() error { return nil }, lab.List, func(img *image.RGBA) bool { return lab.HasChannels(img, lab.Dark) })
}

// kind measures one kind of start. The first one, which fills the cache, is not counted.
func (b *bench) kind(ctx context.Context, w *world, name string, c lab.AppConfig, prepare func() error, place image.Rectangle, usable func(*image.RGBA) bool) error {
	var drawn, ready []float64
	for i := range b.starts + 1 {
		if err := prepare(); err != nil {
			return err
		}
		begin := time.Now()
		a, err := w.app(ctx, c)
		if err != nil {
			return err
		}
		frame := time.Since(begin)
		err = a.WaitFor(ctx, "what one can use", place, usable)
		done := time.Since(begin)
		if err = errors.Join(err, a.Close()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if i > 0 {
			drawn, ready = append(drawn, milliseconds(frame)), append(ready, milliseconds(done))
		}
	}
	b.say(name, audiotest.Median(ready), "ms", startLimit, map[string]any{"all": ready, "first_picture": audiotest.Median(drawn)})
	return nil
}

func milliseconds(d time.Duration) float64 {
	return measure.Round(float64(d)/float64(time.Millisecond), 0)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"parley/bench/internal/browser"
	"parley/bench/internal/measure"
	"parley/bench/internal/picture"
	"parley/test/lab"
)

// kbps is the most that pictures are coded with, in both programs.
const kbps = 1500

// browsers is two Chromium processes.
type browsers struct {
	*world
	*browser.Pictures
	judge *judge
}

// chromium measures a call between two browsers.
func (w *world) chromium(ctx context.Context) (r result, err error) {
	s, err := w.startBrowsers(ctx)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for i := range w.joins {
		if i > 0 {
			if err := s.HangUp(ctx); err != nil {
				return r, err
			}
		}
		ms, err := s.Call(ctx)
		if err != nil {
			return r, err
		}
		r.First = append(r.First, measure.Round(ms, 0))
		if w.lossy {
			break // which says nothing of the program
		}
	}
	return r, s.measure(ctx, &r)
}

func (w *world) startBrowsers(ctx context.Context) (_ *browsers, err error) {
	s := &browsers{world: w}
	if s.judge, err = newJudge(w.width, w.height); err != nil {
		return nil, err
	}
	speech, err := lab.Speech(30)
	if err != nil {
		return nil, err
	}
	c := browser.PicturesConfig{
		Dir: w.dir, Pulse: w.pulse, Width: w.width, Height: w.height, Kbps: kbps, TwoWay: w.twoWay, Sound: speech, Display: w.display,
		Place: w.place().Size(), Luma: s.judge,
	}
	if w.network != nil {
		c.At = w.network.Nodes()
	}
	s.Pictures, err = browser.OpenPictures(ctx, c)
	return s, err
}

// measure lets the rate settle, and measures first what reading pictures back would cost.
func (s *browsers) measure(ctx context.Context, r *result) error {
	if err := measure.Pass(ctx, s.warm); err != nil {
		return err
	}
	before, err := s.Coded(ctx)
	if err != nil {
		return err
	}
	if _, err := s.Shown(ctx); err != nil {
		return err
	}
	usage := measure.Sample(map[string]int{"a": s.A.PID(), "b": s.B.PID()})
	if err := measure.Pass(ctx, s.length()); err != nil {
		return err
	}
	r.Usage, r.Machine = usage.Stop()
	if r.Shown, err = s.Shown(ctx); err != nil {
		return err
	}
	after, err := s.Coded(ctx)
	if err != nil {
		return err
	}
	r.Coded = browser.CodedBetween(before, after, r.Shown.Seconds)
	if s.lossy {
		return nil
	}
	if r.Delay, r.Screen, err = s.glass(ctx); err != nil || s.window {
		return err
	}
	return s.quality(ctx, r)
}

func (s *browsers) quality(ctx context.Context, r *result) (err error) {
	if err := s.B.Evaluate(ctx, "peer.lumas(20)", nil); err != nil {
		return err
	}
	r.PSNR, err = s.judge.mean()
	return err
}

// glassTime is for how long pictures are looked at.
const glassTime = 10 * time.Second

// glass measures the delay, and reads the screen where there is one.
func (s *browsers) glass(ctx context.Context) (picture.Delay, *picture.Shown, error) {
	var captured, seen []picture.Moment
	done := make(chan error, 1)
	ms := glassTime.Milliseconds()
	go func() {
		var pairs [][2]float64
		err := s.A.Evaluate(ctx, fmt.Sprintf("peer.captured(%d)", ms+1000), &pairs)
		captured = moments(pairs)
		done <- err
	}()
	var screen *picture.Shown
	err := measure.Pass(ctx, time.Second/2) // nothing is seen that was not captured
	if err == nil && s.window {
		var at [4]int
		if err = s.B.Evaluate(ctx, "peer.place()", &at); err == nil {
			begin := picture.UnixMS(time.Now())
			seen, err = watchScreen(ctx, s.display, image.Rect(at[0], at[1], at[0]+at[2], at[1]+at[3]), glassTime)
			c := picture.Count(seen, begin, picture.UnixMS(time.Now()))
			screen = &c
		}
	} else if err == nil {
		var pairs [][2]float64
		err = s.B.Evaluate(ctx, fmt.Sprintf("peer.shown(%d)", ms), &pairs)
		seen = moments(pairs)
	}
	if err := errors.Join(err, <-done); err != nil {
		return picture.Delay{}, screen, err
	}
	d, err := picture.Delays(captured, seen)
	return d, screen, err
}

func moments(pairs [][2]float64) (out []picture.Moment) {
	for _, p := range pairs {
		out = append(out, picture.Moment{N: uint32(p[0]), MS: p[1]})
	}
	return out
}

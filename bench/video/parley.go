package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/bench/internal/measure"
	"parley/bench/internal/phones"
	"parley/bench/internal/picture"
)

// ours is a running parleyd and what its clients need.
type ours struct {
	*world
	*phones.Exchange
}

// parley measures a call between two of ours: parleyctl at both ends, or the app at b's.
func (w *world) parley(ctx context.Context) (r result, err error) {
	x, err := phones.Serve(ctx, phones.Config{
		Bin: w.bin, Dir: w.dir, Pulse: w.pulse, Network: w.network, Width: w.width, Height: w.height, Kbps: kbps, TwoWay: w.twoWay,
	})
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, x.Server.Close()) }()
	p := &ours{w, x}
	if w.window {
		return p.inWindow(ctx)
	}
	for i := range w.joins {
		if w.lossy && i > 0 {
			break // which says nothing of the program
		}
		c, err := x.Call(ctx, fmt.Sprint(i))
		if err != nil {
			return r, err
		}
		r.First = append(r.First, c.First)
		if i == w.joins-1 || w.lossy {
			err = p.measure(ctx, c, &r)
		}
		if err = errors.Join(err, c.Close()); err != nil {
			return r, err
		}
	}
	return r, nil
}

// measure lets the rate settle. What it needs besides is in files afterwards.
func (p *ours) measure(ctx context.Context, c *phones.Call, r *result) error {
	if err := measure.Pass(ctx, p.warm); err != nil {
		return err
	}
	begin := picture.UnixMS(time.Now())
	usage := measure.Sample(map[string]int{"a": c.A.PID(), "b": c.B.PID()})
	if err := measure.Pass(ctx, p.length()); err != nil {
		return err
	}
	r.Usage, r.Machine = usage.Stop()
	end := picture.UnixMS(time.Now())
	var seen []picture.Moment
	var err error
	if r.Shown, seen, err = c.End(ctx, begin, end); err != nil {
		return err
	}
	if r.Coded, err = c.Coded(); err != nil || p.lossy {
		return err
	}
	a, err := phones.ReadStats(p.Stats(0, c.Name))
	if err != nil {
		return err
	}
	if r.Delay, err = picture.Delays(a.Captured(begin-2000, end), seen); err != nil {
		return err
	}
	j, err := newJudge(p.width, p.height)
	if err != nil {
		return err
	}
	if err := j.ivf(c.Came(), int(p.warm.Seconds()*picture.FPS)); err != nil {
		return err
	}
	r.PSNR, err = j.mean()
	return err
}

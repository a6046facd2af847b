package main

import (
	"context"
	"errors"
	"image"
	"time"

	"parley/bench/internal/browser"
	"parley/bench/internal/heard"
	"parley/bench/internal/phones"
	"parley/bench/internal/picture"
)

// program is a call that goes on: a talks and has a camera on, or shows its screen where it has one; b listens and looks.
type program interface {
	begin(context.Context) error // to count what b is shown
	end(context.Context) (picture.Shown, any, error)
	pids() map[string]int
	close() error
}

// starter lets two connect.
type starter func(context.Context, *world) (program, error)

// The camera, in both programs.
const (
	width, height = 1280, 720
	kbps          = 2500 // at most
)

// setup is what programs need until what is measured begins: the talker talks for so much longer.
const setup = 30 * time.Second

// parley is the one program: parleyd and two parleyctl.
type parley struct {
	exchange *phones.Exchange
	call     *phones.Call
	quiet    func() error // the talker
	begun    time.Time
}

func ours(ctx context.Context, w *world) (_ program, err error) {
	p := &parley{}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if p.exchange, err = w.serve(ctx); err != nil {
		return nil, err
	}
	if p.call, err = p.exchange.Call(ctx, ""); err != nil {
		return nil, err
	}
	p.quiet, err = heard.Talk(ctx, w.pulse, w.length+setup)
	return p, err
}

// serve starts parleyd.
func (w *world) serve(ctx context.Context) (*phones.Exchange, error) {
	return phones.Serve(ctx, phones.Config{
		Bin: w.bin, Dir: w.dir, Pulse: w.pulse, Network: w.network, Width: width, Height: height, Kbps: kbps, Display: w.display,
	})
}

func (p *parley) close() (err error) {
	if p.quiet != nil {
		err = p.quiet()
	}
	if p.call != nil {
		err = errors.Join(err, p.call.Close())
	}
	if p.exchange != nil {
		err = errors.Join(err, p.exchange.Server.Close())
	}
	return err
}

func (p *parley) pids() map[string]int {
	return map[string]int{"a": p.call.A.PID(), "b": p.call.B.PID()}
}

func (p *parley) begin(context.Context) error {
	p.begun = time.Now()
	return nil
}

func (p *parley) end(ctx context.Context) (picture.Shown, any, error) {
	s, _, err := p.call.End(ctx, picture.UnixMS(p.begun), picture.UnixMS(time.Now()))
	if err != nil {
		return s, nil, err
	}
	coded, err := p.call.Coded()
	return s, coded, err
}

// browsers are the other.
type browsers struct {
	*browser.Pictures
	quiet  func() error // the talker, where the microphone is no file
	before [2]browser.Coded
}

func chromium(ctx context.Context, w *world) (_ program, err error) {
	c := browser.PicturesConfig{
		Dir: w.dir, Pulse: w.pulse, Width: width, Height: height, Kbps: kbps, Adapts: true, Display: w.display, Share: w.display != nil,
		Place: image.Pt(width, height),
	}
	if w.network != nil {
		c.At = w.network.Nodes()
	}
	b := &browsers{}
	if c.Share {
		c.Kbps, c.Place = screenKbps, image.Pt(screenWidth, screenHeight)
		b.quiet, err = heard.Talk(ctx, w.pulse, w.length+setup)
	} else {
		c.Sound, err = heard.Stimulus(60)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	if err != nil {
		return nil, err
	}
	if b.Pictures, err = browser.OpenPictures(ctx, c); err != nil {
		return nil, err
	}
	_, err = b.Call(ctx)
	return b, err
}

func (b *browsers) close() (err error) {
	if b.quiet != nil {
		err = b.quiet()
	}
	if b.Pictures != nil {
		err = errors.Join(err, b.Close())
	}
	return err
}

func (b *browsers) pids() map[string]int { return map[string]int{"a": b.A.PID(), "b": b.B.PID()} }

func (b *browsers) begin(ctx context.Context) (err error) {
	if b.before, err = b.Coded(ctx); err == nil {
		_, err = b.Shown(ctx) // of what was before
	}
	return err
}

func (b *browsers) end(ctx context.Context) (picture.Shown, any, error) {
	s, err := b.Shown(ctx)
	if err != nil {
		return s, nil, err
	}
	after, err := b.Coded(ctx)
	return s, browser.CodedBetween(b.before, after, s.Seconds), err
}

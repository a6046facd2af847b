package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"parley/audio/audiotest"
	"parley/bench/internal/measure"
	"parley/bench/internal/phones"
	"parley/bench/internal/picture"
	"parley/test/lab"
)

// firstLimit is of the issue that asked for it: ms, median, each way.
const firstLimit = 600

// The page's guest, and how long one picture may take.
const (
	guestName = "Gus"
	patience  = 30 * time.Second
)

// guestScript keeps when the first picture of somebody else's was on the page.
//
//go:embed guest.js
var guestScript string

// first is the time from the acceptance to the first picture, in ms, one for each call.
type first struct {
	InBrowser []float64 `json:"in_browser_ms"` // of the app's camera
	InParley  []float64 `json:"in_parley_ms"`  // of the browser's
}

// guest measures calls that somebody in a browser takes.
func guest(ctx context.Context, b *bench, name string) error {
	r, err := b.guest(ctx)
	if err != nil {
		_ = b.out.Encode(map[string]any{"bench": name, "error": err.Error()})
		return fmt.Errorf("%s: %w", name, err)
	}
	b.reportGuest(name, r)
	return nil
}

func (b *bench) reportGuest(name string, r first) {
	b.say(name+", first picture in the browser", measure.Round(audiotest.Median(r.InBrowser), 0), "ms", measure.AtMost(firstLimit), r)
	b.say(name+", first picture in parley", measure.Round(audiotest.Median(r.InParley), 0), "ms", measure.AtMost(firstLimit), nil)
}

func (b *bench) guest(ctx context.Context) (r first, err error) {
	w, err := b.newWorld(ctx, 0, nil)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	x, err := w.serve(ctx)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, x.Server.Close()) }()
	page, err := w.browse(ctx, x.Server.Ready.Page)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, page.Close()) }()
	for i := range b.joins {
		if err := w.answered(ctx, x, page, fmt.Sprint(i), &r); err != nil {
			return r, err
		}
	}
	return r, nil
}

// browse opens the server's page in a browser, and lets the guest in.
func (w *world) browse(ctx context.Context, page string) (_ *lab.Tab, err error) {
	clip := w.file("guest.y4m")
	if err := lab.WriteClip(clip, width, height, picture.FPS, picture.Beeps); err != nil {
		return nil, err
	}
	c := lab.Chromium{Env: w.pulse.Env(), Args: []string{ // the certificate is taken as by a person who clicks through
		"--ignore-certificate-errors", "--use-fake-device-for-media-stream", "--use-file-for-fake-video-capture=" + clip,
	}}
	t, err := c.Open(ctx, "about:blank")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Close())
		}
	}()
	if err := t.Go(ctx, page, guestScript); err != nil {
		return nil, err
	}
	if err := await(ctx, t, "document.readyState === 'complete' && document.getElementById('enter') && !document.getElementById('enter').hidden"); err != nil {
		return nil, err
	}
	if err := t.Evaluate(ctx, fmt.Sprintf("document.getElementById('name').value = %q; document.getElementById('come').click()", guestName), nil); err != nil {
		return nil, err
	}
	return t, await(ctx, t, "document.querySelector('#channels button')")
}

func await(ctx context.Context, t *lab.Tab, expression string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return lab.AwaitPage(ctx, t, expression)
}

// answered lets a call the guest with a camera, who takes that with another one.
func (w *world) answered(ctx context.Context, x *phones.Exchange, page *lab.Tab, name string, r *first) (err error) {
	counters := w.file("a" + name + ".counters")
	a, err := x.Client(0, name, "call", guestName, "--video", "--counters", counters)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := await(ctx, page, "document.getElementById('ring').open"); err != nil {
		return err
	}
	var accepted, seen float64
	if err := page.Evaluate(ctx, "guest.accept()", &accepted); err != nil {
		return err
	}
	if err := await(ctx, page, "guest.first"); err != nil {
		return err
	}
	if err := page.Evaluate(ctx, "guest.first", &seen); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := a.Await(within, 0, "first_picture", nil); err != nil {
		return err
	}
	if err := phones.Leave(ctx, a); err != nil { // its file is whole then
		return err
	}
	shown, _, err := picture.ReadCounters(counters, accepted, picture.UnixMS(time.Now()))
	if err != nil {
		return err
	}
	if len(shown) == 0 {
		return errors.New("parleyctl has shown no picture")
	}
	r.InBrowser = append(r.InBrowser, measure.Round(seen-accepted, 0))
	r.InParley = append(r.InParley, measure.Round(shown[0].MS-accepted, 0))
	return await(ctx, page, "document.getElementById('bar').hidden")
}

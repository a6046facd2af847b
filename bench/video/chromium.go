package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"net/http"
	"os"
	"time"

	"parley/bench/internal/browser"
	"parley/bench/internal/measure"
	"parley/test/lab"
)

//go:embed peer.html
var peerPage []byte

// kbps is the most that pictures are coded with, in both programs.
const kbps = 1500

// browsers is two Chromium processes, a and b, each with a page that has its microphone open, and its camera if it sends.
type browsers struct {
	*world
	judge *judge
	pages []*http.Server
	a, b  *browser.Tab
}

// chromium measures a call between two browsers.
func (w *world) chromium(ctx context.Context) (_ result, err error) {
	s, err := w.startBrowsers(ctx)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	var r result
	for i := range w.joins {
		if i > 0 {
			if err := errors.Join(s.a.Evaluate(ctx, "peer.close()", nil), s.b.Evaluate(ctx, "peer.close()", nil)); err != nil {
				return r, err
			}
		}
		ms, err := s.call(ctx)
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
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.judge, err = newJudge(w.width, w.height); err != nil {
		return nil, err
	}
	clip, sound := w.file("clip.y4m"), w.file("speech.wav")
	speech, err := lab.Speech(30)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(writeClip(clip, w.width, w.height), lab.WriteWAV(sound, speech)); err != nil {
		return nil, err
	}
	for i, t := range []**browser.Tab{&s.a, &s.b} {
		page, err := s.serve(i)
		if err != nil {
			return nil, err
		}
		c := browser.Config{Env: w.pulse.Env(), Netns: w.netns(i), Args: []string{
			"--use-fake-device-for-media-stream", "--use-file-for-fake-video-capture=" + clip, "--use-file-for-fake-audio-capture=" + sound,
		}}
		if w.window && i == 1 {
			c.Env, c.Headed = append(c.Env, w.display.Env()...), true
			c.Args = append(c.Args, "--test-type", "--window-position=0,0", fmt.Sprintf("--window-size=%d,%d", lab.AppWidth, lab.AppHeight))
		}
		if *t, err = browser.Open(ctx, c, page); err != nil {
			return nil, err
		}
		if err := s.open(ctx, *t, i == 0 || w.twoWay); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// serve serves the page on person i's own machine: an origin that may have devices.
func (s *browsers) serve(i int) (url string, err error) {
	l, err := s.listen(i, "127.0.0.1")
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /luma", s.judge)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(peerPage) })
	pages := &http.Server{Handler: mux}
	s.pages = append(s.pages, pages)
	go func() { _ = pages.Serve(l) }()
	return "http://" + l.Addr().String() + "/", nil
}

// open waits until the page has been loaded, and takes the devices.
func (s *browsers) open(ctx context.Context, t *browser.Tab, camera bool) error {
	if err := measure.Until(ctx, func() bool { return t.Evaluate(ctx, "peer.open", nil) == nil }); err != nil {
		return err
	}
	at := s.place()
	options, _ := json.Marshal(map[string]any{ // which never fails
		"width": s.width, "height": s.height, "camera": camera, "shownWidth": at.Dx(), "shownHeight": at.Dy(), "kbps": kbps,
	})
	return t.Evaluate(ctx, "peer.open("+string(options)+")", nil)
}

func (s *browsers) close() (err error) {
	for _, p := range s.pages {
		err = errors.Join(err, p.Close())
	}
	for _, t := range []*browser.Tab{s.a, s.b} {
		if t != nil {
			err = errors.Join(err, t.Close())
		}
	}
	return errors.Join(err, os.RemoveAll(s.file("clip.y4m")))
}

// call lets b join a, who waits, and returns the time from b's start to its first picture in milliseconds.
func (s *browsers) call(ctx context.Context) (ms float64, err error) {
	return browser.Call(ctx, s.a, s.b, "peer.connect()", "peer.connect()", "peer.firstPicture()")
}

// measure lets the rate settle, and measures first what reading pictures back would cost.
func (s *browsers) measure(ctx context.Context, r *result) error {
	if err := measure.Pass(ctx, s.warm); err != nil {
		return err
	}
	before, err := s.coded(ctx)
	if err != nil {
		return err
	}
	if err := s.b.Evaluate(ctx, "peer.seen()", nil); err != nil {
		return err
	}
	usage := measure.Sample(map[string]int{"a": s.a.PID(), "b": s.b.PID()})
	if err := measure.Pass(ctx, s.length()); err != nil {
		return err
	}
	r.Usage, r.Machine = usage.Stop()
	if err := s.b.Evaluate(ctx, "peer.seen()", &r.Shown); err != nil {
		return err
	}
	after, err := s.coded(ctx)
	if err != nil {
		return err
	}
	r.Coded = codedBetween(before, after, r.Shown.Seconds)
	if s.lossy {
		return nil
	}
	if r.Delay, r.Screen, err = s.glass(ctx); err != nil || s.window {
		return err
	}
	return s.quality(ctx, r)
}

func (s *browsers) quality(ctx context.Context, r *result) (err error) {
	if err := s.b.Evaluate(ctx, "peer.lumas(20)", nil); err != nil {
		return err
	}
	r.PSNR, err = s.judge.mean()
	return err
}

// glassTime is for how long pictures are looked at.
const glassTime = 10 * time.Second

// glass measures the delay, and reads the screen where there is one.
func (s *browsers) glass(ctx context.Context) (delay, *shown, error) {
	var captured, seen []moment
	done := make(chan error, 1)
	ms := glassTime.Milliseconds()
	go func() {
		var pairs [][2]float64
		err := s.a.Evaluate(ctx, fmt.Sprintf("peer.captured(%d)", ms+1000), &pairs)
		captured = moments(pairs)
		done <- err
	}()
	var screen *shown
	err := measure.Pass(ctx, time.Second/2) // nothing is seen that was not captured
	if err == nil && s.window {
		var at [4]int
		if err = s.b.Evaluate(ctx, "peer.place()", &at); err == nil {
			begin := unixMS(time.Now())
			seen, err = watchScreen(ctx, s.display, image.Rect(at[0], at[1], at[0]+at[2], at[1]+at[3]), glassTime)
			c := count(seen, begin, unixMS(time.Now()))
			screen = &c
		}
	} else if err == nil {
		var pairs [][2]float64
		err = s.b.Evaluate(ctx, fmt.Sprintf("peer.shown(%d)", ms), &pairs)
		seen = moments(pairs)
	}
	if err := errors.Join(err, <-done); err != nil {
		return delay{}, screen, err
	}
	d, err := delays(captured, seen)
	return d, screen, err
}

func moments(pairs [][2]float64) (out []moment) {
	for _, p := range pairs {
		out = append(out, moment{uint32(p[0]), p[1]})
	}
	return out
}

// coded is what the page says of one end's coding.
type coded struct {
	SentBytes     float64 `json:"sent_bytes"`
	ReceivedBytes float64 `json:"received_bytes"`
	Encoded       float64 `json:"encoded"`
	EncodeS       float64 `json:"encode_s"`
	Decoded       float64 `json:"decoded"`
	DecodeS       float64 `json:"decode_s"`
	Encoder       string  `json:"encoder"`
	Decoder       string  `json:"decoder"`
	Limited       string  `json:"limited"`
}

func (s *browsers) coded(ctx context.Context) (both [2]coded, err error) {
	for i, t := range []*browser.Tab{s.a, s.b} {
		if err := t.Evaluate(ctx, "peer.coded()", &both[i]); err != nil {
			return both, err
		}
	}
	return both, nil
}

// codedBetween is what a has coded and b decoded in that many seconds.
func codedBetween(before, after [2]coded, seconds float64) map[string]any {
	per := func(total, count float64) float64 { return measure.Round(1000*total/max(count, 1), 2) }
	a, b := after[0], after[1]
	return map[string]any{
		"sent_fps": measure.Round((a.Encoded-before[0].Encoded)/seconds, 1), "received_kbps": measure.Round((b.ReceivedBytes-before[1].ReceivedBytes)*8/1000/seconds, 0),
		"encode_ms": per(a.EncodeS-before[0].EncodeS, a.Encoded-before[0].Encoded), "decode_ms": per(b.DecodeS-before[1].DecodeS, b.Decoded-before[1].Decoded),
		"encoder": a.Encoder, "decoder": b.Decoder, "limited": a.Limited,
	}
}

package main

import (
	"context"
	_ "embed"
	"errors"
	"net"
	"net/http"

	"parley/audio/audiotest"
	"parley/bench/internal/browser"
	"parley/bench/internal/measure"
	"parley/test/lab"
)

//go:embed peer.html
var peerPage []byte

// browsers is two Chromium processes, a and b, each with a page that has its microphone open.
type browsers struct {
	pages *http.Server
	a, b  *browser.Tab
}

func startBrowsers(ctx context.Context, p *lab.Pulse) (_ *browsers, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // a secure origin, which microphones are for
	if err != nil {
		return nil, err
	}
	s := &browsers{pages: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(peerPage)
	})}}
	go func() { _ = s.pages.Serve(l) }()
	page := "http://" + l.Addr().String() + "/"
	for letter, t := range map[string]**browser.Tab{"a": &s.a, "b": &s.b} {
		if *t, err = browser.Open(ctx, browser.Config{Env: p.Env()}, page); err == nil {
			err = measure.Until(ctx, func() bool { return (*t).Evaluate(ctx, "peer.open", nil) == nil }) // the page has been loaded
		}
		if err == nil {
			err = (*t).Evaluate(ctx, "peer.open('mic_"+letter+"')", nil)
		}
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

func (s *browsers) close() error {
	err := s.pages.Close()
	for _, t := range []*browser.Tab{s.a, s.b} {
		if t != nil {
			err = errors.Join(err, t.Close())
		}
	}
	return err
}

// call lets b join a, who waits, and returns the time from b's start to its first sound in milliseconds.
func (s *browsers) call(ctx context.Context) (ms float64, err error) {
	return browser.Call(ctx, s.a, s.b, "peer.connect('spk_a')", "peer.connect('spk_b')", "peer.firstSound()")
}

// chromium measures a call with the browser's voice processing on.
func (b *bench) chromium(ctx context.Context) (_ any, err error) {
	s, err := startBrowsers(ctx, b.pulse)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if _, err := s.call(ctx); err != nil {
		return nil, err
	}
	return measured(ctx, b.pulse, b.chirps, map[string]int{"talker": s.a.PID(), "listener": s.b.PID()})
}

// chromiumJoins is the time to first sound when both pages have their microphones open already.
func (b *bench) chromiumJoins(ctx context.Context) (_ any, err error) {
	s, err := startBrowsers(ctx, b.pulse)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	var joins []float64
	for range b.joins {
		ms, err := s.call(ctx)
		if err != nil {
			return nil, err
		}
		joins = append(joins, ms)
		if err := errors.Join(s.a.Evaluate(ctx, "peer.close()", nil), s.b.Evaluate(ctx, "peer.close()", nil)); err != nil {
			return nil, err
		}
	}
	return map[string]any{"n": len(joins), "median_ms": measure.Round(audiotest.Median(joins), 0), "p95_ms": measure.Round(audiotest.Quantile(joins, 0.95), 0)}, nil
}

package main

import (
	"context"
	"errors"

	"parley/audio/audiotest"
	"parley/bench/internal/browser"
	"parley/bench/internal/measure"
)

// chromium measures a call with the browser's voice processing on.
func (b *bench) chromium(ctx context.Context) (_ any, err error) {
	s, err := browser.OpenVoices(ctx, b.pulse, nil, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if _, err := s.Call(ctx); err != nil {
		return nil, err
	}
	return measured(ctx, b.pulse, b.chirps, map[string]int{"talker": s.A.PID(), "listener": s.B.PID()})
}

// chromiumJoins is the time to first sound when both pages have their microphones open already.
func (b *bench) chromiumJoins(ctx context.Context) (_ any, err error) {
	s, err := browser.OpenVoices(ctx, b.pulse, nil, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	var joins []float64
	for range b.joins {
		ms, err := s.Call(ctx)
		if err != nil {
			return nil, err
		}
		joins = append(joins, ms)
		if err := s.HangUp(ctx); err != nil {
			return nil, err
		}
	}
	return map[string]any{"n": len(joins), "median_ms": measure.Round(audiotest.Median(joins), 0), "p95_ms": measure.Round(audiotest.Quantile(joins, 0.95), 0)}, nil
}

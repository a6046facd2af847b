package main

import (
	"context"
	"time"

	"parley/audio/audiotest"
	"parley/bench/internal/measure"
	"parley/test/lab"
)

// answers is how long the window took to answer pings, in milliseconds, which is how long a click waits. Fyne looks for events
// sixty times a second, so that half of 17 ms is the least that the median can be. The log's stalls do not know of time that
// painting takes; this does.
type answers struct {
	Median float64 `json:"median_ms"`
	P99    float64 `json:"p99_ms"`
	Max    float64 `json:"max_ms"`
	Over50 int     `json:"over_50_ms"`
	Asked  int     `json:"asked"`
	err    error
}

// pingEvery is seldom enough to cost nothing that is measured.
const pingEvery = 200 * time.Millisecond

// answering pings a window until ctx ends.
func answering(ctx context.Context, w *lab.Window) (a answers) {
	p, err := w.Pinger()
	if err != nil {
		return answers{err: err}
	}
	defer p.Close()
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	var ms []float64
	for {
		select {
		case <-ctx.Done():
			return answersOf(ms)
		case <-tick.C:
		}
		took, err := p.Ping(ctx)
		if ctx.Err() != nil {
			return answersOf(ms)
		}
		if err != nil {
			return answers{err: err}
		}
		ms = append(ms, float64(took)/float64(time.Millisecond))
	}
}

func answersOf(ms []float64) answers {
	if len(ms) == 0 {
		return answers{}
	}
	q := func(x float64) float64 { return measure.Round(audiotest.Quantile(ms, x), 1) }
	a := answers{Median: q(0.5), P99: q(0.99), Max: q(1), Asked: len(ms)}
	for _, v := range ms {
		if v > 50 {
			a.Over50++
		}
	}
	return a
}

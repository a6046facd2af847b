package main

import (
	"context"
	"fmt"
	"image"
	"math"
	"time"

	"parley/audio/audiotest"
	"parley/bench/internal/measure"
	"parley/test/lab"
)

// moment is when a picture was somewhere.
type moment struct {
	n  uint32
	ms float64
}

// delay is how long pictures were under way, in milliseconds.
type delay struct {
	Median   float64 `json:"median_ms"`
	P95      float64 `json:"p95_ms"`
	Pictures int     `json:"pictures"`
}

// delays pairs the pictures that were shown with the last time before that they came out of a camera, within two seconds.
func delays(captured, seen []moment) (delay, error) {
	var ms []float64
	for _, s := range seen {
		best := math.Inf(1)
		for _, c := range captured {
			if d := s.ms - c.ms; c.n == s.n && d >= 0 {
				best = min(best, d)
			}
		}
		if best < 2000 {
			ms = append(ms, best)
		}
	}
	if 2*len(ms) < len(seen) || len(ms) == 0 {
		return delay{}, fmt.Errorf("glass to glass: %d of %d pictures have a time of their capture", len(ms), len(seen))
	}
	q := func(x float64) float64 { return measure.Round(audiotest.Quantile(ms, x), 1) }
	return delay{q(0.5), q(0.95), len(ms)}, nil
}

// watchScreen looks at a picture on the screen for a while, more often than screens are drawn, and says what was seen and when.
func watchScreen(ctx context.Context, d *lab.Display, place image.Rectangle, length time.Duration) (seen []moment, err error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(length); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return seen, ctx.Err()
		case <-tick.C:
		}
		at := unixMS(time.Now())
		n, ok, err := d.ReadNumber(place, false)
		if err != nil {
			return nil, err
		}
		if ok && (len(seen) == 0 || seen[len(seen)-1].n != n) {
			seen = append(seen, moment{n, at})
		}
	}
	return seen, nil
}

func unixMS(t time.Time) float64 { return float64(t.UnixMicro()) / 1000 }

// freeze is how long there has to be no new picture for that.
const freeze = 200 // ms

// count says what was seen in a while that began and ended at these times.
func count(seen []moment, begin, end float64) shown {
	s := shown{Seconds: measure.Round((end-begin)/1000, 2)}
	last, n := begin, int64(-1)
	step := func(at float64) {
		gap := at - last
		s.Longest = max(s.Longest, measure.Round(gap, 0))
		if gap > freeze {
			s.Freezes++
			s.FrozenMS += measure.Round(gap, 0)
		}
		last = at
	}
	for _, m := range seen {
		if m.ms < begin || m.ms > end || int64(m.n) == n {
			continue
		}
		s.Shown++
		n = int64(m.n)
		step(m.ms)
	}
	step(end)
	return s
}

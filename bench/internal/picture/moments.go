// Package picture measures what is seen of the pictures of a call: how many, how smoothly, how late.
package picture

import (
	"fmt"
	"math"
	"slices"
	"time"

	"parley/audio/audiotest"
	"parley/bench/internal/measure"
	"parley/test/lab"
)

// What the pattern is sent with.
const (
	FPS   = 30
	Beeps = 30 // the interval of its flashes: parleyctl's
)

// Moment is when a picture was somewhere.
type Moment struct {
	N  uint32  // its number in the test pattern
	MS float64 // Unix time in milliseconds
}

// UnixMS is a time as Moments have it.
func UnixMS(t time.Time) float64 { return float64(t.UnixMicro()) / 1000 }

// Unread is the number of a picture that has none that can be read.
const Unread = ^uint32(0)

// ReadCounters reads the pictures that parleyctl has shown between two times (--counters), and their sizes.
func ReadCounters(path string, begin, end float64) (seen []Moment, sizes []string, err error) {
	all, err := lab.ReadPictures(path)
	for _, p := range all {
		at := UnixMS(p.At)
		if at < begin || at > end {
			continue
		}
		n := Unread
		if p.Number >= 0 {
			n = uint32(p.Number)
		}
		seen = append(seen, Moment{n, at})
		if size := fmt.Sprintf("%dx%d", p.Width, p.Height); !slices.Contains(sizes, size) {
			sizes = append(sizes, size)
		}
	}
	return seen, sizes, err
}

// Shown is what came onto the screen, or would have.
type Shown struct {
	Seconds  float64  `json:"seconds"`
	Shown    int      `json:"shown"`
	Freezes  int      `json:"freezes"`
	FrozenMS float64  `json:"frozen_ms"`
	Longest  float64  `json:"longest_ms"`
	Sizes    []string `json:"sizes,omitempty"`
}

// FPS is pictures a second.
func (s Shown) FPS() float64 { return measure.Round(float64(s.Shown)/s.Seconds, 1) }

// freeze is how long there has to be no new picture for that.
const freeze = 200 // ms

// Count says what was seen in a while that began and ended at these times. Pictures without a number, as those of a screen, are all new.
func Count(seen []Moment, begin, end float64) Shown {
	s := Shown{Seconds: measure.Round((end-begin)/1000, 2)}
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
		if m.MS < begin || m.MS > end || int64(m.N) == n && m.N != Unread {
			continue
		}
		s.Shown++
		n = int64(m.N)
		step(m.MS)
	}
	step(end)
	return s
}

// Delay is how long pictures were under way, in milliseconds.
type Delay struct {
	Median   float64 `json:"median_ms"`
	P95      float64 `json:"p95_ms"`
	Pictures int     `json:"pictures"`
}

// Delays pairs the pictures that were shown with the last time before that they came out of a camera, within two seconds.
func Delays(captured, seen []Moment) (Delay, error) {
	var ms []float64
	for _, s := range seen {
		best := math.Inf(1)
		for _, c := range captured {
			if d := s.MS - c.MS; c.N == s.N && d >= 0 {
				best = min(best, d)
			}
		}
		if best < 2000 {
			ms = append(ms, best)
		}
	}
	if 2*len(ms) < len(seen) || len(ms) == 0 {
		return Delay{}, fmt.Errorf("glass to glass: %d of %d pictures have a time of their capture", len(ms), len(seen))
	}
	q := func(x float64) float64 { return measure.Round(audiotest.Quantile(ms, x), 1) }
	return Delay{q(0.5), q(0.95), len(ms)}, nil
}

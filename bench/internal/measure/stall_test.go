package measure

import (
	"errors"
	"testing"
	"time"
)

func TestLatest(t *testing.T) {
	begin := time.Now()
	for want, gaps := range map[time.Duration][]time.Duration{
		0:                     {wait, wait - 1, wait},
		40 * time.Millisecond: {wait, wait + 40*time.Millisecond, wait, wait + 10*time.Millisecond},
		time.Second:           {wait + time.Second},
	} {
		ticks, stop, said := make(chan time.Time), make(chan struct{}), make(chan time.Duration)
		go func() { said <- latest(begin, ticks, stop) }()
		now := begin
		for _, gap := range gaps {
			now = now.Add(gap)
			ticks <- now
		}
		close(stop)
		if got := <-said; got != want {
			t.Errorf("%v: %v, want %v", gaps, got, want)
		}
	}
}

func TestUndisturbed(t *testing.T) {
	fails := errors.New("fails")
	for name, c := range map[string]struct {
		waits []float64
		err   error
		runs  int
	}{
		"a quiet machine": {[]float64{60}, nil, 1}, "a stall": {[]float64{61, 10}, nil, 2}, "two": {[]float64{70, 80}, nil, 2}, "it fails": {[]float64{70}, fails, 1},
	} {
		runs := 0
		got, err := Undisturbed(60, func() (float64, error) {
			runs++
			return c.waits[runs-1], c.err
		}, func(wait float64) float64 { return wait })
		if runs != c.runs || got != c.waits[runs-1] || err != c.err {
			t.Errorf("%s: %v, %v after %d", name, got, err, runs)
		}
	}
}

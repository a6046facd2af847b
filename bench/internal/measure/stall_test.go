package measure

import (
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

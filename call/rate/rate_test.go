package rate

import (
	"math"
	"testing"
	"time"
)

const (
	low, begin, high = 150_000, 1_000_000, 2_500_000
	rtt              = 50 * time.Millisecond
)

// report is one a second unless it says otherwise.
type report struct {
	loss  float64
	rtt   time.Duration
	after time.Duration // since the one before; 0: a second
	remb  int           // before the report
}

func play(r *Rate, list []report) int {
	now := time.Hour
	for _, k := range list {
		if k.after == 0 {
			k.after = time.Second
		}
		now += k.after
		r.REMB(k.remb)
		r.Report(k.loss, k.rtt, now)
	}
	return r.Target()
}

func times(n int, k report) []report {
	list := make([]report, n)
	for i := range list {
		list[i] = k
	}
	return list
}

func TestTarget(t *testing.T) {
	first := report{rtt: rtt}
	for _, c := range []struct {
		name string
		list []report
		want float64
	}{
		{"nothing said", nil, begin},
		{"the first report", []report{first}, begin},
		{"no loss for a second", times(2, first), begin * 1.08},
		{"no loss for two", times(3, first), begin * 1.08 * 1.08},
		{"little loss", times(2, report{loss: 0.019}), begin * 1.08},
		{"some loss", times(9, report{loss: 0.02}), begin},
		{"some more", times(9, report{loss: 0.10}), begin},
		{"much loss", times(1, report{loss: 0.2, rtt: rtt}), begin * 0.9},
		{"much loss twice", times(2, report{loss: 0.2, rtt: rtt}), begin * 0.81},
		{"everything lost", times(1, report{loss: 1}), begin / 2},
		{"often in a second", times(8, report{loss: 0.2, after: 100 * time.Millisecond}), begin * 0.9},
		{"within a long round trip", times(3, report{loss: 0.2, rtt: 4 * time.Second}), begin * 0.9},
		{"never lower", times(60, report{loss: 0.5}), low},
		{"never higher", times(60, first), high},
		{"after a long pause", []report{first, {after: time.Hour}}, begin * 1.16},
		{"ten a second grow as one", times(11, report{after: 100 * time.Millisecond}), begin * math.Pow(1.008, 10)},
		{"the far end's limit", []report{{remb: 400_000}}, 400_000},
		{"growth up to the limit", append(times(9, report{remb: 1_100_000}), first), 1_100_000},
		{"the limit rises", append([]report{{remb: 400_000}}, report{remb: 9_000_000}), 400_000 * 1.08},
		{"a limit below the least", []report{{remb: 1}}, low},
	} {
		if got := play(New(low, begin, high), c.list); math.Abs(float64(got)-c.want) > c.want/1000 {
			t.Errorf("%s: %d, not %.0f", c.name, got, c.want)
		}
	}
}

// Whatever a far end says, the target stays where it may be.
func TestGarbage(t *testing.T) {
	for _, loss := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 1.0001, 1e300} {
		for _, at := range []time.Duration{0, -time.Hour, math.MinInt64, math.MaxInt64} {
			r := New(low, begin, high)
			r.Report(0, rtt, time.Second)
			r.Report(loss, at, at)
			if r.Target() != begin {
				t.Errorf("a loss of %v: %d", loss, r.Target())
			}
			r.Report(0.5, at, at)
			r.Report(0, at, at)
			r.Report(0, at, 0)
			if got := r.Target(); got < low || got > high {
				t.Errorf("a round trip and a clock of %v: %d", at, got)
			}
		}
	}
	r := New(low, begin, high)
	for _, bps := range []int{0, -1, math.MinInt, math.MaxInt} {
		if r.REMB(bps); r.Target() != begin {
			t.Errorf("an estimate of %d: %d", bps, r.Target())
		}
	}
}

// A clock that stands still grows nothing, and a beginning out of bounds is brought into them.
func TestBounds(t *testing.T) {
	r := New(low, begin, high)
	for range 1000 {
		r.Report(0, rtt, time.Second)
	}
	if r.Target() != begin {
		t.Errorf("%d in no time", r.Target())
	}
	if New(low, 1, high).Target() != low || New(low, math.MaxInt, high).Target() != high {
		t.Error("it begins outside of its bounds")
	}
}

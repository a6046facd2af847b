package audio

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"
)

const ms = time.Millisecond

// paceRun steps a Pace once a second, and opens what it wants.
type paceRun struct {
	*Pace
	now     time.Duration
	changes []time.Duration // the periods
}

func (r *paceRun) pass(seconds int, s PaceSeen) {
	for range seconds {
		r.now += time.Second
		if period, change := r.Step(r.now, s); change {
			r.changes = append(r.changes, period)
			r.Opened(r.now, period)
		}
	}
}

func TestPace(t *testing.T) {
	good, bad := PaceSeen{Quiet: true}, PaceSeen{Underruns: 1, Quiet: true}
	loud, badLoud := PaceSeen{}, PaceSeen{Underruns: 4}
	type span struct {
		seconds int
		seen    PaceSeen
	}
	tests := []struct {
		name   string
		learnt time.Duration
		spans  []span
		want   []time.Duration // changes
		knows  time.Duration   // Learnt at the end
	}{
		{"it holds", 0, []span{{600, good}}, nil, 5 * ms},
		{"a short call teaches nothing", 0, []span{{20, good}}, nil, 0},
		{"one gap is no reason", 0, []span{{1, good}, {1, bad}, {600, good}}, nil, 5 * ms},
		{"two at the start are", 0, []span{{1, good}, {2, bad}, {60, good}}, []time.Duration{10 * ms}, 10 * ms},
		{"two later are not", 0, []span{{60, good}, {2, bad}, {60, good}}, nil, 5 * ms},
		{"three are", 0, []span{{60, good}, {3, bad}, {1, good}}, []time.Duration{10 * ms}, 10 * ms},
		{"but not in half a minute", 0, []span{{60, good}, {1, bad}, {12, good}, {1, bad}, {12, good}, {1, bad}, {60, good}}, nil, 5 * ms},
		{"up to the top and no further", 0, []span{{600, bad}}, []time.Duration{10 * ms, 20 * ms}, 20 * ms},
		{"some late callbacks are nothing", 0, []span{{600, PaceSeen{Late: 2}}}, nil, 5 * ms},
		{"many are", 0, []span{{8, PaceSeen{Late: 3}}}, []time.Duration{10 * ms, 20 * ms}, 20 * ms},
		{"up waits two seconds for silence", 0, []span{{2, badLoud}, {1, loud}}, nil, 0},
		{"and no longer", 0, []span{{2, badLoud}, {2, loud}}, []time.Duration{10 * ms}, 10 * ms},
		{"back after a good while", 0, []span{{3, bad}, {115, good}, {60, good}}, []time.Duration{10 * ms, 5 * ms}, 5 * ms},
		{"when it is quiet", 0, []span{{3, bad}, {150, loud}}, []time.Duration{10 * ms}, 10 * ms},
		{"or when it never is", 0, []span{{3, bad}, {230, loud}}, []time.Duration{10 * ms, 5 * ms}, 5 * ms},
		{"what was learnt", 10 * ms, []span{{300, good}}, nil, 10 * ms},
		{"is doubted after ten minutes", 10 * ms, []span{{640, good}}, []time.Duration{5 * ms}, 5 * ms},
		{"what nobody has is the next", 12 * ms, []span{{60, good}}, nil, 20 * ms},
		{"nonsense", 5 * time.Hour, []span{{60, good}}, nil, 20 * ms},
		{"nonsense below", -1, []span{{60, good}}, nil, 5 * ms},
	}
	for _, test := range tests {
		r := paceRun{Pace: NewPace(test.learnt)}
		r.Opened(0, r.Period())
		for _, s := range test.spans {
			r.pass(s.seconds, s.seen)
		}
		if !slices.Equal(r.changes, test.want) || r.Learnt() != test.knows {
			t.Errorf("%s: %v, learnt %v; want %v, %v", test.name, r.changes, r.Learnt(), test.want, test.knows)
		}
	}
}

// A machine that carries 10 ms and never 5 hears of it less and less.
func TestPaceDoesNotFlap(t *testing.T) {
	r := paceRun{Pace: NewPace(0)}
	r.Opened(0, r.Period())
	for range 12 * 3600 {
		r.pass(1, PaceSeen{Underruns: map[bool]uint64{true: 1}[r.Period() < 10*ms], Quiet: true})
	}
	if n := len(r.changes); n < 3 || n > 40 || r.Learnt() != 10*ms {
		t.Errorf("%d changes in twelve hours, learnt %v", n, r.Learnt())
	}
}

// One that can't be opened otherwise is left alone for an hour.
func TestPaceRefused(t *testing.T) {
	p := NewPace(10 * ms)
	p.Opened(0, p.Period())
	refused := 0
	for now := time.Duration(0); now < time.Hour; now += time.Second {
		if _, change := p.Step(now, PaceSeen{Quiet: true}); change {
			refused++
			p.Refused(now)
		}
	}
	if refused != 1 || p.Period() != 10*ms {
		t.Errorf("%d times, %v", refused, p.Period())
	}
}

// FuzzPace: whatever is seen and however time goes, a change is one step, and comes rarely.
func FuzzPace(f *testing.F) {
	f.Add(int64(0), []byte{1, 1, 1, 1, 200, 0, 1, 1, 1})
	f.Add(int64(10*ms), []byte{255, 254, 3, 0, 9, 77, 128, 129})
	f.Add(int64(-1<<63), []byte{7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7})
	f.Fuzz(func(t *testing.T, learnt int64, script []byte) {
		p := NewPace(time.Duration(learnt))
		p.Opened(0, p.Period())
		now, last := time.Duration(0), time.Duration(0)
		for i, b := range script {
			now += time.Duration(b>>3) * 100 * ms
			at := now
			if b == 255 && len(script)-i >= 8 {
				at = time.Duration(binary.LittleEndian.Uint64(script[i:]))
				now = max(now, at)
			}
			period, change := p.Step(at, PaceSeen{Underruns: uint64(b & 1), Late: uint64(b & 6), Quiet: b&8 == 0})
			was := slices.Index(paces, p.Period())
			is := slices.Index(paces, period)
			if was < 0 || is < 0 || is-was > 1 || was-is > 1 || change && is == was {
				t.Fatalf("%v to %v, %v", p.Period(), period, change)
			}
			if !change {
				continue
			}
			if is < was && now-last < pacePatience || now-last < paceSettle {
				t.Fatalf("%v to %v after %v", p.Period(), period, now-last)
			}
			last = now
			if b&16 == 0 {
				p.Opened(at, period)
			} else {
				p.Refused(at)
			}
		}
	})
}

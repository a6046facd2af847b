package rate

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// link is a path with one queue in it.
type link struct {
	rate   func(at time.Duration) float64 // bytes a second
	queue  time.Duration                  // what it holds; more is lost
	far    func(at time.Duration) time.Duration
	loss   float64 // from the fourth second on
	jitter time.Duration
}

// outcome is what a minute brought.
type outcome struct {
	delays    []time.Duration // that speech waited in the queue, of the time after the first seconds
	lost      float64         // of speech
	share     float64         // of the link's rate that the file got
	most, end int             // rates
}

func (o *outcome) p95() time.Duration { return o.delays[len(o.delays)*95/100] }

// drive sends a file through a link, beside 50 packets of speech a second.
func drive(l link, took time.Duration) outcome {
	const piece, speech = 1200, 160
	dice := rand.New(rand.NewPCG(1, 2))
	p := NewPacer()
	type ack struct {
		at, delay time.Duration
		bytes, n  int
	}
	var out outcome
	var acks []ack
	var free time.Duration // when the link has sent all that it holds
	var next, voice time.Duration
	var spoken, unheard, room, said, gone float64
	again := 0 // pieces that were lost and are to be sent once more
	window := ack{delay: 1 << 62}
	windowEnds := 20 * time.Millisecond
	through := func(now time.Duration, size float64) (arrives, waits time.Duration, ok bool) {
		waits = max(free-now, 0)
		if waits > l.queue || now > 3*time.Second && dice.Float64() < l.loss {
			return 0, 0, false
		}
		free = max(free, now) + time.Duration(size/l.rate(now)*float64(time.Second))
		jitter := time.Duration(0)
		if l.jitter > 0 {
			jitter = time.Duration(dice.Int64N(int64(l.jitter)))
		}
		return free + l.far(now) + jitter, waits, true
	}
	type coming struct {
		at, delay time.Duration
	}
	var air []coming
	for now := time.Duration(0); now < took; now += time.Millisecond {
		for ; voice <= now; voice += 20 * time.Millisecond {
			_, waits, ok := through(now, speech)
			if said++; !ok {
				gone++
			}
			if said == 50 {
				p.Lost(now, 2*l.far(now), gone/said)
				said, gone = 0, 0
			}
			if now < 4*time.Second {
				continue
			}
			if spoken++; ok {
				out.delays = append(out.delays, waits)
			} else {
				unheard++
			}
		}
		for ; next <= now; next += time.Duration(float64(piece) / float64(p.Rate()) * float64(time.Second)) {
			arrives, _, ok := through(now, piece)
			late := again > 0
			if !ok {
				again++
				continue
			}
			delay := arrives - now + time.Hour
			if again = max(again-1, 0); late { // it was sent before
				delay += 2*l.far(now) + time.Second
			}
			air = append(air, coming{arrives, delay})
		}
		slices.SortFunc(air, func(a, b coming) int { return cmp.Compare(a.at, b.at) })
		for len(air) > 0 && air[0].at <= now {
			window.delay = min(window.delay, air[0].delay)
			window.bytes += piece
			window.n++
			air = air[1:]
		}
		if now >= windowEnds {
			windowEnds += 20 * time.Millisecond
			if window.n > 0 {
				window.at = now + l.far(now)
				acks = append(acks, window)
				if now >= 4*time.Second {
					out.share += float64(window.bytes)
				}
				window = ack{delay: 1 << 62}
			}
		}
		for len(acks) > 0 && acks[0].at <= now {
			a := acks[0]
			p.Acked(now, 2*l.far(now), a.delay, a.bytes, a.n)
			acks = acks[1:]
		}
		if now >= 4*time.Second {
			room += l.rate(now) / 1000
		}
		out.most = max(out.most, p.Rate())
	}
	slices.Sort(out.delays)
	out.end, out.lost, out.share = p.Rate(), unheard/spoken, out.share/room
	return out
}

func always[T any](v T) func(time.Duration) T { return func(time.Duration) T { return v } }

const mbit = 1e6 / 8

// Speech beside a file waits little and loses no more than without it, and the file still gets most of what there is.
func TestPacer(t *testing.T) {
	second := time.Second
	step := func(a, b float64) func(time.Duration) float64 {
		return func(at time.Duration) float64 {
			if at < 30*second {
				return a * mbit
			}
			return b * mbit
		}
	}
	ms := time.Millisecond
	for _, c := range []struct {
		name  string
		link  link
		wait  time.Duration // p95
		lost  float64
		share float64
	}{
		{"2 Mbit/s, a long queue", link{always(2 * mbit), 400 * ms, always(20 * ms), 0, 0}, 35 * ms, 0.001, 0.7},
		{"2 Mbit/s, far away", link{always(2 * mbit), 400 * ms, always(100 * ms), 0, 0}, 45 * ms, 0.001, 0.6},
		{"half a Mbit/s", link{always(0.5 * mbit), 400 * ms, always(20 * ms), 0, 0}, 60 * ms, 0.001, 0.5},
		{"10 Mbit/s", link{always(10 * mbit), 200 * ms, always(15 * ms), 0, 0}, 35 * ms, 0.001, 0.7},
		{"5 percent lost anyway", link{always(10 * mbit), 200 * ms, always(20 * ms), 0.05, 0}, 35 * ms, 0.065, 0.5},
		{"hardly a queue", link{always(5 * mbit), 8 * ms, always(20 * ms), 0, 0}, 9 * ms, 0.05, 0.6},
		{"jitter", link{always(4 * mbit), 200 * ms, always(20 * ms), 0, 60 * ms}, 45 * ms, 0.001, 0.4},
		{"becomes narrow", link{step(10, 2), 300 * ms, always(20 * ms), 0, 0}, 60 * ms, 0.01, 0.6},
		{"becomes wide", link{step(1, 8), 300 * ms, always(20 * ms), 0, 0}, 45 * ms, 0.01, 0.4},
		{"becomes longer", link{always(4 * mbit), 300 * ms, func(at time.Duration) time.Duration {
			if at < 30*second {
				return 10 * ms
			}
			return 90 * ms
		}, 0, 0}, 45 * ms, 0.001, 0.5},
	} {
		o := drive(c.link, 60*second)
		t.Logf("%-24s p95 %-9v lost %.3f share %.2f", c.name, o.p95().Round(ms/10), o.lost, o.share)
		if o.p95() > c.wait || o.lost > c.lost || o.share < c.share {
			t.Errorf("%s: p95 %v (at most %v), lost %.3f (%.3f), share %.2f (at least %.2f)", c.name, o.p95(), c.wait, o.lost, c.lost, o.share, c.share)
		}
	}
}

// Where nothing is in the way a file is soon as fast as it may be.
func TestPacerOnALocalNetwork(t *testing.T) {
	o := drive(link{always(1000 * mbit), 50 * time.Millisecond, always(time.Millisecond / 2), 0, 0}, 6*time.Second)
	if o.end != PacerMost {
		t.Errorf("%d bytes a second after six seconds, not %d", o.end, PacerMost)
	}
}

// Whatever a far end says, the rate stays where it may be.
func TestPacerGarbage(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 4))
	p := NewPacer()
	for range 20_000 {
		p.Acked(time.Duration(dice.Int64()), time.Duration(dice.Int64()), time.Duration(dice.Int32()), int(dice.Int32())-1<<30, int(dice.Int32())-1<<30)
		p.Lost(time.Duration(dice.Int64()), time.Duration(dice.Int64()), dice.Float64()*2-0.5)
		if r := p.Rate(); r < pacerLeast || r > PacerMost {
			t.Fatalf("a rate of %d", r)
		}
		if b := p.Budget(time.Duration(dice.Int64())); b < 32<<10 || b > 256<<10 {
			t.Fatalf("a budget of %d", b)
		}
	}
}

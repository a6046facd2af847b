package jitter

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"
)

// repairs says how a trace is repaired.
type repairs struct {
	copies int           // in each packet, of those before it
	trip   time.Duration // after which what was asked for is there; zero: nothing is
}

// repaired plays a trace with what repairs it, as call/mesh brings it: what is missing comes with the next packets that arrive, or
// else, if that is not lost either, a round trip after the first that is newer.
func repaired(b *Buffer, ps []packet, frame time.Duration, r repairs, lost func() bool) (e ear) {
	slices.SortStableFunc(ps, func(a, b packet) int { return int(a.at - b.at) })
	type event struct {
		packet
		by Source
	}
	var events []event
	came, asked, first := map[uint16]bool{}, map[uint16]bool{}, ps[0].seq
	step := uint32(frame * 48 / ms)
	for _, p := range ps {
		events = append(events, event{p, Own})
		came[p.seq] = true
		for back := 1; back < 30; back++ {
			k := packet{p.seq - uint16(back), p.ts - uint32(back)*step, p.sent - time.Duration(back)*frame, p.at, 100}
			switch {
			case k.seq-first >= 1<<15 || came[k.seq]:
			case back <= r.copies:
				came[k.seq] = true
				events = append(events, event{k, Redundant})
			case r.trip > 0 && !asked[k.seq]:
				asked[k.seq] = true
				if k.at += r.trip; !lost() {
					events = append(events, event{k, Resent})
				}
			}
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return int(a.at - b.at) })
	payload := make([]byte, 100)
	return listenTo(b, frame, 0, events[len(events)-1].at+time.Second, func(now time.Duration) {
		for len(events) > 0 && events[0].at <= now {
			k := events[0]
			binary.LittleEndian.PutUint64(payload, uint64(k.sent))
			if k.by == Own {
				b.Covered(r.copies, k.at)
				b.Push(k.seq, k.ts, payload, k.at)
			} else {
				b.Repair(k.seq, k.ts, payload, k.by, k.at)
			}
			events = events[1:]
		}
	})
}

// TestRepairs: what is lost is heard by its repairs, and the delay is as long as they need, where they are worth it.
func TestRepairs(t *testing.T) {
	const whole, frame = 60 * time.Second, 20 * ms
	n := int(whole / frame)
	for _, c := range []struct {
		loss  float64
		by    repairs
		heard float64       // share decoded after the first three seconds, at least
		delay time.Duration // median from sending to decoding, at most; the network has 20 to 22 ms of it
	}{
		{0, repairs{2, 40 * ms}, 1, 40 * ms},
		{0.01, repairs{1, 0}, 0.998, 60 * ms},
		{0.05, repairs{2, 0}, 0.9995, 78 * ms},
		{0.10, repairs{2, 0}, 0.997, 80 * ms},
		{0.20, repairs{2, 0}, 0.99, 72 * ms},
		{0.30, repairs{2, 0}, 0.97, 72 * ms},
		{0.05, repairs{0, 30 * ms}, 0.993, 80 * ms},
		{0.20, repairs{0, 30 * ms}, 0.94, 100 * ms},
		{0.30, repairs{2, 30 * ms}, 0.97, 72 * ms},   // not worth more than the copies
		{0.30, repairs{2, 60 * ms}, 0.97, 72 * ms},   // nor that
		{0.01, repairs{0, 120 * ms}, 0.985, 70 * ms}, // not worth that
		{0.30, repairs{0, 120 * ms}, 0.87, 220 * ms}, // worth it
	} {
		t.Run(fmt.Sprintf("%v %+v", c.loss, c.by), func(t *testing.T) {
			r := random(5)
			lost := func() bool { return r.Float64() < c.loss }
			b := New(Config{})
			e := repaired(b, trace(n, frame, losing(c.loss)), frame, c.by, lost)
			heard, from := 0, int(3*time.Second/frame)
			for i := from; i < n; i++ {
				heard += min(e.played[i], 1)
			}
			share, s := float64(heard)/float64(n-from), b.Stats()
			delay := e.percentile(50, frame, 3*time.Second)
			t.Logf("%.2f %% heard, delay median %v, p95 %v, concealed %v, stretched %v; %+v", 100*share, delay, e.percentile(95, frame, 3*time.Second), e.concealed, e.stretched, s)
			if share < c.heard || delay > c.delay {
				t.Errorf("%.2f %% heard with a delay of %v; want %.2f %% and %v", 100*share, delay, 100*c.heard, c.delay)
			}
			if most := time.Duration((1-c.heard)*float64(whole)) + 300*ms; e.concealed > most { // what Recover makes is not heard so well, but heard
				t.Errorf("%v are invented; want %v", e.concealed, most)
			}
			if s.Duplicates+s.Bad+s.Overtaken > 0 || c.loss == 0 && s.Lost > 0 {
				t.Errorf("%+v", s)
			}
			for i, times := range e.played {
				if times > 1 {
					t.Fatalf("frame %d played %d times", i, times)
				}
			}
		})
	}
}

// TestBursts: losses in bursts are longer than copies reach, and what is asked for once more is hardly worth being waited for: the
// delay stays where it is.
func TestBursts(t *testing.T) {
	const frame, n = 20 * ms, 3000
	for seed := range uint64(4) {
		r, bad := random(seed), false
		ps := trace(n, frame, func(int, time.Duration) time.Duration {
			if bad = bad && r.IntN(4) != 0 || !bad && r.IntN(36) == 0; bad { // one in ten, four at a time
				return -1
			}
			return 20*ms + time.Duration(r.Int64N(int64(2*ms)))
		})
		e := repaired(New(Config{}), ps, frame, repairs{2, 50 * ms}, func() bool { return r.IntN(10) == 0 })
		delay, share := e.percentile(50, frame, 3*time.Second), float64(len(e.played))/n
		t.Logf("%.1f %% came, %.1f %% heard, delay median %v, stretched %v", 100*float64(len(ps))/n, 100*share, delay, e.stretched)
		if delay > 80*ms || share < 0.92 || e.stretched > time.Second {
			t.Errorf("%.1f %% heard with a delay of %v, %v stretched; want 92 %%, 80 ms and 1 s", 100*share, delay, e.stretched)
		}
	}
}

// TestHeavyJitter: packets up to 200 ms late overtake each other and come twice, with copies and without.
func TestHeavyJitter(t *testing.T) {
	const frame, n = 20 * ms, 3000
	for _, copies := range []int{0, 2} {
		b := New(Config{})
		ps := trace(n, frame, steady(10*ms, 210*ms))
		r := random(9)
		for _, p := range ps[:n] {
			if r.IntN(20) == 0 {
				p.at += time.Duration(r.Int64N(int64(50 * ms)))
				ps = append(ps, p)
			}
		}
		e := repaired(b, ps, frame, repairs{copies: copies}, func() bool { return true })
		s := b.Stats()
		t.Logf("%d copies: delay median %v, p95 %v, concealed %v, %+v", copies, e.percentile(50, frame, 3*time.Second), e.percentile(95, frame, 3*time.Second), e.concealed, s)
		if late := float64(s.Late) / n; late >= 0.02 {
			t.Errorf("%d copies: %.1f %% late", copies, 100*late)
		}
		if s.Duplicates < n/25 || s.Bad > 0 {
			t.Errorf("%d copies: %+v", copies, s)
		}
	}
}

// A packet that its own repair has overtaken was not lost, and what is known of the network's delay counts it.
func TestOvertaken(t *testing.T) {
	b := New(Config{Start: 10 * ms})
	push(t, b, 0, 0, Stored)
	push(t, b, 2, 40*ms, Stored)
	if v := b.Repair(1, 960, []byte{1, 1, 2}, Redundant, 40*ms); v != Stored {
		t.Error(v)
	}
	push(t, b, 1, 45*ms, Duplicate)
	if s := b.Stats(); s.Overtaken != 1 || s.Duplicates != 0 || b.delay.slowest != 25*ms {
		t.Errorf("%+v, slowest %v", s, b.delay.slowest)
	}
	push(t, b, 1, 46*ms, Duplicate)
	if s := b.Stats(); s.Duplicates != 1 {
		t.Errorf("%+v", s)
	}
	for i := range 3 {
		if step := b.Pull(50 * ms); step.Action != Decode || step.Payload[0] != byte(i) || step.By != Own {
			t.Fatalf("%d: %+v", i, step)
		}
	}
	if b.loss.share != 0 {
		t.Errorf("lost %v", b.loss.share)
	}
}

// The end of a talk spurt is told several times, and heard once, whichever of them got lost; the next spurt is late by no more than any.
func TestEnds(t *testing.T) {
	for lost := range 4 {
		b := New(Config{Start: 10 * ms})
		concealed, have, ends, began := 0, 0, 0, time.Duration(0)
		for turn := range 60 {
			now := time.Duration(turn) * 10 * ms
			if i := turn / 2; turn%2 == 0 && i != 10+lost {
				size := 100
				if i >= 10 && i < 13 {
					size = 1
				}
				if i < 13 || i >= 20 {
					b.Push(uint16(i), uint32(i*960), make([]byte, size), now)
				}
			}
			for have < 480 {
				step := b.Pull(now)
				switch step.Action {
				case Wait:
					have = 480
				case Conceal:
					concealed += step.Samples
					have += step.Samples
				case Decode:
					have += 960
					if len(step.Payload) == 1 {
						ends++
					}
					if turn >= 40 && began == 0 {
						began = now
					}
				}
			}
			have -= 480
		}
		if ends != 1 || concealed > 960 || lost > 0 && concealed > 0 || began > 410*ms {
			t.Errorf("%d lost: %d samples concealed, %d times the end, the next spurt at %v", lost, concealed, ends, began)
		}
	}
}

func TestRepairRefuses(t *testing.T) {
	b := New(Config{MaxPayload: 10})
	if b.Repair(1, 960, []byte{1}, Redundant, 0) != Bad {
		t.Error("a repair of nothing")
	}
	push(t, b, 1000, 0, Stored)
	for name, c := range map[string]struct {
		seq  uint16
		ts   uint32
		by   Source
		size int
	}{
		"nothing":             {999, 999 * 960, Redundant, 0},
		"too large":           {999, 999 * 960, Redundant, 11},
		"no repair":           {999, 999 * 960, Own, 3},
		"an unknown way":      {999, 999 * 960, sources, 3},
		"long ago":            {800, 800 * 960, Resent, 3},
		"older and yet later": {999, 1001 * 960, Resent, 3},
	} {
		for range 3 { // it never proves that the sender has begun anew
			if v := b.Repair(c.seq, c.ts, make([]byte, c.size), c.by, 0); v != Bad {
				t.Errorf("%s: %v", name, v)
			}
		}
	}
	push(t, b, 1001, 20*ms, Stored)
	if s := b.Stats(); s.Restarts != 0 || s.Bad != 19 {
		t.Errorf("%+v", s)
	}
}

func TestWorth(t *testing.T) {
	var w worth
	if got := w.target(30 * ms); got != 30*ms {
		t.Errorf("with nothing asked for %v", got)
	}
	w.add(82 * ms)
	if got := w.target(30 * ms); got != 30*ms {
		t.Errorf("for one packet %v", got)
	}
	for range 23 {
		w.add(82 * ms)
	}
	if got := w.target(30 * ms); got != 85*ms {
		t.Errorf("for twenty-four %v", got)
	}
	w.add(400 * ms)
	if got := w.target(30 * ms); got != 85*ms {
		t.Errorf("for one that came much later %v", got)
	}
	w.add(-time.Hour)
	w.add(time.Hour)
	for range 10000 {
		w.fade()
	}
	if w != (worth{}) || w.target(30*ms) != 30*ms {
		t.Errorf("after minutes %v", w.sum)
	}
}

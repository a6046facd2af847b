package netlab

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func seeded() direction { return direction{rng: rand.New(rand.NewPCG(1, 2))} }

func TestLossIsAsAsked(t *testing.T) {
	for _, p := range []Params{{}, {Loss: 0.1}, {Loss: 0.1, Burst: 4}, {Loss: 0.5, Burst: 2}, {Loss: 1}, {Loss: 1, Burst: 3}} {
		d := seeded()
		lost, runs, before := 0, 0, false
		const n = 200000
		for range n {
			_, copies := d.pass(p, time.Time{}, 100)
			if copies == 0 {
				lost++
				if !before {
					runs++
				}
			}
			before = copies == 0
		}
		if got := float64(lost) / n; math.Abs(got-p.Loss) > 0.01 {
			t.Errorf("%+v: lost %.3f", p, got)
		}
		if p.Burst > 1 && p.Loss < 1 {
			if got := float64(lost) / float64(runs); math.Abs(got-p.Burst) > 0.1*p.Burst {
				t.Errorf("%+v: mean run %.2f", p, got)
			}
		}
	}
}

func TestDelayAndOrder(t *testing.T) {
	d := seeded()
	start := time.Unix(1000, 0)
	p := Params{Delay: 30 * time.Millisecond, Jitter: 20 * time.Millisecond}
	q := newQueue()
	for i := range 100 {
		due, copies := d.pass(p, start, 100)
		if wait := due.Sub(start); copies != 1 || wait < 10*time.Millisecond || wait > 50*time.Millisecond {
			t.Fatalf("packet %d: %v %v", i, wait, copies)
		}
		q.put(due, []byte{byte(i)})
	}
	if data, wait, _ := q.next(start); data != nil || wait < 10*time.Millisecond {
		t.Errorf("a packet came out early: %v %v", data, wait)
	}
	overtaken, last := 0, byte(0)
	for range 100 {
		data, _, _ := q.next(start.Add(time.Second))
		if data == nil {
			t.Fatal("a packet is missing")
		}
		if data[0] < last {
			overtaken++
		}
		last = data[0]
	}
	if overtaken == 0 {
		t.Error("jitter of 20 ms changed no order")
	}
}

// sent is when packets that come in one a millisecond go out, and how often.
func sent(p Params, n, size int) (waits []time.Duration, copies []int) {
	d, start := seeded(), time.Unix(1000, 0)
	for i := range n {
		now := start.Add(time.Duration(i) * time.Millisecond)
		due, c := d.pass(p, now, size)
		waits, copies = append(waits, due.Sub(now)), append(copies, c)
	}
	return waits, copies
}

func TestShortCut(t *testing.T) {
	const n = 10000
	waits, _ := sent(Params{Delay: 20 * time.Millisecond, Reorder: 0.1}, n, 100)
	short := 0
	for _, w := range waits {
		switch w {
		case 0:
			short++
		case 20 * time.Millisecond:
		default:
			t.Fatalf("waited %v", w)
		}
	}
	if got := float64(short) / n; math.Abs(got-0.1) > 0.02 {
		t.Errorf("%.3f took the short cut", got)
	}
}

func TestJitterInOrder(t *testing.T) {
	p := Params{Delay: 30 * time.Millisecond, Jitter: 20 * time.Millisecond}
	for _, inOrder := range []bool{false, true} {
		p.InOrder = inOrder
		waits, _ := sent(p, 1000, 100)
		overtaken := 0
		for i := 1; i < len(waits); i++ {
			if waits[i]+time.Millisecond < waits[i-1] {
				overtaken++
			}
		}
		if (overtaken == 0) != inOrder {
			t.Errorf("in order %v: %d of 1000 overtook", inOrder, overtaken)
		}
	}
}

func TestDuplicates(t *testing.T) {
	_, copies := sent(Params{Duplicate: 0.2}, 10000, 100)
	twice := 0
	for _, c := range copies {
		if c == 2 {
			twice++
		} else if c != 1 {
			t.Fatalf("came %d times", c)
		}
	}
	if got := float64(twice) / 10000; math.Abs(got-0.2) > 0.02 {
		t.Errorf("%.3f came twice", got)
	}
}

// A packet of 1000 bytes a millisecond is 8 Mbit/s.
func TestRate(t *testing.T) {
	waits, copies := sent(Params{Rate: 16_000_000}, 1000, 1000)
	if slices.Contains(copies, 0) || slices.Max(waits) != time.Millisecond/2 {
		t.Errorf("twice the rate that is needed: a packet waits %v, want half a millisecond", slices.Max(waits))
	}
	waits, copies = sent(Params{Rate: 4_000_000, Queue: 50 * time.Millisecond}, 1000, 1000)
	passed := 0
	for i, c := range copies {
		if passed += c; c > 0 && waits[i] > 52*time.Millisecond {
			t.Fatalf("packet %d waits %v", i, waits[i])
		}
	}
	if passed < 520 || passed > 530 { // half, and what waits at the end
		t.Errorf("half the rate that is needed: %d of 1000 pass", passed)
	}
}

package jitter

import (
	"testing"
	"time"
)

// Turns that are made at once are heard one after the other; late and early ones are as those in time.
func TestTurns(t *testing.T) {
	for name, c := range map[string]struct {
		at    []time.Duration // of the turns of one period, in milliseconds
		every time.Duration
		later []time.Duration
		most  time.Duration
	}{
		"evenly":        {[]time.Duration{0}, 10, []time.Duration{0}, 0},
		"not on time":   {[]time.Duration{0, 12, 21, 28}, 40, []time.Duration{0, 0, 0, 0}, 0},
		"two at once":   {[]time.Duration{0, 0}, 20, []time.Duration{0, 10}, 10},
		"three at once": {[]time.Duration{1, 1, 1, 29, 29, 30}, 60, []time.Duration{0, 10, 20, 0, 10, 20}, 20},
	} {
		b := New(Config{})
		for i := range 60 * len(c.at) {
			k := i % len(c.at)
			b.Turn(10*ms, time.Hour+(time.Duration(i/len(c.at))*c.every+c.at[k])*ms)
			b.Fill(3 * ms)
			if got := b.turns.later(); i > burst && got != (c.later[k]+3)*ms {
				t.Fatalf("%s: turn %d is heard %v later", name, k, got)
			}
			if got := b.turns.most(); i > burst && got != c.most*ms {
				t.Fatalf("%s: at most %v", name, got)
			}
		}
	}
}

// What is taken before its time is taken for the turn that would have asked for it.
func TestNext(t *testing.T) {
	b := New(Config{})
	for i := range 40 {
		b.Turn(10*ms, time.Duration(i/2)*20*ms)
	}
	now := 380 * ms // the second of two turns at once
	b.Fill(3 * ms)
	if next := b.Next(10*ms, now); next != now+20*ms || b.turns.later() != 3*ms {
		t.Errorf("after a burst: %v, %v later", next-now, b.turns.later())
	}
	now += 20 * ms
	b.Turn(10*ms, now)
	if next := b.Next(10*ms, now); next != now || b.turns.later() != 10*ms {
		t.Errorf("within a burst: %v, %v later", next-now, b.turns.later())
	}
	b = New(Config{})
	b.Fill(3 * ms)
	if next := b.Next(10*ms, now); next != now+10*ms || b.turns.later() != 3*ms {
		t.Errorf("without bursts: %v, %v later", next-now, b.turns.later())
	}
}

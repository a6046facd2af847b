package calltest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/wire"
)

// silences listens for so long, and says how long the first sound took, and the longest silence after that.
func silences(p, of *Person, during time.Duration) (first, longest time.Duration) {
	const look = 10 * time.Millisecond
	begin := time.Now()
	last, since := p.Heard(of), begin
	for time.Since(begin) < during {
		<-time.After(look)
		now := p.Heard(of)
		if now == last {
			continue
		}
		if silent := time.Since(since); first == 0 {
			first = silent
		} else {
			longest = max(longest, silent)
		}
		last, since = now, time.Now()
	}
	if silent := time.Since(since); first != 0 {
		longest = max(longest, silent)
	} else {
		first = silent
	}
	return first, longest
}

// TestOutage: when a path comes back there is sound again at once, whatever was begun while it was gone, and none is lost when that
// takes its place. Sometimes nobody, or only one of the two, can be told meanwhile.
//
// It does not run in a time of its own: pion waits for a timer with a lock held when the far end closes, and there no time passes then.
func TestOutage(t *testing.T) {
	for _, c := range []struct {
		gone   time.Duration
		delay  time.Duration // one way
		server string        // meanwhile
	}{
		{3 * time.Second, 200 * time.Millisecond, "there"},
		{3 * time.Second, 20 * time.Millisecond, "late for Ana"},
		{3 * time.Second, 20 * time.Millisecond, "gone"},
	} {
		t.Run(fmt.Sprintf("%v at %v, server %s", c.gone, c.delay, c.server), func(t *testing.T) {
			w := NewFar(t, c.delay)
			p := w.Add("Ana", "Ben")
			t.Parallel() // not before: vnet counts its networks without a lock
			ana, ben := p[0], p[1]
			joinAll(p)
			ana.Hears(ben)
			ben.Hears(ana)
			w.Part(true)
			switch c.server {
			case "gone":
				w.Hub.Stop()
			case "late for Ana":
				w.Hub.Tamper(late(w, ana))
			}
			<-time.After(c.gone)
			if w.Part(false); c.server == "gone" {
				w.Hub.Start()
			}
			const after = 3 * time.Second
			var back, gap [2]time.Duration
			var both sync.WaitGroup
			for i := range p {
				both.Go(func() { back[i], gap[i] = silences(p[i], p[1-i], after) })
			}
			both.Wait()
			t.Logf("sound back after %v, then silent for %v at most", back, gap)
			for i := range p {
				if back[i] > 500*time.Millisecond {
					t.Errorf("%s hears after %v", p[i].Name, back[i])
				}
				if gap[i] > 300*time.Millisecond {
					t.Errorf("%s hears nothing for %v afterwards", p[i].Name, gap[i])
				}
				p[i].With(p[1-i])
			}
		})
	}
}

// late holds back what is for a person while the world is parted.
func late(w *World, p *Person) func(to string, e wire.Envelope) []wire.Envelope {
	var held []wire.Envelope
	return func(to string, e wire.Envelope) []wire.Envelope {
		if to != p.Key.ID() {
			return []wire.Envelope{e}
		}
		held = append(held, e)
		if w.parted.Load() {
			return nil
		}
		out := held
		held = nil
		return out
	}
}

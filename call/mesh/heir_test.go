package mesh

import (
	"testing"
	"time"

	"github.com/pion/transport/v4/vnet"
)

// A second connection takes the place of the first while the two talk, and nobody hears of it but by Connected.
func TestRenew(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{MinDelay: 5 * time.Millisecond})
	e := w.add("a", "b")
	a, b := e[0], e[1]
	w.start()
	defer a.talk()()
	defer b.talk()()
	join(a, b, Options{})
	connected(a, b)
	before := b.hears("a", 20)
	first := a.find(id("b"))
	for _, x := range [][2]*end{{a, b}, {b, a}} {
		x[0].Renew(id(x[1].name), Options{})
	}
	a.Tell(id("b"), []byte("meanwhile"))
	told(b, "a", "meanwhile")
	a.Offer(id("b"), 2, false, nil)
	for _, x := range [][2]*end{{a, b}, {b, a}} {
		for done := false; !done; {
			switch ev := x[0].next(x[1].name).(type) {
			case Connected:
				done = true
			case Disconnected, Failed:
				t.Fatalf("%s: %+v", x[0].name, ev)
			}
		}
	}
	if a.find(id("b")) == first {
		t.Error("it is the first one still")
	}
	a.forget()
	b.forget()
	after := b.hears("a", 100)
	a.hears("b", 100)
	if before[0].SSRC == after[99].SSRC {
		t.Error("the stream is the same")
	}
	a.Tell(id("b"), []byte("over the new one"))
	told(b, "a", "over the new one")
	b.Tell(id("a"), []byte("and back"))
	told(a, "b", "and back")
	if n := len(a.heirs) + len(b.heirs); n != 0 {
		t.Errorf("%d heirs are left", n)
	}
}

// An heir to nobody is a first one; one that nobody answers leaves the first alone, and goes with it.
func TestHeirInVain(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	a, b := e[0], e[1]
	w.start()
	defer a.talk()()
	a.Renew(id("b"), Options{})
	join(a, b, Options{})
	connected(a, b)
	w.tamper = func(_, _ string, ev Event) []Event {
		switch ev.(type) {
		case LocalDescription, LocalCandidate:
			return nil // nobody is told
		}
		return []Event{ev}
	}
	for range 3 {
		a.Renew(id("b"), Options{})
		a.Offer(id("b"), 2, false, nil)
	}
	b.forget()
	b.hears("a", 50)
	heir := a.heirs[id("b")]
	a.disinherit(heir)
	a.disinherit(heir)
	b.forget()
	b.hears("a", 20)
	a.Renew(id("b"), Options{})
	a.Close(id("b"))
	awaitLeft(b, "a")
	a.Shutdown()
	a.Renew(id("b"), Options{})
	if len(a.heirs) != 0 || len(a.peers) != 0 {
		t.Error("something is left")
	}
}

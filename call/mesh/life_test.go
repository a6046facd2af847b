package mesh

import (
	"testing"

	"github.com/pion/transport/v4/vnet"
)

func TestNewRefuses(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("a mesh that can say nothing")
	}
}

// Closing at any point of the way leaves nothing, and the same peer can be opened again.
func TestCloseAnyTime(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	a, b := e[0], e[1]
	w.start()
	defer a.talk()()
	until := []func(){
		func() {},
		func() { await[LocalDescription](a, "b") },
		func() { await[LocalDescription](b, "a") },
		func() { await[LocalCandidate](b, "a") },
		func() { await[Connected](a, "b") },
		func() { connected(a, b) },
		func() { connected(a, b); b.hears("a", 5) },
	}
	for _, reached := range until {
		join(a, b, Options{})
		reached()
		a.Close(id("b"))
		a.Close(id("b"))
		b.Close(id("a"))
		a.quiet()
		b.quiet()
	}
	a.Close(id("nobody"))
	a.Offer(id("b"), 9, false, nil)
	a.Remote(id("b"), 9, "offer", "", nil)
	a.Candidate(id("b"), 9, "", "")
	join(a, b, Options{})
	connected(a, b)
	a.Shutdown()
	a.Shutdown()
	a.Open(id("b"), Options{})
	if _, ok := a.Stats(id("b")); ok {
		t.Error("opened after the end")
	}
	awaitLeft(b, "a")
}

// quiet forgets what was posted so far. The signaling of the closed connections may still be under way; it is of the same
// generation, and must not matter to the next.
func (e *end) quiet() {
	e.kept = nil
	for len(e.events) > 0 {
		<-e.events
	}
}

func awaitLeft(e *end, about string) {
	e.w.t.Helper()
	if f := await[Failed](e, about); f.Err != ErrFarEnd {
		e.w.t.Errorf("failed by %v", f.Err)
	}
}

// The list of interfaces is not the one of the start: what somebody does to that stays without effect.
func TestInterfacesAreListedAnew(t *testing.T) {
	n, err := newRealNet()
	if err != nil {
		t.Fatal(err)
	}
	first, err := n.Interfaces()
	if err != nil || len(first) == 0 {
		t.Fatalf("%d interfaces, %v", len(first), err)
	}
	name := first[0].Name
	first[0].Name = "gone"
	if again, err := n.Interfaces(); err != nil || again[0].Name != name {
		t.Errorf("%v", err)
	}
}

func TestQueueIsBounded(t *testing.T) {
	q := newQueue()
	for i := range maxQueued {
		if !q.put(func() {}) {
			t.Fatalf("full at %d", i)
		}
	}
	if q.put(func() {}) {
		t.Error("not full")
	}
	<-q.wake
	if n := len(q.take()); n != maxQueued {
		t.Errorf("%d items", n)
	}
	if !q.put(func() {}) || len(q.take()) != 1 {
		t.Error("empty, and takes nothing")
	}
}

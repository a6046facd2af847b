package mesh

import (
	"sync/atomic"
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
		x[0].Renew(id(x[1].name), 1, Options{})
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
	var mute atomic.Bool
	w.tamper = func(_, _ string, ev Event) []Event {
		switch ev.(type) {
		case LocalDescription, LocalCandidate:
			if mute.Load() {
				return nil // nobody is told
			}
		}
		return []Event{ev}
	}
	w.start()
	defer a.talk()()
	a.Renew(id("b"), 1, Options{})
	join(a, b, Options{})
	connected(a, b)
	mute.Store(true)
	for i := range 3 {
		a.Renew(id("b"), i+1, Options{})
		a.Offer(id("b"), 2, false, nil)
	}
	b.forget()
	b.hears("a", 50)
	heir := a.heirs[id("b")]
	a.disinherit(heir)
	a.disinherit(heir)
	if ev := await[Unrenewed](a, "b"); ev.Number != 3 {
		t.Errorf("it was number %d", ev.Number)
	}
	a.Renew(id("b"), 1, Options{})
	a.Offer(id("b"), 2, false, nil)
	a.Remote(id("b"), 2, "answer", "nonsense", nil)
	await[Unrenewed](a, "b") // one that fails ends at once
	b.forget()
	b.hears("a", 20)
	a.Renew(id("b"), 1, Options{})
	a.Close(id("b"))
	awaitLeft(b, "a")
	a.Shutdown()
	a.Renew(id("b"), 1, Options{})
	if len(a.heirs) != 0 || len(a.peers) != 0 {
		t.Error("something is left")
	}
}

// After an outage the connection that there was goes on at once, though another one was begun meanwhile; that takes its place later.
func TestOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, vnet.RouterConfig{MinDelay: 20 * time.Millisecond})
	e := w.add("a", "b")
	a, b := e[0], e[1]
	w.start()
	defer a.talk()()
	defer b.talk()()
	join(a, b, Options{})
	connected(a, b)
	first := b.hears("a", 20)[0].SSRC
	w.parted.Store(true)
	gone := time.Now()
	await[Disconnected](a, "b")
	await[Disconnected](b, "a")
	for _, x := range [][2]*end{{a, b}, {b, a}} {
		x[0].Renew(id(x[1].name), 1, Options{})
	}
	a.Offer(id("b"), 2, false, nil)
	await[LocalDescription](b, "a")
	<-time.After(time.Until(gone.Add(3 * time.Second)))
	a.forget()
	b.forget()
	w.parted.Store(false)
	back := time.Now()
	if s := b.hears("a", 1)[0].SSRC; s != first {
		t.Error("the first that comes is of the new connection")
	}
	a.hears("b", 1)
	heard := time.Since(back)
	noticed := [2]time.Duration{}
	for i, x := range [][2]*end{{a, b}, {b, a}} {
		if c := await[Connected](x[0], x[1].name); c.Renewed {
			t.Errorf("%s did not notice before there was a new connection", x[0].name)
		}
		noticed[i] = time.Since(back)
	}
	t.Logf("heard %v after the outage, noticed %v after it", heard, noticed)
	for _, x := range [][2]*end{{a, b}, {b, a}} {
		if c := await[Connected](x[0], x[1].name); !c.Renewed {
			t.Errorf("%s: connected once more, and by the same", x[0].name)
		}
	}
	a.forget()
	b.forget()
	last := b.hears("a", 100)
	if a.hears("b", 100); last[99].SSRC == first {
		t.Error("it did not take its place")
	}
}

// What is said of the one before changes nothing: it is listened to until something comes by its heir.
func TestBeforeComesBackLate(t *testing.T) {
	m, err := New(Config{Post: func(Event) {}, Sound: func(Peer, Sound) {}})
	if err != nil {
		t.Fatal(err)
	}
	before, heir, next := newPeer(m, id("b"), Options{}, *m.certificate), newPeer(m, id("b"), Options{}, *m.certificate), newPeer(m, id("b"), Options{}, *m.certificate)
	m.peers[id("b")], m.heirs[id("b")] = before, heir
	heir.tenure.deaf, heir.tenure.over = true, time.NewTimer(time.Hour)
	if !m.inherit(heir) {
		t.Fatal("it did not take its place")
	}
	m.heirs[id("b")] = next
	served := false
	if m.inherit(before) || m.inherit(heir) || before.isClosing() {
		t.Error("the one before ended before anything came by its heir")
	}
	if before.serve(func() { served = true }); !served {
		t.Error("the one before is not heard")
	}
}

// What comes by another way than pion sends makes it Connected for a moment only: nobody knows that what is sent arrives.
func TestArrivedOtherwise(t *testing.T) {
	t.Parallel()
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	a, b := e[0], e[1]
	w.start()
	join(a, b, Options{})
	connected(a, b)
	w.parted.Store(true)
	await[Disconnected](a, "b")
	p := a.find(id("b"))
	p.arrived()
	await[Connected](a, "b")
	soon := time.Now()
	p.arrived()
	await[Disconnected](a, "b")
	p.arrived() // and more of it
	w.parted.Store(false)
	await[Connected](a, "b")
	if d := time.Since(soon); d > 5*time.Second {
		t.Errorf("after %v", d)
	}
}

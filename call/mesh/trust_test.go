package mesh

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pion/transport/v4/vnet"
	"github.com/pion/webrtc/v4"
)

// otherFingerprint swaps the fingerprint in a description for another valid one.
func otherFingerprint(sdp string) string {
	f, _ := Fingerprint(sdp)
	return strings.ReplaceAll(sdp, f, strings.Repeat("AB:", 31)+"AB")
}

// Until an end has posted Connected, not one packet of media has left it, though its engine sends all the time.
func TestNothingLeavesBeforeConnected(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	early := make(chan int, 2)
	w.tamper = func(from, to string, ev Event) []Event {
		if _, ok := ev.(Connected); ok {
			early <- w.mediaFrom(w.ends[from])
		}
		return []Event{ev}
	}
	w.start()
	defer e[0].talk()()
	defer e[1].talk()()
	join(e[0], e[1], Options{})
	connected(e[0], e[1])
	for range e {
		if n := <-early; n != 0 {
			t.Errorf("%d packets of media left before Connected", n)
		}
	}
	e[0].hears("b", 10)
	e[1].hears("a", 10)
	if w.mediaFrom(e[0]) == 0 {
		t.Error("packets of media are not counted at all")
	}
}

// The offer that b verifies holds another certificate's fingerprint than a's. Beside them, c talks with b.
func TestWrongCertificate(t *testing.T) {
	for _, c := range []struct {
		name     string
		trusting bool // only our own check stands
		wrong    bool
	}{
		{"dtls refuses", false, true},
		{"mesh refuses", true, true},
		{"right one", false, false},
		{"right one, mesh alone", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			leakless(t)
			w := newWorld(t, vnet.RouterConfig{})
			a, b, honest := w.addWith("a", Config{}), w.addWith("b", Config{trusting: c.trusting}), w.addWith("c", Config{})
			w.tamper = func(from, to string, ev Event) []Event {
				if d, ok := ev.(LocalDescription); ok && from == "a" && c.wrong {
					d.SDP = otherFingerprint(d.SDP)
					return []Event{d}
				}
				return []Event{ev}
			}
			w.start()
			defer a.talk()()
			defer b.talk()()
			defer honest.talk()()
			join(b, honest, Options{})
			join(a, b, Options{})
			connected(b, honest)
			b.hears("c", 20)
			honest.hears("b", 20)
			if !c.wrong {
				await[Connected](b, "a")
				b.hears("a", 5)
				a.hears("b", 5)
				return
			}
			awaitFailed(b, "a", ErrCertificate)
			b.forget()
			a.forget()
			b.hears("c", 50) // time for a packet of a, or to a, to show
			for len(b.heard) > 0 {
				if h := <-b.heard; h.from == "a" {
					t.Fatal("sound of the wrong far end came through")
				}
			}
			if len(a.heard) > 0 {
				t.Error("sound went to the wrong far end")
			}
			if s, _ := b.Stats(id("a")); s.PacketsSent != 0 || s.PacketsReceived != 0 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

// awaitFailed waits for that failure, and fails the test if Connected or another failure comes before it.
func awaitFailed(e *end, about string, want error) {
	e.w.t.Helper()
	for {
		switch ev := e.next(about).(type) {
		case Connected:
			e.w.t.Fatalf("%s: connected to %s", e.name, about)
		case Failed:
			if !errors.Is(ev.Err, want) {
				e.w.t.Fatalf("%s: %s failed by %v", e.name, about, ev.Err)
			}
			return
		}
	}
}

// A second offer with another fingerprint is not taken, and the call goes on.
func TestChangedCertificate(t *testing.T) {
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	a, b := e[0], e[1]
	w.tamper = func(from, to string, ev Event) []Event {
		if d, ok := ev.(LocalDescription); ok && d.Generation == 2 {
			d.SDP = otherFingerprint(d.SDP)
			return []Event{d}
		}
		return []Event{ev}
	}
	w.start()
	defer a.talk()()
	join(a, b, Options{})
	connected(a, b)
	a.Offer(id("b"), 2, false, nil)
	awaitFailed(b, "a", ErrChanged)
	b.forget()
	b.hears("a", 20)
}

func TestTooManyStreams(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b", "c")
	w.start()
	defer e[2].talk()()
	join(e[0], e[1], Options{})
	join(e[0], e[2], Options{})
	connected(e[0], e[1])
	connected(e[0], e[2])
	p := e[0].find(id("b"))
	for i := p.streams.Load(); i < maxStreams; i++ {
		p.newBuffer(1, uint32(i))
	}
	if f := await[Failed](e[0], "b"); !errors.Is(f.Err, ErrFlood) {
		t.Errorf("failed by %v", f.Err)
	}
	e[0].forget()
	e[0].hears("c", 10)
}

// A data channel that the far end opens is one too many. Beside them, c talks with both.
func TestOpenedDataChannel(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b", "c")
	a, b, honest := e[0], e[1], e[2]
	w.start()
	defer honest.talk()()
	join(a, b, Options{})
	join(a, honest, Options{})
	connected(a, b)
	connected(a, honest)
	pc := a.find(id("b")).pc
	for i := range 500 {
		if _, err := b.find(id("a")).pc.CreateDataChannel(fmt.Sprint("more ", i), nil); err != nil {
			break // the connection is closed
		}
	}
	awaitFailed(a, "b", ErrFlood)
	awaitLeft(b, "a")
	a.forget()
	a.hears("c", 10)
	a.Shutdown() // pion's figures race with its closing
	for _, s := range pc.GetStats() {
		if s, ok := s.(webrtc.PeerConnectionStats); ok && s.DataChannelsAccepted != 1 {
			t.Errorf("%d channels were accepted", s.DataChannelsAccepted)
		}
	}
}

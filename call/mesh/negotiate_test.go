package mesh

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pion/transport/v4/vnet"
)

// Whatever the far end signs, it fails alone: the next honest description is taken, and others hear each other on.
func TestHostileDescriptions(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b", "c")
	a, b, c := e[0], e[1], e[2]
	w.tamper = func(from, to string, ev Event) []Event {
		if _, ok := ev.(LocalDescription); ok && from == "a" && to == "b" {
			return nil // the test hands it over
		}
		return []Event{ev}
	}
	w.start()
	defer c.talk()()
	join(b, c, Options{})
	connected(b, c)
	join(a, b, Options{})
	offer := await[LocalDescription](a, "b")
	for name, s := range hostile(offer.SDP) {
		b.Remote(id("a"), 1, "offer", s, nil)
		if f := await[Failed](b, "a"); !errors.Is(f.Err, ErrDescription) {
			t.Errorf("%s: %v", name, f.Err)
		}
		b.Remote(id("a"), 1, "rollback", s, nil)
		if f := await[Failed](b, "a"); !errors.Is(f.Err, ErrDescription) {
			t.Errorf("%s: %v", name, f.Err)
		}
	}
	b.Remote(id("a"), 1, "offer", offer.SDP, nil)
	connected(a, b)
	b.forget()
	b.hears("c", 20)
}

// An offer with an unknown codec alone can't be answered; that is this peer's failure and nobody else's.
func TestUnknownCodec(t *testing.T) {
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	w.tamper = func(from, to string, ev Event) []Event {
		if d, ok := ev.(LocalDescription); ok && from == "a" {
			d.SDP = strings.ReplaceAll(d.SDP, "opus/48000/2", "morse/8000")
			return []Event{d}
		}
		return []Event{ev}
	}
	w.start()
	join(e[0], e[1], Options{})
	awaitAnyFailure(e[1], "a")
}

func awaitAnyFailure(e *end, about string) {
	e.w.t.Helper()
	for {
		switch e.next(about).(type) {
		case Connected:
			e.w.t.Fatal("connected")
		case Failed:
			return
		}
	}
}

// The signaling says everything twice, candidates before their description, and old descriptions again.
func TestDisorderedSignaling(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	a, b := e[0], e[1]
	held := map[string][]Event{}
	w.tamper = func(from, to string, ev Event) []Event {
		w.mu.Lock()
		defer w.mu.Unlock()
		held[from] = append(held[from], ev)
		if _, ok := ev.(LocalDescription); ok {
			return nil
		}
		return []Event{ev, ev}
	}
	w.start()
	defer a.talk()()
	join(a, b, Options{})
	offer := await[LocalDescription](a, "b")
	await[LocalCandidate](a, "b") // by now b has it, without the offer
	w.carry("a", offer)
	w.carry("a", offer)
	answer, again := await[LocalDescription](b, "a"), await[LocalDescription](b, "a")
	if answer != again || answer.Kind != "answer" || answer.Generation != 1 {
		t.Errorf("answers %d and %d differ", answer.Generation, again.Generation)
	}
	await[LocalCandidate](b, "a")
	w.carry("b", LocalDescription{Peer: id("a"), Generation: 7, Kind: "answer", SDP: answer.SDP}) // to nothing that was asked
	w.carry("b", answer)
	w.carry("b", answer)
	connected(a, b)
	b.hears("a", 10)
	w.carry("a", offer) // an old offer is no new one
	a.Offer(id("b"), 3, true, nil)
	third := await[LocalDescription](a, "b")
	w.carry("a", third)
	w.carry("b", await[LocalDescription](b, "a")) // the old answer once more: dropped
	w.carry("b", await[LocalDescription](b, "a"))
	connected(a, b)
	b.forget()
	b.hears("a", 50)
}

// An answer that got lost: the same offer comes again under the next generation, with the candidates of both sides.
func TestLostAnswer(t *testing.T) {
	for _, lost := range []string{"offer", "answer"} {
		t.Run(lost, func(t *testing.T) {
			w := newWorld(t, vnet.RouterConfig{})
			e := w.add("a", "b")
			a, b := e[0], e[1]
			w.tamper = func(from, to string, ev Event) []Event {
				switch ev := ev.(type) {
				case LocalDescription:
					if ev.Generation == 1 && ev.Kind == lost {
						return nil
					}
				case LocalCandidate:
					if ev.Generation == 1 {
						return nil
					}
				}
				return []Event{ev}
			}
			w.start()
			defer a.talk()()
			join(a, b, Options{})
			first := await[LocalDescription](a, "b")
			await[LocalCandidate](a, "b")
			if lost == "answer" {
				await[LocalDescription](b, "a")
				await[LocalCandidate](b, "a")
			}
			a.Offer(id("b"), 2, true, nil)
			second := await[LocalDescription](a, "b")
			if second.SDP != first.SDP || second.Generation != 2 {
				t.Errorf("generation %d with another description", second.Generation)
			}
			connected(a, b)
			b.hears("a", 10)
		})
	}
}

func TestGlare(t *testing.T) {
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	w.tamper = func(from, to string, ev Event) []Event {
		if _, ok := ev.(LocalDescription); ok && from == "b" {
			return nil // comes later
		}
		return []Event{ev}
	}
	w.start()
	join(e[1], e[0], Options{})
	own := await[LocalDescription](e[1], "a")
	w.carry("a", LocalDescription{Peer: id("b"), Generation: 2, Kind: "offer", SDP: sampleOffer(t)})
	awaitFailed(e[1], "a", ErrGlare)
	w.carry("b", own) // it is still good
	connected(e[0], e[1])
}

func TestCandidatesAreBounded(t *testing.T) {
	m, err := New(Config{Post: func(Event) {}, Sound: func(Peer, Sound) {}})
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(m, id("x"), Options{}, *m.certificate)
	n := &p.negotiation
	of := func(i int) string { return fmt.Sprintf("candidate:1 1 udp 1 192.0.2.%d 5000 typ host", i) }
	for i := range 3 * maxCandidates {
		p.candidate(1, of(i), "0")
	}
	if len(n.waiting) != maxCandidates {
		t.Errorf("%d are kept", len(n.waiting))
	}
	p.candidate(3, of(1), "0")
	p.candidate(3, "candidate:1 1 udp 1 host.example 5000 typ host", "0")
	p.candidate(2, of(2), "0") // older than what is known to come
	if len(n.waiting) != 1 || n.waiting[0].Candidate != of(1) {
		t.Errorf("kept %v", n.waiting)
	}
	n.generation = 5
	p.candidate(4, of(3), "0")
	if len(n.waiting) != 1 {
		t.Error("one of an old generation is kept")
	}
}

func TestWithoutRelated(t *testing.T) {
	for in, want := range map[string]string{
		"candidate:1 1 udp 1 192.0.2.1 5 typ relay raddr 10.0.0.7 rport 4000": "candidate:1 1 udp 1 192.0.2.1 5 typ relay raddr 0.0.0.0 rport 9",
		"candidate:1 1 udp 1 192.0.2.1 5 typ relay":                           "candidate:1 1 udp 1 192.0.2.1 5 typ relay",
		"candidate:1 1 udp 1 192.0.2.1 5 typ relay raddr":                     "candidate:1 1 udp 1 192.0.2.1 5 typ relay raddr",
	} {
		if got := withoutRelated(in); got != want {
			t.Errorf("%q", got)
		}
	}
}

package calltest

import (
	"strings"
	"testing"

	"parley/call"
	"parley/identity"
	"parley/wire"
)

// A server that says relayed messages twice and in the wrong order, or loses some, is a nuisance and no more.
func TestSloppyServer(t *testing.T) {
	relayed := func(e wire.Envelope) bool { _, ok := e.Body.(wire.Relayed); return ok }
	held := map[string][]wire.Envelope{}
	lost := map[string]int{}
	for name, tamper := range map[string]func(to string, e wire.Envelope) []wire.Envelope{
		"twice": func(_ string, e wire.Envelope) []wire.Envelope { return []wire.Envelope{e, e} },
		"disordered": func(to string, e wire.Envelope) []wire.Envelope { // each after the one that follows
			if !relayed(e) {
				return []wire.Envelope{e}
			}
			out := append([]wire.Envelope{e}, held[to]...)
			if held[to] = nil; len(out) == 1 {
				held[to], out = out, nil
			}
			return out
		},
		"lossy": func(to string, e wire.Envelope) []wire.Envelope { // the first three of each are lost
			if relayed(e) && lost[to] < 3 {
				lost[to]++
				return nil
			}
			return []wire.Envelope{e}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := New(t)
			p := w.Add("Ana", "Ben", "Cy")
			w.Hub.Tamper(tamper)
			joinAll(p)
		})
	}
}

// What the server may try to sit in the middle, or to pass somebody off as somebody else. Ana and Ben never connect; Cy, with
// whom it is honest, hears both.
func TestLyingServer(t *testing.T) {
	for _, c := range []struct {
		name string
		lie  func(cy wire.Address, m wire.Message) wire.Message // about what goes between Ana and Ben
	}{
		{"nothing", func(_ wire.Address, m wire.Message) wire.Message { return m }},
		{"another certificate", func(_ wire.Address, m wire.Message) wire.Message {
			switch m := m.(type) {
			case *wire.Offer:
				o := *m
				o.SDP = otherPrint(m.SDP)
				return &o
			case *wire.Answer:
				o := *m
				o.SDP = otherPrint(m.SDP)
				return &o
			}
			return m
		}},
		{"another sender", func(cy wire.Address, m wire.Message) wire.Message {
			switch m := m.(type) {
			case *wire.Offer:
				o := *m
				o.From = cy
				return &o
			case *wire.Answer:
				o := *m
				o.From = wire.Address{User: cy.User, Member: m.From.Member}
				return &o
			}
			return m
		}},
		{"another generation", func(_ wire.Address, m wire.Message) wire.Message {
			switch m := m.(type) {
			case *wire.Offer:
				o := *m
				o.Generation += 7
				return &o
			case *wire.Answer:
				o := *m
				o.Generation++
				return &o
			}
			return m
		}},
		{"an offer as an answer", func(_ wire.Address, m wire.Message) wire.Message {
			if o, ok := m.(*wire.Offer); ok {
				return &wire.Answer{Route: o.Route, Generation: o.Generation, SDP: o.SDP, Signature: o.Signature}
			}
			return m
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := New(t)
			p := w.Add("Ana", "Ben", "Cy")
			ana, ben, cy := p[0], p[1], p[2]
			cy.Do(call.Join{Channel: Hall})
			cy.Until("joined", func(s *call.Snapshot) bool { return s.Place.Phase == call.Joined })
			seat := w.Member(cy, Hall).Address
			w.Hub.Tamper(func(to string, e wire.Envelope) []wire.Envelope {
				r, ok := e.Body.(wire.Relayed)
				if !ok || r.Path().From.User == seat.User || to == seat.User {
					return []wire.Envelope{e}
				}
				e.Body = c.lie(seat, e.Body)
				return []wire.Envelope{e}
			})
			ana.Do(call.Join{Channel: Hall})
			ben.Do(call.Join{Channel: Hall})
			if c.name == "nothing" {
				talking(p)
				return
			}
			w.Until("a lie was refused", func() bool { return ana.Snapshot().Refused+ben.Snapshot().Refused > 0 })
			cy.With(ana, ben)
			cy.Hears(ana, ben)
			ana.Hears(cy)
			ben.Hears(cy)
			for _, way := range [][2]*Person{{ana, ben}, {ben, ana}} {
				if q, _ := way[0].Peer(way[1]); q.Phase == call.Connected || way[0].Heard(way[1]) != 0 {
					t.Errorf("%s is %v to %s", way[1].Name, q.Phase, way[0].Name)
				}
			}
		})
	}
}

func otherPrint(sdp string) string {
	const key = "a=fingerprint:sha-256 "
	i := strings.Index(sdp, key) + len(key)
	return sdp[:i] + strings.Repeat("AB:", 31) + "AB" + sdp[i+95:]
}

// A member that isn't there is seen by all before anything could be sent to it, and nothing is.
func TestGhost(t *testing.T) {
	w := New(t)
	p := w.Add("Ana", "Ben")
	ana, ben := p[0], p[1]
	joinAll(p)
	ghost, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	member := wire.Member{
		Address: wire.Address{User: ghost.ID(), Member: identity.NewMemberID()}, Key: wire.Bytes(ghost.Public()), Name: "Ghost", Nonce: identity.NewChallenge(),
	}
	w.Hub.Say(ana.Key.ID(), &wire.MemberJoined{Channel: Hall, Seq: w.Hub.Roster(Hall).Seq + 1, Member: member})
	ana.Until("sees the ghost", func(s *call.Snapshot) bool { return len(s.Place.Peers) == 2 })
	// It has Ben's name and nonce, and passes his words on as its own.
	w.Hub.Tamper(func(to string, e wire.Envelope) []wire.Envelope {
		if a, ok := e.Body.(wire.Relayed); ok && to == ana.Key.ID() {
			a.Path().From = member.Address
		}
		return []wire.Envelope{e}
	})
	ana.Hears(ben)
	ben.Hears(ana)
	for _, q := range ana.Snapshot().Place.Peers {
		if q.User == ghost.ID() && (q.Phase != call.Connecting || !q.New) {
			t.Errorf("the ghost is %+v", q)
		}
	}
	for _, s := range ana.Stats().Peers {
		if s.User == ghost.ID() && s.Link.PacketsSent != 0 {
			t.Error("the ghost was sent something")
		}
	}
	for name, m := range map[string]wire.Member{
		"another's key":      {Address: wire.Address{User: ghost.ID(), Member: identity.NewMemberID()}, Key: wire.Bytes(ben.Key.Public()), Nonce: member.Nonce},
		"one's own member":   {Address: wire.Address{User: ghost.ID(), Member: w.Member(ana, Hall).Member}, Key: member.Key, Nonce: member.Nonce},
		"Ben's member":       {Address: wire.Address{User: ghost.ID(), Member: w.Member(ben, Hall).Member}, Key: member.Key, Nonce: member.Nonce},
		"oneself once again": {Address: wire.Address{User: ana.Key.ID(), Member: identity.NewMemberID()}, Key: wire.Bytes(ana.Key.Public()), Nonce: member.Nonce},
	} {
		refused, peers := ana.Snapshot().Refused, len(ana.Snapshot().Place.Peers)
		w.Hub.Say(ana.Key.ID(), &wire.MemberJoined{Channel: Hall, Seq: w.Hub.Roster(Hall).Seq + 100 + refused, Member: m})
		ana.Until(name+" is refused", func(s *call.Snapshot) bool { return s.Refused > refused })
		if n := len(ana.Snapshot().Place.Peers); n > peers {
			t.Errorf("%s: %d peers", name, n)
		}
	}
	ana.Hears(ben)
}

// Every description and candidate of a call, said again later.
func TestReplay(t *testing.T) {
	w := New(t)
	p := w.Add("Ana", "Ben")
	ana, ben := p[0], p[1]
	said := map[string][]wire.Message{}
	w.Hub.Tamper(func(to string, e wire.Envelope) []wire.Envelope {
		switch e.Body.(type) {
		case *wire.Offer, *wire.Answer, *wire.Candidate:
			said[to] = append(said[to], e.Body)
		}
		return []wire.Envelope{e}
	})
	joinAll(p)
	w.Hub.Tamper(nil)
	was, _ := ana.Peer(ben)
	again := func() {
		for _, x := range p {
			for _, m := range said[x.Key.ID()] {
				w.Hub.Say(x.Key.ID(), m)
			}
		}
	}
	refused := func() uint64 { return ana.Snapshot().Refused + ben.Snapshot().Refused }
	again()
	w.Until("replays are refused", func() bool { return refused() >= 2 })
	talking(p)
	if now, _ := ana.Peer(ben); now.Since != was.Since {
		t.Error("a replay has changed the connection")
	}
	ben.Do(call.Leave{}) // and of a call that is over
	ana.With()
	before := refused()
	again()
	w.Until("replays are refused", func() bool { return refused() >= before+2 })
	if len(ana.Snapshot().Place.Peers) != 0 {
		t.Error("a replay has brought somebody back")
	}
	joinAll(p)
}

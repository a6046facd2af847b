package server

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"parley/identity"
	"parley/wire"
)

// storm is a hub without a network, and people who do anything with anything that they could know.
type storm struct {
	t      *testing.T
	h      *hub
	rnd    *rand.Rand
	people []*user
	timers map[int]func()
	n      int
	ids    []string       // of calls, and of a channel
	seats  []wire.Address // that somebody has had
	done   map[string]int // requests that were not refused
}

func newStorm(t *testing.T, seed uint64) *storm {
	st, err := openStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.close() })
	if _, err := st.db.Exec("PRAGMA synchronous = OFF"); err != nil { // this is not about the disk
		t.Fatal(err)
	}
	l := defaultLimits()
	eager(&l)
	s := &storm{t: t, rnd: rand.New(rand.NewPCG(seed, 1)), timers: map[int]func(){}, done: map[string]int{}}
	s.h = newHub(Config{limits: &l, Now: time.Now, Log: slog.New(slog.DiscardHandler)}, st)
	s.h.relay = &relay{now: time.Now, seats: map[string]time.Time{}}
	s.h.later = func(_ time.Duration, f func()) func() {
		s.n++
		n := s.n
		s.timers[n] = f
		return func() { delete(s.timers, n) }
	}
	if err := s.h.load(); err != nil {
		t.Fatal(err)
	}
	s.ids = []string{s.h.channels[0].id}
	for i := range 5 {
		key := newKey(t)
		u := &user{id: key.ID(), key: []byte(key.Public()), name: fmt.Sprint("P", i), role: wire.RoleMember, meter: newMeter(l)}
		s.people = append(s.people, u)
		s.h.users[u.id] = u
	}
	return s
}

func (s *storm) session(u *user) *session {
	if u.session == nil {
		u.session = &session{id: newID(), user: u, status: wire.Online, limits: s.h.limits, meter: u.meter, replies: map[uint32][]byte{}}
		s.h.sessions[u.session.id] = u.session
	}
	return u.session
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// id is most often that of one's own call.
func (s *storm) id(c *call) string {
	if c != nil && s.rnd.IntN(4) > 0 {
		return c.id
	}
	return pick(s.rnd, s.ids)
}

// address is most often the other one's.
func (s *storm) address(me *session) wire.Address {
	if me.call != nil && s.rnd.IntN(4) > 0 {
		_, other := me.call.of(me)
		return other.address()
	}
	return pick(s.rnd, s.seats)
}

// fresh is a new seat of somebody, or one that has been theirs or another's.
func (s *storm) fresh(u *user) (string, wire.Bytes) {
	member := identity.NewMemberID()
	if s.rnd.IntN(3) == 0 && len(s.seats) > 0 {
		member = pick(s.rnd, s.seats).Member
	}
	s.seats = append(s.seats, wire.Address{User: u.id, Member: member})
	if len(s.seats) > 10 {
		s.seats = s.seats[1:]
	}
	return member, make(wire.Bytes, 32)
}

func (s *storm) request(me *session) wire.Message {
	member, nonce := s.fresh(me.user)
	switch s.rnd.IntN(10) {
	case 0, 1:
		id := identity.NewMemberID()
		s.ids = append(s.ids, id)
		if len(s.ids) > 8 {
			s.ids = append(s.ids[:1], s.ids[2:]...)
		}
		return &wire.CallRing{Call: id, To: pick(s.rnd, s.people).id, Member: member, Nonce: nonce}
	case 2, 3:
		return &wire.CallAccept{Call: s.id(me.call), Member: member, Nonce: nonce}
	case 4:
		return &wire.CallEnd{Call: s.id(me.call), Reason: wire.CallLeft}
	case 5:
		return &wire.CallHere{Call: s.id(me.call), Member: pick(s.rnd, s.seats).Member, Nonce: nonce, With: s.address(me)}
	case 6:
		return &wire.VoiceJoin{Channel: s.ids[0], Member: member, Nonce: nonce}
	case 7, 8:
		return needOffer(s.address(me), s.id(me.call))
	}
	return pick(s.rnd, []wire.Message{&wire.VoiceLeave{}, &wire.PresenceSet{Status: pick(s.rnd, []string{wire.Online, wire.Online, wire.Busy})}, &wire.TurnGet{}})
}

// step does one thing, and says whom it may be told to besides those who share a call with the one who does it.
func (s *storm) step() (me *session, rung string) {
	me = s.session(pick(s.rnd, s.people))
	switch s.rnd.IntN(20) {
	case 0:
		s.h.end(me, pick(s.rnd, []string{wire.LeftSelf, wire.LeftLost, wire.LeftLost, wire.LeftKicked}))
		return me, ""
	case 1:
		for n, f := range s.timers {
			delete(s.timers, n)
			f()
			return nil, ""
		}
	}
	m := s.request(me)
	if m, ok := m.(*wire.CallRing); ok {
		rung = m.To
	}
	s.n++
	if _, err := s.h.do(me, wire.Envelope{ID: uint32(s.n), Body: m}); err == nil {
		s.done[wire.Kind(m)]++
	}
	return me, rung
}

// agree holds the hub's books together.
func (s *storm) agree() {
	ringing := map[*call]bool{}
	for _, u := range s.people {
		me := u.session
		sits := me != nil && (me.seat != nil || me.inCall())
		if until, ok := s.h.relay.seats[u.id]; (ok && until.IsZero()) != sits {
			s.t.Fatalf("the relay's book: %v, %v", ok, until)
		}
		if me == nil || me.call == nil {
			continue
		}
		c := me.call
		own, other := c.of(me)
		switch {
		case own.session != me || own.user != u || other.user == u:
			s.t.Fatal("a session is no side of its call")
		case other.session != nil && (other.session.call != c || other.session.dead):
			s.t.Fatal("the other side does not know of it")
		case c.ringing && other.session == nil:
			s.t.Fatal("it rings for nobody")
		case !c.ringing && me.seat != nil:
			s.t.Fatal("somebody sits in two places")
		case !c.ringing && own.member == other.member:
			s.t.Fatal("two have one member id")
		}
		if c.ringing {
			ringing[c] = true
		}
	}
	if len(ringing) != len(s.timers) {
		s.t.Fatalf("%d ring, %d will end", len(ringing), len(s.timers))
	}
}

// private says that an event is for nobody but the two of a call.
func private(m wire.Message) bool {
	switch m.(type) {
	case *wire.CallIncoming, *wire.CallAnswered, *wire.CallEnded, *wire.CallMissed:
		return true
	}
	_, ok := m.(wire.Relayed)
	return ok
}

// concerns says that o, who was in the call was, may be told m after me, who was in mine, has done something. Nobody: a time was up.
func (s *storm) concerns(m wire.Message, me *session, mine *call, o *session, was *call) bool {
	switch _, peers := m.(wire.Relayed); {
	case me == nil:
		return was != nil
	case peers && me.seat != nil:
		return o.seat != nil
	case peers:
		return me.call == o.call && o.inCall()
	}
	return was != nil && was == mine || o.call != nil && o.call == me.call
}

// Whatever people do, in whatever order, the books agree, and nobody hears of a call or a peer that is not theirs.
func TestCallStorm(t *testing.T) {
	done, heard := map[string]int{}, map[string]int{}
	for seed := range uint64(4) {
		s := newStorm(t, seed)
		s.done = done
		for range 4000 {
			before := map[*session]*call{}
			for _, u := range s.people {
				before[s.session(u)] = u.session.call
			}
			me, rung := s.step()
			s.agree()
			for o, was := range before {
				for _, k := range o.replay {
					e, err := wire.Decode(k.data)
					if err != nil {
						t.Fatal(err)
					}
					if !private(e.Body) {
						continue
					}
					heard[wire.Kind(e.Body)]++
					if !s.concerns(e.Body, me, before[me], o, was) && o.user.id != rung {
						t.Fatalf("seed %d: a third person was told %s", seed, k.data)
					}
				}
				o.forget(o.seq)
			}
		}
	}
	for _, k := range []string{"call.ring", "call.accept", "call.here", "call.end", "voice.join", "rtc.need_offer", "turn.get"} {
		if done[k] < 20 {
			t.Errorf("%s was done %d times: this tests nothing", k, done[k])
		}
	}
	for _, k := range []string{"call.incoming", "call.answered", "call.ended", "call.missed", "rtc.need_offer"} {
		if heard[k] < 20 {
			t.Errorf("%s was heard %d times: this tests nothing", k, heard[k])
		}
	}
	t.Logf("done %v, heard %v", done, heard)
}

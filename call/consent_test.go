package call

import (
	"slices"
	"testing"
	"time"

	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

// consent follows the effects and holds them against what the user has agreed to: no device, peer connection, offer, answer or
// candidate exists outside a place that was joined here.
type consent struct {
	sound  bool
	camera bool
	screen bool
	asked  string // whom the last Call was for
	agreed bool   // the event at hand lets devices open,
	offer  string // for a call with that one
	call   string // what came of it, until it ends
	with   string
	listen bool // a test of the microphone runs that was asked for
	check  bool
	echo   bool
	wanted bool // the event at hand asks for an examination
	peers  map[mesh.Peer]bool
	speech setSpeech
	held   map[string]bool // users, before the command at hand
}

// before sees an event first, and judges by itself whether it is a consent: a Join, an Accept of what rings, the answer of the
// very person who was called.
func (c *consent) before(s state, ev event) {
	if _, ok := ev.(met); ok {
		return // belongs to the one before
	}
	c.agreed, c.offer, c.wanted = false, "", false
	if !mayAgree(ev) {
		return
	}
	shown := s.snapshot(time.Time{}, &Directory{}, nil, 0)
	c.held = map[string]bool{}
	for _, p := range shown.Place.Peers {
		c.held[p.User] = p.Phase == Held
	}
	switch ev := ev.(type) {
	case commanded:
		rings := shown.Ring != nil && !shown.Ring.Out
		switch cmd := ev.cmd.(type) {
		case Join:
			c.agreed = true
		case Examine:
			c.wanted = true
		case Accept:
			c.agree(rings && (cmd.Call == "" || cmd.Call == shown.Ring.Call), shown.Ring)
		case Call:
			c.agree(rings && (cmd.User == shown.Ring.User || cmd.User == shown.Ring.Name), shown.Ring)
		case SetCamera, ShareScreen:
			c.agreed = shown.Place.Phase != Idle
		}
	case received:
		if m, ok := ev.body.(*wire.CallAnswered); ok {
			c.answered(shown.Ring, m.With)
		}
	case replied:
		if m, ok := ev.body.(*wire.CallPlaced); ok && ev.tag.purpose == forRing && m.With != nil {
			c.answered(shown.Ring, *m.With)
		}
	}
}

// mayAgree is there for speed alone.
func mayAgree(ev event) bool {
	switch ev := ev.(type) {
	case commanded:
		return true
	case received:
		_, ok := ev.body.(*wire.CallAnswered)
		return ok
	case replied:
		return ev.tag.purpose == forRing
	}
	return false
}

func (c *consent) agree(yes bool, r *Ring) {
	if yes {
		c.agreed, c.offer = true, r.User
	}
}

func (c *consent) answered(r *Ring, by wire.Member) {
	mine := r != nil && r.Out && by.User == c.asked
	c.agree(mine && identity.UserID(identity.PublicKey(by.Key)) == by.User, r)
}

func (c *consent) replay(t testing.TB, did []effect) {
	t.Helper()
	if c.peers == nil {
		c.peers = map[mesh.Peer]bool{}
	}
	for _, f := range did {
		switch f := f.(type) {
		case setListen:
			c.listen = f.on
		case startCheck:
			c.check = true
		case stopCheck:
			c.check = false
		case startEchoTest:
			if c.echo = true; c.sound {
				t.Error("the echo is tested in a place")
			}
		case stopEchoTest:
			c.echo = false
		case ask:
			if m, ok := f.body.(*wire.CallRing); ok {
				c.asked = m.To
			}
		case startExamination:
			if f.sound && !c.wanted {
				t.Error("an examination opens devices that nobody asked for")
			}
		case setCamera:
			c.camera = f.on
			if f.on && !c.agreed {
				t.Error("a camera without a consent")
			}
		case shareScreen:
			if c.screen = true; !c.agreed {
				t.Error("a screen without a consent")
			}
		case stopShare:
			c.screen = false
		case tellPeer:
			c.mustHave(t, f.peer)
			c.mayTell(t, f)
		case setSpeech:
			for _, u := range f.users {
				if c.held[u] && f.whisper != c.speech.whisper {
					t.Error("a whisper begins to somebody who is held back")
				}
			}
			c.speech = f
		case openSound:
			c.sound = true
			if !c.agreed {
				t.Error("a microphone without a consent")
			}
			if c.check || c.echo {
				t.Error("a check goes on over a join")
			}
		case closeSound:
			c.sound = false
			if len(c.peers) != 0 {
				t.Error("sound closed before the peers")
			}
		case openPeer:
			if c.peers[f.peer] {
				t.Error("opened twice")
			}
			c.peers[f.peer] = true
			if !c.sound {
				t.Error("a peer connection without a join")
			}
		case closePeer:
			if !c.peers[f.peer] {
				t.Error("closed what is not open")
			}
			delete(c.peers, f.peer)
		case renewPeer:
			c.mustHave(t, f.peer)
		case makeOffer:
			c.mustHave(t, f.peer)
		case setRemote:
			c.mustHave(t, f.peer)
		case addCandidate:
			c.mustHave(t, f.peer)
		case signed:
			c.mustHave(t, peerID(f.route.To))
		case tell:
			if r, ok := f.body.(wire.Relayed); ok {
				c.mustHave(t, peerID(r.Path().To))
			}
		}
	}
}

// mayTell: who is whispered past is told nothing of it.
func (c *consent) mayTell(t testing.TB, f tellPeer) {
	t.Helper()
	w, err := readWord(f.data)
	if err != nil || w.Type != wordSpeech {
		return
	}
	chosen := slices.Contains(c.speech.users, f.peer.User)
	if w.Whisper != chosen || w.Priority != (c.speech.priority && (chosen || c.speech.whisper == 0)) {
		t.Errorf("told %s with %+v", f.data, c.speech)
	}
}

func (c *consent) mustHave(t testing.TB, p mesh.Peer) {
	t.Helper()
	if !c.peers[p] {
		t.Errorf("sent to a peer that is not open")
	}
}

// agrees holds the state against what was done: whoever is sent to is shown.
func (c *consent) agrees(t testing.TB, s state) {
	t.Helper()
	if c.sound != (s.place.phase != Idle) {
		t.Errorf("devices open: %v, but %s", c.sound, s.place.phase)
	}
	view := s.snapshot(time.Time{}, &Directory{}, nil, 0)
	if c.listen != view.Sound.Listening || c.check != (s.sound.Check.Phase != CheckIdle) ||
		c.echo != (s.sound.EchoTest.Phase != EchoTestIdle) || c.echo && s.place.phase != Idle || c.listen && s.place.phase != Idle {
		t.Errorf("a test of the microphone runs that is not shown, or the other way: %+v, in %s", c, s.place.phase)
	}
	shown := view.Place.Peers
	for p := range c.peers {
		if !slices.ContainsFunc(shown, func(v Peer) bool { return v.User == p.User && v.Member == p.Member && v.Phase != Held }) {
			t.Errorf("%s is sent to and not shown", p.User)
		}
	}
	for _, v := range shown {
		if (v.Phase == Held) == c.peers[mesh.Peer{User: v.User, Member: v.Member}] {
			t.Errorf("%s is %s, but open: %v", v.Name, v.Phase, v.Phase == Held)
		}
	}
	c.agreesOnCall(t, s)
	if self := view.Self; self.Priority != c.speech.priority || !slices.Equal(self.Whisper, c.speech.users) || (c.speech.whisper != 0) != (len(self.Whisper) > 0) {
		t.Errorf("shown as %+v, and spoken as %+v", self, c.speech)
	} else if (self.Priority || len(self.Whisper) > 0) && s.place.phase == Idle {
		t.Error("a key is held outside of a place")
	}
	if len(s.peers) > wire.MaxMembers-1 {
		t.Errorf("%d peers", len(s.peers))
	}
}

// agreesOnCall: one is in a call with nobody but whom one has agreed to, and a camera is on only in a place, and so is a screen.
func (c *consent) agreesOnCall(t testing.TB, s state) {
	t.Helper()
	switch {
	case s.place.call == "":
		c.with = ""
	case s.place.call != c.call || c.with == "":
		if c.with = c.offer; c.with != s.place.with.User {
			t.Errorf("in a call with %q, agreed to one with %q", s.place.with.User, c.with)
		}
	}
	c.call = s.place.call
	for p := range c.peers {
		if c.with != "" && p.User != c.with {
			t.Errorf("%s is connected to in a call with %s", p.User, c.with)
		}
	}
	if c.camera != s.camera.On || c.camera && s.place.phase == Idle {
		t.Errorf("a camera that is on: %v, and shown as %v, in %v", c.camera, s.camera.On, s.place.phase)
	}
	if c.screen != s.screen.Sharing || c.screen && s.place.phase == Idle {
		t.Errorf("a screen that is shared: %v, and shown as %v, in %v", c.screen, s.screen.Sharing, s.place.phase)
	}
}

// callEvents makes events of calls, for the sequences: the table's, and a hostile server's and peer's.
func callEvents() (out []func(r *rig, a, b someone) event) {
	for _, row := range callTable {
		out = append(out, row.make)
	}
	for _, c := range []Command{UseCamera{"x"}, Preview{true}, Preview{}, SetCamera{}, WatchScreens{true}, ShareScreen{Subject: "x"}, ShareScreen{FPS: 99}, StopShare{}, StopRing{}, UseRinger{"x"}, ForgetMissed{}, Accept{Call: callOne}, Decline{Call: callOne}} {
		out = append(out, func(r *rig, _, _ someone) event { return r.order(c) })
	}
	return append(out,
		func(_ *rig, a, _ someone) event { return told(a, `{"v":1,"type":"state","camera":true}`) },
		func(_ *rig, a, _ someone) event { return told(a, `{"v":1,"type":"speech","priority":true}`) },
		func(_ *rig, _, b someone) event {
			return told(b, `{"v":1,"type":"speech","priority":true,"whisper":true}`)
		},
		func(_ *rig, a, _ someone) event { return told(a, `{"v":1,"type":"speech"}`) },
		func(*rig, someone, someone) event { return cameraSeen{CameraState{Open: true}} },
		func(_ *rig, a, _ someone) event { return peerSeen{a.peer(), CameraTrack} },
		func(_ *rig, a, _ someone) event { return told(a, `{"v":1,"type":"state","screen":true}`) },
		func(_ *rig, a, _ someone) event { return told(a, `{"v":1,"type":"watch","screen":true}`) },
		func(_ *rig, a, _ someone) event { return looked{a.member.User, ScreenTrack, true} },
		func(r *rig, _, _ someone) event {
			return screenSeen{r.s.shares, ScreenState{Open: true, Sharing: true}}
		},
		func(r *rig, _, _ someone) event {
			return screenEnded{r.s.shares, Notice{Kind: NoticeScreen, Text: "Over."}}
		},
		func(r *rig, _, _ someone) event {
			return screenEnded{r.s.shares - 1, Notice{Kind: NoticeScreen, Text: "Over."}}
		},
		func(*rig, someone, someone) event { return screenSeen{0, ScreenState{Sharing: true, Open: true}} },
		func(r *rig, _, b someone) event { return r.ringReplied(placedWith(callOne, b)) },
		func(r *rig, _, b someone) event { return r.acceptReplied(placedWith(callOne, b)) },
		func(_ *rig, _, b someone) event { return answeredBy(callTwo, b) },
		func(_ *rig, _, b someone) event { return incomingOf(callOne, b) },
	)
}

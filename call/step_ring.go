package call

import (
	"time"

	"parley/identity"
	"parley/wire"
)

// ring is a call that is not answered yet, here or there. With the place that comes of it, it is the state machine of a call:
//
//	          Call    ┌─────────┐ answered
//	        ┌───────► │ Dialing │ ─────────┐
//	┌──────┐│         └─────────┘          ▼
//	│ Idle ├┤                        ┌────────────┐      ┌───────────┐      ┌──────────────┐
//	└──────┘│         ┌─────────┐    │ Connecting │ ───► │ Connected │ ◄──► │ Reconnecting │
//	   ▲    └───────► │ Ringing │ ─► └────────────┘      └───────────┘      └──────────────┘
//	   │     incoming └─────────┘ Accept   │                   │                  │
//	   └──────────── Ended ◄──┴────────────┴───────────────────┴──────────────────┘
//
// Dialing and Ringing are a ring, with nothing open: only Accept, or the answer of the very person that a Call named, makes a
// place of it. From Connecting on it is the place that one sits in (place.call), and its one peer's phase says which. Each ends
// by NoticeCallEnded with the reason.
type ring struct {
	call   string
	out    bool        // made here; else it rings here
	placed bool        // out: the server has said that it rings there
	met    bool        // person is known
	who    wire.Member // the other; of one whom one rings oneself there is no member id and no nonce
	person Person
	video  bool       // the caller's camera is to be expected
	member string     // out: own, made at the Call, which is the consent
	nonce  wire.Bytes // likewise
	made   waiter     // of the Call, until it rings there
	since  time.Duration

	crossed *wire.CallIncoming // out: the other one rings here too; it counts if one's own is refused
	doubted time.Duration      // in: since when its end may have been among events that were lost; zero: it was not
}

// callState is where one is with calls; it is not kept but read off ring and place.
type callState uint8

const (
	callIdle callState = iota
	callDialing
	callRinging
	callConnecting
	callConnected
	callReconnecting
)

var callNames = [...]string{"idle", "dialing", "ringing", "connecting", "connected", "reconnecting"}

func (c callState) String() string { return callNames[c] }

func (s *state) callState() callState {
	if s.place.call == "" {
		switch {
		case s.ring == nil:
			return callIdle
		case s.ring.out:
			return callDialing
		}
		return callRinging
	}
	for _, p := range s.peers {
		switch p.phase {
		case Connected:
			return callConnected
		case Reconnecting:
			return callReconnecting
		}
	}
	return callConnecting
}

const (
	ringWithin  = wire.RingFor + 2*time.Second // a ring is waited for; the server ends it before
	doubtWithin = 5 * time.Second              // a server is waited for, to say that it rings still

	// How often it may ring here, and tell of calls missed: so often at once, and then in a second. A server can make up callers.
	ringBurst = 10
	ringRate  = 10.0 / 60
)

func (t *turn) callCommand(ev commanded) {
	switch c := ev.cmd.(type) {
	case Call:
		t.call(c, ev)
	case Accept:
		t.accept(c, ev)
	case Decline:
		t.decline(c, ev.made)
	case HangUp:
		t.hangUp(ev.made)
	}
}

// call rings somebody. Nothing opens before they answer.
func (t *turn) call(c Call, ev commanded) {
	who, err := t.findUser(c.User)
	switch r := t.ring; {
	case err != nil:
	case r != nil && !r.out && r.who.User == who.ID: // both want the same
		t.accept(Accept{r.call, c.Video}, ev)
		return
	case r != nil || t.place.call != "":
		err = wire.Errorf(wire.InCall, "You are in a call already.")
	}
	if err != nil {
		t.finish(ev.made, Reply{}, err)
		return
	}
	t.ring = &ring{
		call: ev.call, out: true, who: wire.Member{Address: wire.Address{User: who.ID}, Key: who.Key, Name: who.Name, Web: who.Web},
		video: c.Video, member: ev.member, nonce: ev.nonce, made: ev.made, since: t.now,
	}
	t.do(lookUp{t.ring.who})
	t.askRing()
}

// findUser finds another member of the server.
func (t *turn) findUser(want string) (User, error) {
	if t.link != Online {
		return User{}, wire.Errorf(wire.BadOrder, "There is no connection to the server.")
	}
	found, err := t.findListed(want)
	if err == nil && found.ID == identity.UserID(t.me) {
		return User{}, wire.Errorf(wire.NotFound, "You can't call yourself.")
	}
	return found, err
}

// findListed finds somebody of the server by id, or by name where that is the only one but for oneself. What can be an id is no name:
// anybody may call themselves by the id of somebody who is not there.
func (t *turn) findListed(want string) (User, error) {
	found, ok := t.users[want]
	if !ok && !identity.ValidUserID(want) {
		for _, u := range t.users {
			if u.Name != want || u.ID == identity.UserID(t.me) {
				continue
			}
			if ok {
				return User{}, wire.Errorf(wire.NotFound, "There are several people of that name: use the id.")
			}
			found, ok = u, true
		}
	}
	if !ok {
		return User{}, wire.Errorf(wire.NotFound, "There is nobody called %.64q on this server.", want)
	}
	return found, nil
}

// ringReply answers a CallRing.
func (t *turn) ringReply(r replied, failure *wire.Error) {
	m, ok := r.body.(*wire.CallPlaced)
	if failure == nil && !ok {
		failure = errNonsense()
	}
	ring := t.ring
	if ring == nil || !ring.out || r.tag.member != ring.member { // given up, or answered, since
		if failure == nil && m.With != nil && m.Call != t.place.call { // and a crossing one came of it
			t.endAtServer(m.Call, wire.CallLeft)
		}
		return
	}
	switch {
	case failure != nil:
	case m.With != nil:
		if !t.answered(m.Call, *m.With, m.Relay) {
			t.endAtServer(m.Call, wire.CallLeft)
			failure = errNonsense()
		}
	case m.Call != ring.call:
		failure = errNonsense()
	case !ring.placed:
		ring.placed = true
		t.notify(ring.notice(NoticeCallRinging))
		t.finish(ring.made, Reply{}, nil)
		ring.made = 0
	}
	switch {
	case failure == nil:
	case ring.placed: // it rang, and was asked for again
		t.cancel(Notice{Code: wire.CallLost, Text: failure.Text})
	default:
		t.ring = nil
		t.ringRefused(ring, failure)
		if ring.crossed != nil {
			t.incoming(ring.crossed)
		}
	}
}

// ringRefused tells that a call did not come to ring: it is an error, and no end.
func (t *turn) ringRefused(r *ring, failure *wire.Error) {
	if r.made != 0 {
		t.finish(r.made, Reply{}, failure)
		return
	}
	n := r.notice(NoticeError)
	n.Code, n.Text = string(failure.Code), failure.Text
	t.notify(n)
}

func errNonsense() *wire.Error {
	return wire.Errorf(wire.BadMessage, "The server's answer makes no sense.")
}

// answered goes from a call that one makes to being in it. False: it is not the answer of the one person who was called.
func (t *turn) answered(call string, with wire.Member, relay *wire.Turn) bool {
	r := t.ring
	if r == nil || !r.out || with.User != r.who.User || !t.believable(with, r.member) {
		t.refuse()
		return false
	}
	t.ring = nil
	t.finish(r.made, Reply{}, nil)
	t.enterCall(place{call: call, with: with, member: r.member, nonce: r.nonce}, r.video)
	t.callJoined(with, relay)
	return true
}

// callAnswered is the answer to one's own call, or says that the other one is back at a server that has restarted.
func (t *turn) callAnswered(m *wire.CallAnswered) {
	switch {
	case t.ring != nil && t.ring.out && m.Call == t.ring.call:
		t.answered(m.Call, m.With, m.Relay)
	case t.place.call != "" && m.Call == t.place.call && sameMember(m.With, t.place.with):
		t.backAtServer(m.Relay)
	default:
		t.refuse()
	}
}

// incoming is somebody's ring. It is shown, and nothing else: whoever rings learns nothing about this machine.
func (t *turn) incoming(m *wire.CallIncoming) {
	r := t.ring
	switch {
	case !t.believable(m.From, t.place.member) || t.place.call != "":
		t.refuse()
		return
	case r != nil && !r.out && r.call == m.Call && sameMember(r.who, m.From):
		r.doubted = 0
		return
	case r != nil && (!r.out || r.placed):
		t.refuse() // one at a time: the server says busy to the others
		return
	case r != nil && r.who.User == m.From.User:
		r.crossed = m // the answer to one's own brings both together
		return
	case !t.rings.take(t.now, ringBurst, ringRate):
		t.refuse()
		return
	case r != nil: // so one's own will be refused, because of this one
		t.endRing(Notice{Code: wire.CallCancelled})
	}
	t.ring = &ring{call: m.Call, who: m.From, video: m.Video, since: t.now}
	t.do(lookUp{m.From})
}

// ringMet goes on when it is known who rings, or is rung.
func (t *turn) ringMet(ev met) bool {
	r := t.ring
	if r == nil || r.met || ev.member.Address != r.who.Address {
		return false
	}
	r.met, r.person = true, t.recalled(r.who.User, ev.person)
	if !r.out {
		t.notify(r.notice(NoticeCallIncoming))
	}
	return true
}

// accept is the local consent to the call that rings here: from now on devices open.
func (t *turn) accept(c Accept, ev commanded) {
	r := t.ringing(c.Call, ev.made)
	if r == nil {
		return
	}
	t.ring = nil
	t.enterCall(place{call: r.call, with: r.who, member: ev.member, nonce: ev.nonce, made: ev.made}, c.Video)
	t.ask(&wire.CallAccept{Call: r.call, Member: ev.member, Nonce: ev.nonce, Video: c.Video}, tag{purpose: forAccept, member: ev.member})
}

func (t *turn) decline(c Decline, made waiter) {
	if r := t.ringing(c.Call, made); r != nil {
		t.endAtServer(r.call, wire.CallDeclined)
		t.endRing(t.byMe(wire.CallDeclined))
		t.finish(made, Reply{}, nil)
	}
}

// ringing finds what rings here, or says that it does not.
func (t *turn) ringing(call string, made waiter) *ring {
	r := t.ring
	if r == nil || r.out || call != "" && call != r.call {
		t.finish(made, Reply{}, wire.Errorf(wire.CallGone, "That call does not ring any more."))
		return nil
	}
	return r
}

// cancel gives up a call that one makes.
func (t *turn) cancel(why Notice) {
	t.endAtServer(t.ring.call, wire.CallCancelled)
	t.endRing(why)
}

// endRing ends what rings, here or there.
func (t *turn) endRing(why Notice) {
	r := t.ring
	t.ring = nil
	if r.made != 0 {
		t.finish(r.made, Reply{}, wire.Errorf(wire.CallGone, "The call was over before it rang."))
	}
	t.overNotice(&why, r.call, r.who)
	t.notify(why)
}

// dropRing ends what rings because the session does.
func (t *turn) dropRing(reason string) {
	switch {
	case t.ring == nil:
	case t.ring.out && reason == wire.LeftSelf:
		t.cancel(t.byMe(wire.CallCancelled))
	case reason == wire.LeftSelf:
		t.endRing(t.byMe(reason))
	default:
		t.endRing(Notice{Code: reason})
	}
}

func (r *ring) notice(kind string) Notice {
	return Notice{Kind: kind, Channel: r.call, User: r.who.User, Name: r.who.Name, New: r.person.New, Web: r.who.Web}
}

func (t *turn) tickRing() {
	switch r := t.ring; {
	case r == nil:
	case r.doubted != 0 && t.now-r.doubted > doubtWithin && t.link == Online:
		t.endRing(Notice{Code: wire.CallLost})
	case t.now-r.since <= ringWithin:
	case t.ring.out:
		t.cancel(Notice{Code: wire.CallTimeout})
	default:
		t.endRing(Notice{Code: wire.CallTimeout})
	}
}

// ringGap asks for what may have been among the events that were lost: the answer to one's own ring, or the end of one here. The
// snapshot, which is asked for as well, is followed by what rings here still.
func (t *turn) ringGap() {
	switch r := t.ring; {
	case r == nil:
	case !r.out:
		r.doubted = t.now
	case r.placed: // else the answer is on its way
		t.askRing()
	}
}

func (t *turn) askRing() {
	r := t.ring
	t.ask(&wire.CallRing{Call: r.call, To: r.who.User, Member: r.member, Nonce: r.nonce, Video: r.video}, tag{purpose: forRing, member: r.member})
}

// endAtServer tells the server that a call is over for oneself.
func (t *turn) endAtServer(call, reason string) {
	if t.reachable() {
		t.ask(&wire.CallEnd{Call: call, Reason: reason}, tag{purpose: forNothing})
	}
}

// callsMissed takes all that the server has kept, or what comes to it.
func (t *turn) callsMissed(m *wire.CallMissed) {
	next := make([]Missed, 0, len(m.Missed)+len(t.missed))
	for i := range m.Missed {
		next = append(next, m.Missed[len(m.Missed)-1-i])
	}
	if !m.All {
		next = append(next, t.missed...)
		for _, c := range m.Missed {
			if !t.misses.take(t.now, ringBurst, ringRate) {
				t.refuse()
				break
			}
			t.notify(Notice{Kind: NoticeCallMissed, Channel: c.Call, User: c.User, Name: c.Name, Code: c.Why})
		}
	}
	t.missed = next[:min(len(next), wire.MaxMissed)]
}

package server

import (
	"bytes"

	"parley/wire"
)

// call is two people, of whom nobody else is told.
//
//	         ring               accept, or a ring that crosses it
//	(none) ────────► ringing ──────────────────────────────────────► between ◄──┐ here, by both
//	   ▲                │ cancelled, declined, timeout, lost, kicked     │ │ lost ──► half
//	   └────────────────┴────────────────────────────────────────────────┘ left, kicked
//
// A half is a call with one side absent: its session has ended or the server has restarted, and the media most likely go on.
//
// Only its sessions hold a call: a user has one at most, whoever is in none finds none by whatever id, and one without sessions
// is gone. While it rings either may sit in a channel; in it neither does.
type call struct {
	id      string
	also    string  // where both rang at once: the id that the callee had made
	sides   [2]side // the caller, the callee; of one made by callHere, who said so first is the caller
	ringing bool
	stop    func() // while it rings: stops the end of limits.ring
}

// side is one of the two. Before the callee has said yes there is only their user and session.
type side struct {
	user    *user
	session *session // nil: absent
	member  string
	nonce   wire.Bytes
	video   bool
}

func (s *side) address() wire.Address { return wire.Address{User: s.user.id, Member: s.member} }

func (s *side) wire() wire.Member {
	return wire.Member{Address: s.address(), Key: wire.Bytes(s.user.key), Name: s.user.name, Nonce: s.nonce, Web: s.session != nil && s.session.web}
}

// same says that both were made at the same local command.
func (s *side) same(o side) bool {
	return s.user == o.user && s.member == o.member && bytes.Equal(s.nonce, o.nonce)
}

// of gives a session's own side and the other one.
func (c *call) of(s *session) (own, other *side) {
	if c.sides[0].session == s {
		return &c.sides[0], &c.sides[1]
	}
	return &c.sides[1], &c.sides[0]
}

func (c *call) caller(s *session) bool { return c.sides[0].session == s }

// inCall says that both have said yes.
func (s *session) inCall() bool { return s.call != nil && !s.call.ringing }

// callRing rings at somebody. Who rings at oneself at that moment is answered instead.
func (h *hub) callRing(s *session, m *wire.CallRing) (wire.Message, error) {
	own := side{s.user, s, m.Member, m.Nonce, m.Video}
	to := h.users[m.To]
	switch {
	case to == nil:
		return nil, errNoUser
	case to == s.user:
		return nil, wire.Errorf(wire.NotFound, "You can't call yourself.")
	case s.call != nil:
		return h.ringAgain(s.call, own, to, m.Call)
	case m.Call == s.user.over: // the same ring once more, by who has not heard of its end
		return nil, errCallGone
	}
	if why, err := unreachable(to); err != nil {
		h.missed(to, m.Call, &own, why)
		return nil, err
	}
	c := &call{id: m.Call, sides: [2]side{own, {user: to, session: to.session}}, ringing: true}
	s.call, to.session.call = c, c
	c.stop = h.later(h.limits.ring, func() { h.finish(c, nil, wire.CallTimeout) })
	h.ringOn(to.session)
	return h.placed(s), nil
}

// ringOn tells a session what rings there, if anything does.
func (h *hub) ringOn(s *session) {
	if c := s.call; c != nil && c.ringing && !c.caller(s) {
		s.event(wire.CallIncoming{Call: c.id, From: c.sides[0].wire(), Video: c.sides[0].video})
	}
}

// ringAgain answers a ring by who has a call already: c.
func (h *hub) ringAgain(c *call, own side, to *user, id string) (wire.Message, error) {
	mine, other := c.of(own.session)
	switch {
	case other.user == to && c.ringing && !c.caller(own.session): // each rings at the other
		c.also = id
		return h.answer(c, own)
	case other.user == to && mine.same(own) && (c.id == id || c.also == id): // who couldn't know whether the first was heard
		return h.placed(own.session), nil
	}
	return nil, errInCall
}

// unreachable says why a user can't be rung at, as it is kept for them and as the caller is told.
func unreachable(u *user) (why string, err error) {
	switch s := u.session; {
	case s == nil:
		return wire.MissedOffline, wire.Errorf(wire.UserOffline, "%s is offline.", u.name)
	case s.status == wire.Busy: // first: it tells less
		return wire.MissedDND, wire.Errorf(wire.UserDND, "%s does not want to be disturbed.", u.name)
	case s.call != nil:
		return wire.MissedBusy, wire.Errorf(wire.UserBusy, "%s is busy with another call.", u.name)
	}
	return "", nil
}

// callAccept takes a call that rings here.
func (h *hub) callAccept(s *session, m *wire.CallAccept) (wire.Message, error) {
	c := s.call
	if c == nil || c.id != m.Call || c.caller(s) {
		return nil, errCallGone
	}
	own := side{s.user, s, m.Member, m.Nonce, m.Video}
	if mine, _ := c.of(s); !c.ringing {
		if mine.same(own) { // once more, by a client that couldn't know whether the first was heard
			return h.placed(s), nil
		}
		return nil, errCallGone
	}
	return h.answer(c, own)
}

// answer is the callee's yes.
func (h *hub) answer(c *call, callee side) (wire.Message, error) {
	caller := &c.sides[0]
	if callee.member == caller.member {
		return nil, errSameMember
	}
	c.stop()
	c.ringing, c.sides[1] = false, callee
	h.moveIn(caller.session)
	h.moveIn(callee.session)
	h.answered(c, caller.session)
	return h.placed(callee.session), nil
}

// moveIn makes a call the one voice place of a session.
func (h *hub) moveIn(s *session) {
	h.seated(s.user, "")
	if s.seat != nil {
		h.unseat(s, wire.LeftMoved)
		h.userChanged(s.user)
	}
}

// placed tells how the call of a session stands.
func (h *hub) placed(s *session) wire.CallPlaced {
	p := wire.CallPlaced{Call: s.call.id}
	if _, other := s.call.of(s); s.inCall() && other.session != nil {
		with, relay := other.wire(), h.relay.credentials(s.user.id, turnLife)
		p.With, p.Video, p.Relay = &with, other.video, &relay
	}
	return p
}

// answered tells a session that the other side is there now.
func (h *hub) answered(c *call, s *session) {
	_, other := c.of(s)
	relay := h.relay.credentials(s.user.id, turnLife)
	s.event(wire.CallAnswered{Call: c.id, With: other.wire(), Video: other.video, Relay: &relay})
}

// callHere is from who is in a call that this server doesn't know of any more. Whatever the other one is doing, the answer
// tells of it only if they say the same.
func (h *hub) callHere(s *session, m *wire.CallHere) (wire.Message, error) {
	own := side{user: s.user, session: s, member: m.Member, nonce: m.Nonce}
	with := h.users[m.With.User]
	switch {
	case with == nil || with == s.user:
		return nil, errNoUser
	case m.With.Member == m.Member:
		return nil, errSameMember
	case m.Call == s.user.over:
		return nil, errCallGone
	}
	if c := s.call; c != nil {
		mine, other := c.of(s)
		switch {
		case c.ringing && !c.caller(s): // it came before this word did
			h.finish(c, s, wire.MissedBusy)
		case !c.ringing && c.id == m.Call && mine.same(own) && other.address() == m.With:
			return h.placed(s), nil
		default:
			return nil, errInCall
		}
	}
	h.moveIn(s)
	if h.rejoin(own, with, m) {
		return h.placed(s), nil
	}
	s.call = &call{id: m.Call, sides: [2]side{own, {user: with, member: m.With.Member}}}
	return h.placed(s), nil
}

// rejoin puts a side into the half where it is missing, if the other one has just that call with just this side.
func (h *hub) rejoin(own side, with *user, m *wire.CallHere) bool {
	if with.session == nil || !with.session.inCall() || with.session.call.id != m.Call {
		return false
	}
	c := with.session.call
	theirs, gap := c.of(with.session)
	if theirs.address() != m.With || gap.session != nil || gap.address() != own.address() {
		return false
	}
	if gap.nonce != nil && !bytes.Equal(gap.nonce, own.nonce) { // known, unless the server has restarted
		return false
	}
	gap.session, gap.nonce = own.session, own.nonce
	own.session.call = c
	h.answered(c, with.session)
	return true
}

// callEnd cancels, declines or hangs up. Which of them it is the server knows better than a client whose word has crossed
// another's.
func (h *hub) callEnd(s *session, m *wire.CallEnd) (wire.Message, error) {
	c := s.call
	if c == nil || m.Call != c.id && (m.Call != c.also || c.caller(s)) {
		return nil, errCallGone
	}
	h.endCall(s, wire.CallLeft)
	return wire.OK{}, nil
}

// endCall is the end of a session's part in a call, if it has one. Reason is for a call that both are in; one that rings ends
// with the word for that.
func (h *hub) endCall(s *session, reason string) {
	c := s.call
	switch {
	case c == nil:
	case !c.ringing && reason == wire.CallLost:
		h.loseHalf(c, s)
	case c.ringing && reason == wire.CallLeft && c.caller(s):
		h.finish(c, s, wire.CallCancelled)
	case c.ringing && reason == wire.CallLeft && s.dead: // nobody has declined
		h.finish(c, s, wire.CallLost)
	case c.ringing && reason == wire.CallLeft:
		h.finish(c, s, wire.CallDeclined)
	default:
		h.finish(c, s, reason)
	}
}

// loseHalf takes a session out of a call that most likely goes on without it.
func (h *hub) loseHalf(c *call, s *session) {
	own, other := c.of(s)
	h.relay.rise(s.user.id, true)
	own.session, s.call = nil, nil
	if other.session != nil {
		other.session.event(wire.CallEnded{Call: c.id, Reason: wire.CallLost})
	}
}

// finish ends a call for both, and tells each but by, who knows.
func (h *hub) finish(c *call, by *session, reason string) {
	if c.ringing {
		c.stop()
	}
	half := c.sides[0].session == nil || c.sides[1].session == nil
	for i := range c.sides {
		s := c.sides[i].session
		if s == nil || !half { // who was alone in it may have been there by mistake
			c.sides[i].user.over = c.id
		}
		if s == nil {
			continue
		}
		s.call = nil
		if !c.ringing {
			h.relay.rise(s.user.id, false)
		}
		if s != by {
			s.event(wire.CallEnded{Call: c.id, Reason: reason})
		}
	}
	if c.ringing && reason != wire.CallDeclined && reason != wire.CallKicked {
		h.missed(c.sides[1].user, c.id, &c.sides[0], reason)
	}
}

// banish ends the call that somebody has with a user who is no member any more, and absent from it.
func (h *hub) banish(u *user) {
	for _, s := range h.sessions {
		if s.call == nil {
			continue
		}
		if _, other := s.call.of(s); other.user == u {
			h.finish(s.call, nil, wire.CallKicked)
		}
	}
}

// missed keeps a call for whom it was for, and tells them if they are here. That it can't be kept is no reason to
// answer the caller with anything else.
func (h *hub) missed(to *user, id string, from *side, why string) {
	m := wire.Missed{Call: id, User: from.user.id, Name: from.user.name, At: h.now().Unix(), Video: from.video, Why: why}
	if err := h.store.addMissed(to.id, m); err != nil {
		h.log.Error("a missed call was not kept", "err", err)
	}
	if to.session != nil {
		to.session.event(wire.CallMissed{Missed: []wire.Missed{m}})
	}
}

// sendMissed tells all that are kept.
func (h *hub) sendMissed(s *session) {
	list, err := h.store.missed(s.user.id)
	if err != nil {
		h.log.Error("missed calls can't be read", "err", err)
	}
	s.event(wire.CallMissed{All: true, Missed: list})
}

func (h *hub) callSeen(s *session, _ *wire.CallSeen) (wire.Message, error) {
	return wire.OK{}, h.store.forgetMissed(s.user.id)
}

var (
	errNoUser     = wire.Errorf(wire.NotFound, "There is no such user.")
	errInCall     = wire.Errorf(wire.InCall, "You are in a call already, or one rings.")
	errCallGone   = wire.Errorf(wire.CallGone, "There is no such call any more.")
	errSameMember = wire.Errorf(wire.MemberTaken, "The two of a call need different member ids.")
)

package server

import (
	"slices"

	"parley/wire"
)

// voiceJoin seats a user, and takes them from where they sat: one voice place per user.
func (h *hub) voiceJoin(s *session, m *wire.VoiceJoin) (wire.Message, error) {
	c, err := h.channel(m.Channel)
	if err != nil {
		return nil, err
	}
	w := wire.Member{
		Address: wire.Address{User: s.user.id, Member: m.Member}, Key: wire.Bytes(s.user.key), Name: s.user.name,
		Nonce: m.Nonce, Muted: m.Muted, Deafened: m.Deafened, Web: s.web,
	}
	// A member is a user and an id: the id alone is public, and one who comes under another's, while that one is away, must
	// not be in their way. It may be in use by others, then; whom to believe, the clients decide, who verify signatures.
	if old := s.seat; old != nil && old.wire.Member == m.Member {
		// The same join once more, by a client that couldn't know whether the first was heard.
		if old.channel == c && string(old.wire.Nonce) == string(m.Nonce) {
			h.change(old, w)
			return h.joined(old), nil
		}
		return nil, wire.Errorf(wire.MemberTaken, "You use this member id already.")
	}
	others := len(c.members)
	if s.seat != nil && s.seat.channel == c {
		others--
	}
	if others >= wire.MaxMembers {
		return nil, wire.Errorf(wire.ChannelFull, "The channel is full: %d people.", others)
	}
	if s.inCall() { // its client may not know yet: the answer to its ring crosses this
		h.finish(s.call, nil, wire.CallLeft)
	}
	h.unseat(s, wire.LeftMoved)
	s.seat = &member{session: s, channel: c, wire: w}
	c.members = append(c.members, s.seat)
	c.seq++
	h.seated(s.user, m.Member)
	h.broadcast(wire.MemberJoined{Channel: c.id, Seq: c.seq, Member: w})
	h.userChanged(s.user)
	return h.joined(s.seat), nil
}

// seated lets a user begin at the relay. What they have there from a channel in which they were lost is of use only to a program that
// comes back as the same member: any other ended without a word, or has lost its place by this.
func (h *hub) seated(u *user, member string) {
	if u.lost != "" && u.lost != member {
		h.relay.expel(u.id)
	}
	u.lost = ""
	h.relay.sit(u.id)
}

// joined answers a join: who sits there, and the relay's credentials, which the client needs next.
func (h *hub) joined(m *member) wire.Roster {
	r := m.channel.roster()
	credentials := h.relay.credentials(m.wire.User, turnLife)
	r.Relay = &credentials
	return r
}

func (c *channel) member(a wire.Address) *member {
	i := slices.IndexFunc(c.members, func(m *member) bool { return m.wire.Address == a })
	if i < 0 {
		return nil
	}
	return c.members[i]
}

// unseat takes a session's member out of its channel, if it has one, and says so to everyone.
func (h *hub) unseat(s *session, why string) {
	m := s.seat
	if m == nil {
		return
	}
	s.seat = nil
	c := m.channel
	c.members = slices.DeleteFunc(c.members, func(x *member) bool { return x == m })
	c.seq++
	h.broadcast(wire.MemberLeft{Channel: c.id, Seq: c.seq, Member: m.wire.Address, Reason: why})
}

// leave is the end of a user's time in a channel, if they sit in one. The relay knows before anybody is told.
func (h *hub) leave(s *session, why string) {
	if s.seat == nil {
		return
	}
	if s.user.lost = ""; why == wire.LeftLost {
		s.user.lost = s.seat.wire.Member
	}
	h.relay.rise(s.user.id, why == wire.LeftLost)
	h.unseat(s, why)
	if !s.dead {
		h.userChanged(s.user)
	}
}

func (h *hub) voiceLeave(s *session, _ *wire.VoiceLeave) (wire.Message, error) {
	if s.seat == nil {
		return nil, errNotInChannel
	}
	h.leave(s, wire.LeftSelf)
	return wire.OK{}, nil
}

func (h *hub) voiceState(s *session, m *wire.VoiceState) (wire.Message, error) {
	if s.seat == nil {
		return nil, errNotInChannel
	}
	w := s.seat.wire
	w.Muted, w.Deafened = m.Muted, m.Deafened
	w.Speaking = w.Speaking && !m.Muted
	h.change(s.seat, w)
	return wire.OK{}, nil
}

// change gives a member new switches or a new name, and tells everyone if there is anything to tell.
func (h *hub) change(m *member, w wire.Member) {
	if m.wire.Muted == w.Muted && m.wire.Deafened == w.Deafened && m.wire.Name == w.Name {
		return
	}
	m.wire = w
	m.channel.seq++
	h.broadcast(wire.MemberChanged{Channel: m.channel.id, Seq: m.channel.seq, Member: w})
}

func (h *hub) voiceSpeaking(s *session, m *wire.VoiceSpeaking) (wire.Message, error) {
	if s.seat == nil {
		return nil, errNotInChannel
	}
	h.speaking(s, m.On)
	return wire.OK{}, nil
}

// speaking notes that a member begins or ends to speak, and tells everyone. It is encoded once, numbered for nobody and not
// sent again, so that it costs next to nothing.
func (h *hub) speaking(s *session, on bool) {
	if s.seat == nil || s.seat.wire.Speaking == on || on && s.seat.wire.Muted {
		return
	}
	s.seat.wire.Speaking = on
	data := encode(wire.Envelope{Body: wire.MemberSpeaking{Channel: s.seat.channel.id, Member: s.seat.wire.Address, On: on}})
	for _, other := range h.sessions {
		if other.out != nil {
			other.out.offer(data)
		}
	}
}

func (h *hub) rosterGet(_ *session, m *wire.RosterGet) (wire.Message, error) {
	c, err := h.channel(m.Channel)
	if err != nil {
		return nil, err
	}
	return c.roster(), nil
}

// pass hands a message from one member to another of the same channel or call, under the sender's true name.
func (h *hub) pass(s *session, m wire.Relayed) (wire.Message, error) {
	route := m.Path()
	from, to, err := ends(s, route)
	if err != nil {
		return nil, err
	}
	route.From = from
	to.event(m)
	return wire.OK{}, nil
}

// ends finds who is at the two ends of a route.
func ends(s *session, r *wire.Route) (from wire.Address, to *session, err error) {
	switch {
	case s.inCall() && s.call.id == r.Channel:
		own, other := s.call.of(s)
		if other.session != nil && other.address() == r.To {
			return own.address(), other.session, nil
		}
	case s.seat != nil && s.seat.channel.id == r.Channel:
		if m := s.seat.channel.member(r.To); m != nil && m != s.seat {
			return s.seat.wire.Address, m.session, nil
		}
	default:
		return from, nil, errNotInChannel
	}
	return from, nil, wire.Errorf(wire.NoPeer, "The addressee is not there.")
}

var errNotInChannel = wire.Errorf(wire.NotInChannel, "Join the channel, or take the call, first.")

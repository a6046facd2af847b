package calltest

import (
	"parley/wire"
)

// talk is a call of two people, as the hub has it. Whoever is not there, or has not said yes, has no member id.
type talk struct {
	call  string
	sides [2]wire.Member // the caller, the callee
	rings bool
	video bool
}

// side is which of the two a user is; -1: neither.
func (k *talk) side(user string) int {
	for i, m := range k.sides {
		if m.User == user {
			return i
		}
	}
	return -1
}

// talkOf is the call that a user is in, rings or is rung by.
func (h *Hub) talkOf(user string) *talk {
	for _, k := range h.talks {
		if k.side(user) >= 0 {
			return k
		}
	}
	return nil
}

// Calls is how many calls there are.
func (h *Hub) Calls() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.talks)
}

// TimeOut lets what rings ring no longer.
func (h *Hub) TimeOut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, k := range h.talks {
		if k.rings {
			h.endTalk(k, "", wire.CallTimeout)
		}
	}
}

// callAnswer does what a request about calls asks for; nil: it is about something else.
func (h *Hub) callAnswer(s *session, m wire.Message) wire.Message {
	switch m := m.(type) {
	case *wire.CallRing:
		return h.ring(s, m)
	case *wire.CallAccept:
		k := h.talks[m.Call]
		if k == nil || !k.rings || k.side(s.user) != 1 {
			return wire.Errorf(wire.CallGone, "That call is over.")
		}
		return h.taken(k, s, m.Member, m.Nonce)
	case *wire.CallHere:
		return h.here(s, m)
	case *wire.CallEnd:
		if k := h.talks[m.Call]; k != nil && k.side(s.user) >= 0 {
			h.endTalk(k, s.user, h.reason(k, s.user))
			return &wire.OK{}
		}
		return wire.Errorf(wire.CallGone, "That call is over.")
	}
	return nil
}

func (h *Hub) ring(s *session, m *wire.CallRing) wire.Message {
	to, mine, theirs := h.sessions[m.To], h.talkOf(s.user), h.talkOf(m.To)
	switch {
	case to == nil || to.conn == nil || to.conn.ended():
		return wire.Errorf(wire.UserOffline, "They are offline.")
	case mine != nil && mine == theirs && mine.rings && mine.side(s.user) == 1: // crossing
		return h.taken(mine, s, m.Member, m.Nonce)
	case mine != nil:
		return wire.Errorf(wire.InCall, "You are in a call.")
	case theirs != nil:
		return wire.Errorf(wire.UserBusy, "They are in a call.")
	}
	caller := s.member(m.Member, m.Nonce)
	h.talks[m.Call] = &talk{call: m.Call, sides: [2]wire.Member{caller, {Address: wire.Address{User: m.To}}}, rings: true, video: m.Video}
	h.event(to, &wire.CallIncoming{Call: m.Call, From: caller, Video: m.Video})
	return &wire.CallPlaced{Call: m.Call}
}

func (s *session) member(id string, nonce wire.Bytes) wire.Member {
	return wire.Member{Address: wire.Address{User: s.user, Member: id}, Key: s.key, Name: s.name, Nonce: nonce}
}

// taken is the callee's yes.
func (h *Hub) taken(k *talk, s *session, member string, nonce wire.Bytes) wire.Message {
	k.rings, k.sides[1] = false, s.member(member, nonce)
	for _, m := range k.sides {
		h.leave(m.User, wire.LeftMoved)
	}
	h.event(h.sessions[k.sides[0].User], &wire.CallAnswered{Call: k.call, With: k.sides[1], Relay: &wire.Turn{TTL: 3600}})
	return &wire.CallPlaced{Call: k.call, With: &k.sides[0], Relay: &wire.Turn{TTL: 3600}}
}

// here seats one of two after a restart.
func (h *Hub) here(s *session, m *wire.CallHere) wire.Message {
	k := h.talks[m.Call]
	if k == nil {
		k = &talk{call: m.Call, sides: [2]wire.Member{{Address: wire.Address{User: s.user}}, {Address: wire.Address{User: m.With.User}}}}
		h.talks[m.Call] = k
	}
	i := k.side(s.user)
	if i < 0 {
		return wire.Errorf(wire.CallGone, "That call is over.")
	}
	k.sides[i] = s.member(m.Member, m.Nonce)
	other := k.sides[1-i]
	if other.Member == "" {
		return &wire.CallPlaced{Call: k.call}
	}
	h.event(h.sessions[other.User], &wire.CallAnswered{Call: k.call, With: k.sides[i]})
	return &wire.CallPlaced{Call: k.call, With: &other}
}

// reason is what the end of a call by a user is for the other one.
func (h *Hub) reason(k *talk, by string) string {
	switch {
	case !k.rings:
		return wire.CallLeft
	case k.side(by) == 0:
		return wire.CallCancelled
	}
	return wire.CallDeclined
}

func (h *Hub) endTalk(k *talk, by, reason string) {
	delete(h.talks, k.call)
	for i, m := range k.sides {
		s := h.sessions[m.User]
		if m.User == by || s == nil {
			continue
		}
		h.event(s, &wire.CallEnded{Call: k.call, Reason: reason})
		if k.rings && i == 1 {
			caller := k.sides[0]
			h.event(s, &wire.CallMissed{Missed: []wire.Missed{{Call: k.call, User: caller.User, Name: caller.Name, Why: reason, Video: k.video}}})
		}
	}
}

// between relays within a call.
func (h *Hub) between(k *talk, s *session, m wire.Relayed) {
	p := m.Path()
	i := k.side(s.user)
	if i < 0 || k.rings || k.sides[1-i].Address != p.To {
		return
	}
	p.From = k.sides[i].Address
	if t := h.sessions[p.To.User]; t != nil {
		h.write(t, wire.Envelope{Body: m})
	}
}

package server

import (
	"crypto/ed25519"

	"parley/identity"
	"parley/wire"
)

// login makes a session for who has proved to hold the key, and queues the welcome, the snapshot and the calls missed. Somebody new needs an
// invite. A session of the same user ends. With web it was in mode web.
func (h *hub) login(id uint32, m *wire.Login, web bool, out *outbox) (*session, error) {
	u := h.users[identity.UserID(identity.PublicKey(m.Key))]
	var err error
	switch {
	case u == nil:
		u, err = h.admit(m)
	case !u.meter.class[entry].AllowN(h.now(), 1):
		err = errTooOften
	default:
		err = h.rename(u, m.Name)
	}
	if err != nil {
		return nil, err
	}
	if u.session != nil {
		h.endWith(u.session, wire.LeftLost, wire.Goaway{Reason: wire.ReasonReplaced, Text: "You have logged in from elsewhere."})
	}
	s := &session{id: newID(), user: u, status: m.Status, web: web, limits: h.limits, meter: u.meter, replies: map[uint32][]byte{}}
	u.session = s
	h.userChanged(u)
	h.sessions[s.id] = s
	s.attach(out)
	s.answer(id, h.welcome(s, false), false)
	h.sendSnapshot(s)
	h.sendMissed(s)
	return s, nil
}

// admit makes a member.
func (h *hub) admit(m *wire.Login) (*user, error) {
	if m.Invite == "" {
		return nil, wire.Errorf(wire.InviteNeeded, "You are no member of this server yet: you need an invite.")
	}
	if len(h.users) >= h.limits.users {
		return nil, wire.Errorf(wire.LimitReached, "This server takes %d members and has them.", h.limits.users)
	}
	name, err := checkedName(m.Name)
	if err != nil {
		return nil, err
	}
	key := ed25519.PublicKey(m.Key)
	u := &user{id: identity.UserID(key), key: key, name: name, role: wire.RoleMember, meter: newMeter(h.limits)}
	if err := h.store.admit(u, m.Invite, h.now()); err != nil {
		return nil, err
	}
	h.users[u.id] = u
	h.log.Info("new member", "user", u.id)
	return u, nil
}

func (h *hub) welcome(s *session, resumed bool) wire.Welcome {
	return wire.Welcome{
		Session: s.id, User: s.user.id, Role: s.user.role, Resumed: resumed,
		HeartbeatMS: int(h.beat.Milliseconds()),
	}
}

// resumeSession gives a session its new connection, and queues what was missed on the old one.
func (h *hub) resumeSession(id uint32, m *wire.Resume, web bool, out *outbox) (*session, error) {
	s := h.sessions[m.Session]
	if s == nil || !s.user.key.Equal(ed25519.PublicKey(m.Key)) || s.web != web {
		return nil, errSessionGone
	}
	missed, ok := s.missed(m.LastSeq)
	if !ok {
		return nil, errSessionGone
	}
	if !s.meter.class[entry].AllowN(h.now(), 1) {
		return nil, errTooOften
	}
	s.attach(out)
	s.answer(id, h.welcome(s, true), false)
	for _, k := range missed {
		s.send(k.data)
	}
	return s, nil
}

var (
	errTooOften    = wire.Errorf(wire.RateLimited, "You come back too often: wait a little.")
	errSessionGone = wire.Errorf(wire.SessionGone, "The session has ended, or too much was missed: log in.")
)

package server

import (
	"errors"

	"parley/wire"
)

// request is how one type of message is served.
type request struct {
	role  string // who may: wire.RoleMember is everyone who is logged in
	class class
	do    func(h *hub, s *session, m wire.Message) (wire.Message, error)
}

// requests is everything that a logged-in client may ask, and who may. Heartbeats are answered before it is asked; what
// stands in neither place is refused.
var requests = map[string]request{
	kind[wire.SnapshotGet](): on(wire.RoleMember, heavy, (*hub).snapshotGet),
	kind[wire.PresenceSet](): on(wire.RoleMember, light, (*hub).presenceSet),
	kind[wire.NameSet]():     on(wire.RoleMember, durable, (*hub).nameSet),

	kind[wire.VoiceJoin]():     on(wire.RoleMember, light, (*hub).voiceJoin),
	kind[wire.VoiceLeave]():    on(wire.RoleMember, light, (*hub).voiceLeave),
	kind[wire.VoiceState]():    on(wire.RoleMember, light, (*hub).voiceState),
	kind[wire.VoiceSpeaking](): on(wire.RoleMember, speech, (*hub).voiceSpeaking),
	kind[wire.RosterGet]():     on(wire.RoleMember, light, (*hub).rosterGet),
	kind[wire.TurnGet]():       on(wire.RoleMember, light, (*hub).turnGet),

	kind[wire.CallRing]():   on(wire.RoleMember, ringing, (*hub).callRing),
	kind[wire.CallAccept](): on(wire.RoleMember, light, (*hub).callAccept),
	kind[wire.CallHere]():   on(wire.RoleMember, light, (*hub).callHere),
	kind[wire.CallEnd]():    on(wire.RoleMember, light, (*hub).callEnd),
	kind[wire.CallSeen]():   on(wire.RoleMember, durable, (*hub).callSeen),

	kind[wire.NeedOffer](): on(wire.RoleMember, relayed, pass[*wire.NeedOffer]),
	kind[wire.Offer]():     on(wire.RoleMember, relayed, pass[*wire.Offer]),
	kind[wire.Answer]():    on(wire.RoleMember, relayed, pass[*wire.Answer]),
	kind[wire.Candidate](): on(wire.RoleMember, relayed, pass[*wire.Candidate]),
	kind[wire.Findings]():  on(wire.RoleMember, relayed, pass[*wire.Findings]),

	kind[wire.Claim]():         on(wire.RoleMember, durable, (*hub).claim),
	kind[wire.ChannelAdd]():    on(wire.RoleOwner, durable, (*hub).channelAdd),
	kind[wire.ChannelRename](): on(wire.RoleOwner, durable, (*hub).channelRename),
	kind[wire.ChannelMove]():   on(wire.RoleOwner, durable, (*hub).channelMove),
	kind[wire.ChannelRemove](): on(wire.RoleOwner, durable, (*hub).channelRemove),
	kind[wire.InviteCreate]():  on(wire.RoleOwner, durable, (*hub).inviteCreate),
	kind[wire.InviteList]():    on(wire.RoleOwner, heavy, (*hub).inviteList),
	kind[wire.InviteRevoke]():  on(wire.RoleOwner, durable, (*hub).inviteRevoke),
	kind[wire.Kick]():          on(wire.RoleOwner, durable, (*hub).kick),
}

type pointer[T any] interface {
	*T
	wire.Message
}

func kind[T any, P pointer[T]]() string { return wire.Kind(P(new(T))) }

func on[M wire.Message](role string, c class, f func(*hub, *session, M) (wire.Message, error)) request {
	return request{role, c, func(h *hub, s *session, m wire.Message) (wire.Message, error) { return f(h, s, m.(M)) }}
}

func pass[M wire.Relayed](h *hub, s *session, m M) (wire.Message, error) { return h.pass(s, m) }

// serve does what a session asks and queues the answer.
func (h *hub) serve(s *session, e wire.Envelope) {
	if s.dead {
		return
	}
	if m, ok := e.Body.(*wire.Heartbeat); ok {
		s.beat(e, m)
		return
	}
	if data, ok := s.replies[e.ID]; ok && e.ID != 0 {
		s.send(data)
		return
	}
	reply, err := h.do(s, e)
	if e.ID == 0 && needsNoAnswer(e.Body) {
		return
	}
	if err == nil {
		s.answer(e.ID, reply, true)
		return
	}
	told := h.tell(wire.Kind(e.Body), err)
	// What a later try may change is not kept.
	s.answer(e.ID, told, told.Code != wire.Internal && told.Code != wire.RateLimited)
}

// tell turns an error into what the client may know of it.
func (h *hub) tell(what string, err error) *wire.Error {
	var told *wire.Error
	if errors.As(err, &told) {
		return told
	}
	h.log.Error("request failed", "type", what, "err", err)
	return wire.Errorf(wire.Internal, "The server could not do that.")
}

func (h *hub) do(s *session, e wire.Envelope) (wire.Message, error) {
	r, ok := requests[wire.Kind(e.Body)]
	switch {
	case !ok:
		return nil, errBadOrder
	case e.ID == 0 && !needsNoAnswer(e.Body):
		return nil, wire.Errorf(wire.BadMessage, "A request needs an id.")
	case r.role == wire.RoleOwner && s.user.role != wire.RoleOwner:
		return nil, wire.Errorf(wire.NotAllowed, "Only the owner of the server may do that.")
	case !s.meter.class[r.class].AllowN(h.now(), cost(e.Body)):
		return nil, wire.Errorf(wire.RateLimited, "That was too much at a time: wait a little.")
	}
	return r.do(h, s, e.Body)
}

// needsNoAnswer says that a message without an id is no mistake: nobody waits to hear what became of it.
func needsNoAnswer(m wire.Message) bool {
	switch m.(type) {
	case wire.Relayed, *wire.VoiceSpeaking:
		return true
	}
	return false
}

func (h *hub) snapshotGet(s *session, _ *wire.SnapshotGet) (wire.Message, error) {
	// The parts follow the answer, which serve queues when this has returned.
	h.later(0, func() {
		h.sendSnapshot(s)
		h.ringOn(s)
	})
	return wire.OK{}, nil
}

func (h *hub) sendSnapshot(s *session) {
	for _, part := range h.snapshot() {
		s.event(part)
	}
}

func (h *hub) presenceSet(s *session, m *wire.PresenceSet) (wire.Message, error) {
	if s.status != m.Status {
		s.status = m.Status
		h.userChanged(s.user)
	}
	return wire.OK{}, nil
}

func (h *hub) nameSet(s *session, m *wire.NameSet) (wire.Message, error) {
	if err := h.rename(s.user, m.Name); err != nil {
		return nil, err
	}
	return wire.OK{}, nil
}

// rename gives a user another name, if it is one.
func (h *hub) rename(u *user, name string) error {
	name, err := checkedName(name)
	if err != nil || name == u.name {
		return err
	}
	if err := h.store.setName(u.id, name); err != nil {
		return err
	}
	u.name = name
	h.userChanged(u)
	if u.session != nil && u.session.seat != nil {
		w := u.session.seat.wire
		w.Name = name
		h.change(u.session.seat, w)
	}
	return nil
}

func (h *hub) turnGet(s *session, m *wire.TurnGet) (wire.Message, error) {
	switch {
	case s.seat != nil || s.inCall():
		return h.relay.credentials(s.user.id, turnLife), nil
	case m.Doctor:
		h.relay.visit(s.user.id)
		return h.relay.credentials(s.user.id, doctorLife), nil
	}
	return nil, errNotInChannel
}

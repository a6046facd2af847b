package calltest

import (
	"fmt"
	"slices"

	"parley/identity"
	"parley/wire"
)

// take is the server's side of one message. The hub is locked.
func (h *Hub) take(c *conn, e wire.Envelope) {
	if c.session == nil {
		h.greet(c, e.Body)
		return
	}
	s := c.session
	if s.conn != c {
		return // a newer connection has taken the session up
	}
	if r, ok := e.Body.(wire.Relayed); ok {
		h.pass(s, r)
		return
	}
	if m, ok := e.Body.(*wire.VoiceSpeaking); ok {
		h.speaking(s, m.On)
		return
	}
	if old, ok := s.replies[e.ID]; ok && e.ID != 0 {
		h.write(s, old)
		return
	}
	reply := wire.Envelope{Re: e.ID, Body: h.answer(s, e.Body)}
	if e.ID == 0 {
		h.write(s, wire.Envelope{Body: reply.Body})
		return
	}
	s.replies[e.ID] = reply
	h.write(s, reply)
	if _, ok := e.Body.(*wire.SnapshotGet); ok {
		h.event(s, h.snapshot())
	}
}

// greet takes what comes before there is a session.
func (h *Hub) greet(c *conn, m wire.Message) {
	switch m := m.(type) {
	case *wire.Hello:
		c.nonce, c.challenge = m.Nonce, identity.NewChallenge()
		proof := identity.ServerHello{Server: h.key.Public(), Nonce: c.nonce, Challenge: c.challenge, Mode: identity.Mode(m.Mode), Binding: c.binding}
		c.deliver(wire.Envelope{Body: &wire.ServerHello{
			Version: wire.Version, Name: "Hub", Key: wire.Bytes(h.key.Public()), Challenge: c.challenge, Signature: proof.Sign(h.key),
		}})
	case *wire.Login:
		if !h.admitted(c, h.proof(c, m.Key).Verify(identity.PublicKey(m.Key), m.Signature)) {
			return
		}
		h.made++
		s := &session{id: fmt.Sprint("s", h.made), user: identity.UserID(identity.PublicKey(m.Key)), name: m.Name, key: m.Key, replies: map[uint32]wire.Envelope{}}
		h.sessions[s.user] = s
		h.adopt(c, s, false)
		h.event(s, h.snapshot())
		for _, other := range h.sessions {
			h.event(other, &wire.UserChanged{User: h.person(s)})
		}
	case *wire.Resume:
		login := h.proof(c, m.Key)
		if !h.admitted(c, identity.Resume{Login: login, Session: m.Session}.Verify(identity.PublicKey(m.Key), m.Signature)) {
			return
		}
		s := h.sessions[identity.UserID(identity.PublicKey(m.Key))]
		if s == nil || s.id != m.Session {
			c.deliver(wire.Envelope{Body: wire.Errorf(wire.SessionGone, "This session is not known.")})
			return
		}
		h.adopt(c, s, true)
		for _, e := range s.events {
			if e.Seq > m.LastSeq {
				h.write(s, e)
			}
		}
	}
}

func (h *Hub) proof(c *conn, key wire.Bytes) identity.Login {
	return identity.Login{Server: h.key.Public(), Challenge: c.challenge, Mode: identity.Native, Binding: c.binding, User: identity.PublicKey(key)}
}

func (h *Hub) admitted(c *conn, err error) bool {
	if err != nil {
		h.errors = append(h.errors, err)
		c.deliver(wire.Envelope{Body: wire.Errorf(wire.BadSignature, "The signature is wrong.")})
	}
	return err == nil
}

func (h *Hub) adopt(c *conn, s *session, resumed bool) {
	c.session, s.conn = s, c
	c.deliver(wire.Envelope{Body: &wire.Welcome{Session: s.id, User: s.user, Role: wire.RoleMember, Resumed: resumed, HeartbeatMS: 1000}})
}

// answer does what a request asks for.
func (h *Hub) answer(s *session, m wire.Message) wire.Message {
	if reply := h.callAnswer(s, m); reply != nil {
		return reply
	}
	switch m := m.(type) {
	case *wire.Heartbeat:
		return &wire.Heartbeat{Seq: s.seq}
	case *wire.VoiceJoin:
		return h.join(s, m)
	case *wire.VoiceLeave:
		h.leave(s.user, wire.LeftSelf)
	case *wire.VoiceState:
		if r, i := h.seat(s.user); r != nil {
			r.Members[i].Muted, r.Members[i].Deafened = m.Muted, m.Deafened
			r.Members[i].Speaking = r.Members[i].Speaking && !m.Muted
			r.Seq++
			h.tell(&wire.MemberChanged{Channel: r.Channel, Seq: r.Seq, Member: r.Members[i]}, s.user)
		}
	case *wire.RosterGet:
		if r := h.rosters[m.Channel]; r != nil {
			return r
		}
		return wire.Errorf(wire.NotFound, "There is no such channel.")
	case *wire.TurnGet:
		return &wire.Turn{TTL: 3600}
	}
	return &wire.OK{}
}

// speaking passes on what has no number.
func (h *Hub) speaking(s *session, on bool) {
	r, i := h.seat(s.user)
	if r == nil {
		return
	}
	r.Members[i].Speaking = on
	for _, other := range h.sessions {
		h.write(other, wire.Envelope{Body: &wire.MemberSpeaking{Channel: r.Channel, Member: r.Members[i].Address, On: on}})
	}
}

func (h *Hub) join(s *session, m *wire.VoiceJoin) wire.Message {
	r := h.rosters[m.Channel]
	if r == nil {
		return wire.Errorf(wire.NotFound, "There is no such channel.")
	}
	member := wire.Member{
		Address: wire.Address{User: s.user, Member: m.Member}, Key: s.key, Name: s.name, Nonce: m.Nonce, Muted: m.Muted, Deafened: m.Deafened,
	}
	if old, i := h.seat(s.user); old == r && old.Members[i].Member == m.Member {
		return h.copyOf(r) // it has been here all the time
	}
	h.leave(s.user, wire.LeftMoved)
	if len(r.Members) >= wire.MaxMembers {
		return wire.Errorf(wire.ChannelFull, "The channel is full.")
	}
	r.Members = append(r.Members, member)
	r.Seq++
	h.tell(&wire.MemberJoined{Channel: r.Channel, Seq: r.Seq, Member: member}, s.user)
	return h.copyOf(r)
}

func (h *Hub) copyOf(r *wire.Roster) *wire.Roster {
	return &wire.Roster{Channel: r.Channel, Seq: r.Seq, Members: slices.Clone(r.Members), Relay: &wire.Turn{TTL: 3600}}
}

func (h *Hub) leave(user, reason string) {
	r, i := h.seat(user)
	if r == nil {
		return
	}
	gone := r.Members[i].Address
	r.Members = slices.Delete(r.Members, i, i+1)
	r.Seq++
	h.tell(&wire.MemberLeft{Channel: r.Channel, Seq: r.Seq, Member: gone, Reason: reason}, user)
}

// seat is where a user sits.
func (h *Hub) seat(user string) (*wire.Roster, int) {
	for _, r := range h.rosters {
		for i, m := range r.Members {
			if m.User == user {
				return r, i
			}
		}
	}
	return nil, 0
}

// pass relays between two members of one channel, or of one call, and stamps who sent it.
func (h *Hub) pass(s *session, m wire.Relayed) {
	p := m.Path()
	if k := h.talks[p.Channel]; k != nil {
		h.between(k, s, m)
		return
	}
	from, i := h.seat(s.user)
	to, _ := h.seat(p.To.User)
	if from == nil || from != to || from.Channel != p.Channel {
		return
	}
	p.From = from.Members[i].Address
	if t := h.sessions[p.To.User]; t != nil {
		h.write(t, wire.Envelope{Body: m})
	}
}

func (h *Hub) person(s *session) wire.User {
	return wire.User{ID: s.user, Key: s.key, Name: s.name, Role: wire.RoleMember, Status: wire.Online}
}

func (h *Hub) snapshot() *wire.Snapshot {
	out := &wire.Snapshot{Last: true, Channels: []wire.Channel{{ID: Hall, Name: "Hall"}, {ID: Games, Name: "Games", Position: 1}}}
	for _, s := range h.sessions {
		out.Users = append(out.Users, h.person(s))
	}
	for _, r := range h.rosters {
		out.Rosters = append(out.Rosters, wire.Roster{Channel: r.Channel, Seq: r.Seq, Members: slices.Clone(r.Members)})
	}
	return out
}

// tell sends an event to everybody but one.
func (h *Hub) tell(m wire.Message, but string) {
	for user, s := range h.sessions {
		if user != but {
			h.event(s, m)
		}
	}
}

func (h *Hub) event(s *session, m wire.Message) {
	s.seq++
	e := wire.Envelope{Seq: s.seq, Body: m}
	s.events = append(s.events, e)
	h.write(s, e)
}

// write is the one way to a client.
func (h *Hub) write(s *session, e wire.Envelope) {
	if s.conn == nil {
		return
	}
	out := []wire.Envelope{e}
	if h.tamper != nil {
		out = h.tamper(s.user, e)
	}
	for _, e := range out {
		s.conn.deliver(e)
	}
}

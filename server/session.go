package server

import (
	"time"

	"parley/wire"
)

// session is one user's stay, over one connection after the other.
//
//	          login                     connection breaks
//	(none) ───────────► attached ───────────────────────► detached ─── hub.resume has passed ──► dead
//	                       ▲  │          resume               │
//	                       └──┼───────────────────────────────┘
//	                          └── logged out, kicked, replaced, server stops ──► dead
//
// Guarded by Server.mu.
type session struct {
	id     string
	user   *user
	status string
	web    bool    // it was logged in to in mode web, and so are its resumes
	seat   *member // nil: in no channel
	call   *call   // that rings or goes on; nil: none. In one that goes on, there is no seat
	limits limits
	meter  meter

	out    *outbox // nil: detached
	expire func()  // stops the end of a detached session
	dead   bool

	seq    uint64 // of the last event
	replay []kept // the last events, in order; the newest has seq
	bytes  int    // in replay

	replies map[uint32][]byte // by request id
	order   []uint32          // of replies, the oldest first
}

type kept struct {
	seq  uint64
	data []byte
}

// event queues an event, and keeps it for a resume.
func (s *session) event(m wire.Message) {
	if s.dead {
		return
	}
	s.seq++
	data := encode(wire.Envelope{Seq: s.seq, Body: m})
	s.replay = append(s.replay, kept{s.seq, data})
	s.bytes += len(data)
	for s.bytes > s.limits.replayBytes || len(s.replay) > s.limits.replayCount {
		s.forget(s.replay[0].seq)
	}
	s.send(data)
}

// forget drops events up to seq: the client has them, or there is no room.
func (s *session) forget(seq uint64) {
	n := 0
	for n < len(s.replay) && s.replay[n].seq <= seq {
		s.bytes -= len(s.replay[n].data)
		s.replay[n].data = nil
		n++
	}
	s.replay = s.replay[n:]
}

// missed is what came after last, or false if that isn't known any more.
func (s *session) missed(last uint64) ([]kept, bool) {
	if last > s.seq || s.seq-last > uint64(len(s.replay)) {
		return nil, false
	}
	return s.replay[uint64(len(s.replay))-(s.seq-last):], true
}

// answer queues a reply. One that is kept answers a repeat of its request too.
func (s *session) answer(id uint32, m wire.Message, keep bool) {
	data := encode(wire.Envelope{Re: id, Body: m})
	if keep && id != 0 {
		if len(s.order) == s.limits.replies {
			delete(s.replies, s.order[0])
			s.order = s.order[1:]
		}
		s.replies[id] = data
		s.order = append(s.order, id)
	}
	s.send(data)
}

// send queues for the client, or drops a client that doesn't read.
func (s *session) send(data []byte) {
	if s.out != nil && !s.out.push(data) {
		s.hangUp(wire.Goaway{Reason: wire.ReasonSlow, Text: "This connection does not keep up.", RetryMS: 1000})
	}
}

// hangUp ends the connection with a last word; the session waits for a resume.
func (s *session) hangUp(g wire.Goaway) {
	if s.out != nil {
		s.out.finish(encode(wire.Envelope{Body: g}), g.Reason == wire.ReasonSlow || g.Reason == wire.ReasonFlood)
	}
}

// attach makes out the session's connection, in place of what it had.
func (s *session) attach(out *outbox) {
	if s.expire != nil {
		s.expire()
		s.expire = nil
	}
	if s.out != nil {
		s.out.conn.Close()
	}
	s.out = out
}

// detach follows the end of a connection. Who has said goodbye is gone. Anybody else is taken to be still there until
// hub.resume has passed: a member stays in its roster, since its media most likely goes on.
func (h *hub) detach(s *session, out *outbox, goodbye bool) {
	if s.out != out { // the session has another one already
		return
	}
	s.out = nil
	h.speaking(s, false) // whether they still do, nobody can tell
	switch {
	case goodbye:
		h.end(s, wire.LeftSelf)
	case !s.dead:
		s.expire = h.later(h.resume, func() { h.end(s, wire.LeftLost) })
	}
}

// end is the end of a session; why is the reason for the others in its channel or call.
func (h *hub) end(s *session, why string) {
	if s.dead {
		return
	}
	s.dead = true
	if s.expire != nil {
		s.expire()
	}
	delete(h.sessions, s.id)
	s.user.session = nil
	h.leave(s, why)
	h.endCall(s, why) // the words are those of leaving a channel
	h.userChanged(s.user)
	s.replay, s.replies, s.order = nil, nil, nil
}

// endWith ends a session whose client is to know why.
func (h *hub) endWith(s *session, why string, g wire.Goaway) {
	s.hangUp(g)
	h.end(s, why)
}

// encode makes the text of what the server itself has made. That it can't be encoded is a bug; the tests would show it.
func encode(e wire.Envelope) []byte {
	data, err := wire.Encode(e)
	if err != nil {
		data, _ = wire.Encode(wire.Envelope{Re: e.Re, Seq: e.Seq, Body: wire.Errorf(wire.Internal, "The server made a message that it may not send.")})
	}
	return data
}

// beat answers a heartbeat.
func (s *session) beat(e wire.Envelope, m *wire.Heartbeat) {
	s.forget(min(m.Seq, s.seq))
	s.send(encode(wire.Envelope{Re: e.ID, Body: wire.Heartbeat{Seq: s.seq}}))
}

// deadlineBeats is how many heartbeats may be missing.
const deadlineBeats = 3

func (h *hub) deadline() time.Time { return time.Now().Add(deadlineBeats * h.beat) }

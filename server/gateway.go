package server

import (
	"errors"
	"net"
	"net/http"
	"time"

	"parley/identity"
	"parley/wire"
)

// The life of a connection, in the order of this file:
//
//  1. gateway   the websocket
//  2. handshake hello, server_hello, then login or resume: who is there, on this very connection
//  3. attend    requests, one after the other, until the connection ends
//
// What goes out is written by an outbox's own goroutine.

func (srv *Server) gateway(w http.ResponseWriter, r *http.Request) {
	conn, err := wire.Upgrade(w, r)
	if err != nil {
		return
	}
	defer conn.Close()
	if !srv.enter(conn) {
		return
	}
	defer srv.exit(conn)
	c := &connection{srv: srv, conn: conn, out: newOutbox(conn, srv.hub.limits), written: make(chan struct{})}
	id, err := c.handshake(time.Now().Add(srv.hub.limits.handshake))
	if err != nil {
		srv.log.Debug("connection refused", "code", wire.CodeOf(err))
		c.refuse(id, err)
		return
	}
	if g := guestOf(r.Context()); g != nil {
		g.welcome()
	}
	c.attend()
}

type connection struct {
	srv     *Server
	conn    *wire.Conn
	out     *outbox
	session *session      // after the handshake
	written chan struct{} // closed when the outbox's goroutine has ended
}

// proof is what a connection's signatures are over, besides the keys.
type proof struct {
	challenge []byte
	mode      identity.Mode
	binding   []byte
}

// handshake ends with a session that has this connection, or with an error to answer request id with.
func (c *connection) handshake(deadline time.Time) (id uint32, err error) {
	e, err := c.conn.Read(deadline)
	if err != nil {
		return e.ID, err
	}
	hello, ok := e.Body.(*wire.Hello)
	if !ok {
		return e.ID, errBadOrder
	}
	p, err := c.greet(e.ID, hello)
	if err != nil {
		return e.ID, err
	}
	if e, err = c.conn.Read(deadline); err != nil {
		return e.ID, err
	}
	switch m := e.Body.(type) {
	case *wire.Login:
		return e.ID, c.login(e.ID, m, p)
	case *wire.Resume:
		return e.ID, c.resume(e.ID, m, p)
	}
	return e.ID, errBadOrder
}

var (
	errBadOrder     = wire.Errorf(wire.BadOrder, "This message does not belong here.")
	errBadSignature = wire.Errorf(wire.BadSignature, "The signature does not fit this key and this connection.")
)

// greet proves to the client who this server is.
func (c *connection) greet(id uint32, hello *wire.Hello) (proof, error) {
	if hello.Version != wire.Version {
		return proof{}, wire.Errorf(wire.BadVersion, "This server speaks version %d of the protocol, the client version %d.", wire.Version, hello.Version)
	}
	binding, err := c.conn.Binding(hello.Mode)
	if err != nil {
		return proof{}, wire.Errorf(wire.BadSignature, "This connection can't be signed for: native clients connect by TLS 1.3.")
	}
	// A page of elsewhere must not get signatures that are good here: in web mode the origin is all that tells them apart.
	if hello.Mode == wire.ModeWeb && !c.srv.takesLogins(string(binding)) {
		return proof{}, wire.Errorf(wire.NotAllowed, "This server does not take logins from that page.")
	}
	p := proof{identity.NewChallenge(), identity.Mode(hello.Mode), binding}
	s := identity.ServerHello{Server: c.srv.key.Public(), Nonce: hello.Nonce, Challenge: p.challenge, Mode: p.mode, Binding: p.binding}
	return p, c.conn.Write(wire.Envelope{Re: id, Body: wire.ServerHello{
		Version: wire.Version, Software: "parleyd " + wire.Release, Name: c.srv.name, Key: wire.Bytes(c.srv.key.Public()),
		Challenge: p.challenge, Signature: s.Sign(c.srv.key),
	}})
}

func (c *connection) statement(p proof, key wire.Bytes) identity.Login {
	return identity.Login{Server: c.srv.key.Public(), Challenge: p.challenge, Mode: p.mode, Binding: p.binding, User: identity.PublicKey(key)}
}

func (c *connection) login(id uint32, m *wire.Login, p proof) error {
	if c.statement(p, m.Key).Verify(identity.PublicKey(m.Key), m.Signature) != nil {
		return errBadSignature
	}
	return c.srv.locked(func(h *hub) (err error) {
		if c.session, err = h.login(id, m, p.mode == identity.Web, c.out); err != nil {
			return h.tell("login", err)
		}
		return nil
	})
}

func (c *connection) resume(id uint32, m *wire.Resume, p proof) error {
	s := identity.Resume{Login: c.statement(p, m.Key), Session: m.Session}
	if s.Verify(identity.PublicKey(m.Key), m.Signature) != nil {
		return errBadSignature
	}
	return c.srv.locked(func(h *hub) (err error) {
		c.session, err = h.resumeSession(id, m, p.mode == identity.Web, c.out)
		return err
	})
}

// refuse says what is wrong, if it is anything that the client can be told, and waits a moment for that to arrive.
func (c *connection) refuse(id uint32, err error) {
	var told *wire.Error
	if !errors.As(err, &told) { // the connection itself is at its end
		return
	}
	if c.conn.Write(wire.Envelope{Re: id, Body: told}) == nil && c.conn.Finish() == nil {
		c.drain()
	}
}

// drain reads and drops until the other end has closed, at most for lastWord: a close with unread data would be a reset,
// and a reset takes back what the client has not read yet.
func (c *connection) drain() {
	deadline := time.Now().Add(lastWord)
	for {
		if _, err := c.conn.Read(deadline); err != nil && wire.CodeOf(err) == "" {
			return
		}
	}
}

// attend serves a session's requests until the connection ends.
func (c *connection) attend() {
	done := make(chan struct{})
	go func() {
		defer close(c.written)
		c.out.routineWrite(done)
	}()
	goodbye := c.read()
	close(done)
	c.out.stop()
	c.conn.Close() // before the wait: a write may hang in it
	<-c.written
	_ = c.srv.locked(func(h *hub) error {
		h.detach(c.session, c.out, goodbye)
		return nil
	})
}

// read serves until the connection ends, and reports whether the client has ended it as one who logs out does.
func (c *connection) read() (goodbye bool) {
	for {
		e, err := c.conn.Read(c.srv.hub.deadline())
		var bad *wire.Error
		switch {
		case errors.As(err, &bad):
			if !c.admit(badMessageCost) {
				return false
			}
			_ = c.srv.locked(func(*hub) error {
				c.session.answer(e.ID, bad, false)
				return nil
			})
		case isTimeout(err):
			c.hangUp(wire.Goaway{Reason: wire.ReasonSilent, Text: "Nothing was heard from this client for a while."})
			return false
		case err != nil:
			return errors.Is(err, wire.ErrFinished)
		case !c.admit(1):
			return false
		default:
			_ = c.srv.locked(func(h *hub) error {
				h.serve(c.session, e)
				return nil
			})
		}
	}
}

// isTimeout tells silence from an end. (The websocket library hides os.ErrDeadlineExceeded.)
func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// admit counts what arrives; a flood ends the connection.
func (c *connection) admit(n int) bool {
	if c.session.meter.any.AllowN(c.srv.hub.now(), n) {
		return true
	}
	c.hangUp(wire.Goaway{Reason: wire.ReasonFlood, Text: "That was far too much at a time.", RetryMS: 5000})
	return false
}

// hangUp says the last word and waits until the client has it, or has had its time.
func (c *connection) hangUp(g wire.Goaway) {
	c.out.finish(encode(wire.Envelope{Body: g}), true)
	<-c.written
	c.drain()
}

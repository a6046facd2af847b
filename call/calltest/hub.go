// Package calltest runs whole engines against each other in one process: a server in memory that can be told to misbehave
// (Hub), a network in memory (World), sound devices without hardware and a codec without cgo.
package calltest

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"time"

	"parley/call"
	"parley/identity"
	"parley/wire"
)

// Channels of every Hub.
const (
	Hall  = "hall"
	Games = "games"
)

// Hub is a server in memory. It runs on its clients' goroutines, and every message passes the wire's codec in both
// directions, so that what an engine says is held to the protocol.
type Hub struct {
	key identity.Key

	mu       sync.Mutex // guards the following and all sessions
	down     bool
	sessions map[string]*session // by user
	made     int                 // sessions so far: their ids
	rosters  map[string]*wire.Roster
	talks    map[string]*talk // by call
	tamper   func(to string, env wire.Envelope) []wire.Envelope
	errors   []error // what clients did against the protocol
}

// session is one client's, from Login on; it outlives its connection.
type session struct {
	id, user string
	name     string
	key      wire.Bytes
	conn     *conn // nil: gone for now
	seq      uint64
	events   []wire.Envelope          // all of them, for Resume
	replies  map[uint32]wire.Envelope // by request, for one that is repeated
}

// NewHub makes a server with two empty channels.
func NewHub() (*Hub, error) {
	key, err := identity.Generate(nil)
	if err != nil {
		return nil, err
	}
	h := &Hub{key: key}
	h.reset()
	return h, nil
}

func (h *Hub) reset() {
	h.sessions, h.rosters, h.talks = map[string]*session{}, map[string]*wire.Roster{}, map[string]*talk{}
	for _, c := range []string{Hall, Games} {
		h.rosters[c] = &wire.Roster{Channel: c, Seq: 1}
	}
}

// Link is the address of the server.
func (h *Hub) Link() string {
	return wire.Link{Host: "hub.invalid:1", Key: wire.Bytes(h.key.Public()), Mode: wire.ModeNative}.String()
}

// Tamper sets what is done to every envelope on its way to a client (a user id): it returns what arrives in its place. It
// runs under the hub's lock and must not call it. Nil: nothing.
func (h *Hub) Tamper(f func(to string, env wire.Envelope) []wire.Envelope) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tamper = f
}

// Say sends a client something of the test's own making, as the server's next event.
func (h *Hub) Say(to string, m wire.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.sessions[to]; s != nil {
		h.event(s, m)
	}
}

// Roster is a copy of who sits in a channel.
func (h *Hub) Roster(channel string) wire.Roster {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := *h.rosters[channel]
	r.Members = slices.Clone(r.Members)
	return r
}

// Stop breaks all connections and refuses new ones, and forgets everything that a server keeps in memory. Start takes
// connections again.
func (h *Hub) Stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down = true
	for _, s := range h.sessions {
		if s.conn != nil {
			s.conn.end()
		}
	}
	h.reset()
}

// Start ends Stop.
func (h *Hub) Start() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down = false
}

// Cut breaks one client's connection; its session stays.
func (h *Hub) Cut(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.sessions[user]; s != nil && s.conn != nil {
		s.conn.end()
	}
}

// Errors is what clients did against the protocol.
func (h *Hub) Errors() []error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.errors)
}

// Dial is a call.Dialer.
func (h *Hub) Dial(context.Context, wire.Link) (call.Conn, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return nil, errors.New("nobody answers")
	}
	c := &conn{hub: h, wake: make(chan struct{}, 1), closed: make(chan struct{}), binding: make([]byte, identity.BindingSize)}
	rand.Read(c.binding) //nolint:errcheck // never fails since Go 1.24
	return c, nil
}

// conn is one connection, held by the client as a call.Conn.
type conn struct {
	hub     *Hub
	binding []byte
	wake    chan struct{} // capacity 1: inbox has grown
	closed  chan struct{}
	once    sync.Once

	// Guarded by hub.mu.
	inbox            [][]byte
	nonce, challenge []byte
	session          *session // nil before Login
}

var errClosed = errors.New("the connection is closed")

func (c *conn) Binding(string) ([]byte, error) { return c.binding, nil }

func (c *conn) Close() error {
	c.end()
	return nil
}

func (c *conn) ended() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

func (c *conn) end() { c.once.Do(func() { close(c.closed) }) }

func (c *conn) Read(deadline time.Time) (wire.Envelope, error) {
	late := time.NewTimer(time.Until(deadline))
	defer late.Stop()
	for {
		c.hub.mu.Lock()
		if len(c.inbox) > 0 {
			data := c.inbox[0]
			c.inbox = c.inbox[1:]
			c.hub.mu.Unlock()
			return wire.Decode(data)
		}
		c.hub.mu.Unlock()
		select {
		case <-c.wake:
		case <-late.C:
			return wire.Envelope{}, errors.New("the server is silent")
		case <-c.closed:
			return wire.Envelope{}, errClosed
		}
	}
}

func (c *conn) Write(e wire.Envelope) error {
	select {
	case <-c.closed:
		return errClosed
	default:
	}
	data, err := wire.Encode(e)
	if err == nil {
		e, err = wire.Decode(data)
	}
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	if err != nil {
		c.hub.errors = append(c.hub.errors, err)
		return err
	}
	c.hub.take(c, e)
	return nil
}

// deliver puts an envelope into the inbox, as it is.
func (c *conn) deliver(e wire.Envelope) {
	data, err := wire.Encode(e)
	if err != nil {
		c.hub.errors = append(c.hub.errors, err)
		return
	}
	c.inbox = append(c.inbox, data)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

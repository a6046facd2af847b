package call

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"parley/identity"
	"parley/wire"
)

// Conn carries envelopes to one server. wire.Conn is the real one, calltest has one in memory.
type Conn interface {
	Read(deadline time.Time) (wire.Envelope, error)
	Write(wire.Envelope) error
	Binding(mode string) ([]byte, error)
	Close() error
}

// Dialer connects to the server of a link.
type Dialer func(ctx context.Context, l wire.Link) (Conn, error)

// DialWire is the Dialer of the real network.
func DialWire(ctx context.Context, l wire.Link) (Conn, error) {
	c, err := wire.Dial(ctx, l)
	if err != nil {
		return nil, err
	}
	return c, nil
}

const (
	handshakeTimeout = 10 * time.Second
	firstBackoff     = 250 * time.Millisecond
	lastBackoff      = 20 * time.Second
	maxPending       = 128 // requests without a reply
)

// gateway keeps one session with a server alive: it connects, proves and checks who is who, hands every message to the
// engine, and after a break comes back with backoff, resuming the session where the server still has it. Requests wait in
// pending until they are answered and are sent again, under their own id, after a resume: the server has kept its reply.
type gateway struct {
	key   identity.Key
	link  wire.Link // of the run goroutine alone
	dial  Dialer
	admit func(event) // may block
	log   *slog.Logger

	cancel context.CancelFunc
	done   chan struct{}

	out chan struct{} // capacity 1: unsent has grown
	now chan struct{} // capacity 1: the next try is wanted at once

	mu      sync.Mutex
	name    string // for the next login
	status  string
	unsent  []wire.Envelope
	pending []request // in the order of sending
	online  bool      // a connection is up: what is sent is for it
	over    bool      // the run goroutine has ended: nobody will answer
	lastID  uint32

	// Of the run goroutine alone.
	session string
	lastSeq uint64
	member  bool // was let in once: from then on a call may be going on
}

type request struct {
	env wire.Envelope
	tag tag
}

func startGateway(g *gateway) {
	ctx, cancel := context.WithCancel(context.Background())
	g.cancel, g.done = cancel, make(chan struct{})
	g.out, g.now = make(chan struct{}, 1), make(chan struct{}, 1)
	go g.run(ctx)
}

// stop ends the session; done is closed when it has. What was handed over with send or ask before is still written.
func (g *gateway) stop() { g.cancel() }

// present sets what the next login says about its user.
func (g *gateway) present(name, status string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.name, g.status = name, status
}

// send writes a message that nobody answers. It is dropped while there is no connection: what it says would be old.
func (g *gateway) send(m wire.Message) { g.enqueue(wire.Envelope{Body: m}) }

// ask sends a request. Its reply, an *wire.Error included, comes to the engine as an event with the tag.
func (g *gateway) ask(m wire.Message, t tag) {
	g.mu.Lock()
	var refusal *wire.Error
	switch {
	case g.over:
		refusal = errGone()
	case len(g.pending) >= maxPending:
		refusal = wire.Errorf(wire.RateLimited, "Too many requests are waiting for the server.")
	}
	if refusal != nil {
		g.mu.Unlock()
		go g.admit(replied{t, refusal})
		return
	}
	g.lastID++
	env := wire.Envelope{ID: g.lastID, Body: m}
	g.pending = append(g.pending, request{env, t})
	g.mu.Unlock()
	g.enqueue(env)
}

// enqueue gives the writer something to write. Without a connection it drops it: a request stays in pending.
func (g *gateway) enqueue(env wire.Envelope) {
	g.mu.Lock()
	if g.online {
		g.unsent = append(g.unsent, env)
	}
	g.mu.Unlock()
	select {
	case g.out <- struct{}{}:
	default:
	}
}

func (g *gateway) run(ctx context.Context) {
	defer close(g.done)
	defer g.fail()
	backoff := firstBackoff
	for {
		online, err := g.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		final := isFinal(err, g.member)
		g.log.Info("connection to the server ended", "was_online", online, "final", final)
		if wire.CodeOf(err) == wire.SessionGone {
			continue // there is a login to try
		}
		if final {
			g.admit(linkDown{err: err, final: true})
			return
		}
		if online {
			backoff = firstBackoff
		}
		// Jitter keeps a thousand clients of a restarted server from coming back in the same instant.
		wait := max(backoff/2+rand.N(backoff), retryAfter(err))
		select {
		case <-g.now: // it was meant for the try before
		default:
		}
		g.admit(linkDown{err: err, wait: wait})
		if !g.rest(ctx, wait) {
			return
		}
		backoff = min(backoff*2, lastBackoff)
	}
}

// rest waits for the next try, until somebody can't; false: there is none.
func (g *gateway) rest(ctx context.Context, d time.Duration) bool {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-g.now:
	case <-wait.C:
	}
	return true
}

// hurry ends the wait for the next try.
func (g *gateway) hurry() {
	select {
	case g.now <- struct{}{}:
	default:
	}
}

// fail answers what nobody else will answer any more.
func (g *gateway) fail() {
	g.mu.Lock()
	orphans := g.pending
	g.pending, g.over = nil, true
	g.mu.Unlock()
	for _, r := range orphans {
		g.admit(replied{r.tag, errGone()})
	}
}

// connect is one connection from dial to end.
func (g *gateway) connect(ctx context.Context) (online bool, err error) {
	dialing, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	c, err := g.dial(dialing, g.link)
	if err != nil {
		return false, &unreachable{err}
	}
	defer func() { _ = c.Close() }()
	unhook := context.AfterFunc(dialing, func() { _ = c.Close() })
	welcome, hello, err := g.handshake(c)
	unhook()
	if err != nil {
		return false, err
	}
	g.link.Secret, g.member = "", true // used
	g.adopt(welcome)
	g.admit(linkUp{welcome: *welcome, serverName: hello.Name, serverKey: identity.PublicKey(hello.Key)})
	return true, g.converse(ctx, c, time.Duration(welcome.HeartbeatMS)*time.Millisecond)
}

// greet sends nothing of worth: it sees that the server signs this very connection with the key of the link. What it returns is
// the login that such a server takes, but for the user.
func greet(c Conn, l wire.Link, deadline time.Time) (*wire.ServerHello, identity.Login, error) {
	nonce := identity.NewChallenge()
	login := identity.Login{Server: identity.PublicKey(l.Key), Mode: identity.Mode(l.Mode)}
	if err := c.Write(wire.Envelope{Body: wire.Hello{Version: wire.Version, Mode: l.Mode, Nonce: nonce}}); err != nil {
		return nil, login, err
	}
	hello, err := expect[*wire.ServerHello](c, deadline)
	if err != nil {
		return nil, login, err
	}
	if login.Binding, err = c.Binding(l.Mode); err != nil {
		return nil, login, err
	}
	login.Challenge = hello.Challenge
	proof := identity.ServerHello{Server: login.Server, Nonce: nonce, Challenge: hello.Challenge, Mode: login.Mode, Binding: login.Binding}
	if !login.Server.Equal(identity.PublicKey(hello.Key)) || proof.Verify(login.Server, hello.Signature) != nil {
		return nil, login, ErrServerKey
	}
	if hello.Version != wire.Version {
		return nil, login, wire.Errorf(wire.BadVersion, "The server speaks version %d of the protocol and this program version %d: update the older one.", hello.Version, wire.Version)
	}
	return hello, login, nil
}

// handshake sends nothing of worth before the server has shown who it is.
func (g *gateway) handshake(c Conn) (*wire.Welcome, *wire.ServerHello, error) {
	deadline := time.Now().Add(handshakeTimeout)
	hello, login, err := greet(c, g.link, deadline)
	if err != nil {
		return nil, nil, err
	}
	login.User = g.key.Public()
	if g.session != "" {
		resume := identity.Resume{Login: login, Session: g.session}
		err = c.Write(wire.Envelope{Body: wire.Resume{Key: wire.Bytes(g.key.Public()), Session: g.session, LastSeq: g.lastSeq, Signature: resume.Sign(g.key)}})
	} else {
		g.mu.Lock()
		name, status := g.name, g.status
		g.mu.Unlock()
		err = c.Write(wire.Envelope{Body: wire.Login{Key: wire.Bytes(g.key.Public()), Name: name, Invite: g.link.Secret, Status: status, Signature: login.Sign(g.key)}})
	}
	if err != nil {
		return nil, nil, err
	}
	welcome, err := expect[*wire.Welcome](c, deadline)
	if wire.CodeOf(err) == wire.SessionGone {
		g.session = "" // the next try logs in
	}
	if err == nil && welcome.User != g.key.ID() {
		err = errProtocol
	}
	return welcome, hello, err
}

// expect reads one message of a type; an error or a goodbye in its place is the error.
func expect[M wire.Message](c Conn, deadline time.Time) (want M, err error) {
	env, err := c.Read(deadline)
	if err != nil {
		if wire.CodeOf(err) != "" { // it could not be decoded
			err = fmt.Errorf("%w: %w", errProtocol, err)
		}
		return want, err
	}
	switch m := env.Body.(type) {
	case M:
		return m, nil
	case *wire.Error:
		return want, m
	case *wire.Goaway:
		return want, &goneAway{*m}
	}
	return want, errProtocol
}

// adopt starts or takes up a session. In a new one nobody knows the old requests: they fail.
func (g *gateway) adopt(w *wire.Welcome) {
	resumed := w.Resumed && w.Session == g.session
	g.session = w.Session
	g.mu.Lock()
	orphans := g.pending
	g.unsent, g.online = nil, true
	if resumed {
		orphans = nil
		for _, r := range g.pending {
			g.unsent = append(g.unsent, r.env)
		}
	} else {
		g.pending, g.lastSeq = nil, 0
	}
	g.mu.Unlock()
	for _, r := range orphans {
		g.admit(replied{r.tag, errGone()})
	}
	select {
	case g.out <- struct{}{}:
	default:
	}
}

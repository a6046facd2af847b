package server

import (
	"context"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/identity"
	"parley/wire"
)

// patience is how long a test waits for what must come; only a failing test waits so long.
const patience = 20 * time.Second

// checkLeaks fails a test that leaves goroutines of ours behind.
func checkLeaks(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		var left []string
		for range 500 {
			if left = ours(); len(left) == 0 {
				return
			}
			<-tick.C
		}
		t.Errorf("goroutines left:\n%s", strings.Join(left, "\n\n"))
	})
}

// ours lists the goroutines of this package and of the relay's server part.
func ours() []string {
	buf := make([]byte, 1<<20)
	var out []string
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")[1:] {
		server := strings.Contains(g, "parley/server.") || strings.Contains(g, "turn/v5.(*Server)") || strings.Contains(g, "turn/v5/internal/allocation")
		if server && !strings.Contains(g, "testing.tRunner") {
			out = append(out, g)
		}
	}
	return out
}

// footprint is what clients take of a server.
type footprint struct{ goroutines, files, guests, streams, relayed int }

func (r *running) footprint() (f footprint) {
	files, _ := os.ReadDir("/proc/self/fd") // none on some systems
	f.goroutines, f.files = len(ours()), len(files)
	r.gate.door.mu.Lock()
	f.guests = len(r.gate.door.guests)
	r.gate.door.mu.Unlock()
	r.gate.mu.Lock()
	f.streams = len(r.gate.streams)
	r.gate.mu.Unlock()
	f.relayed = r.hub.relay.sockets()
	return f
}

// spareFiles are the store's: what it keeps beside its file comes and goes.
const spareFiles = 3

// unharmed wants a server that the test's clients have left to be as it is now, and as good for the next one.
func unharmed(t *testing.T, r *running) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for begin := time.Now(); !serves(); <-tick.C {
		if time.Since(begin) > patience {
			t.Fatalf("what a server needs does not run:\n%s", strings.Join(ours(), "\n\n"))
		}
	}
	before := r.footprint()
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for begin := time.Now(); ; <-tick.C {
			now := r.footprint()
			if now.goroutines <= before.goroutines && now.files <= before.files+spareFiles && now.guests <= before.guests && now.streams <= before.streams && now.relayed <= before.relayed {
				break
			}
			if time.Since(begin) > patience {
				t.Errorf("before: %+v, after: %+v\n%s", before, now, strings.Join(ours(), "\n\n"))
				return
			}
		}
		_, w := seated(t, r, "Zoe")
		mustAllocate(t, w)
	})
}

// serves tells whether all the goroutines run that a server at one address has without a client.
func serves() bool {
	text := strings.Join(ours(), "\n")
	for name, n := range map[string]int{"(*Server).serveControl(": 1, "http.(*Server).Serve(": 1, "(*Server).readListener(": 1, "(*gate).admit(": 2, "(*Server).readLoop(": 2} {
		if strings.Count(text, name) < n {
			return false
		}
	}
	return true
}

// running is a server under test.
type running struct {
	*Server
	t    *testing.T
	dir  string
	stop func() // and wait
}

type option func(*Config)

func withLimits(f func(*limits)) option {
	return func(c *Config) {
		if c.limits == nil {
			l := defaultLimits()
			c.limits = &l
		}
		f(c.limits)
	}
}

// eager lifts the rates, for tests that are about something else.
func eager(l *limits) {
	l.any = bucket{1e6, 1e6}
	for i := range l.class {
		l.class[i] = bucket{1e6, 1e6}
	}
}

func allow(list ...string) option { return func(c *Config) { c.RelayAllow = prefixes(list...) } }

func startIn(t *testing.T, dir string, options ...option) *running {
	t.Helper()
	c := Config{Dir: dir, Listen: "127.0.0.1:0", Name: "Test"}
	for _, o := range options {
		o(&c)
	}
	srv, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, srv, dir)
}

func serve(t *testing.T, srv *Server, dir string) *running {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ctx) }()
	r := &running{Server: srv, t: t, dir: dir}
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error("serve:", err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

func start(t *testing.T, options ...option) *running {
	t.Helper()
	checkLeaks(t)
	return startIn(t, t.TempDir(), options...)
}

// hubState reads something under the server's lock.
func (r *running) inside(f func(h *hub)) {
	_ = r.locked(func(h *hub) error { f(h); return nil })
}

// invite is the server's own, at the address where it really listens.
func (r *running) invite() wire.Link {
	r.t.Helper()
	l := parseLink(r.t, r.Ready().Invite)
	_, port, err := net.SplitHostPort(l.Host)
	if err != nil {
		r.t.Fatal(err)
	}
	l.Host = net.JoinHostPort("127.0.0.1", port)
	return l
}

// client is a test's own client: it does what it is told, and remembers what it has read.
type client struct {
	t      *testing.T
	key    identity.Key
	link   wire.Link
	conn   *wire.Conn
	proof  proof
	hello  *wire.ServerHello
	nextID uint32

	welcome *wire.Welcome
	snap    wire.Snapshot   // all parts as one
	events  []wire.Envelope // read and not asked for yet
	lastSeq uint64
}

func newKey(t *testing.T) identity.Key {
	t.Helper()
	k, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func parseLink(t *testing.T, s string) wire.Link {
	t.Helper()
	l, err := wire.ParseLink(s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// dial connects and says hello.
func dial(t *testing.T, link wire.Link, key identity.Key) *client {
	t.Helper()
	c := &client{t: t, key: key, link: link}
	c.redial()
	return c
}

// tryDial connects and says nothing.
func (c *client) tryDial() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := wire.Dial(ctx, c.link)
	if err == nil {
		c.t.Cleanup(func() { conn.Close() })
		c.conn = conn
	}
	return err
}

func (c *client) rawDial() {
	c.t.Helper()
	if err := c.tryDial(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) redial() {
	c.t.Helper()
	c.rawDial()
	c.greet()
}

// greet says hello and verifies the server.
func (c *client) greet() {
	c.t.Helper()
	nonce := identity.NewChallenge()
	c.write(wire.Envelope{ID: 1, Body: wire.Hello{Version: wire.Version, Mode: c.link.Mode, Nonce: nonce}})
	e := c.read()
	hello, ok := e.Body.(*wire.ServerHello)
	if !ok || e.Re != 1 {
		c.t.Fatalf("hello was answered by %s", wire.Kind(e.Body))
	}
	binding, err := c.conn.Binding(c.link.Mode)
	if err != nil {
		c.t.Fatal(err)
	}
	c.hello, c.proof = hello, proof{hello.Challenge, identity.Mode(c.link.Mode), binding}
	s := identity.ServerHello{Server: identity.PublicKey(c.link.Key), Nonce: nonce, Challenge: hello.Challenge,
		Mode: c.proof.mode, Binding: binding}
	if err := s.Verify(identity.PublicKey(c.link.Key), hello.Signature); err != nil {
		c.t.Fatal("server hello:", err)
	}
}

func (c *client) statement() identity.Login {
	return identity.Login{Server: identity.PublicKey(c.hello.Key), Challenge: c.proof.challenge, Mode: c.proof.mode, Binding: c.proof.binding, User: c.key.Public()}
}

// tryLogin logs in and returns the server's refusal.
func (c *client) tryLogin(name, secret string) error {
	c.t.Helper()
	c.write(wire.Envelope{ID: 2, Body: wire.Login{Key: wire.Bytes(c.key.Public()), Name: name, Invite: secret, Status: wire.Online, Signature: c.statement().Sign(c.key)}})
	return c.entered()
}

func (c *client) tryResume() error {
	c.t.Helper()
	s := identity.Resume{Login: c.statement(), Session: c.welcome.Session}
	c.write(wire.Envelope{ID: 2, Body: wire.Resume{Key: wire.Bytes(c.key.Public()), Session: c.welcome.Session, LastSeq: c.lastSeq, Signature: s.Sign(c.key)}})
	return c.entered()
}

// entered reads the answer to a login or resume, and after a login the snapshot.
func (c *client) entered() error {
	c.t.Helper()
	e := c.read()
	switch m := e.Body.(type) {
	case *wire.Error:
		return m
	case *wire.Welcome:
		c.welcome = m
	default:
		c.t.Fatalf("login was answered by %s", wire.Kind(e.Body))
	}
	if !c.welcome.Resumed {
		c.events, c.lastSeq = nil, 0
		c.readSnapshot()
	}
	return nil
}

func (c *client) readSnapshot() {
	c.t.Helper()
	c.snap = wire.Snapshot{}
	for {
		p := expect[*wire.Snapshot](c)
		c.snap.Channels = append(c.snap.Channels, p.Channels...)
		c.snap.Users = append(c.snap.Users, p.Users...)
		c.snap.Rosters = append(c.snap.Rosters, p.Rosters...)
		if p.Last {
			return
		}
	}
}

// join makes a new member of the server.
func join(t *testing.T, r *running, name string) *client {
	t.Helper()
	link := r.invite()
	c := dial(t, link, newKey(t))
	if err := c.tryLogin(name, link.Secret); err != nil {
		t.Fatal(err)
	}
	return c
}

// owner makes one who is the owner.
func owner(t *testing.T, r *running) *client {
	t.Helper()
	c := join(t, r, "Olga")
	want[*wire.OK](c, &wire.Claim{Secret: r.Ready().OwnerClaim})
	return c
}

func (c *client) id() string { return c.key.ID() }

func (c *client) write(e wire.Envelope) {
	c.t.Helper()
	if err := c.conn.Write(e); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

func (c *client) read() wire.Envelope {
	c.t.Helper()
	e, err := c.conn.Read(time.Now().Add(patience))
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	if e.Seq != 0 {
		if e.Seq != c.lastSeq+1 {
			c.t.Fatalf("event %d after %d", e.Seq, c.lastSeq)
		}
		c.lastSeq = e.Seq
	}
	return e
}

// ask sends a request and reads to its answer; events before that are kept.
func (c *client) ask(m wire.Message) wire.Message {
	c.t.Helper()
	c.nextID++
	id := c.nextID + 10
	c.write(wire.Envelope{ID: id, Body: m})
	return c.reply(id)
}

func (c *client) reply(id uint32) wire.Message {
	c.t.Helper()
	for {
		e := c.read()
		if e.Re == id {
			return e.Body
		}
		c.events = append(c.events, e)
	}
}

// want asks and insists on the type of the answer.
func want[M wire.Message](c *client, m wire.Message) M {
	c.t.Helper()
	got := c.ask(m)
	out, ok := got.(M)
	if !ok {
		c.t.Fatalf("%s was answered by %s: %v", wire.Kind(m), wire.Kind(got), got)
	}
	return out
}

// refused asks for what must be refused.
func (c *client) refused(m wire.Message, code wire.Code) {
	c.t.Helper()
	got := c.ask(m)
	if e, ok := got.(*wire.Error); !ok || e.Code != code {
		c.t.Errorf("%s was answered by %s %v, want %s", wire.Kind(m), wire.Kind(got), got, code)
	}
}

// expect reads to the next event of a type, dropping others.
func expect[M wire.Message](c *client) M {
	c.t.Helper()
	for {
		var e wire.Envelope
		if len(c.events) > 0 {
			e, c.events = c.events[0], c.events[1:]
		} else {
			e = c.read()
		}
		if m, ok := e.Body.(M); ok && e.Re == 0 {
			return m
		}
	}
}

// goaway reads to the end of the connection and returns the last word.
func (c *client) goaway() string {
	c.t.Helper()
	reason := ""
	for {
		e, err := c.conn.Read(time.Now().Add(patience))
		if err != nil {
			return reason
		}
		if g, ok := e.Body.(*wire.Goaway); ok {
			reason = g.Reason
		}
	}
}

func (c *client) channel(name string) string {
	c.t.Helper()
	for _, ch := range c.snap.Channels {
		if ch.Name == name {
			return ch.ID
		}
	}
	c.t.Fatalf("no channel %q", name)
	return ""
}

// sit joins a channel and returns the answer and the address.
func (c *client) sit(channel string) (*wire.Roster, wire.Address) {
	c.t.Helper()
	m := &wire.VoiceJoin{Channel: channel, Member: identity.NewMemberID(), Nonce: identity.NewChallenge()}
	return want[*wire.Roster](c, m), wire.Address{User: c.id(), Member: m.Member}
}

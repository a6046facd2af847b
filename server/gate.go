package server

import (
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"parley/server/certs"
	"parley/server/page"
	"parley/wire"
)

// gate takes the connections of the https port and of the relay's TCP port, and hands each to whom it is for, as its first byte
// tells, on the https port after the TLS handshake:
//
//	https port ─► door ─► TLS ─┬─ a letter: HTTP, and so the websocket ─► web
//	                           └─ 00……: STUN ─► relayed
//	relay port ─► door ───────── 00……: STUN ─► relayed
//
// What is neither, or says nothing within patience, is closed. Each waits in a goroutine of its own, as a guest at the door, which
// counts them.
type gate struct {
	door     *door
	patience time.Duration
	stuck    time.Duration                            // see limits
	prove    func(tls.ConnectionState, []byte) []byte // signs a wire.RelayHello's nonce
	web      *hall
	relayed  *hall

	waiting sync.WaitGroup

	mu      sync.Mutex
	streams map[streamKey]*stream
}

// restAfter is how long no connection is taken after one could not be.
const restAfter = 50 * time.Millisecond

// admit takes connections from l until it is closed; conf nil is without TLS. It waits for those that have not been handed on.
func (g *gate) admit(l net.Listener, conf *tls.Config) error {
	defer g.waiting.Wait()
	for {
		conn, err := g.door.accept(l)
		if isPassing(err) && g.rest() {
			continue
		}
		if err != nil {
			return err
		}
		g.waiting.Go(func() {
			if !g.receive(conn, conf) {
				conn.Close()
			}
		})
	}
}

// isPassing tells the errors after which the next connection may be had, as where too many files are open. (Temporary is deprecated
// for not being clear about timeouts; a listener has none.)
func isPassing(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](err)
	return ok && t.Temporary()
}

// rest waits before the next try; false: there is none.
func (g *gate) rest() bool {
	wait := time.NewTimer(restAfter)
	defer wait.Stop()
	select {
	case <-wait.C:
		return true
	case <-g.web.closed:
		return false
	}
}

// close cuts off whoever waits, and who uses the relay.
func (g *gate) close() error {
	g.web.Close()
	g.relayed.Close()
	err := g.door.close()
	g.mu.Lock()
	streams := slices.Collect(maps.Values(g.streams))
	g.mu.Unlock()
	for _, s := range streams {
		s.Close()
	}
	return err
}

// receive hands a connection on, and reports whether anybody has it now.
func (g *gate) receive(conn *guest, conf *tls.Config) bool {
	deadline := time.Now().Add(g.patience)
	if conn.SetDeadline(deadline) != nil { // and whoever gets it sets others
		return false
	}
	c := &caller{Conn: conn, guest: conn}
	if conf != nil {
		secure := tls.Server(conn, conf)
		if err := secure.Handshake(); err != nil {
			showPlain(err, conn)
			return false
		}
		state := secure.ConnectionState()
		if state.NegotiatedProtocol == certs.Challenge { // it has seen all it wanted (RFC 8737, section 3)
			return false
		}
		c.Conn, c.tls = secure, &state
	}
	if n, err := c.Conn.Read(c.first[:]); n == 0 || err != nil {
		return false
	}
	c.unread = true
	switch first := c.first[0]; {
	case wire.IsRelayed(first):
		s := g.newStream(c, deadline)
		if g.relayed.put(s) {
			return true
		}
		s.Close()
	case conf != nil && first >= 'A' && first <= 'Z':
		return g.web.put(c) // net/http sets deadlines of its own
	}
	return false
}

// lastRead is how long a browser that has come by plain http gets to read why that leads nowhere.
const lastRead = time.Second

// showPlain answers who speaks HTTP in place of TLS: to whom has left out the "s" of https nothing else would tell what is wrong.
func showPlain(err error, conn *guest) {
	notTLS, ok := errors.AsType[tls.RecordHeaderError](err)
	if !ok || notTLS.Conn == nil || !slices.Contains([]string{"GET /", "HEAD "}, string(notTLS.RecordHeader[:])) {
		return
	}
	_ = conn.SetDeadline(time.Now().Add(lastRead))
	if _, err := conn.Write(page.Plain()); err != nil {
		return
	}
	if half, ok := conn.Conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, conn, maxPlain) // to close with something unread would take the answer back
	}
}

// maxPlain is how much of such a request is read, in bytes.
const maxPlain = 16 << 10

// caller is a connection whose first byte was looked at.
type caller struct {
	net.Conn
	guest  *guest
	tls    *tls.ConnectionState // nil: plain
	first  [1]byte
	unread bool // the first byte is still to be read; of the one reader
}

// Read implements net.Conn.
func (c *caller) Read(p []byte) (int, error) {
	if c.unread && len(p) > 0 {
		c.unread = false
		return copy(p, c.first[:]), nil
	}
	return c.Conn.Read(p)
}

// ConnectionState is what net/http knows a TLS connection by that is not a *tls.Conn.
func (c *caller) ConnectionState() tls.ConnectionState { return *c.tls }

// hall is a net.Listener whose connections were accepted elsewhere.
type hall struct {
	addr   net.Addr
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newHall(addr net.Addr) *hall {
	return &hall{addr: addr, conns: make(chan net.Conn), closed: make(chan struct{})}
}

// put waits until somebody takes the connection; false: nobody will.
func (h *hall) put(c net.Conn) bool {
	select {
	case h.conns <- c:
		return true
	case <-h.closed:
		return false
	}
}

// Accept implements net.Listener.
func (h *hall) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (h *hall) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

// Addr implements net.Listener.
func (h *hall) Addr() net.Addr { return h.addr }

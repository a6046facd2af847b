package server

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
)

// door counts the connections of people who have not logged in, from accept on: a TLS handshake costs before any request
// can be judged. Where one more would be over a limit, the one that has been there longest is cut off without a word: who means
// well is done in a moment, and so can't be kept out by those who only stand there.
type door struct {
	limits limits

	mu     sync.Mutex
	guests []*guest // in the order in which they came
	closed bool
}

// accept takes a connection from l in.
func (d *door) accept(l net.Listener) (*guest, error) {
	conn, err := l.Accept()
	if err != nil {
		return nil, err
	}
	noticeVanished(conn)
	g := &guest{Conn: conn, door: d, ip: origin(conn.RemoteAddr())}
	if out := d.enter(g); out != nil {
		out.Close()
	}
	return g, nil
}

// close cuts all off, and whoever comes yet.
func (d *door) close() error {
	d.mu.Lock()
	guests := slices.Clone(d.guests)
	d.closed = true
	d.mu.Unlock()
	for _, g := range guests {
		g.Close()
	}
	return nil
}

// origin is the address to count by. One IPv6 customer has a whole /64.
func origin(addr net.Addr) netip.Addr {
	ap, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return netip.Addr{}
	}
	ip := normal(ap.Addr())
	if ip.Is6() {
		p, _ := ip.Prefix(64)
		return p.Addr()
	}
	return ip
}

// enter lets a guest in, and returns who has to go for it.
func (d *door) enter(g *guest) (out *guest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return g
	}
	same := 0
	var oldest *guest // from the same address
	for _, other := range d.guests {
		if other.ip != g.ip {
			continue
		}
		if same++; oldest == nil {
			oldest = other
		}
	}
	switch {
	case same >= d.limits.pendingPerIP:
		out = oldest
	case len(d.guests) >= d.limits.pending:
		out = d.guests[0]
	}
	d.guests = append(d.guests, g)
	return out
}

func (d *door) leave(g *guest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := slices.Index(d.guests, g); i >= 0 {
		d.guests = slices.Delete(d.guests, i, i+1)
	}
}

// guest is a connection at the door, until it is welcomed or closed.
type guest struct {
	net.Conn
	door *door
	ip   netip.Addr
	once sync.Once
}

func (g *guest) welcome() { g.once.Do(func() { g.door.leave(g) }) }

// Close implements net.Conn.
func (g *guest) Close() error {
	g.welcome()
	return g.Conn.Close()
}

type guestKey struct{}

// remember has the form of http.Server.ConnContext: a handler finds the guest by guestOf.
func remember(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*caller); ok {
		ctx = context.WithValue(ctx, guestKey{}, c.guest)
	}
	return ctx
}

func guestOf(ctx context.Context) *guest {
	g, _ := ctx.Value(guestKey{}).(*guest)
	return g
}

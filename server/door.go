package server

import (
	"context"
	"net"
	"net/netip"
	"sync"
)

// door counts the connections of people who have not logged in, from accept on: a TLS handshake costs before any request
// can be judged. Whoever is over the limit is cut off without a word.
type door struct {
	net.Listener
	limits limits

	mu    sync.Mutex
	count int
	byIP  map[netip.Addr]int
}

func newDoor(l net.Listener, limits limits) *door {
	return &door{Listener: l, limits: limits, byIP: map[netip.Addr]int{}}
}

// Accept implements net.Listener.
func (d *door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		g := &guest{Conn: conn, door: d, ip: origin(conn.RemoteAddr())}
		if d.enter(g.ip) {
			return g, nil
		}
		conn.Close()
	}
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

func (d *door) enter(ip netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.count >= d.limits.pending || d.byIP[ip] >= d.limits.pendingPerIP {
		return false
	}
	d.count++
	d.byIP[ip]++
	return true
}

func (d *door) leave(ip netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count--
	if d.byIP[ip]--; d.byIP[ip] == 0 {
		delete(d.byIP, ip)
	}
}

// guest is a connection at the door, until it is welcomed or closed.
type guest struct {
	net.Conn
	door *door
	ip   netip.Addr
	once sync.Once
}

func (g *guest) welcome() { g.once.Do(func() { g.door.leave(g.ip) }) }

// Close implements net.Conn.
func (g *guest) Close() error {
	g.welcome()
	return g.Conn.Close()
}

type guestKey struct{}

// remember has the form of http.Server.ConnContext: a handler finds the guest by guestOf.
func remember(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(interface{ NetConn() net.Conn }); ok { // *tls.Conn
		c = t.NetConn()
	}
	g, _ := c.(*guest)
	return context.WithValue(ctx, guestKey{}, g)
}

func guestOf(ctx context.Context) *guest {
	g, _ := ctx.Value(guestKey{}).(*guest)
	return g
}

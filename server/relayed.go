package server

import (
	"net"
	"net/netip"
	"sync"

	"golang.org/x/time/rate"
)

// allocated is one relay socket. pion knows permissions by address alone. The relay's own address must be permitted, or two
// people who both use the relay would not meet; here packets to it are held to the ports where a relay socket listens,
// so that nothing else on this machine is reached. What is over the allocation's rate, either way, is dropped too.
type allocated struct {
	*net.UDPConn
	relay   *relay
	user    string
	port    uint16
	out, in *rate.Limiter // bytes to peers and from them
	once    sync.Once
}

// WriteTo sends to a peer. What may not go out is dropped without an error, as networks do.
func (a *allocated) WriteTo(p []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.ErrWriteToConnected
	}
	if !a.out.AllowN(a.relay.now(), len(p)) {
		return len(p), nil
	}
	dest := udp.AddrPort()
	switch ip := normal(dest.Addr()); {
	case ip != a.relay.policy.relay:
		if !a.relay.policy.permits(ip) {
			return len(p), nil
		}
		dest = netip.AddrPortFrom(ip, dest.Port())
	case !a.relay.isLive(dest.Port()):
		return len(p), nil
	default:
		// Straight to the other socket: the address that clients are told may be a router's, which need not turn it round.
		dest = netip.AddrPortFrom(a.relay.inside(), dest.Port())
	}
	return a.WriteToUDPAddrPort(p, dest)
}

// ReadFrom undoes that: what comes from a relay socket comes from the relay's address.
func (a *allocated) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := a.ReadFromUDPAddrPort(p)
	for err == nil && !a.in.AllowN(a.relay.now(), n) {
		n, from, err = a.ReadFromUDPAddrPort(p)
	}
	if err != nil {
		return n, nil, err
	}
	ip := normal(from.Addr())
	if ip == a.relay.inside() && a.relay.isLive(from.Port()) {
		ip = a.relay.policy.relay
	}
	return n, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, from.Port())), nil
}

// Close frees the port.
func (a *allocated) Close() error {
	a.once.Do(func() {
		r := a.relay
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.live, a.port)
		r.releaseLocked(a.user)
	})
	return a.UDPConn.Close()
}

func (r *relay) isLive(port uint16) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.live[port] != nil
}

// inside is where one relay socket reaches another.
func (r *relay) inside() netip.Addr {
	switch {
	case !r.bind.IsUnspecified():
		return r.bind
	case r.bind.Is4():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	default:
		return netip.IPv6Loopback()
	}
}

package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/server/router"
	"parley/wire"

	"golang.org/x/net/idna"
)

// place is where a server stands.
type place struct {
	host  string     // HOST:PORT for links
	port  uint16     // that it listens on, TCP and UDP
	fixed bool       // host is a name or an address of the world, which somebody gave
	named bool       // and so is its port
	relay netip.Addr // where relayed packets come from, as seen from outside
	bind  netip.Addr // what relay sockets listen on
}

const metaHost = "host" // place.host of the last start, for invites made while the server is down

// sockets are what a server listens with. UDP is the relay's on either port: on the https port too, so that a client that asks at
// both sees whether its router shows it as the same.
type sockets struct {
	web, relay net.Listener
	udp        []net.PacketConn
	elsewhere  net.PacketConn // of udp: on another address; nil: there is none
	wanted     string         // the relay's usual port, where it can't be had
}

func (s *sockets) close() {
	for _, l := range []net.Listener{s.web, s.relay} {
		if l != nil {
			l.Close()
		}
	}
	for _, c := range s.udp {
		c.Close()
	}
}

// listen opens the https port and the relay's.
func listen(c Config) (*sockets, error) {
	s := &sockets{}
	if err := s.open(c); err != nil {
		s.close()
		return nil, fmt.Errorf("listen: %w", err)
	}
	return s, nil
}

func (s *sockets) open(c Config) (err error) {
	given := []net.PacketConn{c.PacketConn}
	if c.PacketConn == nil {
		given = nil
	}
	if s.web, err = s.both(c.Listen, c.Listener, given); err != nil {
		return err
	}
	if c.RelayListen != "" {
		s.relay, err = s.both(c.RelayListen, nil, nil)
		return err
	}
	host, _, err := net.SplitHostPort(s.web.Addr().String())
	if err != nil {
		return err
	}
	if s.relay, err = s.both(net.JoinHostPort(host, relayPort(c)), nil, nil); err != nil && relayPort(c) != "0" {
		c.Log.Warn("the relay's usual port can't be had: it takes any that is free", "port", relayPort(c))
		s.wanted = relayPort(c)
		s.relay, err = s.both(net.JoinHostPort(host, "0"), nil, nil)
	}
	return err
}

// relayPort is the port of the relay where none is given: the usual one (RFC 8656, section 18.6), and any that is free for a server
// whose own port is any.
func relayPort(c Config) string {
	if _, port, _ := net.SplitHostPort(c.Listen); c.Listener != nil || port == "0" {
		return "0"
	}
	return "3478"
}

// both opens TCP, or takes what is given, and UDP on one address and port.
func (s *sockets) both(addr string, tcp net.Listener, udp []net.PacketConn) (net.Listener, error) {
	given := tcp != nil
	for range 20 { // where the port is any that is free, the UDP port of the same number may not be
		if !given {
			var err error
			if tcp, err = net.Listen("tcp", addr); err != nil {
				return nil, err
			}
		}
		var err error
		if udp == nil {
			udp, err = listenUDP(tcp.Addr())
		}
		if err == nil {
			s.udp = append(s.udp, udp...)
			return tcp, nil
		}
		tcp.Close()
		if _, port, _ := net.SplitHostPort(addr); given || port != "0" {
			return nil, err
		}
	}
	return nil, errors.New("no port is free for both TCP and UDP")
}

// listenUDP opens sockets of the address and port. On all addresses they are two: one for both families would show IPv4 clients
// as mapped ones. A machine without IPv6 does with one.
func listenUDP(tcp net.Addr) ([]net.PacketConn, error) {
	ap, err := netip.ParseAddrPort(tcp.String())
	if err != nil {
		return nil, fmt.Errorf("the gateway's address: %w", err)
	}
	at := func(network string, a netip.Addr) (net.PacketConn, error) {
		return net.ListenPacket(network, netip.AddrPortFrom(a, ap.Port()).String())
	}
	a := normal(ap.Addr())
	switch {
	case a.IsUnspecified():
		conn, err := at("udp4", netip.IPv4Unspecified())
		if err != nil {
			return nil, err
		}
		if conn6, err := at("udp6", netip.IPv6Unspecified()); err == nil {
			return []net.PacketConn{conn, conn6}, nil
		}
		return []net.PacketConn{conn}, nil
	case a.Is4():
		conn, err := at("udp4", a)
		return []net.PacketConn{conn}, err
	}
	conn, err := at("udp6", a)
	return []net.PacketConn{conn}, err
}

// listenElsewhere opens one socket more on an address, at one of the ports that are open for relayed packets.
func (s *sockets) listenElsewhere(c Config, a netip.Addr) {
	conn, err := listenAmong("udp4", a, c.RelayFirst, c.RelayLast)
	if err != nil {
		c.Log.Warn("STUN has one address only", "err", errors.Unwrap(err))
		return
	}
	s.udp, s.elsewhere = append(s.udp, conn), conn
}

// locate finds out how clients reach a server that listens on addr.
func locate(c Config, addr net.Addr) (place, error) {
	ap, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return place{}, fmt.Errorf("the gateway's address: %w", err)
	}
	p := place{bind: normal(ap.Addr()), relay: normal(ap.Addr()), port: ap.Port()}
	if p.bind.IsUnspecified() {
		list, _ := ownAddresses() // none is what a machine without a network has
		if p.bind, p.relay = netip.IPv4Unspecified(), ownAddress(list); p.relay.Is6() {
			p.bind = netip.IPv6Unspecified()
		}
	}
	p.host = netip.AddrPortFrom(p.relay, ap.Port()).String()
	if c.PublicHost == "" {
		return p, nil
	}
	host, port, err := publicHost(c.PublicHost, ap.Port())
	if err != nil {
		return place{}, err
	}
	p.host = net.JoinHostPort(host, port)
	a, err := netip.ParseAddr(host)
	p.fixed, p.named = err != nil || ofTheWorld(a), p.host == c.PublicHost
	if a, err := resolve(host, p.bind.Is4()); err == nil {
		p.relay = a
	} else {
		c.Log.Warn("the public host can't be resolved: the relay tells its own address", "err", errors.Unwrap(err))
	}
	return p, nil
}

// publicHost splits HOST or HOST:PORT, where HOST may be an IPv6 address in brackets, and makes sure that clients can read
// the links made of it. A name in another script gets its ASCII form (RFC 5891): in a link it could look like another name.
func publicHost(s string, usual uint16) (host, port string, err error) {
	host, port, err = net.SplitHostPort(s)
	if err != nil {
		host, port = s, strconv.Itoa(int(usual))
		if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
			host = s[1 : len(s)-1]
		}
	}
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	l := wire.Link{Host: net.JoinHostPort(host, port), Key: make(wire.Bytes, 32), Mode: wire.ModeNative}
	if back, err := wire.ParseLink(l.String()); err != nil || back.Host != l.Host {
		return "", "", fmt.Errorf("the public host %q is neither HOST nor HOST:PORT: write a name or an address, without https://", s)
	}
	return host, port, nil
}

func resolve(host string, want4 bool) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	network := "ip6"
	if want4 {
		network = "ip4"
	}
	list, err := net.DefaultResolver.LookupNetIP(ctx, network, host)
	if err != nil || len(list) == 0 {
		return netip.Addr{}, fmt.Errorf("resolve: %w", err)
	}
	return normal(list[0]), nil
}

// originsOf are those of the pages at an address. Browsers leave the usual port out.
func originsOf(address string) map[string]bool {
	out := map[string]bool{"https://" + address: true}
	if host, port, _ := net.SplitHostPort(address); port == "443" {
		out["https://"+host] = true
	}
	return out
}

// inlet is where clients reach a server: HOST:PORT for each port that it listens on.
type inlet struct {
	ports [4]router.Port // web by TCP and UDP, the relay's by TCP and UDP
	at    [4]string
	fixed bool     // the host is a name or an address of the world, which somebody gave
	said  [4]bool  // and so is the port
	six   []string // where they ask for their address by IPv6, of which one of IPv4 says nothing

	elsewhere []string // likewise on another address of this machine, if it has one
}

// The ports of an inlet.
const (
	webTCP = iota
	webUDP
	relayTCP
	relayUDP
)

// inlet is the way in as far as this machine knows.
func (p place) inlet(c Config, s *sockets) inlet {
	host, web, _ := net.SplitHostPort(p.host)
	_, relay, _ := net.SplitHostPort(s.relay.Addr().String())
	inside, _ := strconv.ParseUint(relay, 10, 16) // of a socket
	if c.PublicRelayPort != 0 {
		relay = strconv.Itoa(int(c.PublicRelayPort))
	}
	e := inlet{fixed: p.fixed, said: [4]bool{webTCP: p.named, webUDP: p.named, relayTCP: c.PublicRelayPort != 0, relayUDP: c.PublicRelayPort != 0}}
	e.at = [4]string{webTCP: p.host, webUDP: net.JoinHostPort(host, web), relayTCP: net.JoinHostPort(host, relay), relayUDP: net.JoinHostPort(host, relay)}
	for i, protocol := range []string{router.TCP, router.UDP} {
		e.ports[webTCP+i] = router.Port{Protocol: protocol, Inside: p.port}
		e.ports[relayTCP+i] = router.Port{Protocol: protocol, Inside: uint16(inside)}
	}
	if a, err := netip.ParseAddr(host); err == nil && a.Is4() && p.bind.IsUnspecified() {
		for _, a := range publicIPv6() {
			e.six = append(e.six, "stun:"+net.JoinHostPort(a.String(), relay))
		}
	}
	if s.elsewhere != nil {
		e.elsewhere = []string{"stun:" + s.elsewhere.LocalAddr().String()}
	}
	return e
}

// by is the way in where a router passes ports on. What somebody has said of the world stays, such as a name that leads to the router.
func (e inlet) by(s router.State) inlet {
	for i, port := range e.ports {
		to, ok := s.Outside(port)
		host, _, err := net.SplitHostPort(e.at[i])
		switch {
		case !ok || err != nil || e.fixed && e.said[i]:
		case e.fixed:
			e.at[i] = net.JoinHostPort(host, strconv.Itoa(int(to.Port())))
		default:
			e.at[i] = to.String()
		}
	}
	return e
}

// turn are the addresses of the relay: by UDP, by TCP, and by TLS on the https port; there by UDP too, for routers and firewalls
// that know of that port alone.
func (e inlet) turn() []string {
	return []string{
		"turn:" + e.at[relayUDP] + "?transport=udp", "turn:" + e.at[relayTCP] + "?transport=tcp",
		"turns:" + e.at[webTCP] + "?transport=tcp", "turn:" + e.at[webUDP] + "?transport=udp",
	}
}

// urls are what clients are told of the relay.
func (e inlet) urls() []string {
	return slices.Concat([]string{"stun:" + e.at[relayUDP]}, e.turn(), e.six)
}

// stun are the addresses at which a client is told where it is seen, so that it can compare: two ports, and another address where
// this machine has one.
func (e inlet) stun() []string {
	return slices.Concat([]string{"stun:" + e.at[relayUDP], "stun:" + e.at[webUDP]}, e.elsewhere)
}

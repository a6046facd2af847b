package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

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

// listen opens TCP and UDP on one address and port.
func listen(c Config) (net.Listener, net.PacketConn, error) {
	tcp := c.Listener
	for range 20 { // where the port is any that is free, the UDP port of the same number may not be
		if c.Listener == nil {
			var err error
			if tcp, err = net.Listen("tcp", c.Listen); err != nil {
				return nil, nil, fmt.Errorf("listen: %w", err)
			}
		}
		if c.PacketConn != nil {
			return tcp, c.PacketConn, nil
		}
		udp, err := listenUDP(tcp.Addr())
		if err == nil {
			return tcp, udp, nil
		}
		if _, port, _ := net.SplitHostPort(c.Listen); c.Listener != nil || port != "0" {
			tcp.Close()
			return nil, nil, fmt.Errorf("listen: %w", err)
		}
		tcp.Close()
	}
	return nil, nil, errors.New("listen: no port is free for both TCP and UDP")
}

// listenUDP opens the relay's socket. On all addresses it speaks IPv4 only: a socket for both families shows IPv4 peers as
// mapped ones, and one relay address can't be of both.
func listenUDP(tcp net.Addr) (net.PacketConn, error) {
	ap, err := netip.ParseAddrPort(tcp.String())
	if err != nil {
		return nil, fmt.Errorf("the gateway's address: %w", err)
	}
	network, a := "udp6", normal(ap.Addr())
	if a.IsUnspecified() {
		a = netip.IPv4Unspecified()
	}
	if a.Is4() {
		network = "udp4"
	}
	return net.ListenPacket(network, netip.AddrPortFrom(a, ap.Port()).String())
}

// locate finds out how clients reach a server that listens on addr.
func locate(c Config, addr net.Addr) (place, error) {
	ap, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return place{}, fmt.Errorf("the gateway's address: %w", err)
	}
	p := place{bind: normal(ap.Addr()), relay: normal(ap.Addr()), port: ap.Port()}
	if p.bind.IsUnspecified() {
		p.bind, p.relay = netip.IPv4Unspecified(), ownAddress()
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

// outside is where the world comes in by a router's port: a name that leads to the router stays.
func (p place) outside(to netip.AddrPort) string {
	host, _, err := net.SplitHostPort(p.host)
	switch {
	case err != nil || !p.fixed:
		return to.String()
	case p.named:
		return p.host
	}
	return net.JoinHostPort(host, strconv.Itoa(int(to.Port())))
}

// relayHosts are where the relay is, as far as this machine knows.
func (p place) relayHosts() []string { return []string{p.host} }

// originsOf are those of the pages at an address. Browsers leave the usual port out.
func originsOf(address string) map[string]bool {
	out := map[string]bool{"https://" + address: true}
	if host, port, _ := net.SplitHostPort(address); port == "443" {
		out["https://"+host] = true
	}
	return out
}

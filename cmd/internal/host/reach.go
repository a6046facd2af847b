package host

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
)

// Reach is who can reach a server on this machine, as far as the machine can tell.
type Reach uint8

// The kinds of Reach, from few to many.
const (
	Machine  Reach = iota // this machine alone
	Network               // whoever is in the same network; others once the router maps the port
	Internet              // the address is a public one; a firewall may still be in the way
)

// look asks the system for its addresses and for the one that it would leave by. No packet is sent.
func look() (Reach, netip.Addr) {
	return choose(leaving("udp4", "192.0.2.1:9"), leaving("udp6", "[2001:db8::1]:9"), interfaces())
}

// leaving is the address of the default route: connecting a UDP socket only asks the routing table. The destinations are of
// the documentation (RFC 5737, RFC 3849), so nothing but a default route leads there.
func leaving(network, to string) netip.Addr {
	conn, err := net.Dial(network, to)
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	ap, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// interfaces lists the addresses of the interfaces that have a link. Bridges of containers that do not run have none.
func interfaces() (list []netip.Addr) {
	all, _ := net.Interfaces() // none is what a machine without a network has
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagRunning == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				if a, ok := netip.AddrFromSlice(n.IP); ok {
					list = append(list, a.Unmap())
				}
			}
		}
	}
	return list
}

// choose picks the address for invites. IPv4 goes before IPv6, because a friend's connection surely has it; a default route
// goes before another interface, which may be a bridge of containers; and a public address before a private one where both are
// of the same kind. A private IPv4 address beside a public IPv6 one is a home whose router lets nobody in: Network.
func choose(route4, route6 netip.Addr, all []netip.Addr) (Reach, netip.Addr) {
	var four, six []netip.Addr
	for _, a := range append([]netip.Addr{route4, route6}, all...) {
		switch {
		case !a.IsValid() || !a.IsGlobalUnicast(): // link-local addresses need a zone, which an invite has not
		case a.Is4():
			four = append(four, a)
		default:
			six = append(six, a)
		}
	}
	for _, list := range [][]netip.Addr{four, six} {
		if len(list) == 0 {
			continue
		}
		best := slices.MaxFunc(list, func(a, b netip.Addr) int { return cmp.Compare(weight(a, route4, route6), weight(b, route4, route6)) })
		if public(best) {
			return Internet, best
		}
		return Network, best
	}
	return Machine, netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

func weight(a, route4, route6 netip.Addr) (w int) {
	if public(a) {
		w += 2
	}
	if a == route4 || a == route6 {
		w++
	}
	return w
}

// special are addresses that are global unicast by their form, and of no use to the world (the special-purpose registries of
// IANA, RFC 6890 and its updates).
var special = []netip.Prefix{
	netip.MustParsePrefix("100.64.0.0/10"),   // carriers' NAT, overlay networks
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved
	netip.MustParsePrefix("2001::/23"),       // protocol assignments: Teredo
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4
	netip.MustParsePrefix("3fff::/20"),       // documentation
}

func public(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}

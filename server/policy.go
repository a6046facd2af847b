package server

import (
	"net"
	"net/netip"
)

// policy decides which peers the relay may be used to reach. pion/turn without one relays to any address: this machine's
// own services, its private network and the cloud's metadata included.
//
// A server inside a LAN names it in allow, or people on it can't be relayed to; one whose neighbours have addresses of the world
// likewise. (They can use the relay themselves.) An address of this machine is never
// permitted by a table: which ports of the relay's own address are, relay.permits decides for each packet.
type policy struct {
	allow []netip.Prefix        // opened by whoever runs the server
	own   func(netip.Addr) bool // whether an address is this machine's
	near  func(netip.Addr) bool // whether it is in a network that this machine is in; nil: none is
	relay netip.Addr            // the one that relayed packets come from
}

// permission has the form of pion's PermissionHandler: it is asked before a peer's address is let in, whatever its port.
func (p policy) permission(_ net.Addr, peer net.IP) bool {
	a, ok := netip.AddrFromSlice(peer)
	return ok && (normal(a) == p.relay || p.permits(a))
}

// normal brings every spelling of an address to one: ::ffff:10.0.0.1 is 10.0.0.1, and Prefix.Contains is false for any
// address with a zone, so either would walk past a table.
func normal(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func (p policy) permits(a netip.Addr) bool {
	a = normal(a)
	switch {
	case !a.IsValid():
		return false
	case a == p.relay || within(deniedAlways, a) || p.own(a):
		return false
	case within(p.allow, a):
		return true
	case p.near != nil && p.near(a):
		return false
	case a.Is4():
		return !within(deniedIPv4, a)
	default:
		return globalIPv6.Contains(a) && !within(deniedIPv6, a)
	}
}

// ofTheWorld tells whether the world can send to an address.
func ofTheWorld(a netip.Addr) bool {
	return policy{own: func(netip.Addr) bool { return false }}.permits(a)
}

func within(table []netip.Prefix, a netip.Addr) bool {
	for _, p := range table {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// The special-purpose registries of IANA (RFC 6890 and its updates).
var (
	// deniedAlways can't be opened: nobody's peer, and a packet to it goes to this machine or to many.
	deniedAlways = prefixes("0.0.0.0/32", "::/128", "224.0.0.0/4", "255.255.255.255/32", "ff00::/8")

	deniedIPv4 = prefixes(
		"0.0.0.0/8",        // this network
		"10.0.0.0/8",       // private
		"100.64.0.0/10",    // carrier NAT, and overlay networks
		"127.0.0.0/8",      // loopback
		"169.254.0.0/16",   // link local: cloud metadata
		"168.63.129.16/32", // a cloud's (Azure's) host, in the middle of the public space
		"172.16.0.0/12",    // private
		"192.0.0.0/24",     // protocol assignments
		"192.0.2.0/24",     // documentation
		"192.88.99.0/24",   // 6to4 relays
		"192.168.0.0/16",   // private
		"198.18.0.0/15",    // benchmarks
		"198.51.100.0/24",  // documentation
		"203.0.113.0/24",   // documentation
		"240.0.0.0/4",      // reserved
	)
	// The rule is turned round for IPv6: global unicast only. That leaves out ::/96, 64:ff9b::/96, fc00::/7, fe80::/10 and
	// all else, less the ranges that carry an IPv4 address or lead nowhere.
	globalIPv6 = netip.MustParsePrefix("2000::/3")
	deniedIPv6 = prefixes(
		"2001::/23",     // protocol assignments: Teredo carries IPv4, ORCHID is not routed
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4 carries IPv4
		"3fff::/20",     // documentation
	)
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// normalPrefix unmaps a prefix of IPv4-in-IPv6, as normal does with addresses.
func normalPrefix(p netip.Prefix) netip.Prefix {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(a.Unmap(), p.Bits()-96).Masked()
	}
	return netip.PrefixFrom(p.Addr().WithZone(""), p.Bits()).Masked()
}

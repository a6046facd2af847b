package server

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// relistAfter is how long an address that this machine was given after the start may go unnoticed.
const relistAfter = 10 * time.Second

// machine knows this machine's addresses and the networks that they are in, which come and go: with a VPN, a container, a new
// prefix from the provider.
type machine struct {
	now  func() time.Time
	list func() ([]netip.Prefix, error)

	mu     sync.Mutex
	listed time.Time
	nets   []netip.Prefix // replaced, never changed
}

// known is asked for each relayed packet, so it lists at most once in relistAfter. Where that fails, as without free files it
// does, what was known stays.
func (m *machine) known() []netip.Prefix {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.now(); m.listed.IsZero() || now.Sub(m.listed) >= relistAfter {
		m.listed = now
		if nets, err := m.list(); err == nil {
			m.nets = nets
		}
	}
	return m.nets
}

// has reports whether an address is this machine's.
func (m *machine) has(a netip.Addr) bool {
	return slices.ContainsFunc(m.known(), func(p netip.Prefix) bool { return p.Addr() == a })
}

// near reports whether an address is reached without a router. Of a network that is next to everything nothing follows.
func (m *machine) near(a netip.Addr) bool {
	return slices.ContainsFunc(m.known(), func(p netip.Prefix) bool { return p.Bits() >= 8 && p.Contains(a) })
}

// ownNetworks lists this machine's addresses, each with the length of its network's prefix.
func ownNetworks() ([]netip.Prefix, error) {
	list, err := net.InterfaceAddrs()
	var out []netip.Prefix
	for _, a := range list {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		a, ok := netip.AddrFromSlice(n.IP)
		if bits, size := n.Mask.Size(); ok && size > 0 {
			a = normal(a)
			out = append(out, netip.PrefixFrom(a, bits-(size-a.BitLen())))
		}
	}
	return out, err
}

// ownAddresses lists this machine's addresses.
func ownAddresses() ([]netip.Addr, error) {
	nets, err := ownNetworks()
	var out []netip.Addr
	for _, p := range nets {
		out = append(out, p.Addr())
	}
	return out, err
}

// ownAddress chooses one of this machine's addresses for a server that listens on all: IPv4 before IPv6, one of the world before
// one of a LAN before loopback.
func ownAddress(list []netip.Addr) netip.Addr {
	best, score := netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0
	for _, a := range list {
		s := 0
		switch {
		case a.IsLoopback() || a.IsLinkLocalUnicast():
			continue
		case a.Is6():
			s = 1
		case a.IsPrivate():
			s = 2
		default:
			s = 3
		}
		if s > score {
			best, score = a, s
		}
	}
	return best
}

// another chooses a second IPv4 address of the world, where the first is one too.
func another(list []netip.Addr, first netip.Addr) (netip.Addr, bool) {
	public := func(a netip.Addr) bool { return a.Is4() && !within(deniedAlways, a) && !within(deniedIPv4, a) }
	i := slices.IndexFunc(list, func(a netip.Addr) bool { return a != first && public(a) })
	if i < 0 || !public(first) {
		return netip.Addr{}, false
	}
	return list[i], true
}

// publicIPv6 lists this machine's IPv6 addresses of the world, of which one is enough.
func publicIPv6() []netip.Addr {
	list, _ := ownAddresses()
	for _, a := range list {
		if globalIPv6.Contains(a) && !within(deniedIPv6, a) {
			return []netip.Addr{a}
		}
	}
	return nil
}

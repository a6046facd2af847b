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

// machine knows this machine's addresses, which come and go: with a VPN, a container, a new prefix from the provider.
type machine struct {
	now  func() time.Time
	list func() ([]netip.Addr, error)

	mu     sync.Mutex
	listed time.Time
	addrs  []netip.Addr
}

// has is asked for each relayed packet, so it lists at most once in relistAfter. Where that fails, as without free files it
// does, what was known stays.
func (m *machine) has(a netip.Addr) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.now(); m.listed.IsZero() || now.Sub(m.listed) >= relistAfter {
		m.listed = now
		if addrs, err := m.list(); err == nil {
			m.addrs = addrs
		}
	}
	return slices.Contains(m.addrs, a)
}

// ownAddresses lists this machine's addresses.
func ownAddresses() ([]netip.Addr, error) {
	list, err := net.InterfaceAddrs()
	var out []netip.Addr
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok {
			if a, ok := netip.AddrFromSlice(n.IP); ok {
				out = append(out, normal(a))
			}
		}
	}
	return out, err
}

// ownAddress chooses one of this machine's IPv4 addresses for a server that listens on all: one of the world before one of
// a LAN before loopback.
func ownAddress() netip.Addr {
	best, score := netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0
	list, _ := ownAddresses() // none is what a machine without a network has
	for _, a := range list {
		s := 0
		switch {
		case !a.Is4() || a.IsLoopback() || a.IsLinkLocalUnicast():
			continue
		case a.IsPrivate():
			s = 1
		default:
			s = 2
		}
		if s > score {
			best, score = a, s
		}
	}
	return best
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

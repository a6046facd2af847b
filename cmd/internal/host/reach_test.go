package host

import (
	"net/netip"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	tests := []struct {
		name           string
		route4, route6 string
		all            string
		reach          Reach
		addr           string
	}{
		{"no network", "", "", "", Machine, "127.0.0.1"},
		{"a route by loopback", "127.0.0.1", "::1", "", Machine, "127.0.0.1"},
		{"link-local alone", "", "", "169.254.3.4 fe80::1", Machine, "127.0.0.1"},
		{"a home", "192.168.1.7", "", "192.168.1.7 fe80::1", Network, "192.168.1.7"},
		{"a home with containers", "192.168.1.7", "", "172.17.0.1 192.168.1.7", Network, "192.168.1.7"},
		{"a cable without a route", "", "", "10.0.0.2", Network, "10.0.0.2"},
		{"a home with IPv6", "192.168.1.7", "2a02:8070::7", "192.168.1.7 2a02:8070::7 fd00::7", Network, "192.168.1.7"},
		{"a carrier's NAT", "100.70.0.3", "", "100.70.0.3", Network, "100.70.0.3"},
		{"a rented machine", "8.8.4.4", "", "10.8.0.1 8.8.4.4", Internet, "8.8.4.4"},
		{"a public address beside the route", "10.0.0.5", "", "10.0.0.5 8.8.4.4", Internet, "8.8.4.4"},
		{"IPv6 alone", "", "2a02:8070::7", "2a02:8070::7 fe80::1", Internet, "2a02:8070::7"},
		{"IPv6 at home alone", "", "", "fd00::7 fe80::1", Network, "fd00::7"},
		{"an address of the documentation", "192.0.2.2", "2001:db8::2", "192.0.2.2 2001:db8::2", Network, "192.0.2.2"},
		{"multicast and nothing", "224.0.0.1", "::", "0.0.0.0", Machine, "127.0.0.1"},
	}
	parse := func(s string) netip.Addr {
		if s == "" {
			return netip.Addr{}
		}
		return netip.MustParseAddr(s)
	}
	for _, tt := range tests {
		var all []netip.Addr
		for _, s := range strings.Fields(tt.all) {
			all = append(all, parse(s))
		}
		if reach, addr := choose(parse(tt.route4), parse(tt.route6), all); reach != tt.reach || addr.String() != tt.addr {
			t.Errorf("%s: %d %s, want %d %s", tt.name, reach, addr, tt.reach, tt.addr)
		}
	}
}

// Whatever this machine has, the answer fits itself, and only a machine alone listens on loopback.
func TestLook(t *testing.T) {
	reach, addr := look()
	if !addr.IsValid() || addr.IsLoopback() != (reach == Machine) || public(addr) != (reach == Internet) {
		t.Errorf("%d %s", reach, addr)
	}
	if got := address(Machine, 7); got != "127.0.0.1:7" {
		t.Errorf("alone it listens on %s", got)
	}
	if got := address(Network, 7); got != ":7" {
		t.Errorf("in a network it listens on %s", got)
	}
}

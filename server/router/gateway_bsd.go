//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package router

import (
	"net/netip"
	"syscall"

	"golang.org/x/net/route"
)

// defaultGateway reads the kernel's table of routes (route(4)).
func defaultGateway() (netip.Addr, error) {
	table, err := route.FetchRIB(syscall.AF_INET, route.RIBTypeRoute, 0)
	if err != nil {
		return netip.Addr{}, err
	}
	messages, err := route.ParseRIB(route.RIBTypeRoute, table)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, m := range messages {
		m, ok := m.(*route.RouteMessage)
		if !ok || m.Flags&syscall.RTF_UP == 0 || m.Flags&syscall.RTF_GATEWAY == 0 || len(m.Addrs) <= syscall.RTAX_GATEWAY {
			continue
		}
		to, ok := m.Addrs[syscall.RTAX_DST].(*route.Inet4Addr)
		by, ok2 := m.Addrs[syscall.RTAX_GATEWAY].(*route.Inet4Addr)
		if ok && ok2 && to.IP == [4]byte{} {
			return netip.AddrFrom4(by.IP), nil
		}
	}
	return netip.Addr{}, errNoGateway
}

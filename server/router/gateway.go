package router

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// here finds the gateway of this machine's default route, and the address that this machine has on the way to it. Connecting a UDP
// socket sends nothing.
func here() (place, error) {
	gateway, err := defaultGateway()
	if err != nil {
		return place{}, fmt.Errorf("find the router: %w", err)
	}
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(gateway, portPMP)))
	if err != nil {
		return place{}, fmt.Errorf("find the router: %w", err)
	}
	defer conn.Close()
	return place{gateway: gateway, local: conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()}, nil
}

var errNoGateway = errors.New("there is no default route by a gateway")

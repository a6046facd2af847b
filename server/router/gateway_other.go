//go:build !linux && !windows && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package router

import "net/netip"

func defaultGateway() (netip.Addr, error) { return netip.Addr{}, errNoGateway }

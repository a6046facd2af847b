package router

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"
	"unsafe"
)

// forwardRow is MIB_IPFORWARDROW.
type forwardRow struct {
	dest, mask, policy, nextHop, ifIndex, kind, proto, age, nextHopAS uint32
	metric                                                            [5]uint32
}

// kindIndirect is MIB_IPROUTE_TYPE_INDIRECT: by a gateway.
const kindIndirect = 4

// defaultGateway asks for the route to an address of the documentation (RFC 5737): nothing but a default route leads there.
func defaultGateway() (netip.Addr, error) {
	ask := syscall.NewLazyDLL("iphlpapi.dll").NewProc("GetBestRoute")
	if err := ask.Find(); err != nil {
		return netip.Addr{}, err
	}
	to := [4]byte{192, 0, 2, 1}
	var row forwardRow
	if code, _, _ := ask.Call(uintptr(binary.NativeEndian.Uint32(to[:])), 0, uintptr(unsafe.Pointer(&row))); code != 0 {
		return netip.Addr{}, fmt.Errorf("GetBestRoute: %w", syscall.Errno(code))
	}
	if row.kind != kindIndirect || row.dest != 0 {
		return netip.Addr{}, errNoGateway
	}
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], row.nextHop)
	return netip.AddrFrom4(b), nil
}

package router

import (
	"encoding/binary"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// defaultGateway reads the kernel's table of routes (proc(5); by self, which a service that sees of /proc the processes alone has, too).
func defaultGateway() (netip.Addr, error) {
	table, err := os.ReadFile("/proc/self/net/route")
	if err != nil {
		return netip.Addr{}, err
	}
	return readRoutes(string(table))
}

// flagGateway is RTF_GATEWAY, flagUp RTF_UP.
const flagUp, flagGateway = 1, 2

// readRoutes takes, of the default routes by a gateway, the one with the smallest metric.
func readRoutes(table string) (best netip.Addr, err error) {
	least := ^uint64(0)
	for line := range strings.Lines(table) {
		f := strings.Fields(line) // Iface Destination Gateway Flags RefCnt Use Metric Mask …
		if len(f) < 8 || f[1] != "00000000" || f[7] != "00000000" {
			continue
		}
		gateway, err1 := strconv.ParseUint(f[2], 16, 32)
		flags, err2 := strconv.ParseUint(f[3], 16, 16)
		metric, err3 := strconv.ParseUint(f[6], 10, 32)
		if err1 != nil || err2 != nil || err3 != nil || flags&flagUp == 0 || flags&flagGateway == 0 || metric >= least {
			continue
		}
		var b [4]byte
		binary.NativeEndian.PutUint32(b[:], uint32(gateway)) // printed as a number of the machine
		best, least = netip.AddrFrom4(b), metric
	}
	if !best.IsValid() {
		return best, errNoGateway
	}
	return best, nil
}

package router

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"
)

// number prints an address as the kernel's table has it.
func number(s string) string {
	a := netip.MustParseAddr(s).As4()
	return fmt.Sprintf("%08X", binary.NativeEndian.Uint32(a[:]))
}

func TestReadRoutes(t *testing.T) {
	const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	line := func(to, by, flags, metric, mask string) string {
		return fmt.Sprintf("eth0\t%s\t%s\t%s\t0\t0\t%s\t%s\t0\t0\t0\n", to, by, flags, metric, mask)
	}
	const none = "00000000"
	a, b := number("192.168.1.1"), number("10.0.0.1")
	for name, tt := range map[string]struct{ table, want string }{
		"empty":             {"", ""},
		"head alone":        {head, ""},
		"a network":         {head + line(number("192.168.1.0"), none, "0001", "0", number("255.255.255.0")), ""},
		"a route":           {head + line(none, a, "0003", "100", none), "192.168.1.1"},
		"the better of two": {head + line(none, a, "0003", "600", none) + line(none, b, "0003", "100", none), "10.0.0.1"},
		"one that is down":  {head + line(none, a, "0002", "0", none) + line(none, b, "0003", "100", none), "10.0.0.1"},
		"no gateway":        {head + line(none, none, "0001", "0", none), ""},
		"half of all":       {head + line(none, a, "0003", "0", number("128.0.0.0")), ""},
		"nonsense":          {head + "eth0 00000000 zz 0003 0 0 0 00000000\nx\n" + line(none, a, "0003", "-1", none), ""},
	} {
		got, err := readRoutes(tt.table)
		if err != nil && tt.want != "" || err == nil && got.String() != tt.want {
			t.Errorf("%s: %v %v, want %q", name, got, err, tt.want)
		}
	}
}

// Whatever this machine has, the answer fits itself. Nothing is sent.
func TestHere(t *testing.T) {
	at, err := here()
	if err == nil && (!at.gateway.Is4() || !at.local.Is4() || at.gateway == at.local) || err != nil && at != (place{}) {
		t.Errorf("%+v %v", at, err)
	}
}

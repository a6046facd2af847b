package server

import (
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// An address that this machine gets while the server runs is its own a few seconds later, and is no peer any more; one that
// it has lost may be. A list that can't be had changes nothing.
func TestMachine(t *testing.T) {
	first, second := netip.MustParseAddr("8.8.8.1"), netip.MustParseAddr("2606:4700::1")
	now := time.Unix(1e9, 0)
	host := func(a netip.Addr) []netip.Prefix { return []netip.Prefix{netip.PrefixFrom(a, a.BitLen())} }
	calls, has, fails := 0, host(first), error(nil)
	m := &machine{now: func() time.Time { return now }, list: func() ([]netip.Prefix, error) {
		calls++
		if fails != nil {
			return nil, fails
		}
		return has, nil
	}}
	p := policy{own: m.has}
	check := func(when string, wantFirst, wantSecond bool) {
		t.Helper()
		if p.permits(first) != wantFirst || p.permits(second) != wantSecond {
			t.Errorf("%s: permits %v %v", when, !wantFirst, !wantSecond)
		}
	}
	check("at first", false, true)
	has = host(second)
	now = now.Add(relistAfter - 1)
	check("not listed again yet", false, true)
	if calls != 1 {
		t.Errorf("listed %d times", calls)
	}
	now = now.Add(1)
	check("listed again", true, false)
	fails = errors.New("too many open files")
	now = now.Add(relistAfter)
	check("no list", true, false)
	if calls != 3 {
		t.Errorf("listed %d times", calls)
	}
	if n := testing.AllocsPerRun(100, func() { m.has(first) }); n != 0 {
		t.Errorf("%v allocations for a packet", n)
	}
}

// The relay asks the machine it runs on.
func TestMachineOfTheRelay(t *testing.T) {
	r := start(t)
	list, err := ownAddresses()
	if err != nil || len(list) == 0 {
		t.Fatalf("%v %v", list, err)
	}
	for _, a := range list {
		if !r.hub.relay.policy.own(a) {
			t.Errorf("%v is not this machine's", a)
		}
	}
}

// Neighbours are no peers, whatever their addresses, unless their network was opened.
func TestNeighbours(t *testing.T) {
	m := &machine{now: time.Now, list: func() ([]netip.Prefix, error) {
		return []netip.Prefix{netip.MustParsePrefix("8.8.8.1/24"), netip.MustParsePrefix("2606:4700::1/64"), netip.MustParsePrefix("9.9.9.9/0")}, nil
	}}
	closed, open := policy{own: m.has, near: m.near}, policy{own: m.has, near: m.near, allow: prefixes("8.8.8.0/25")}
	for s, want := range map[string]struct{ closed, open bool }{
		"8.8.8.7": {false, true}, "::ffff:8.8.8.7": {false, true}, "8.8.8.200": {}, "::ffff:808:8c8": {}, "8.8.9.1": {true, true}, "8.8.8.1": {},
		"2606:4700::7": {}, "2606:4700::7%eth0": {}, "2606:4700:0:1::7": {true, true}, "9.9.9.9": {}, "9.9.9.8": {true, true},
	} {
		a := netip.MustParseAddr(s)
		if closed.permits(a) != want.closed || open.permits(a) != want.open {
			t.Errorf("%s: %v, with the network open %v", s, !want.closed, !want.open)
		}
	}
}

func TestOwnAddress(t *testing.T) {
	parse := func(s string) (list []netip.Addr) {
		for _, f := range strings.Fields(s) {
			list = append(list, netip.MustParseAddr(f))
		}
		return list
	}
	for _, c := range []struct{ list, own, other string }{
		{"", "127.0.0.1", ""},
		{"127.0.0.1 ::1 fe80::1 169.254.1.1", "127.0.0.1", ""},
		{"127.0.0.1 fe80::1 2a00::1", "2a00::1", ""},
		{"2a00::1 192.168.1.2 172.17.0.1", "192.168.1.2", ""},
		{"10.0.0.1 8.8.8.8 2a00::1", "8.8.8.8", ""},
		{"8.8.8.8 10.0.0.1 8.8.4.4 9.9.9.9", "8.8.8.8", "8.8.4.4"},
	} {
		own := ownAddress(parse(c.list))
		other, ok := another(parse(c.list), own)
		if own.String() != c.own || ok != (c.other != "") || ok && other.String() != c.other {
			t.Errorf("%q: %v and %v", c.list, own, other)
		}
	}
	// A second address is asked and answers as the first.
	c := Config{RelayFirst: firstRelayPort, RelayLast: lastRelayPort, Log: slog.New(slog.DiscardHandler)}
	s, err := listen(Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	s.listenElsewhere(c, netip.MustParseAddr("127.0.0.2"))
	list := place{host: "127.0.0.1:7440"}.inlet(c, s).stun()
	if len(list) != 3 || !strings.HasPrefix(list[2], "stun:127.0.0.2:") || len(s.udp) != 3 {
		t.Errorf("%v", list)
	}
	s.listenElsewhere(c, netip.MustParseAddr("192.0.2.1")) // which is nobody's
	if len(s.udp) != 3 {
		t.Error("a socket on another's address")
	}
}

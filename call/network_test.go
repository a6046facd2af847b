package call

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

func TestLookout(t *testing.T) {
	home := outlook{four: netip.MustParseAddr("192.168.1.10"), six: netip.MustParsePrefix("2001:db8:1::/64")}
	phone := outlook{four: netip.MustParseAddr("100.64.0.10")}
	island := outlook{rest: []netip.Addr{netip.MustParseAddr("10.0.0.1")}}
	none := outlook{}
	const s = time.Second
	for _, c := range []struct {
		what       string
		from, to   outlook
		mono, wall time.Duration
		want       networkChanged
	}{
		{"nothing", home, home, s, s, networkChanged{}},
		{"another network", home, phone, s, s, networkChanged{moved: true}},
		{"no network", home, none, s, s, networkChanged{gone: true}},
		{"still none", none, none, s, s, networkChanged{}},
		{"a network again", none, home, s, s, networkChanged{moved: true}},
		{"a network without a way out", home, island, s, s, networkChanged{moved: true}},
		{"stopped for ten minutes", home, home, 600 * s, 600 * s, networkChanged{woke: true}},
		{"suspended for ten minutes", home, home, s, 601 * s, networkChanged{woke: true}},
		{"suspended, and elsewhere", home, phone, s, 601 * s, networkChanged{woke: true, moved: true}},
		{"the clock was set back", home, home, s, -3600 * s, networkChanged{}},
		{"a busy machine", home, home, 4 * s, 4 * s, networkChanged{}},
	} {
		var l lookout
		if _, changed := l.look(c.from, 100*s, 200*s); changed {
			t.Errorf("%s: the first look is no change", c.what)
		}
		ev, changed := l.look(c.to, 100*s+c.mono, 200*s+c.wall)
		if ev != c.want || changed != (c.want != networkChanged{}) {
			t.Errorf("%s: %+v, %v", c.what, ev, changed)
		}
		if ev, changed := l.look(c.to, 101*s+c.mono, 201*s+c.wall); changed {
			t.Errorf("%s: told twice: %+v", c.what, ev)
		}
	}
}

func TestMisrouted(t *testing.T) {
	here, other := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2), Port: 1}
	if misrouted(here, here) {
		t.Error("a connection from where it would be made is cut off")
	}
	if !misrouted(other, here) {
		t.Error("one from elsewhere is not")
	}
	if misrouted(nil, here) || misrouted(&net.UnixAddr{}, here) {
		t.Error("of what has no address nothing is known")
	}
}

// A new address of the same network is no other way.
func TestAlike(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"2001:db8:1::1", "2001:db8:1::9f02:1", true},
		{"2001:db8:1::1", "2001:db8:2::1", false},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "2001:db8:1::1", false},
	} {
		if a, b := netip.MustParseAddr(c.a), netip.MustParseAddr(c.b); alike(a, b) != c.want || alike(b, a) != c.want {
			t.Errorf("%v, %v: not %v", a, b, c.want)
		}
	}
	if alike(netip.Addr{}, netip.MustParseAddr("2001:db8:1::1")) {
		t.Error("no address is like one")
	}
}

func TestLookOut(t *testing.T) {
	if a, b := lookOut(), lookOut(); !a.equal(b) {
		t.Errorf("%v, then %v", a, b)
	}
}

package server

import (
	"errors"
	"net/netip"
	"testing"
	"time"
)

// An address that this machine gets while the server runs is its own a few seconds later, and is no peer any more; one that
// it has lost may be. A list that can't be had changes nothing.
func TestMachine(t *testing.T) {
	first, second := netip.MustParseAddr("8.8.8.1"), netip.MustParseAddr("2606:4700::1")
	now := time.Unix(1e9, 0)
	calls, has, fails := 0, []netip.Addr{first}, error(nil)
	m := &machine{now: func() time.Time { return now }, list: func() ([]netip.Addr, error) {
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
	has = []netip.Addr{second}
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

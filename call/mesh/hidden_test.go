package mesh

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/transport/v4/vnet"
)

const someName = "1c3f5a9e-0000-4000-8000-000000000000.local"

func candidateAt(address, kind string) string {
	return fmt.Sprintf("candidate:1 1 udp 2130706431 %s 5000 typ %s", address, kind)
}

// Whose candidates are tried depends on what one shows oneself: behind a relay nothing private lies but the relay itself, and no
// name is asked for there.
func TestHorizon(t *testing.T) {
	open, hidden, local := horizon{names: true}, horizon{relayed: true}, horizon{loopback: true, relayed: true}
	for _, c := range []struct {
		address, kind       string
		open, hidden, local bool
	}{
		{"8.8.8.8", "host", true, true, true},
		{"8.8.8.8", "srflx", true, true, true},
		{"2606:4700::1", "host", true, true, true},
		{"10.1.2.3", "host", true, false, false},
		{"::ffff:10.1.2.3", "host", true, false, false},
		{"192.168.1.1", "srflx", true, false, false},
		{"172.16.0.1", "prflx", true, false, false},
		{"fd00::1", "host", true, false, false},
		{"192.168.1.1", "relay", true, true, true},
		{"127.0.0.1", "host", false, false, false},
		{"127.0.0.1", "relay", false, false, true},
		{"169.254.169.254", "relay", false, false, false},
		{someName, "host", true, false, false},
		{strings.ToUpper(someName[:36]) + ".local", "host", true, false, false},
		{someName, "srflx", false, false, false},
		{"router.local", "host", false, false, false},
		{"printer.example", "host", false, false, false},
		{someName + ".", "host", false, false, false},
		{"1c3f5a9e-0000-1000-8000-000000000000.local", "host", false, false, false}, // of another version
		{"1c3f5a9e-0000-4000-8000-00000000000g.local", "host", false, false, false},
		{"1c3f5a9e_0000-4000-8000-000000000000.local", "host", false, false, false},
	} {
		s := candidateAt(c.address, c.kind)
		for name, h := range map[string]struct {
			horizon
			want bool
		}{"open": {open, c.open}, "hidden": {hidden, c.hidden}, "local": {local, c.local}} {
			if h.admits(s) != h.want {
				t.Errorf("%s: %s: %v", name, s, !h.want)
			}
		}
	}
}

// A thousand candidates, private ones and names among them, cost what sixty-four do, and what a relay does not lead to costs nothing.
func TestCandidateFlood(t *testing.T) {
	at := func(i int, name bool) string {
		if name {
			return candidateAt(fmt.Sprintf("%08x-0000-4000-8000-000000000000.local", i), "host")
		}
		return candidateAt(fmt.Sprintf("10.0.%d.%d", i/250, 1+i%250), "host")
	}
	for _, c := range []struct {
		what      string
		relayOnly bool
		name      bool
		want      int
	}{{"private addresses", false, false, maxCandidates}, {"names", false, true, maxNames}, {"private addresses, hidden", true, false, 0}, {"names, hidden", true, true, 0}} {
		p := &peer{mesh: &Mesh{named: true}, options: Options{RelayOnly: c.relayOnly}}
		for i := range 1000 {
			p.candidate(1, at(i, c.name), "0")
		}
		if n := len(p.negotiation.waiting); n != c.want {
			t.Errorf("%s: %d are tried, want %d", c.what, n, c.want)
		}
		p.candidate(1, candidateAt("8.8.8.8", "relay"), "0")
		if n := len(p.negotiation.waiting); c.want < maxCandidates && !c.name && n != c.want+1 {
			t.Errorf("%s: one that a relay leads to is not tried", c.what)
		}
	}
}

// Where there is no mDNS, one's own addresses stay hidden all the same.
func TestNoNames(t *testing.T) {
	w := newWorld(t, vnet.RouterConfig{})
	e := w.addWith("a", Config{named: true})
	w.start()
	e.Open(id("b"), Options{})
	e.Offer(id("b"), 1, false, nil)
	d := await[LocalDescription](e, "b")
	if strings.Contains(d.SDP, e.address) {
		t.Error("an address stands in the description")
	}
	over := time.After(300 * time.Millisecond)
	for {
		select {
		case ev := <-e.events:
			if c, ok := ev.(LocalCandidate); ok {
				t.Errorf("told: %s", c.Candidate)
			}
			continue
		case <-over:
		}
		return
	}
}

// On the real network the far end is told names and no addresses, and finds this machine by them.
func TestNames(t *testing.T) {
	var own []netip.Addr
	list, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok {
			if a, _ := netip.AddrFromSlice(n.IP); !a.Unmap().IsLoopback() && !a.IsLinkLocalUnicast() {
				own = append(own, a.Unmap())
			}
		}
	}
	w := newLoopback(t)
	told := make(chan string, 1000)
	w.tamper = func(_, _ string, ev Event) []Event {
		switch ev := ev.(type) {
		case LocalCandidate:
			told <- ev.Candidate
		case LocalDescription:
			told <- ev.SDP
		}
		return []Event{ev}
	}
	a, b := w.addWith("a", Config{}), w.addWith("b", Config{})
	w.start()
	a.Open(id("b"), Options{})
	b.Open(id("a"), Options{})
	a.Offer(id("b"), 1, false, nil)
	if len(own) > 0 { // else there is nobody to find
		connected(a, b)
	} else {
		await[LocalDescription](b, "a")
	}
	names := 0
	for range len(told) {
		s := <-told
		for _, a := range own {
			if strings.Contains(s, a.String()) {
				t.Errorf("%v stands in %q", a, s)
			}
		}
		if isNamed(s) {
			names++
		}
	}
	if (names > 0) != (len(own) > 0) {
		t.Errorf("%d names, %d addresses", names, len(own))
	}
}

// Relays are asked by TCP where UDP brings no path, later where this side has a relay already, and left alone where there is a path.
func TestBackup(t *testing.T) {
	for _, k := range []struct {
		name            string
		parted, relayed bool
		never           time.Duration // it is not asked before
		asked           bool          // it is after that
	}{
		{"a path", false, false, backupAfter + 300*time.Millisecond, false},
		{"no path", true, false, backupAfter / 2, true},
		{"no path, and a relay", true, true, backupAfter + relayedAfter/2, true},
	} {
		t.Run(k.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			asked := make(chan struct{}, 100)
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					asked <- struct{}{}
					conn.Close()
				}
			}()
			w := newWorld(t, vnet.RouterConfig{})
			e := w.add("a", "b")
			w.start()
			w.parted.Store(k.parted)
			join(e[0], e[1], Options{ICE: []ICEServer{
				{URLs: []string{"turn:" + l.Addr().String() + "?transport=tcp"}, Username: "user", Password: "secret"}}})
			e[0].find(id("b")).relayed.Store(k.relayed)
			e[1].find(id("a")).relayed.Store(k.relayed)
			if !k.parted {
				connected(e[0], e[1])
			}
			<-time.After(k.never)
			if n := len(asked); n != 0 {
				t.Errorf("a relay was asked %d times", n)
			}
			if !k.asked {
				return
			}
			select {
			case <-asked:
			case <-timeout():
				t.Error("no relay was asked by TCP")
			}
		})
	}
}

// What the relay at an address must show follows from the servers as last given.
func TestSecurity(t *testing.T) {
	p := &peer{}
	key := []byte("a key")
	servers := []ICEServer{
		{URLs: []string{"stun:a.example:3478", "turn:a.example:3478?transport=tcp", "turns:a.example:443?transport=tcp"}, Key: key},
		{URLs: []string{"nonsense", "turns:b.example"}},
	}
	p.servers.Store(&servers)
	for address, want := range map[string]struct {
		tls bool
		key string
	}{
		"a.example:443": {true, "a key"}, "a.example:3478": {}, "b.example:5349": {tls: true}, "c.example:443": {},
	} {
		if s := p.security(address); s.TLS != want.tls || string(s.Key) != want.key {
			t.Errorf("%s: %+v", address, s)
		}
	}
}

// Addresses that this version can't use do not keep it from using the others, at first and later.
func TestUnusableServers(t *testing.T) {
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	w.start()
	o := Options{ICE: []ICEServer{
		{URLs: []string{"", "quic:a.example", "turn:", "turn:a.example:99999", "turns:a.example?transport=sctp", "stun:10.0.0.99:3478"}},
		{URLs: []string{"turn:10.0.0.99:3478?transport=udp"}}, {}, // without credentials
	}}
	join(e[0], e[1], o)
	connected(e[0], e[1])
	e[0].Offer(id("b"), 2, true, o.ICE)
	connected(e[0], e[1])
	if got := o.ICE[0].usable(); len(got) != 1 || got[0] != "stun:10.0.0.99:3478" {
		t.Errorf("usable: %v", got)
	}
}

// A connection that is closed while relays are asked by TCP leaves nothing behind.
func TestBackupEnds(t *testing.T) {
	leakless(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	asked := make(chan net.Conn, 100) // of a server that says nothing
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			asked <- conn
		}
	}()
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	w.start()
	w.parted.Store(true)
	for round := range 2 {
		o := Options{ICE: []ICEServer{{URLs: []string{"turns:" + l.Addr().String() + "?transport=tcp"}, Username: "user", Password: "secret", Key: make([]byte, 32)}}}
		join(e[0], e[1], o)
		if round > 0 { // the first is closed while it waits, the second while it talks
			select {
			case conn := <-asked:
				defer conn.Close()
			case <-timeout():
				t.Fatal("no relay was asked")
			}
		}
		e[0].Close(id("b"))
		e[1].Close(id("a"))
	}
}

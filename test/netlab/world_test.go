//go:build linux

package netlab

import (
	"errors"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// street is a world with two hosts on the internet that answer whoever asks with the address that they see.
type street struct {
	*testing.T
	*World
	one, two *Host
}

const (
	webPort = 443
	altPort = 3478
)

func newStreet(t *testing.T) *street {
	t.Helper()
	w := NewWorld(3)
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return &street{T: t, World: w, one: w.Host("one", w.Internet), two: w.Host("two", w.Internet)}
}

// built fails the test if the world could not be made.
func (s *street) built() {
	s.Helper()
	if err := s.Err(); err != nil {
		s.Fatal(err)
	}
}

// socket is a UDP socket in a namespace.
type socket struct {
	*testing.T
	*net.UDPConn
}

// udp opens a socket; network is udp4 or udp6, port 0 is any.
func (s *street) udp(n Node, network string, port int) socket {
	s.Helper()
	var c *net.UDPConn
	err := n.Do(func() (err error) {
		c, err = net.ListenUDP(network, &net.UDPAddr{Port: port})
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { c.Close() })
	raw, err := c.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { // what comes while nobody reads must not get lost here
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, 4<<20)
		})
	}
	if err != nil {
		s.Fatal(err)
	}
	return socket{s.T, c}
}

// mirrors are two sockets at different ports of one host.
func (s *street) mirrors(h *Host, network string) (web, alt socket) {
	s.Helper()
	return s.udp(h.Node, network, webPort), s.udp(h.Node, network, altPort)
}

func (s socket) say(text string, to netip.AddrPort) {
	s.Helper()
	if _, err := s.WriteToUDPAddrPort([]byte(text), to); err != nil {
		s.Fatal(err)
	}
}

// hear waits for a packet.
func (s socket) hear() (text string, from netip.AddrPort) {
	s.Helper()
	text, from, err := s.next(10 * time.Second)
	if err != nil {
		s.Fatal(err)
	}
	return text, from
}

func (s socket) next(patience time.Duration) (string, netip.AddrPort, error) {
	if err := s.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return "", netip.AddrPort{}, err
	}
	buf := make([]byte, 2000)
	n, from, err := s.ReadFromUDPAddrPort(buf)
	return string(buf[:n]), netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err
}

// expect wants that text to be the next that comes: what was sent before it did not come.
func (s socket) expect(what, text string) (from netip.AddrPort) {
	s.Helper()
	got, from := s.hear()
	if got != text {
		s.Errorf("%s: %q came from %v, want %q", what, got, from, text)
	}
	return from
}

// seen is how the far end sees c; what c sends gets through in this direction.
func (s *street) seen(c, far socket, at netip.Addr) netip.AddrPort {
	s.Helper()
	c.say("who am I?", netip.AddrPortFrom(at, far.port()))
	_, from := far.hear()
	return from
}

func (s socket) port() uint16 { return s.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

func TestMappingAndFiltering(t *testing.T) {
	s := newStreet(t)
	home := s.Network("home", s.Internet, Home)
	symmetric := s.Network("symmetric", s.Internet, SymmetricNAT)
	carrier := s.Network("carrier", s.Internet, Carrier)
	below := s.Network("below", carrier, Home)
	cases := []struct {
		name     string
		host     *Host
		outer    *Port
		same     bool // the same port for each destination
		filtered bool
	}{
		{"open", s.Host("open", s.Internet), nil, true, false},
		{"home", s.Host("a", home), home.Uplink, true, true},
		{"symmetric", s.Host("b", symmetric), symmetric.Uplink, false, true},
		{"carrier over home", s.Host("c", below), carrier.Uplink, true, true},
	}
	s.built()
	web, alt := s.mirrors(s.one, "udp4")
	other, _ := s.mirrors(s.two, "udp4")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			me := s.udp(c.host.Node, "udp4", 0)
			first := s.seen(me, web, s.one.IP4())
			if c.outer == nil {
				c.outer = c.host.Ports[0]
			}
			if first.Addr() != c.outer.four {
				t.Errorf("seen as %v, want %v", first, c.outer.four)
			}
			for _, stranger := range []socket{other, alt} {
				stranger.say("not asked", first)
				if !c.filtered {
					me.expect("no filter", "not asked")
				}
			}
			web.say("asked", first)
			me.expect("filtering by address and port", "asked")

			ports := map[uint16]bool{first.Port(): true, s.seen(me, alt, s.one.IP4()).Port(): true, s.seen(me, other, s.two.IP4()).Port(): true}
			if (len(ports) == 1) != c.same || !c.same && len(ports) != 3 {
				t.Errorf("seen at the ports %v by three sockets", ports)
			}
			if c.same && !ports[me.port()] {
				t.Errorf("port %d is seen as %v", me.port(), ports)
			}
			alt.say("asked now", netip.AddrPortFrom(first.Addr(), s.seen(me, alt, s.one.IP4()).Port()))
			me.expect("once asked", "asked now")
		})
	}
}

// TestHairpin: two homes of one carrier meet at the carrier's own address, unless it has no hairpin; nor have homes.
func TestHairpin(t *testing.T) {
	s := newStreet(t)
	carrier := s.Network("carrier", s.Internet, Carrier)
	a := s.Host("a", s.Network("home-a", carrier, Home))
	b := s.Host("b", s.Network("home-b", carrier, Home))
	home := s.Network("home", s.Internet, Home)
	c, d := s.Host("c", home), s.Host("d", home)
	s.built()
	web, _ := s.mirrors(s.one, "udp4")
	meet := func(t *testing.T, x, y *Host, want bool) {
		t.Helper()
		me, you := s.udp(x.Node, "udp4", 0), s.udp(y.Node, "udp4", 0)
		mine, yours := s.seen(me, web, s.one.IP4()), s.seen(you, web, s.one.IP4())
		me.say("opens the way", yours)
		you.say("round the hairpin", mine)
		you.say("round the hairpin", mine)
		web.say("straight", mine)
		if !want {
			me.expect("no hairpin", "straight")
			return
		}
		if from := me.expect("hairpin", "round the hairpin"); from != yours {
			t.Errorf("it comes from %v, want the outer address, %v", from, yours)
		}
		me.say("and back", yours)
		text, from := you.hear()
		if text == "opens the way" {
			text, from = you.hear()
		}
		if text != "and back" || from != mine {
			t.Errorf("%q from %v, want %v", text, from, mine)
		}
	}
	t.Run("carrier", func(t *testing.T) { meet(t, a, b, true) })
	t.Run("home", func(t *testing.T) { meet(t, c, d, false) })
	plain := Carrier
	plain.Hairpin = false
	if err := carrier.Become(plain); err != nil {
		t.Fatal(err)
	}
	t.Run("carrier without", func(t *testing.T) { meet(t, a, b, false) })
	if err := errors.Join(carrier.Become(Carrier), carrier.Uplink.Renumber()); err != nil {
		t.Fatal(err)
	}
	t.Run("carrier again, at another address", func(t *testing.T) { meet(t, a, b, true) })

	you := s.udp(d.Node, "udp4", 0)
	if from := s.seen(s.udp(c.Node, "udp4", 0), you, d.IP4()); from.Addr() != c.IP4() {
		t.Errorf("in one LAN c is seen as %v", from)
	}
}

// door takes TCP connections at a port and tells of each.
func (s *street) door(h *Host, port int) (knocks chan struct{}) {
	s.Helper()
	var l net.Listener
	err := h.Do(func() (err error) {
		l, err = net.Listen("tcp", net.JoinHostPort("", strconv.Itoa(port)))
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { l.Close() })
	knocks = make(chan struct{}, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
			knocks <- struct{}{}
		}
	}()
	return knocks
}

// knock begins a TCP connection from a host; it need not come about.
func (s *street) knock(from *Host, at netip.Addr, port int) {
	dialed := make(chan error, 1)
	go func() {
		dialed <- from.Do(func() error {
			// The package net opens sockets on other threads when it may choose between addresses: here is only one.
			c, err := net.DialTimeout("tcp", netip.AddrPortFrom(at, uint16(port)).String(), 10*time.Second)
			if err == nil {
				c.Close()
			}
			return err
		})
	}()
}

// TestFirewalls: what may not go out does not, while what may does. The refused goes first.
func TestFirewalls(t *testing.T) {
	s := newStreet(t)
	cases := []struct {
		name     string
		host     *Host
		udp, alt bool
	}{
		{"home", s.Host("a", s.Network("home", s.Internet, Home)), true, true},
		{"UDP dropped", s.Host("b", s.Network("no-udp", s.Internet, UDPDropped)), false, true},
		{"only TCP 443", s.Host("c", s.Network("only443", s.Internet, Only443)), false, false},
	}
	s.built()
	stun, secure := s.mirrors(s.one, "udp4")
	web, alt := s.door(s.one, webPort), s.door(s.one, altPort)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			me := s.udp(c.host.Node, "udp4", 0)
			me.say(c.name, netip.AddrPortFrom(s.one.IP4(), webPort))
			me.say(c.name, netip.AddrPortFrom(s.one.IP4(), altPort))
			s.knock(c.host, s.one.IP4(), altPort)
			if c.alt {
				<-alt
			}
			s.knock(c.host, s.one.IP4(), webPort)
			<-web
			for _, m := range []socket{stun, secure} {
				if text, _, err := m.next(200 * time.Millisecond); (err == nil && text == c.name) != c.udp {
					t.Errorf("UDP: %q, %v", text, err)
				}
			}
			if !c.alt && len(alt) > 0 {
				t.Error("TCP to another port gets out")
			}
		})
	}
}

func TestSixOnly(t *testing.T) {
	s := newStreet(t)
	me := s.Host("a", s.Network("home", s.Internet, SixOnly))
	you := s.Host("b", s.Network("other", s.Internet, SixOnly))
	s.built()
	web, _ := s.mirrors(s.one, "udp6")
	mine, yours := s.udp(me.Node, "udp6", 0), s.udp(you.Node, "udp6", 0)
	at := netip.AddrPortFrom(me.IP6(), mine.port())
	if from := s.seen(mine, web, s.one.IP6()); from != at {
		t.Errorf("seen as %v, is at %v", from, at)
	}
	yours.say("not asked", at)
	web.say("asked", at)
	mine.expect("firewall", "asked")
	mine.say("opens the way", netip.AddrPortFrom(you.IP6(), yours.port()))
	yours.say("asked now", at)
	mine.expect("once asked", "asked now")
	if me.IP4().IsValid() {
		t.Errorf("it has an IPv4 address, %v", me.IP4())
	}
	four := s.udp(me.Node, "udp4", 0)
	if _, err := four.WriteToUDPAddrPort([]byte("4"), netip.AddrPortFrom(s.one.IP4(), webPort)); err == nil {
		t.Error("IPv4 goes out")
	}
}

// TestChanges: interfaces that go and come, addresses that change, a router that forgets, a firewall that is put up.
func TestChanges(t *testing.T) {
	s := newStreet(t)
	home := s.Network("home", s.Internet, SymmetricNAT)
	phone := s.Network("phone", s.Internet, Carrier)
	h := s.Host("a", home)
	second, err := h.Plug(phone)
	if err != nil {
		t.Fatal(err)
	}
	s.built()
	web, _ := s.mirrors(s.one, "udp4")
	do := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	through := func(what string, p *Port) netip.AddrPort {
		t.Helper()
		from := s.seen(s.udp(h.Node, "udp4", 0), web, s.one.IP4())
		if from.Addr() != p.four {
			t.Errorf("%s: seen as %v, want %v", what, from, p.four)
		}
		return from
	}
	through("first", home.Uplink)
	do("down", h.Ports[0].Down())
	through("the second when the first is down", phone.Uplink)
	do("up", h.Ports[0].Up())
	through("the first again", home.Uplink)

	before := h.IP4()
	do("renumber", h.Ports[0].Renumber())
	if h.IP4() == before {
		t.Error("the host's address is as before")
	}
	through("another address", home.Uplink)
	outer := home.Uplink.four
	do("renumber the router", home.Uplink.Renumber())
	if got := through("another outer address", home.Uplink); got.Addr() == outer {
		t.Error("the router's address is as before")
	}

	me := s.udp(h.Node, "udp4", 0)
	known := s.seen(me, web, s.one.IP4())
	web.say("known", known)
	me.expect("before", "known")
	do("flush", home.Flush())
	web.say("forgotten", known)
	anew := s.seen(me, web, s.one.IP4())
	web.say("known anew", anew)
	me.expect("after", "known anew")
	if anew == known {
		t.Errorf("still at %v", known)
	}

	do("firewall", home.Become(UDPDropped))
	me.say("dropped", netip.AddrPortFrom(s.one.IP4(), webPort))
	do("no firewall", home.Become(Home))
	me.say("passes", netip.AddrPortFrom(s.one.IP4(), webPort))
	web.expect("through the firewall", "passes")

	do("down", h.Ports[0].Down())
	do("down", second.Down())
	if _, err := me.WriteToUDPAddrPort(nil, netip.AddrPortFrom(s.one.IP4(), webPort)); err == nil {
		t.Error("something goes out without a network")
	}
}

// TestBadCable: what a Link is told, a socket at its end sees. The times are lower bounds: a busy machine adds to them.
func TestBadCable(t *testing.T) {
	s := newStreet(t)
	h := s.Host("a", s.Internet)
	s.built()
	web, _ := s.mirrors(s.one, "udp4")
	me, to := s.udp(h.Node, "udp4", 0), netip.AddrPortFrom(s.one.IP4(), webPort)
	cable := h.Ports[0].Link
	const n, size = 400, 1000
	send := func(p Params) (order []int, took time.Duration) {
		t.Helper()
		cable.SetWays(p, Params{})
		begin, done := time.Now(), make(chan struct{})
		go func() {
			defer close(done)
			for {
				text, _, err := web.next(250 * time.Millisecond)
				if err != nil {
					return // the rest is lost
				}
				took = time.Since(begin)
				i, _ := strconv.Atoi(strings.TrimRight(text, "."))
				order = append(order, i)
			}
		}()
		for i := range n {
			text := strconv.Itoa(i)
			me.say(text+strings.Repeat(".", size-28-len(text)), to) // and IP and UDP
		}
		<-done
		return order, took
	}
	if got, _ := send(Params{}); len(got) != n || !slices.IsSorted(got) {
		t.Errorf("perfect: %d of %d, sorted %v", len(got), n, slices.IsSorted(got))
	}
	if got, took := send(Params{Delay: 50 * time.Millisecond}); len(got) != n || took < 50*time.Millisecond || !slices.IsSorted(got) {
		t.Errorf("delay: %d of %d, the last after %v, sorted %v", len(got), n, took, slices.IsSorted(got))
	}
	got, _ := send(Params{Loss: 0.25})
	if there, back := cable.Counts(); len(got) < n*6/10 || len(got) > n*9/10 || there.Passed != len(got) || there.Lost != n-len(got) || back.Lost != 0 {
		t.Errorf("a quarter is lost: %d of %d, counted %+v %+v", len(got), n, there, back)
	}
	if got, _ := send(Params{Delay: 20 * time.Millisecond, Reorder: 0.2}); len(got) != n || slices.IsSorted(got) {
		t.Errorf("short cuts: %d of %d, sorted %v", len(got), n, slices.IsSorted(got))
	}
	if got, _ := send(Params{Duplicate: 0.2}); len(got) < n*11/10 || len(got) > n*13/10 {
		t.Errorf("a fifth comes twice: %d of %d", len(got), n)
	}
	// 400 packets of 1000 bytes are 3.2 Mbit.
	if got, took := send(Params{Rate: 8_000_000, Queue: time.Minute}); len(got) != n || took < 400*time.Millisecond {
		t.Errorf("8 Mbit/s: %d of %d, the last after %v", len(got), n, took)
	}
	if got, _ := send(Params{Rate: 800_000, Queue: 100 * time.Millisecond}); len(got) > 60 {
		t.Errorf("0.8 Mbit/s with a short queue: %d of %d", len(got), n)
	}
}

// TestSweep: a namespace of a process that is no more goes, with what runs in it; that of another does not.
func TestSweep(t *testing.T) {
	gone := exec.Command("cat") // ends when its input does, and is there as long as nobody waits for it
	in, err := gone.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Start(); err != nil {
		t.Fatal(err)
	}
	pid := strconv.Itoa(gone.Process.Pid)
	if !runs(pid) {
		t.Error("what runs does not")
	}
	in.Close()
	for tick := time.NewTicker(10 * time.Millisecond); runs(pid); {
		<-tick.C
	}
	t.Cleanup(func() {
		if err := gone.Wait(); err != nil {
			t.Error(err)
		}
	})
	stale := Node{"parley" + pid + "-0000-a"}
	if err := run(nil, "ip", "netns", "add", stale.Name); err != nil {
		t.Fatal("needs root and iproute2:", err)
	}
	if err := stale.file("hosts", "127.0.0.1 localhost\n"); err != nil {
		t.Fatal(err)
	}
	left := exec.Command("ip", "netns", "exec", stale.Name, "sh", "-c", "echo; exec sleep 600")
	out, err := left.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := left.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it is in there
		t.Fatal(err)
	}
	live, err := newNode(newMark(), "b")
	if err != nil {
		t.Fatal(err)
	}
	if err := sweep(); err != nil {
		t.Error(err)
	}
	var exit *exec.ExitError
	if err := left.Wait(); !errors.As(err, &exit) {
		t.Errorf("what ran there: %v", err)
	}
	if err := stale.Do(func() error { return nil }); err == nil {
		t.Error("the stale one is still there")
	}
	if err := live.Do(func() error { return nil }); err != nil {
		t.Error(err)
	}
	if err := live.remove(); err != nil {
		t.Error(err)
	}
}

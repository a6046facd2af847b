package test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/audio/wavdev"
	"parley/test/lab"
	"parley/test/netlab"
)

// stayers are two people in a channel, each at a machine of a world, who talk all the time.
type stayers struct {
	*world
	in      *netlab.World
	host    *netlab.Host    // the server's
	hosts   [2]*netlab.Host // theirs
	clients [2]*lab.Client
	users   [2]string
	voices  [][]float32
	args    []string // of the server
}

// newStayers makes their world and its server.
func newStayers(t *testing.T, seed uint64, build func(*netlab.World) (a, b *netlab.Host)) *stayers {
	t.Helper()
	in := newInternet(t, seed)
	x := &stayers{in: in, host: in.Host("server", in.Internet)}
	x.hosts[0], x.hosts[1] = build(in)
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	x.world = newWorld(t, 0, nil)
	x.server.Close()
	x.listen = "[::]:443"
	x.serve()
	return x
}

// meet lets them in, and waits until they hear each other.
func (x *stayers) meet(args ...string) *stayers {
	x.Helper()
	var err error
	if x.voices, err = lab.Voices(8); err != nil {
		x.Fatal(err)
	}
	for i, h := range x.hosts {
		if err := lab.WriteWAV(x.voice(i), x.voices[i]); err != nil {
			x.Fatal(err)
		}
		x.clients[i] = x.client(lab.Letter(i), lab.Command{Netns: h.Name}, plain(append([]string{"--dtx=off", "--play", x.voice(i), "--loop",
			"--record-dir", x.heard(i), "--stats", x.stats(i), "--stats-every", "100ms"}, args...)...)...)
	}
	for i, c := range x.clients {
		x.await(c, 0, "first_sound")
		x.users[i] = x.user(c)
	}
	x.settle()
	return x
}

func (x *stayers) serve() {
	x.Helper()
	x.world.serve(lab.Command{Netns: x.host.Name, Args: append([]string{"--public-host", x.host.DNS()}, x.args...)})
}

func (x *stayers) heard(i int) string { return filepath.Join(x.dir, "heard-"+lab.Letter(i)) }
func (x *stayers) stats(i int) string { return filepath.Join(x.dir, lab.Letter(i)+".stats") }

// moment is how somebody's statistics stood.
type moment struct {
	At    float64 `json:"at_ms"`
	Peers []struct {
		User, Phase, Path string
		Received          float64
		Sent              float64 `json:"packets_sent"`
	}
}

func (x *stayers) moments(i int) []moment { return momentsIn(x.stats(i)) }

func momentsIn(stats string) (list []moment) {
	data, _ := os.ReadFile(stats) // what can't be read has no moments
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		var m moment
		if d.Decode(&m) != nil {
			return list
		}
		list = append(list, m)
	}
}

// now is the last moment of each.
func (x *stayers) now() (at [2]float64) {
	for i := range at {
		if list := x.moments(i); len(list) > 0 {
			at[i] = list[len(list)-1].At
		}
	}
	return at
}

// The sound of somebody is there when for steady nearly all that is played has come over the network.
const (
	steady = 500 // ms
	nearly = 0.8
)

// soundSince says how long after a moment i hears the other again.
func (x *stayers) soundSince(i int, since float64) (after time.Duration, ok bool) {
	list := x.moments(i)
	for j, m := range list {
		if m.At < since || len(m.Peers) != 1 {
			continue
		}
		for _, k := range list[j+1:] {
			if k.At-m.At < steady {
				continue
			}
			if len(k.Peers) == 1 && k.Peers[0].Received-m.Peers[0].Received >= nearly*(k.At-m.At)*second/1000 {
				return time.Duration(m.At-since) * time.Millisecond, true
			}
			break
		}
	}
	return 0, false
}

// awaitSound waits until both hear each other, and says how long after these moments they did.
func (x *stayers) awaitSound(since [2]float64, within time.Duration) (after [2]time.Duration) {
	x.Helper()
	over := time.After(within)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		all := true
		for i := range after {
			var ok bool
			after[i], ok = x.soundSince(i, since[i])
			all = all && ok
		}
		if all {
			return after
		}
		select {
		case <-tick.C:
		case <-over:
			x.Fatalf("no sound after %v\na: %s\n%s\nb: %s\n%s", within, x.clients[0].Output(), x.clients[0].Stderr(), x.clients[1].Output(), x.clients[1].Stderr())
		}
	}
}

// troubleSince says how long after a moment the last of i's trouble with the other's sound was over; zero: there was none.
func (x *stayers) troubleSince(i int, since float64) (after time.Duration) {
	list := x.moments(i)
	for j, m := range list {
		if m.At < since || j+1 == len(list) || len(m.Peers) != 1 {
			continue
		}
		for _, k := range list[j+1:] {
			if k.At-m.At < steady {
				continue
			}
			if len(k.Peers) != 1 || k.Peers[0].Received-m.Peers[0].Received < nearly*(k.At-m.At)*second/1000 {
				after = time.Duration(list[j+1].At-since) * time.Millisecond
			}
			break
		}
	}
	return after
}

// settle waits until both hear each other.
func (x *stayers) settle() {
	x.Helper()
	x.awaitSound(x.now(), 30*time.Second)
}

// finish wants that all is well: each has the other once, and hears what they say.
func (x *stayers) finish() {
	x.Helper()
	x.settle()
	wait(4)
	for i := range x.clients {
		list := x.moments(i)
		if last := list[len(list)-1]; len(last.Peers) != 1 || last.Peers[0].User != x.users[1-i] || last.Peers[0].Phase != "connected" {
			x.Errorf("%s has %+v", lab.Letter(i), last.Peers)
		}
	}
	x.leave(x.clients[:]...)
	for i := range x.clients {
		heard, err := wavdev.ReadFile(filepath.Join(x.heard(i), x.users[1-i]+".wav"))
		if err != nil {
			x.Fatal(err)
		}
		quality := likeness(x.voices[1-i], heard[max(0, len(heard)-4*second):])
		x.Logf("%s hears the other at %.1f dB", lab.Letter(i), quality)
		if !(quality >= 8) {
			x.Errorf("%s hears the other at %.1f dB, want 8", lab.Letter(i), quality)
		}
	}
}

// TestSwitches: two with two networks each, whose first goes and comes again. 5 times here, 100 in soak.
func TestSwitches(t *testing.T) {
	x := newStayers(t, 5, func(in *netlab.World) (a, b *netlab.Host) {
		home, office := in.Network("home", in.Internet, netlab.Home), in.Network("office", in.Internet, netlab.Home)
		a, b = in.Host("a", home), in.Host("b", office)
		_, _ = a.Plug(in.Network("phone", in.Internet, netlab.Carrier)) // see Err
		_, _ = b.Plug(in.Network("tablet", in.Internet, netlab.Carrier))
		return a, b
	}).meet()
	n := 5
	if soak() > 1 {
		n = 100
	}
	dice := rand.New(rand.NewPCG(5, 6))
	down := [2]bool{}
	var all []time.Duration
	for i := range n {
		who := dice.IntN(2)
		port, change := x.hosts[who].Ports[0], "up"
		at := x.now()
		if down[who] = !down[who]; down[who] {
			change = "down"
		}
		if err := map[string]func() error{"up": port.Up, "down": port.Down}[change](); err != nil {
			t.Fatal(err)
		}
		wait(2 + dice.Float64()) // a path may live on for a moment
		x.awaitSound(x.now(), 30*time.Second)
		after := [2]time.Duration{x.troubleSince(0, at[0]), x.troubleSince(1, at[1])}
		t.Logf("%d: %s %s: a hears after %v, b after %v", i, lab.Letter(who), change, after[0], after[1])
		all = append(all, max(after[0], after[1]))
	}
	slices.Sort(all)
	median, p95 := all[len(all)/2], all[len(all)*95/100]
	t.Logf("sound back in %v, p95 %v", median, p95)
	if soak() > 1 && (median > 2*time.Second || p95 > 5*time.Second) {
		t.Errorf("sound back in %v, p95 %v; want 2 s and 5 s", median, p95)
	}
	x.finish()
}

// streets puts the two behind routers of their own.
func streets(in *netlab.World) (a, b *netlab.Host) {
	return in.Host("a", in.Network("home", in.Internet, netlab.Home)), in.Host("b", in.Network("office", in.Internet, netlab.Home))
}

// gap is the longest time for which nothing of the other's sound came to i between two of its moments.
func (x *stayers) gap(i int, from, to float64) (longest time.Duration) {
	x.Helper()
	var last moment
	for _, m := range x.moments(i) {
		if m.At < from || m.At > to || len(m.Peers) != 1 {
			continue
		}
		// What is stretched or shortened while the buffer finds its length is no gap.
		if last.Peers == nil || m.Peers[0].Received-last.Peers[0].Received > 0.2*(m.At-last.At)*second/1000 {
			last = m
			continue
		}
		longest = max(longest, time.Duration(m.At-last.At)*time.Millisecond)
	}
	return longest
}

// TestServerGone: the server is killed, for ten seconds here and a minute in soak. Nobody hears anything of it; a switch to mute is
// seen, and afterwards all is as before.
func TestServerGone(t *testing.T) {
	t.Parallel()
	x := newStayers(t, 6, streets).meet()
	marks := [2]int{x.clients[0].Mark(), x.clients[1].Mark()}
	begin := x.now()
	if err := x.server.Kill(); err != nil {
		t.Fatal(err)
	}
	for i, c := range x.clients {
		x.await(c, marks[i], "lost")
	}
	wait(10 * soak())
	x.serve()
	started := time.Now()
	for i, c := range x.clients {
		x.await(c, marks[i], "online")
	}
	t.Logf("online %v after the start", time.Since(started).Round(10*time.Millisecond))
	wait(2)
	for i, end := range x.now() {
		if gap := x.gap(i, begin[i], end); gap > time.Second {
			t.Errorf("%s heard nothing for %v", lab.Letter(i), gap)
		}
	}
	x.finish()
}

// TestRelayRestart: two who are relayed by a server that restarts hear each other again within five seconds of its start.
func TestRelayRestart(t *testing.T) {
	t.Parallel()
	x := newStayers(t, 7, streets).meet("--always-relay")
	marks := [2]int{x.clients[0].Mark(), x.clients[1].Mark()}
	if err := x.server.Kill(); err != nil {
		t.Fatal(err)
	}
	for i, c := range x.clients {
		x.await(c, marks[i], "peer_reconnecting")
	}
	wait(3)
	at := x.now()
	x.serve()
	ready := x.now()
	after := x.awaitSound(at, 30*time.Second)
	for i := range after {
		took := after[i] - time.Duration(ready[i]-at[i])*time.Millisecond
		t.Logf("%s hears %v after the server was ready", lab.Letter(i), took)
		if took > 5*time.Second*time.Duration(patience()) {
			t.Errorf("%s hears %v after the server was ready", lab.Letter(i), took)
		}
	}
	x.finish()
}

// patience is how much longer than on an idle machine things may take where nobody measures.
func patience() int {
	if soak() > 1 {
		return 1
	}
	return 3
}

// TestHalfOpen: what goes between a client and the server by TCP vanishes without a word. Both notice it within 45 seconds; the two
// go on talking meanwhile.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	x := newStayers(t, 8, streets).meet()
	mark, other := x.clients[0].Mark(), x.clients[1].Mark()
	begin, at := time.Now(), x.now()
	x.firewall(x.hosts[0].Name, "tcp dport 443 counter drop") // not an acknowledgment goes out: the server hears as little
	x.await(x.clients[0], mark, "lost")
	t.Logf("the client knows after %v", time.Since(begin).Round(time.Millisecond))
	if took := time.Since(begin); took > 50*time.Second {
		t.Errorf("the client knows after %v", took)
	}
	x.firewall(x.hosts[0].Name, "")
	x.await(x.clients[0], mark, "online")
	for i, end := range x.now() {
		if gap := x.gap(i, at[i], end); gap > time.Second {
			t.Errorf("%s heard nothing for %v", lab.Letter(i), gap)
		}
	}
	if _, err := x.clients[1].Await(x.within(10*time.Millisecond), other, "peer_left", nil); err == nil {
		t.Error("the other one was told that it is gone")
	}
	x.finish()
}

// TestSuspended: a program is stopped, for 40 seconds here and ten minutes in soak, when everybody has given it up, and goes on.
func TestSuspended(t *testing.T) {
	t.Parallel()
	x := newStayers(t, 9, streets).meet()
	mark := x.clients[1].Mark()
	if err := x.clients[0].Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	x.await(x.clients[1], mark, "peer_reconnecting")
	if wait(40); soak() > 1 {
		wait(560)
	}
	mark = x.clients[1].Mark()
	if err := x.clients[0].Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	x.await(x.clients[1], mark, "peer_connected")
	x.settle()
	t.Logf("sound %v after it went on, at the latest", time.Since(begin).Round(time.Millisecond))
	x.finish()
}

// TestNewPathWithoutServer: the server is gone for good, and another's relay is there. One of the two comes into a better network
// while the one before is still of use: they agree over the path that they have on one through the new, without a gap, and the old
// network can go.
func TestNewPathWithoutServer(t *testing.T) {
	t.Parallel()
	var elsewhere *netlab.Host
	x := newStayers(t, 10, func(in *netlab.World) (a, b *netlab.Host) {
		elsewhere = in.Host("elsewhere", in.Internet)
		a, b = in.Host("a", in.Network("home", in.Internet, netlab.Home)), in.Host("b", in.Network("office", in.Internet, netlab.Home))
		_, _ = a.Plug(in.Network("phone", in.Internet, netlab.Carrier)) // see Err
		return a, b
	})
	address := elsewhere.IP4().String() + ":5000"
	x.coturn(elsewhere.Name, address)
	x.server.Close()
	file := filepath.Join(x.dir, "coturn.turn")
	if err := os.WriteFile(file, []byte("turn:"+address+"?transport=udp\nshared\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x.args = []string{"--turn", file}
	x.serve()
	home, phone := x.hosts[0].Ports[0], x.hosts[0].Ports[1]
	if err := home.Down(); err != nil {
		t.Fatal(err)
	}
	// What is bound to the phone's address goes by the phone, as it does on systems of the strong host model (RFC 1122, section 3.3.4.2).
	own := x.addressOf(x.hosts[0], phone.Device)
	for _, args := range []string{"rule add from " + own + " lookup 100", "route add default dev " + phone.Device + " table 100"} {
		if out, err := exec.Command("ip", append([]string{"-n", x.hosts[0].Name}, strings.Fields(args)...)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", args, err, out)
		}
	}
	// Only what goes out by a host candidate is bound to an address; what STUN or TURN have found may go by either. And the server's
	// own relay goes with it.
	for x.meet(); !strings.HasPrefix(x.path(0), "host/") || strings.HasSuffix(x.path(0), "/relay"); x.meet() {
		x.leave(x.clients[:]...)
	}
	marks := [2]int{x.clients[0].Mark(), x.clients[1].Mark()}
	if err := x.server.Kill(); err != nil {
		t.Fatal(err)
	}
	for i, c := range x.clients {
		x.await(c, marks[i], "lost")
	}
	begin := x.now()
	if err := home.Up(); err != nil {
		t.Fatal(err)
	}
	for i := range x.clients {
		x.awaitAnother(i, begin[i])
	}
	if err := phone.Down(); err != nil {
		t.Fatal(err)
	}
	wait(4)
	for i, end := range x.now() {
		if gap := x.gap(i, begin[i], end); gap > time.Second {
			t.Errorf("%s heard nothing for %v", lab.Letter(i), gap)
		}
	}
	mark := x.clients[1].Mark() // to leave is told past the server, too
	x.leave(x.clients[0])
	x.await(x.clients[1], mark, "peer_left")
	x.leave(x.clients[1])
}

// path is the types of the candidates that i's connection goes by, its own first.
func (x *stayers) path(i int) string {
	list := x.moments(i)
	if last := list[len(list)-1]; len(last.Peers) == 1 {
		return last.Peers[0].Path
	}
	return ""
}

// addressOf is a host's IPv4 address on a device.
func (x *stayers) addressOf(h *netlab.Host, device string) (address string) {
	x.Helper()
	err := h.Do(func() error {
		i, err := net.InterfaceByName(device)
		if err != nil {
			return err
		}
		list, err := i.Addrs()
		for _, a := range list {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
				address = p.Addr().String()
			}
		}
		return err
	})
	if err != nil || address == "" {
		x.Fatalf("no address on %s: %v", device, err)
	}
	return address
}

// awaitAnother waits until i has another peer connection than at a moment: it counts anew what it sends.
func (x *stayers) awaitAnother(i int, since float64) {
	x.Helper()
	over := time.After(30 * time.Second)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		most := 0.0
		for _, m := range x.moments(i) {
			if len(m.Peers) != 1 {
				continue
			}
			if sent := m.Peers[0].Sent; m.At > since && sent < most {
				x.Logf("%s: another connection after %.1f s, %s", lab.Letter(i), (m.At-since)/1000, m.Peers[0].Path)
				return
			}
			most = m.Peers[0].Sent
		}
		select {
		case <-tick.C:
		case <-over:
			x.Fatalf("%s has the same connection\n%s\n%s", lab.Letter(i), x.clients[0].Output(), x.clients[1].Output())
		}
	}
}

// TestPathLost: what is between two goes away without a word to either, and comes again where no path of before leads: a router has
// another address. It is so for each of the two, because one of them makes the offers and the other asks for them; and once with a
// path on which one direction alone is dead.
func TestPathLost(t *testing.T) {
	t.Parallel()
	var routers [2]*netlab.Network
	x := newStayers(t, 11, func(in *netlab.World) (a, b *netlab.Host) {
		routers = [2]*netlab.Network{in.Network("home", in.Internet, netlab.Home), in.Network("office", in.Internet, netlab.Home)}
		return in.Host("a", routers[0]), in.Host("b", routers[1])
	}).meet()
	for i, r := range routers {
		at := x.now()
		if err := r.Uplink.Renumber(); err != nil {
			t.Fatal(err)
		}
		if err := r.Flush(); err != nil {
			t.Fatal(err)
		}
		wait(1) // it is heard for as long as the buffer lasts
		after := x.awaitSound([2]float64{at[0] + 1000, at[1] + 1000}, 30*time.Second)
		t.Logf("%s is elsewhere: a hears %v later, b %v", lab.Letter(i), after[0]+time.Second, after[1]+time.Second)
	}
	for i, h := range x.hosts {
		at := x.now()
		x.firewall(h.Name, "meta l4proto udp counter drop")
		wait(4)
		x.firewall(h.Name, "")
		after := x.awaitSound([2]float64{at[0] + 4000, at[1] + 4000}, 30*time.Second)
		t.Logf("%s could not send: a hears %v after it can again, b %v", lab.Letter(i), after[0], after[1])
	}
	x.finish()
}

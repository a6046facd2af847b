package test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
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
}

// newStayers makes them, where the test says.
func newStayers(t *testing.T, seed uint64, build func(*netlab.World) (a, b *netlab.Host), args ...string) *stayers {
	t.Helper()
	in := netlab.NewWorld(seed)
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	x := &stayers{in: in, host: in.Host("server", in.Internet)}
	x.hosts[0], x.hosts[1] = build(in)
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	x.world = newWorld(t, 0, nil)
	x.server.Close()
	x.listen = "[::]:443"
	x.serve()
	var err error
	if x.voices, err = lab.Voices(8); err != nil {
		t.Fatal(err)
	}
	for i, h := range x.hosts {
		if err := lab.WriteWAV(x.voice(i), x.voices[i]); err != nil {
			t.Fatal(err)
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
	x.world.serve(lab.Command{Netns: x.host.Name, Args: []string{"--public-host", x.host.DNS()}})
}

func (x *stayers) heard(i int) string { return filepath.Join(x.dir, "heard-"+lab.Letter(i)) }
func (x *stayers) stats(i int) string { return filepath.Join(x.dir, lab.Letter(i)+".stats") }

// moment is how somebody's statistics stood.
type moment struct {
	At    float64 `json:"at_ms"`
	Peers []struct {
		User, Phase, Path string
		Received          float64
	}
}

func (x *stayers) moments(i int) (list []moment) {
	data, _ := os.ReadFile(x.stats(i)) // what can't be read has no moments
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
		phone := in.Network("phone", in.Internet, netlab.Carrier)
		a, b = in.Host("a", home), in.Host("b", office)
		_, _ = a.Plug(phone) // see Err
		_, _ = b.Plug(phone)
		return a, b
	})
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
		if change == "up" { // its path lives on until its place is taken
			wait(2)
		}
		after := x.awaitSound(at, 30*time.Second)
		t.Logf("%d: %s %s: a hears after %v, b after %v", i, lab.Letter(who), change, after[0], after[1])
		all = append(all, max(after[0], after[1]))
		wait(1 + 3*dice.Float64())
	}
	slices.Sort(all)
	median, p95 := all[len(all)/2], all[len(all)*95/100]
	t.Logf("sound back in %v, p95 %v", median, p95)
	if soak() > 1 && (median > 2*time.Second || p95 > 5*time.Second) {
		t.Errorf("sound back in %v, p95 %v; want 2 s and 5 s", median, p95)
	}
	x.finish()
}

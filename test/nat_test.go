package test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/audio/wavdev"
	"parley/test/lab"
	"parley/test/netlab"
)

// matrix says who reaches whom directly. The rest needs the server's relay, by TCP or TLS where UDP does not get out or where one
// has only IPv6, and the other only IPv4.
//
// A symmetric NAT shows the far end another port than it shows the server. Nobody can know which, and so only those let it in
// who let in everybody.
var (
	places = strings.Fields("open home carrier symmetric no-udp only-443 six")
	matrix = map[string]string{
		"open":      "       +    +    +       +         .      .        +",
		"home":      "       +    +    +       .         .      .        .",
		"carrier":   "       +    +    +       .         .      .        .",
		"symmetric": "       +    .    .       .         .      .        .",
		"no-udp":    "       .    .    .       .         .      .        .",
		"only-443":  "       .    .    .       .         .      .        .",
		"six":       "       +    .    .       .         .      .        +",
	}
)

// cell is where two people sit, and whether there is a way without the relay.
type cell struct {
	a, b   string
	direct bool
}

// telling are the cells that are tried each time. Two of them are not in the matrix: "flat" is in the same home, and "street" behind
// the same carrier, which has to turn packets round.
var telling = []cell{
	{"only-443", "home", false},
	{"six", "only-443", false},
	{"carrier", "no-udp", false},
	{"symmetric", "symmetric", false},
	{"symmetric", "open", true},
	{"home", "home", true},
	{"home", "flat", true},
	{"carrier", "street", true},
	{"six", "six", true},
}

// cells are the telling ones, and in the long form all.
func cells() []cell {
	list := slices.Clone(telling)
	for _, a := range places {
		for _, b := range places {
			if c := (cell{a, b, reached(a, b)}); soak() > 1 && !slices.Contains(list, c) {
				list = append(list, c)
			}
		}
	}
	return list
}

// reached says what the matrix does.
func reached(a, b string) bool {
	return strings.Fields(matrix[a])[slices.Index(places, b)] == "+"
}

// TestMatrix: what is expected does not depend on who is called a.
func TestMatrix(t *testing.T) {
	for _, a := range places {
		for _, b := range places {
			if reached(a, b) != reached(b, a) {
				t.Errorf("%s and %s: %v, the other way round %v", a, b, reached(a, b), reached(b, a))
			}
		}
	}
	for _, c := range telling {
		if slices.Contains(places, c.b) && c.direct != reached(c.a, c.b) {
			t.Errorf("%v: the matrix says otherwise", c)
		}
	}
}

// people are hosts by where they are, those of b elsewhere than those of a, but for the neighbours.
func people(w *netlab.World) (a, b map[string]*netlab.Host) {
	a, home, carrier := side(w, "a")
	b, _, _ = side(w, "b")
	b["flat"] = w.Host("b-flat", home)
	b["street"] = w.Host("b-street", w.Network("b-next-door", carrier, netlab.Home))
	return a, b
}

func side(w *netlab.World, name string) (hosts map[string]*netlab.Host, home, carrier *netlab.Network) {
	home = w.Network(name+"-house", w.Internet, netlab.Home)
	carrier = w.Network(name+"-provider", w.Internet, netlab.Carrier)
	hosts = map[string]*netlab.Host{}
	for place, on := range map[string]*netlab.Network{
		"open":      w.Internet,
		"home":      home,
		"carrier":   w.Network(name+"-below", carrier, netlab.Home),
		"symmetric": w.Network(name+"-random", w.Internet, netlab.SymmetricNAT),
		"no-udp":    w.Network(name+"-tcp", w.Internet, netlab.UDPDropped),
		"only-443":  w.Network(name+"-web", w.Internet, netlab.Only443),
		"six":       w.Network(name+"-v6", w.Internet, netlab.SixOnly),
	} {
		hosts[place] = w.Host(name+"-"+place, on)
	}
	return hosts, home, carrier
}

// TestThroughNATs: two people hear each other wherever they sit, directly where there is a way, and else through the relay.
func TestThroughNATs(t *testing.T) {
	internet := newInternet(t, 5)
	host := internet.Host("server", internet.Internet)
	a, b := people(internet)
	if err := internet.Err(); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, 0, nil)
	w.server.Close()
	w.listen = "[::]:443"
	w.serve(lab.Command{Netns: host.Name, Args: []string{"--public-host", host.DNS()}})
	list := cells()
	w.invite(2 * len(list))
	voices, err := lab.Voices(8)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := lab.WriteWAV(w.voice(i), voices[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range list {
		t.Run(c.a+" and "+c.b, func(t *testing.T) {
			t.Parallel()
			pair := *w
			pair.T = t
			pair.meet(strconv.Itoa(i), [2]*netlab.Host{a[c.a], b[c.b]}, voices, c.direct)
		})
	}
}

// invite is one for that many people.
func (w *world) invite(uses int) {
	w.Helper()
	out := w.parleyd("invite", "--uses", strconv.Itoa(uses))
	var made struct{ Invite string }
	if err := json.Unmarshal([]byte(out), &made); err != nil || made.Invite == "" {
		w.Fatalf("no invite in %q: %v", out, err)
	}
	w.server.Ready.Invite = made.Invite
}

// parleyd runs a command about the server.
func (w *world) parleyd(args ...string) (stdout string) {
	w.Helper()
	args = append(args, "--data", filepath.Join(w.dir, "server"))
	out, status, err := w.programs.Run(w.within(20*time.Second), "parleyd", lab.Command{Args: args})
	if err != nil || status != 0 {
		w.Fatalf("parleyd %v: status %d, %v", args, status, err)
	}
	return out
}

func (w *world) voice(i int) string { return filepath.Join(w.dir, "voice-"+lab.Letter(i)+".wav") }

// meet lets two people talk for some seconds in a channel of their own.
func (w *world) meet(name string, hosts [2]*netlab.Host, voices [][]float32, direct bool) {
	w.Helper()
	w.parleyd("channels", "add", name)
	begin := time.Now()
	var clients [2]*lab.Client
	var heard [2]string
	for i, h := range hosts {
		me := name + lab.Letter(i)
		heard[i] = filepath.Join(w.dir, me+"-heard")
		clients[i] = w.client(me, lab.Command{Netns: h.Name}, plain("--channel", name, "--play", w.voice(i), "--loop",
			"--record-dir", heard[i], "--stats", heard[i]+".stats")...)
	}
	for _, c := range clients {
		w.await(c, 0, "first_sound")
	}
	took := time.Since(begin)
	// A busy machine stalls for seconds: that is waited for.
	for range 30 {
		if wait(1); smooth(heard[0]+".stats") && smooth(heard[1]+".stats") {
			break
		}
	}
	users := [2]string{w.user(clients[0]), w.user(clients[1])}
	w.leave(clients[:]...)
	for i := range clients {
		lines := others(heard[i] + ".stats")
		if len(lines) == 0 {
			w.Fatalf("%s has no statistics of the other", lab.Letter(i))
		}
		last := lines[len(lines)-1]
		if last.Path == "/" || last.Relay == direct {
			w.Errorf("%s: the path is %q, relayed %v", lab.Letter(i), last.Path, last.Relay)
		}
		samples, err := wavdev.ReadFile(filepath.Join(heard[i], users[1-i]+".wav"))
		if err != nil {
			w.Fatal(err)
		}
		// A quarter of the time proves the way: on a machine that starts programs all the while, the rest may be stretched or late.
		// Another voice has -1 dB at the most.
		_, all := loopedWindows(voices[1-i], samples[max(0, len(samples)-4*second):], second/4)
		slices.Sort(all)
		if got := all[len(all)*3/4]; !(got >= 8) {
			w.Errorf("%s hears the other at %.1f dB, want 8 in a quarter of these\n%s", lab.Letter(i), all, about(heard[i]+".stats", users[1-i]))
		}
		w.Logf("%s: %s, %.1f dB", lab.Letter(i), last.Path, all[len(all)/2])
	}
	w.Logf("sound after %.1f s", took.Seconds())
}

// other is what a client's statistics say of the only other one.
type other struct {
	Path      string
	Relay     bool
	Received  uint64 // samples
	Concealed uint64
}

// others reads a line of each second in which somebody else was there.
func others(stats string) (lines []other) {
	data, err := os.ReadFile(stats)
	if err != nil {
		return nil
	}
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		var line struct{ Peers []other }
		if d.Decode(&line) != nil {
			return lines
		}
		lines = append(lines, line.Peers...)
	}
}

// smooth says whether nearly all of the last four seconds' sound came in time.
func smooth(stats string) bool {
	lines := others(stats)
	if len(lines) < 5 {
		return false
	}
	from, to := lines[len(lines)-5], lines[len(lines)-1]
	return to.Received-from.Received > 3*second && to.Concealed-from.Concealed < second/5
}

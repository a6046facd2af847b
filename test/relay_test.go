package test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/audio/wavdev"
	"parley/test/lab"
	"parley/test/netlab"
)

// closed is what a firewall lets nothing of through: nothing; UDP, and the gateway's port but for two gateways; and all but that
// port.
var closed = map[string]string{
	"udp": "",
	"tcp": "meta l4proto udp counter drop; tcp dport 7440 tcp flags & (syn | ack) == syn limit rate over 1/hour burst 2 packets counter drop",
	"tls": "meta l4proto udp counter drop; tcp dport 3478 counter drop",
}

// firewall sets the rules of packets that leave a network namespace.
func (w *world) firewall(netns, rules string) {
	w.Helper()
	script := "flush ruleset\n"
	if rules != "" {
		script += "table inet f { chain out { type filter hook output priority 0; policy accept; " + rules + "\n}\n}\n"
	}
	c := exec.Command("ip", "netns", "exec", netns, "nft", "-f", "-")
	c.Stdin = strings.NewReader(script)
	if out, err := c.CombinedOutput(); err != nil {
		w.Fatalf("nft: %v: %s", err, out)
	}
}

// relayedBy waits until somebody's statistics say how they reach the relay, and whether one is in use at all.
func (w *world) relayedBy(stats, user string) (by string, relay bool) {
	w.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	ctx := w.within(30 * time.Second)
	for {
		data, _ := os.ReadFile(stats)
		lines := strings.Split(strings.TrimSpace(string(data)), "\n")
		var line struct {
			Peers []struct {
				User     string
				Relay    bool
				RelayBy  string `json:"relay_by"`
				Received uint64
			}
		}
		if json.Unmarshal([]byte(lines[len(lines)-1]), &line) == nil {
			for _, p := range line.Peers {
				if p.User == user && p.Received > 0 {
					return p.RelayBy, p.Relay
				}
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			w.Fatalf("%s: nothing of %s:\n%s", stats, user, data)
		}
	}
}

// talkers are what the tests of paths share: a world of two namespaces, and something to say.
type talkers struct {
	*world
	net    *netlab.Net
	speech []float32
	wav    string
}

func newTalkers(t *testing.T, seed uint64, args ...string) *talkers {
	t.Helper()
	w, net := apart(t, seed)
	if len(args) > 0 {
		w.server.Close()
		w.serve(lab.Command{Netns: net.A.Name, Args: args})
	}
	x := &talkers{world: w, net: net, speech: w.speech(8), wav: filepath.Join(w.dir, "speech.wav")}
	if err := lab.WriteWAV(x.wav, x.speech); err != nil {
		t.Fatal(err)
	}
	return x
}

// pair has two people in these namespaces talk, and wants that they reach their relays as first and second say ("": without one).
func (x *talkers) pair(name string, one, other netlab.Side, first, second string, args ...string) {
	x.Helper()
	stats := func(who string) string { return filepath.Join(x.dir, name+who+".stats") }
	ear := filepath.Join(x.dir, name+"-ear.wav")
	begin := time.Now()
	ana := x.client(name+"ana", lab.Command{Netns: one.Name},
		append(plain("--play", x.wav, "--loop", "--speaker", "none", "--stats", stats("ana")), args...)...)
	ben := x.client(name+"ben", lab.Command{Netns: other.Name},
		append(plain("--play", x.wav, "--loop", "--record", ear, "--stats", stats("ben")), args...)...)
	x.await(ben, 0, "first_sound")
	took := time.Since(begin)
	got, relayed := x.relayedBy(stats("ana"), x.user(ben))
	back, _ := x.relayedBy(stats("ben"), x.user(ana))
	if got != first || back != second || relayed != (first != "" || second != "") {
		x.Errorf("%s: by %q and %q, want %q and %q; relayed: %v", name, got, back, first, second, relayed)
	}
	wait(4)
	x.leave(ana, ben)
	heard, err := wavdev.ReadFile(ear)
	if err != nil {
		x.Fatal(err)
	}
	quality := likeness(x.speech, heard[len(heard)/3:])
	x.Logf("%s: by %q and %q, first sound %v after the start, SI-SDR %.1f dB", name, got, back, took.Round(time.Millisecond), quality)
	if !(quality >= 10) {
		x.Errorf("%s: SI-SDR %.1f dB, want 10\n%s", name, quality, about(stats("ben"), x.user(ana)))
	}
}

// likeness is what looped says of a second, in the best quarter of all: where a packet was late, time was stretched, and what was
// heard is no less the speech for it.
func likeness(speech, heard []float32) float64 {
	var all []float64
	for part := range slices.Chunk(heard, second) {
		if len(part) == second {
			all = append(all, looped(speech, part))
		}
	}
	slices.Sort(all)
	if len(all) == 0 {
		return math.Inf(-1)
	}
	return all[len(all)*3/4]
}

// TestRelayTransports: two who show nobody their addresses hear each other through the relay, by UDP where that is let through, by
// TCP where it is not, and through the gateway's port where nothing else is. Two who have nothing to hide need no relay, but where
// a firewall lets only that port through.
func TestRelayTransports(t *testing.T) {
	x := newTalkers(t, 3)
	for _, by := range []string{"udp", "tcp", "tls"} {
		x.firewall(x.net.B.Name, closed[by])
		x.pair(by, x.net.B, x.net.B, by, by, "--always-relay")
	}
	x.pair("firewall", x.net.A, x.net.B, "udp", "tls")
	x.firewall(x.net.B.Name, "")
	x.pair("none", x.net.A, x.net.B, "", "")
}

// TestRelayIPv6: the same where there is no IPv4, directly and by TCP and TLS (no client of ours asks a relay by UDP there): at all, and
// for the clients alone, whom a server with both relays by IPv4.
func TestRelayIPv6(t *testing.T) {
	x := newTalkers(t, 4)
	ip := func(side netlab.Side, args string) {
		c := exec.Command("ip", append([]string{"-n", side.Name}, strings.Fields(args+" dev "+side.Device())...)...)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", args, err, out)
		}
	}
	for i, side := range []netlab.Side{x.net.A, x.net.B} {
		ip(side, fmt.Sprintf("addr add fd99::%d/64 nodad", i+1))
		ip(side, "addr del "+side.IP+"/24")
	}
	serve := func(listen string, args ...string) {
		x.server.Close()
		x.listen = listen
		x.serve(lab.Command{Netns: x.net.A.Name, Args: args})
	}
	serve(":7440", "--public-host", "[fd99::1]")
	x.pair("six", x.net.A, x.net.B, "", "")
	x.firewall(x.net.B.Name, closed["tcp"])
	x.pair("sixtcp", x.net.B, x.net.B, "tcp", "tcp", "--always-relay")
	ip(x.net.A, "addr add "+x.net.A.IP+"/24")
	serve(":7440", "--public-host", "[fd99::1]")
	x.firewall(x.net.B.Name, closed["tls"])
	x.pair("sixtls", x.net.B, x.net.B, "tls", "tls", "--always-relay")
}

// coturn starts the TURN server that we did not write, with the secret "shared".
func (w *world) coturn(netns, address string) {
	w.Helper()
	host, port, _ := strings.Cut(address, ":")
	coturn, err := lab.Start(lab.Command{Netns: netns, Path: "turnserver", Dir: w.dir, Args: []string{
		"-n", "--listening-ip", host, "--relay-ip", host, "--listening-port", port, "--realm", "elsewhere", "--use-auth-secret", "--static-auth-secret", "shared",
		"--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout", "--simple-log", "--pidfile", filepath.Join(w.dir, "coturn.pid"), "--userdb", filepath.Join(w.dir, "coturn.db"),
	}}, nil, nil)
	if err != nil {
		w.Fatalf("coturn (scripts/deps.sh test brings it): %v", err)
	}
	w.Cleanup(func() { coturn.Close() })
}

// TestCoturn: where the server's own relay can't be reached, another's is used, which takes the credentials that the server makes.
// With another secret it takes none.
func TestCoturn(t *testing.T) {
	const address = "10.199.0.1:5000"
	x := newTalkers(t, 5)
	serve := func(secret string) {
		file := filepath.Join(x.dir, secret+".turn")
		if err := os.WriteFile(file, []byte("turn:"+address+"?transport=udp\n"+secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		x.server.Close()
		x.serve(lab.Command{Netns: x.net.A.Name, Args: []string{"--turn", file}})
	}
	x.coturn(x.net.A.Name, address)
	// Its own relay is out of reach but by TLS, which is asked last.
	x.firewall(x.net.B.Name, "meta l4proto udp th dport { 3478, 7440 } counter drop; tcp dport 3478 counter drop")
	serve("shared")
	x.pair("coturn", x.net.B, x.net.B, "udp", "udp", "--always-relay")
	serve("guessed")
	x.pair("refused", x.net.B, x.net.B, "tls", "tls", "--always-relay")
}

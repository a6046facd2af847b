package test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/test/lab"
	"parley/test/netlab"
)

// TestVanished: of somebody whose network is gone, the server has no connection any more after 45 s, be it the websocket's, where nothing
// is on its way, or the relay's, where there is. It takes that time, and so is part of make soak alone; that the system is told to look is
// a test of package server.
func TestVanished(t *testing.T) {
	if soak() == 1 {
		return
	}
	x := newTalkers(t, 21)
	x.firewall(x.net.B.Name, closed["tcp"])
	stats := filepath.Join(x.dir, "far.stats")
	near := x.client("near", lab.Command{Netns: x.net.A.Name}, plain("--play", x.wav, "--loop", "--speaker", "none")...)
	far := x.client("far", lab.Command{Netns: x.net.B.Name}, plain("--play", x.wav, "--loop", "--speaker", "none", "--always-relay", "--stats", stats)...)
	x.await(near, 0, "first_sound")
	x.await(far, 0, "first_sound")
	if by, relay := x.relayedBy(stats, x.user(near)); by != "tcp" || !relay {
		t.Fatalf("by %q, relayed %v", by, relay)
	}
	if n := x.connections(x.net.A.Name, x.net.B.IP); n < 2 {
		t.Fatalf("%d connections, want the websocket's and the relay's", n)
	}
	x.net.Set(netlab.Params{Loss: 1})
	begin := time.Now()
	for x.connections(x.net.A.Name, x.net.B.IP) > 0 {
		if time.Since(begin) > 50*time.Second { // 45, and a busy machine
			t.Fatalf("after %v there still are %d connections", time.Since(begin), x.connections(x.net.A.Name, x.net.B.IP))
		}
		wait(0.5)
	}
	t.Logf("none is left after %.1f s", time.Since(begin).Seconds())
}

// connections is how many there are by TCP from a namespace to an address.
func (w *world) connections(netns, to string) int {
	w.Helper()
	out, err := exec.Command("ip", "netns", "exec", netns, "ss", "-Htn", "state", "established", "dst", to).Output()
	if err != nil {
		w.Fatal(err)
	}
	return strings.Count(string(out), "\n")
}

package test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/audio/wavdev"
	"parley/test/lab"
)

// closed is what a firewall lets nothing of through: nothing, UDP, and all but the https port.
var closed = map[string]string{
	"udp": "",
	"tcp": "meta l4proto udp counter drop",
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

// TestRelayTransports: two who show nobody their addresses hear each other through the relay, by UDP where that is let through, by
// TCP where it is not, and through the https port where nothing else is. Somebody who has nothing to hide, and a firewall that
// lets only that port through, hears and is heard by one without a firewall.
func TestRelayTransports(t *testing.T) {
	w, net := apart(t, 3)
	t.Cleanup(func() { w.firewall(net.B.Name, "") })
	speech := w.speech(8)
	wav := filepath.Join(w.dir, "speech.wav")
	if err := lab.WriteWAV(wav, speech); err != nil {
		t.Fatal(err)
	}
	for _, by := range []string{"udp", "tcp", "tls"} {
		w.firewall(net.B.Name, closed[by])
		w.pair(by, speech, wav, lab.Command{Netns: net.B.Name}, by, by, "--always-relay")
	}
	w.pair("open", speech, wav, lab.Command{Netns: net.A.Name}, "udp", "tls")
}

// pair has two people of the far namespace, or one of the near and one of the far, talk.
func (w *world) pair(name string, speech []float32, wav string, first lab.Command, by, otherBy string, args ...string) {
	w.Helper()
	second := first
	if by != otherBy {
		second.Netns = strings.TrimSuffix(first.Netns, "a") + "b"
	}
	stats := func(who string) string { return filepath.Join(w.dir, name+who+".stats") }
	begin := time.Now()
	ana := w.client(name+"ana", first, append(plain("--play", wav, "--loop", "--speaker", "none", "--stats", stats("ana")), args...)...)
	ear := filepath.Join(w.dir, name+"-ear.wav")
	ben := w.client(name+"ben", second, append(plain("--play", wav, "--loop", "--record", ear, "--stats", stats("ben")), args...)...)
	w.await(ben, 0, "first_sound")
	took := time.Since(begin)
	got, relayed := w.relayedBy(stats("ana"), w.user(ben))
	other, _ := w.relayedBy(stats("ben"), w.user(ana))
	if got != by || other != otherBy || !relayed {
		w.Errorf("%s: by %q and %q, want %q and %q; relayed: %v", name, got, other, by, otherBy, relayed)
	}
	wait(6)
	w.leave(ana, ben)
	heard, err := wavdev.ReadFile(ear)
	if err != nil {
		w.Fatal(err)
	}
	quality := looped(speech, heard[len(heard)/2:])
	w.Logf("%s: by %q and %q, first sound %v after the start, SI-SDR %.1f dB", name, got, other, took.Round(time.Millisecond), quality)
	if !(quality >= 12) {
		w.Errorf("%s: SI-SDR %.1f dB, want 12", name, quality)
	}
}

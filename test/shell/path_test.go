package shell_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// TestRelay: who shows nobody their addresses is heard through the server's relay; a direct pair beside them is not sent
// through it.
func TestRelay(t *testing.T) {
	w := newWorld(t)
	stats := func(name string) []string { return []string{"--stats", w.path(name + ".stats")} }
	ana := w.sits("Ana", 400, append(stats("Ana"), "--always-relay")...)
	ben := w.sits("Ben", 700, append(stats("Ben"), "--always-relay")...)
	carl, dora := w.sits("Carl", 1100, stats("Carl")...), w.sits("Dora", 1700, stats("Dora")...)
	all := []*person{ana, ben, carl, dora}
	for i, p := range all {
		p.connected(all[i+1:]...)
	}
	heard := hear(all...)
	for i, p := range all {
		var others []*person
		for _, o := range all {
			if o != p {
				others = append(others, o)
				hidden := p == ana || p == ben || o == ana || o == ben
				w.relayed(p, o, hidden)
			}
		}
		w.hears("in a channel of four", p, heard[i], others, nil)
	}
}

// relayed wants that p's statistics say whether the path to another goes through a relay.
func (w *world) relayed(p, other *person, want bool) {
	w.Helper()
	type peer struct {
		User, Path string
		Relay      bool
		Received   uint64
	}
	var got peer
	w.until(p.name+"'s statistics tell of "+other.name, func() bool {
		data, err := os.ReadFile(w.path(p.name + ".stats"))
		if err != nil {
			w.Fatal(err)
		}
		for l := range bytes.Lines(data) {
			var s struct{ Peers []peer }
			if json.Unmarshal(l, &s) != nil {
				return false // half a line
			}
			for _, x := range s.Peers {
				if x.User == other.user && x.Received > 0 {
					got = x
				}
			}
		}
		return got.User != ""
	})
	if got.Relay != want {
		w.Errorf("%s to %s: %q, relay %v, want %v", p.name, other.name, got.Path, got.Relay, want)
	}
}

func TestFullChannel(t *testing.T) {
	w := newWorld(t)
	quiet := []string{"--mic", "none", "--speaker", "none"}
	var seated []*person
	for i := range 8 {
		seated = append(seated, w.joins(fmt.Sprint("person", i), quiet...))
	}
	ninth := append([]string{"join", "--duration", "100ms", "--channel", "General"}, quiet...)
	w.ctl("Ninth", ninth...).ends(refused, "channel_full")
	w.ctl("Ninth", append(ninth, "--channel", "Games")...).ends(done, "")
	seated[3].leaves()
	w.ctl("Ninth", ninth...).ends(done, "")
	visitor := w.joins("Visitor", append(quiet, "--channel", "Games")...)
	seated[3] = w.joins("person3", quiet...)
	visitor.untold("switch General")
	seated[5].leaves()
	visitor.tell("switch General")
}

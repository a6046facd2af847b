package main

import (
	"testing"

	"parley/call"
)

// Files are taken from people who were known before they came, and not from who has only just been met, however often they come.
func TestMet(t *testing.T) {
	v := &visitor{fresh: map[string]bool{"stranger": true}}
	s := &call.Snapshot{Place: call.Place{Peers: []call.Peer{{User: "friend"}, {User: "new", New: true}, {User: "stranger"}}}}
	for user, want := range map[string]bool{"friend": true, "new": false, "stranger": false, "gone": false} {
		if v.met(s, user) != want {
			t.Errorf("%s: not %v", user, want)
		}
	}
}

package main

import (
	"reflect"
	"strings"
	"testing"

	"parley/call"
)

// Who calls themselves by somebody's id is not found by it.
func TestPickByID(t *testing.T) {
	ana := strings.Repeat("a", 32)
	s := &call.Snapshot{
		Place:     call.Place{Peers: []call.Peer{{User: "liar", Name: ana}, {User: "ben", Name: "Ben"}}},
		Directory: &call.Directory{Users: []call.User{{ID: ana, Name: "Ana"}}},
	}
	for want, user := range map[string]string{ana: ana, "Ana": ana, "Ben": "ben", "liar": "liar"} {
		if p, err := findAnybody(s, want); err != nil || p.User != user {
			t.Errorf("%s: %q, %v", want, p.User, err)
		}
	}
	if p, err := findPeer(s, ana); err == nil {
		t.Errorf("%q is here", p.User)
	}
}

func TestParseWhisper(t *testing.T) {
	for line, want := range map[string][]string{
		"off": nil, "Ana": {"Ana"}, "Ana, Ben": {"Ana", "Ben"}, "Ana Maria,Ben": {"Ana Maria", "Ben"},
	} {
		if c, err := parseWhisper(line); err != nil || !reflect.DeepEqual(c, call.Whisper{To: want}) {
			t.Errorf("%q: %+v, %v", line, c, err)
		}
	}
	for _, line := range []string{"", " ", ",", "Ana,", "Ana,,Ben"} {
		if c, err := parseWhisper(line); err == nil {
			t.Errorf("%q: %+v", line, c)
		}
	}
}

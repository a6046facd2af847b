package main

import (
	"reflect"
	"testing"

	"parley/call"
)

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

package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestEachTextStandsOnceWithAllWhoseItIs(t *testing.T) {
	in := map[string]bool{"parley": true, "parleyd": true}
	var out bytes.Buffer
	err := write(&out, "1.2.3", []*work{
		{name: "libz", version: "2", licence: "Zlib", about: "By somebody.", in: in, texts: []string{"terms of z\n"}},
		{name: "example.org/a", version: "v1", licence: "MIT", in: in, texts: []string{"terms\n"}},
		{name: "example.org/b", version: "v2", licence: "MIT", in: in, texts: []string{"terms\n", "more\n"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	rule := "\n" + strings.Repeat("=", 80) + "\n"
	want := "* libz 2\n  Zlib; in parley, parleyd\n  By somebody.\n* example.org/a v1\n  MIT; in parley, parleyd\n" +
		"* example.org/b v2\n  MIT; in parley, parleyd\n" +
		rule + "libz\n\nterms of z\n" + rule + "example.org/a, example.org/b\n\nterms\n" + rule + "example.org/b\n\nmore\n"
	if _, got, _ := strings.Cut(out.String(), "\n\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// The server needs no compiler for Windows, whose terms would be missing here: its notices can be made anywhere.
func TestTheServersNotices(t *testing.T) {
	var one bytes.Buffer
	if err := run([]string{"parleyd"}, &one); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"* modernc.org/sqlite v", "* Go standard library and runtime 1.", "* github.com/gorilla/websocket v",
		"Copyright 2009 The Go Authors"} {
		if !strings.Contains(one.String(), want) {
			t.Errorf("nothing of %q", want)
		}
	}
	for _, foreign := range []string{"fyne.io", "libvpx", "miniaudio", "\r"} {
		if strings.Contains(one.String(), foreign) {
			t.Errorf("the server's notices have %q", foreign)
		}
	}
}

//go:build !windows

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestShows: what has kept the program from starting is given to what the desktop shows such things with.
func TestShows(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if c := shows("parley: no"); c != nil {
		t.Errorf("%v, and there is nothing", c)
	}
	for _, name := range []string{"notify-send", "zenity"} { // the second is the better one
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		c := shows(strings.Repeat("x", 2*maxSaid) + " \x00\xff: read-only file system\n")
		if c == nil || c.Path != file {
			t.Fatalf("%s: %v", name, c)
		}
		last := c.Args[len(c.Args)-1]
		if !strings.HasSuffix(last, "xxx : read-only file system") || len(last) > maxSaid+len("--text=") {
			t.Errorf("%s: %q", name, last)
		}
	}
	if c := shows(" \n"); c != nil {
		t.Errorf("%v for nothing", c)
	}
}

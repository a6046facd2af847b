//go:build cgo && linux && !sharedvpx

package vp9

import (
	"fmt"
	"os"
	"testing"
)

// An encoder for 1920x1080 asks for 100 MB of tokens and uses few of them: what it does not use is not resident (memory.c).
func TestUnusedMemoryIsNotResident(t *testing.T) {
	const limit = 90 << 20 // what it does use is half of that
	pictures := patterns(1920, 1080, 3)
	before := resident(t)
	e := newEncoder(t, Config{Kbps: 4000})
	for _, p := range pictures {
		encode(t, e, p)
	}
	grown := resident(t) - before
	t.Logf("%d MiB", grown>>20)
	if grown > limit {
		t.Errorf("%d MiB more are resident, over %d", grown>>20, limit>>20)
	}
}

// resident is how many bytes of this process are in memory and nobody else's (proc_pid_statm(5)).
func resident(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, pages, shared int
	if _, err := fmt.Sscan(string(b), &size, &pages, &shared); err != nil {
		t.Fatal(err)
	}
	return (pages - shared) * os.Getpagesize()
}

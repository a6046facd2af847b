package calm

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestRuntime: one thread may be late, and every other one's timers stay as exact as they were.
func TestRuntime(t *testing.T) {
	thread, err := sysmon()
	if err != nil {
		t.Fatal(err)
	}
	before := read(t, os.Getpid())
	if before >= slack.Nanoseconds() {
		t.Fatalf("this process may be %d ns late already", before)
	}
	Runtime()
	if got := read(t, thread); got != slack.Nanoseconds() {
		t.Errorf("the thread may be %d ns late, want %d", got, slack.Nanoseconds())
	}
	if got := read(t, os.Getpid()); got != before {
		t.Errorf("the first thread may be %d ns late, before it was %d", got, before)
	}
}

func read(t *testing.T, thread int) int64 {
	t.Helper()
	data, err := os.ReadFile(file(thread))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

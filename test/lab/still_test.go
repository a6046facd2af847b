package lab

import (
	"testing"
	"time"
)

// TestAgainIfStill: what fails is tried again where the machine stood still, thrice at most, and what is well never.
func TestAgainIfStill(t *testing.T) {
	for _, c := range []struct {
		name        string
		most        time.Duration // longer than this, or as long, every try stands still
		well        int           // the try that is well
		calls, told int
	}{
		{"well at once", 0, 1, 1, 0},
		{"well at last", 0, 2, 2, 1},
		{"never well", 0, 9, 3, 2},
		{"not the machine's fault", time.Hour, 9, 1, 0},
	} {
		calls, told := 0, 0
		AgainIfStill(func(string, ...any) { told++ }, c.most, func() bool { calls++; return calls == c.well })
		if calls != c.calls || told != c.told {
			t.Errorf("%s: %d calls and %d words, want %d and %d", c.name, calls, told, c.calls, c.told)
		}
	}
}

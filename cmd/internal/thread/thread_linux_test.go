package thread

import (
	"runtime"
	"testing"
	"time"
)

// TestTime grows with work, and by no more than the time that has passed.
func TestTime(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began, first := time.Now(), Time()
	for used := first; used-first < 5*time.Millisecond; used = Time() {
		if time.Since(began) > 10*time.Second {
			t.Fatalf("%v used after ten seconds of work", used-first)
		}
	}
	if used, passed := Time()-first, time.Since(began); used > passed+5*time.Millisecond {
		t.Errorf("%v used in %v", used, passed)
	}
}

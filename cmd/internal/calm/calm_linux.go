package calm

import (
	"fmt"
	"os"
	"slices"
	"strconv"
)

// Runtime is called once, at the start. It changes nothing where it can't: an old kernel, or a system that hides /proc.
func Runtime() {
	if thread, err := sysmon(); err == nil {
		_ = os.WriteFile(file(thread), []byte(strconv.FormatInt(slack.Nanoseconds(), 10)), 0) // see proc_pid_timerslack_ns(5)
	}
}

func file(thread int) string { return fmt.Sprintf("/proc/%d/timerslack_ns", thread) }

// sysmon is the first thread that the runtime makes, before any code of the program: the second of the process. Were it another
// one, that one's timers would be late by the slack, and no harm done.
func sysmon() (int, error) {
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return 0, err
	}
	var threads []int
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil && n > os.Getpid() { // a number that has begun anew is left alone
			threads = append(threads, n)
		}
	}
	if len(threads) == 0 {
		return 0, os.ErrNotExist
	}
	return slices.Min(threads), nil
}

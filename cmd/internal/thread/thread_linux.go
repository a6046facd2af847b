package thread

import (
	"syscall"
	"time"
)

const ofThread = 1 // RUSAGE_THREAD, see getrusage(2)

// Time is how long the calling thread has used a processor, waits left out. Who calls must be locked to the thread.
func Time() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(ofThread, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

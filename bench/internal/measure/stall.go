package measure

import "time"

// wait is what Stalls waits for, again and again.
const wait = 5 * time.Millisecond

// Stalls watches how late the machine lets a program go on that has waited. The function that it returns ends that, and says how late
// the worst was.
func Stalls() (end func() time.Duration) {
	tick := time.NewTicker(wait)
	stop, said := make(chan struct{}), make(chan time.Duration)
	go func() {
		defer tick.Stop()
		said <- latest(time.Now(), tick.C, stop)
	}()
	return func() time.Duration {
		close(stop)
		return <-said
	}
}

// latest is by how much the longest time between two of the ticks, the first after begin, exceeds wait.
func latest(begin time.Time, ticks <-chan time.Time, stop <-chan struct{}) (worst time.Duration) {
	for last := begin; ; {
		select {
		case now := <-ticks:
			worst, last = max(worst, now.Sub(last)-wait), now
		case <-stop:
			return worst
		}
	}
}

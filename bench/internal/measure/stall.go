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

// Undisturbed measures something, and once more where the machine let a program wait for more than so many milliseconds, as stalled has it:
// that says nothing of the program.
func Undisturbed[R any](most float64, one func() (R, error), stalled func(R) float64) (R, error) {
	r, err := one()
	if err == nil && stalled(r) > most {
		return one()
	}
	return r, err
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

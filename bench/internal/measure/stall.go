package measure

import "time"

// Stalls watches how late the machine lets a program go on that has waited. The function that it returns ends that, and says how late
// the worst was.
func Stalls() (end func() time.Duration) {
	const wait = 5 * time.Millisecond
	stop, said := make(chan struct{}), make(chan time.Duration)
	go func() {
		tick := time.NewTicker(wait)
		defer tick.Stop()
		worst, last := time.Duration(0), time.Now()
		for {
			select {
			case <-tick.C:
				now := time.Now()
				worst, last = max(worst, now.Sub(last)-wait), now
			case <-stop:
				said <- max(worst, time.Since(last)-wait)
				return
			}
		}
	}()
	return func() time.Duration {
		close(stop)
		return <-said
	}
}

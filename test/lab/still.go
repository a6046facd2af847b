package lab

import "time"

// tries is how often AgainIfStill does something at the most.
const tries = 3

// AgainIfStill calls do until it says that all is well, but again only where the machine stood still for that long, or longer,
// meanwhile, and logs that: what a machine that runs no program at all makes of sound is not for a test to judge.
func AgainIfStill(logf func(format string, args ...any), most time.Duration, do func() (well bool)) {
	for try := 1; ; try++ {
		longest := stillness()
		well := do()
		stood := longest()
		if well || stood < most || try == tries {
			return
		}
		logf("the machine stood still for %v: once more", stood.Round(time.Millisecond))
	}
}

// stillness watches whether the machine stands still, until the function it returns is called, which tells for how long at most.
func stillness() (longest func() time.Duration) {
	done, most := make(chan struct{}), make(chan time.Duration)
	go func() {
		ticker := time.NewTicker(2 * time.Millisecond)
		defer ticker.Stop()
		length, last := time.Duration(0), time.Now()
		for {
			select {
			case <-done:
				most <- length
				return
			case <-ticker.C:
				now := time.Now()
				length, last = max(length, now.Sub(last)), now
			}
		}
	}()
	return func() time.Duration {
		close(done)
		return <-most
	}
}

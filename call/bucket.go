package call

import "time"

// bucket bounds how often something is done: so much at once, and then so much in a second. The zero value is a full one.
type bucket struct {
	spent float64
	at    time.Duration // when last
}

// take says whether it may be done once more now, and counts it if so.
func (b *bucket) take(now time.Duration, burst int, rate float64) bool {
	b.spent = max(b.spent-(now-b.at).Seconds()*rate, 0)
	b.at = now
	if b.spent+1 > float64(burst) {
		return false
	}
	b.spent++
	return true
}

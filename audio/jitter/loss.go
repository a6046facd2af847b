package jitter

import "time"

// What the buffer knows of losses: how many there are, how far back copies go, and what it is worth to wait for what was asked for
// once more.

// loss is the share of packets that were not there by themselves, repaired or not, over the last 128 or so, and over twice as many.
type loss struct {
	share, long float32
	high        bool
	much        bool
}

// The shares at which losses are high or much, and below which they no longer are.
const (
	lossy, lossless = 0.0075, 0.0008 // one lost packet; four hundred in a row that are not, of the long one
	much, moderate  = 0.15, 0.12     // of the long one: then copies leave some anyway, and those that are late are few beside them
)

func (l *loss) add(lost bool) {
	l.share -= l.share / 128
	l.long -= l.long / 256
	if lost {
		l.share += 1.0 / 128
		l.long += 1.0 / 256
	}
	l.high = l.share >= lossy || l.high && l.long >= lossless
	l.much = l.long >= much || l.much && l.long >= moderate
}

// found takes one back: it was late, and that has another cure.
func (l *loss) found() { l.share, l.long = max(l.share-1.0/128, 0), max(l.long-1.0/256, 0) }

// cover is how many packets back the copies go that come with packets: the furthest of the last seconds, as the first packets of a call
// have few or none. It is not a time: the first packets of a talk spurt have copies from before the pause, which nobody waits for.
type cover struct {
	far  int
	seen time.Duration // when that was
}

const coverHold = 3 * time.Second

// saw reports whether they go back further than before.
func (c *cover) saw(back int, now time.Duration) (further bool) {
	further = back > c.reach(now)
	if back >= c.far || now-c.seen > coverHold {
		c.far, c.seen = back, now
	}
	return further
}

func (c *cover) reach(now time.Duration) (packets int) {
	if now-c.seen > coverHold {
		return 0
	}
	return c.far
}

// worth is how late those packets come that were asked for once more, as a histogram of shares of all packets, of the last 512 or
// so. They come a round trip later than they should; waiting for them pays where many are saved.
type worth struct {
	shares [buckets]float32
	sum    float32
}

const (
	bucket     = 5 * time.Millisecond
	buckets    = 100
	oneOf      = 1.0 / 512
	negligible = oneOf / 16
	// price is the share of packets that 20 ms more of delay have to save: one in a hundred, as most of those that are given up
	// can be rebuilt (Recover), if in poorer sound. With half of that, bursts of losses had the delay go to and fro by 150 ms.
	price = 0.01 * float32(bucket) / float32(20*time.Millisecond)
)

func (w *worth) add(late time.Duration) {
	w.shares[min(max(int(late/bucket), 0), buckets-1)] += oneOf
	w.sum += oneOf
}

// fade is called for each packet that is played or missed.
func (w *worth) fade() {
	switch {
	case w.sum == 0:
		return
	case w.sum < negligible:
		*w = worth{}
		return
	}
	w.sum = 0
	for i := range w.shares {
		w.shares[i] *= 1 - oneOf
		w.sum += w.shares[i]
	}
}

// target is the delay, no shorter than least, at which what still comes too late and the price of waiting are the least together.
func (w *worth) target(least time.Duration) time.Duration {
	if w.sum == 0 {
		return least
	}
	best, cost, tooLate := least, w.sum, w.sum
	for i, share := range w.shares {
		end := time.Duration(i+1) * bucket
		tooLate -= share
		if end <= least {
			cost = tooLate
			continue
		}
		if c := tooLate + price*float32(end-least)/float32(bucket); c < cost {
			best, cost = end, c
		}
	}
	return best
}

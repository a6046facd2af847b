package vp9

import (
	"time"

	"parley/video"
)

// clock makes of frames' RTP timestamps, which wrap and which a device may repeat, the strictly rising ones that libvpx
// wants, and the interval that its rate control divides the bits by.
type clock struct {
	last     uint32
	pts      int64 // 90 kHz
	interval int64 // 90 kHz, smoothed: a camera's times jitter, and each jump would shake the rate
	started  bool
}

const (
	firstInterval = video.ClockRate / 30
	minInterval   = video.ClockRate / 120
	maxInterval   = video.ClockRate
)

// step takes the timestamp of the next frame and returns how long after the one before it comes, in the clock's units.
func (c *clock) step(timestamp uint32) (elapsed int64) {
	if !c.started {
		c.started, c.last, c.interval = true, timestamp, firstInterval
		return 0
	}
	elapsed = int64(int32(timestamp - c.last))
	c.last = timestamp
	if elapsed <= 0 || elapsed > 60*video.ClockRate {
		elapsed = c.interval // another clock, or one that stands still
	}
	c.pts += elapsed
	c.interval += (min(max(elapsed, minInterval), maxInterval) - c.interval) / 4
	return elapsed
}

// leaveOut takes back a step: libvpx is not to know of a picture that it does not get. It would take that for a slower camera and
// make the next ones as much larger, for which more had to be left out, and so on.
func (c *clock) leaveOut(elapsed int64) { c.pts -= elapsed }

// between is the time between two frames.
func (c *clock) between() time.Duration { return ticks(c.interval) }

// ticks is a time in the clock's units.
func ticks(n int64) time.Duration { return time.Duration(n) * time.Second / video.ClockRate }

// bucket counts the bits that went out above the rate. libvpx holds its rate by itself, but not when even the coarsest
// picture is too large for it: then frames are left out, before any work is put into them.
type bucket struct {
	bits  int64
	holds bool // the rate goes before: more than a second of excess is remembered
}

// room says whether another frame may go out, after elapsed units of 90 kHz at that rate: not while what is in excess
// takes longer than half a second to pay off. Of one huge picture of a camera half a second more is remembered and no more: a picture
// that stands still for long is worse than a rate that is not held. A screen's are huge one after the other.
func (b *bucket) room(elapsed int64, kbps int) bool {
	rate := int64(kbps) * 1000
	most := rate
	if b.holds {
		most = 4 * rate
	}
	b.bits = max(min(b.bits, most)-elapsed*rate/video.ClockRate, 0)
	return b.bits <= rate/2
}

func (b *bucket) add(bytes int) { b.bits += 8 * int64(bytes) }

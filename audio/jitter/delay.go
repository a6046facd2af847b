package jitter

import (
	"slices"
	"time"
)

const (
	fine     = 2500 * time.Microsecond // resolution of the histogram; NetEQ has 20 ms, and so never less delay than that
	fines    = 200
	interval = 500 * time.Millisecond
	memory   = 20 // intervals whose maxima are kept, 10 s: one in twenty is what the quantile lets pass
	recent   = 8  // of them, those that the fast path looks at: 4 s
	lowest   = 4  // intervals, besides the running one, whose fastest packet is the measure: 2 s
	forget   = 0.983
	quantile = 0.95
	// Where one in twenty exceeds that, it is by a part of it: NetEQ's wide buckets have room for that. Half a turn of
	// playout it is at least, as packets may be asked for so much before the target.
	spare     = 8
	mostSpare = 10 * time.Millisecond
)

// delay is NetEQ's delay manager with a faster attack. It learns the delay that is needed from how late packets are.
//
// Time with packets in it is cut into intervals of 500 ms. The largest relative delay of each enters a histogram that
// forgets, and the target is its quantile 0.95: one late packet in a while does not count. That takes many intervals to
// learn a network that has become worse, so the second largest of the last eight intervals' maxima is a floor under it:
// once may be chance, twice within four seconds is the network. For the same reason a maximum enters the histogram only up
// to the largest of the twenty before it; else one stall early in a call, when an interval still weighs much, would rule
// for seconds.
type delay struct {
	min, max, start time.Duration

	begin   time.Duration // of the running interval
	last    time.Duration // when the last packet was observed
	running bool
	fastest time.Duration         // transit in the running interval
	slowest time.Duration         // relative delay in the running interval
	minima  [lowest]time.Duration // the fastest of earlier intervals
	maxima  [memory]time.Duration // the slowest of earlier intervals, newest first
	closed  int                   // how many intervals have ended, for as long as it matters
	minimal int                   // how many of minima count
	weights [fines]float32        // the histogram, its sum is 1
	learnt  time.Duration         // its quantile
}

// observe takes the transit of a packet that arrived now.
func (d *delay) observe(transit, now time.Duration) {
	if d.running && now-d.last > longPause && transit-d.base() > d.max {
		d.running, d.minimal = false, 0 // the sender's clock stood still; if it was the network, faster packets follow
	}
	if d.running && now-d.begin >= interval {
		d.close()
	}
	if !d.running {
		d.running, d.begin, d.fastest, d.slowest = true, now, transit, 0
	}
	d.last = now
	d.fastest = min(d.fastest, transit)
	d.slowest = max(d.slowest, transit-d.base())
}

// close ends the running interval.
func (d *delay) close() {
	counts := d.slowest
	if d.closed > 0 {
		counts = min(counts, slices.Max(d.maxima[:min(d.closed, memory)]))
	}
	copy(d.minima[1:], d.minima[:])
	copy(d.maxima[1:], d.maxima[:])
	d.minima[0], d.maxima[0] = d.fastest, d.slowest
	d.minimal = min(d.minimal+1, lowest)
	d.closed = min(d.closed+1, 1000)
	d.running = false
	// The first intervals weigh more, so that the beginning of a call is soon forgotten.
	d.learn(counts, float32(min(forget, 1-2/float64(d.closed+1))))
}

// learn enters a value into the histogram, whose old content keeps the given weight, and reads its quantile.
func (d *delay) learn(value time.Duration, keep float32) {
	in := min(int(value/fine), fines-1)
	sum := float32(0)
	for i := range d.weights {
		d.weights[i] *= keep
		if i == in {
			d.weights[i] += 1 - keep
		}
		sum += d.weights[i]
	}
	below, found := float32(0), false
	for i, w := range d.weights {
		d.weights[i] = w / sum // so that it stays a histogram whatever rounding does
		if below += d.weights[i]; !found && below >= quantile {
			d.learnt, found = time.Duration(i+1)*fine, true
		}
	}
}

// base is the transit of the fastest packet of the last 2 s.
func (d *delay) base() time.Duration {
	base := d.fastest
	for _, m := range d.minima[:d.minimal] {
		base = min(base, m)
	}
	return base
}

// target is the delay that playout should have, whose packets may be asked for as long before it as early says.
func (d *delay) target(early time.Duration) time.Duration {
	if d.closed == 0 {
		return min(max(d.start, d.slowest, d.min), d.max)
	}
	first, second := d.slowest, time.Duration(0)
	for _, m := range d.maxima[:min(d.closed, recent)] {
		if m > first {
			first, second = m, first
		} else {
			second = max(second, m)
		}
	}
	return min(max(d.learnt+min(max(d.learnt/spare, early), mostSpare), second+early, d.min), d.max)
}

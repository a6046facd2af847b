package rate

import (
	"math"
	"time"
)

// flow is what the last arrivals say: how long packets wait in the path's queues, and how much gets through. It has two clocks: ours, and the
// far end's, which may stand anywhere. The difference between them is in every delay, and in the shortest one, too: as in LEDBAT (RFC 6817),
// where the shortest is forgotten after a while, for the clocks go apart and paths change; and the least of some delays is taken, as NADA
// (RFC 8698) does, for jitter only ever adds.
type flow struct {
	ring  [landings]landing
	count int
	last  time.Duration // the latest arrival, on the far end's clock
	lows  [2]time.Duration
	since time.Duration // when lows[0] began, on our clock

	uneven time.Duration // by how much the delay of one packet differs from the next one's: RFC 3550, section 6.4.1
}

// landing is the arrival of one packet.
type landing struct {
	at    time.Duration // on the far end's clock
	delay time.Duration // from one clock to the other
	size  int32         // bytes
}

const (
	landings = 512 // a second of 4 Mbit/s

	together = time.Millisecond // radio gathers packets and lets them go at once

	queuePieces = 4 // of fewer even the shortest may be late by jitter alone

	// A far end rounds to 250 us, and the clocks go apart for as long as a shortest delay is believed: by 4 ms where they differ by a ten thousandth.
	clockSlack = 20 * time.Millisecond
	farthest   = 1 << 60 // no clock stands beyond it; differences of such times are no overflow
)

// forget begins anew, with the next arrival.
func (f *flow) forget() { f.count, f.uneven = 0, 0 }

// plausible says whether a packet can have arrived then. What came before now from the shortest delay's packet and from this one
// has been under way for no longer than the far end's answer took: so their delays differ by no more than that.
func (f *flow) plausible(sent, at, now time.Duration) bool {
	if at > farthest || at < -farthest {
		return false
	}
	if f.count == 0 {
		return true
	}
	off := at - sent - f.shortest()
	return max(off, -off) <= now-sent+clockSlack
}

// land notes an arrival.
func (f *flow) land(k *packet, at, now time.Duration) {
	delay := at - k.at
	switch {
	case f.count == 0:
		f.last, f.since = at, now
		f.lows = [2]time.Duration{delay, math.MaxInt64}
	case now-f.since > 2*baseEvery: // after a pause, in which the clocks went on: older than that, both
		f.lows, f.since = [2]time.Duration{delay, math.MaxInt64}, now
	case now-f.since > baseEvery:
		f.lows[1], f.lows[0], f.since = f.lows[0], delay, now
	}
	f.lows[0] = min(f.lows[0], delay)
	if l, ok := f.back(0); ok {
		off := delay - l.delay
		f.uneven += (max(off, -off) - f.uneven) / 16
	}
	f.last = max(f.last, at)
	f.ring[f.count%landings] = landing{at, delay, k.size}
	if f.count++; f.count == 2*landings { // so that it never overflows, and the ring stays full
		f.count = landings
	}
}

// shortest is the delay of a path with no queue in it.
func (f *flow) shortest() time.Duration { return min(f.lows[0], f.lows[1]) }

// back returns the landing so many before the last, and false where none is remembered.
func (f *flow) back(n int) (*landing, bool) {
	if n >= min(f.count, landings) {
		return nil, false
	}
	return &f.ring[(f.count-1-n)%landings], true
}

// queue is how much longer than with no queue at all the shortest way of the last moment was: what comes in a burst waits for itself,
// and jitter is no queue.
func (f *flow) queue() time.Duration {
	least, found := time.Duration(math.MaxInt64), 0
	for i := 0; ; i++ {
		l, ok := f.back(i)
		if !ok {
			break
		}
		if back := f.last - l.at; back <= glance || back <= longGlance && found < queuePieces {
			least = min(least, l.delay)
			found++
		}
	}
	if found == 0 {
		return 0
	}
	return max(least-f.shortest(), 0)
}

// arriving is how many bits a second have arrived lately, or 0 if that is not known, and what part that is of the rate at which the same
// packets were sent: less than 1 while a queue grows.
func (f *flow) arriving(lately time.Duration) (bps, part float64) {
	first, last := landing{at: f.last}, landing{at: math.MinInt64}
	for i := 0; ; i++ {
		l, ok := f.back(i)
		if !ok {
			break
		}
		if f.last-l.at > lately {
			continue
		}
		if l.at <= first.at {
			first = *l
		}
		if l.at > last.at {
			last = *l
		}
	}
	took := last.at - first.at
	if last.at < first.at || took < lately/2 { // the former: there were none
		return 0, 1
	}
	bits := 0
	for i := 0; i < min(f.count, landings); i++ {
		if l, _ := f.back(i); l.at-first.at > together { // what came with the first had been on its way before
			bits += 8 * int(l.size)
		}
	}
	apart := (last.at - last.delay) - (first.at - first.delay)
	return float64(bits) / took.Seconds(), min(float64(max(apart, 0))/float64(took), 1)
}

// meter counts what goes out, over about half a second.
type meter struct {
	rate float64 // bit/s
	at   time.Duration
}

const metered = 500 * time.Millisecond

func (m *meter) add(bytes int, at time.Duration) {
	m.rate, m.at = m.value(at)+float64(8*bytes)/metered.Seconds(), at
}

func (m *meter) value(at time.Duration) float64 {
	return m.rate * math.Exp(-float64(max(at-m.at, 0))/float64(metered))
}

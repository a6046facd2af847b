package jitter

import (
	"slices"
	"time"
)

// Turn says that a turn of playout begins, of this length; without it turns are 10 ms long and evenly spaced. now is as for Pull.
func (b *Buffer) Turn(length, now time.Duration) { b.turns.begin(max(length, time.Millisecond), now) }

// Fill says how much of the turn is filled already: what Pull gives is heard by so much later than now.
func (b *Buffer) Fill(d time.Duration) { b.turns.filled = d }

// Next is when the packet would be asked for whose sound follows what is filled and so much more: what Pull must be told as now to
// give it before its time.
func (b *Buffer) Next(more, now time.Duration) time.Duration {
	t := &b.turns
	later := t.later() + more
	if later <= t.most() { // within the same burst
		t.filled += more
		return now
	}
	whole := later / t.length * t.length
	t.filled += more - whole
	return now + whole
}

// turns follows when playout's turns are made. Where several are made at once, because a sound card asks for much at a time, what
// they hold is still heard one after the other.
type turns struct {
	length time.Duration
	last   time.Duration
	filled time.Duration
	begun  bool
	ahead  [burst]time.Duration // how much sound more than time there was, newest first; only differences mean anything
}

const (
	// burst is how many turns are looked at: what a sound card asks for at once has its beginning among them.
	burst = 16
	// pause is how far apart no sound card's questions are: the machine stood still, and what was before says nothing.
	pause = 150 * time.Millisecond
)

func (t *turns) begin(length, now time.Duration) {
	copy(t.ahead[1:], t.ahead[:])
	t.ahead[0] += length - (now - t.last)
	if !t.begun || now < t.last || now-t.last > pause {
		t.ahead = [burst]time.Duration{}
	}
	t.length, t.last, t.filled, t.begun = length, now, 0, true
}

// later is by how much later than now the next sample is heard, and most what that was at the beginning of a turn lately, both by
// whole turns: nobody wakes up on time.
func (t *turns) later() time.Duration { return t.whole(t.ahead[0]) + t.filled }
func (t *turns) most() time.Duration  { return t.whole(slices.Max(t.ahead[:])) }

func (t *turns) whole(ahead time.Duration) time.Duration {
	return (ahead - slices.Min(t.ahead[:])).Round(t.length)
}

// early is how long before its time a packet may be asked for: half a turn, so that turns hit the target in the mean.
func (t *turns) early() time.Duration { return t.length / 2 }

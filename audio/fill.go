package audio

import (
	"math"
	"sync/atomic"
	"time"
)

// fill decides how much sound waits in playout's ring. Every sample in it is delay; too few are a gap whenever the device
// asks for more at once than its period (PulseAudio does) or run comes late. So it follows the device: a Read that found
// too little raises the target by what was missing or a little less, and while even the emptiest Read of some seconds left plenty behind,
// the target goes down step by step.
type fill struct {
	goal   atomic.Int64 // samples
	lowest atomic.Int64 // that a Read left behind since the window began; the callback writes it, run resets it
	most   atomic.Int64 // that a Read asked for, likewise
	begun  atomic.Bool

	// The rest belongs to run.
	missed uint64    // counter of the ring when last looked at
	from   time.Time // the window, within which the target does not go down
	until  time.Time
	regret time.Duration // the window after the last gap
	sorry  time.Time     // its end
}

const (
	fillStep   = FrameSize / 4 // 2.5 ms
	minFill    = FrameSize / 2 // 5 ms: what run may come late
	startFill  = FrameSize
	maxFill    = 10 * FrameSize
	fillWindow = 5 * time.Second
	// The window after a gap: who was late once will be late again. One gap alone may have been a busy moment, so the window is short
	// at first, and twice as long after each gap that comes while the last one is still regretted.
	firstRegret = 10 * time.Second
	mostRegret  = 80 * time.Second
	// mostRise is how much one gap, however long, raises the target: the next may be shorter, and this is delay for everything.
	mostRise = 2 * fillStep
	// settle is how long after a device was opened its requests say nothing: it fills its own buffer first.
	settle = 500 * time.Millisecond
)

func (f *fill) init() {
	f.goal.Store(startFill)
	f.lowest.Store(math.MaxInt64)
}

// begin is told the period of the device that opens: a short one asks for little at a time, so that little need wait for it. What
// was found out with an earlier device stays, and a long period shows in what is asked.
func (f *fill) begin(period int) {
	if f.begun.CompareAndSwap(false, true) {
		f.goal.Store(int64(min(max(period, minFill), startFill)))
	}
}

func (f *fill) target() int { return int(f.goal.Load()) }

// taken notes what a Read asked for and left behind, and tells whether run must be woken. run may reset the marks at the
// same moment; then one window sees an old value.
func (f *fill) taken(asked, left int) bool {
	if int64(left) < f.lowest.Load() {
		f.lowest.Store(int64(left))
	}
	if int64(asked) > f.most.Load() {
		f.most.Store(int64(asked))
	}
	return left < f.target()
}

// adapt looks at what happened since the last time. missed counts the samples that Reads had to invent so far; steady is
// false for the first look at a device.
func (f *fill) adapt(now time.Time, missed uint64, steady bool) {
	lack := int64(missed - f.missed)
	f.missed = missed
	least := min(max(f.most.Load(), minFill), maxFill)
	switch {
	case !steady:
		f.window(now.Add(settle), fillWindow)
	case now.Before(f.from):
	case lack > 0:
		f.goal.Store(min(f.goal.Load()+min((lack+fillStep-1)/fillStep*fillStep, mostRise), maxFill))
		if f.regret = min(2*f.regret, mostRegret); now.After(f.sorry) {
			f.regret = firstRegret
		}
		f.sorry = now.Add(f.regret)
		f.window(now, f.regret)
	case now.After(f.until):
		if f.lowest.Load() >= 2*fillStep {
			f.goal.Store(f.goal.Load() - fillStep)
		}
		f.window(now, fillWindow)
	}
	if f.goal.Load() < least {
		f.goal.Store(least) // one question at least must be answered
	}
}

func (f *fill) window(from time.Time, length time.Duration) {
	f.from, f.until = from, from.Add(length)
	f.lowest.Store(math.MaxInt64)
	f.most.Store(0)
}

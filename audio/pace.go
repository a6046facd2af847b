package audio

import (
	"slices"
	"time"
)

// Pace chooses the period of one device: the shortest that the machine carries. It begins with that, or with what it was told
// was learnt before, and goes
//
//	5 ms ─► 10 ms ─► 20 ms    after two bad seconds of the first five, or three of any twenty: a short measurement, and a watch
//	5 ms ◄─ 10 ms ◄─ 20 ms    after a good while, which is longer each time that the shorter one did not hold
//
// A bad second is one in which sound was lost. It has no clock, opens nothing, and is not safe for concurrent use.
type Pace struct {
	period time.Duration
	learnt time.Duration
	now    time.Duration // of the last Step: time does not go back
	begun  time.Duration // when a device was opened with period
	bad    []time.Duration
	since  time.Duration // no second was bad since then
	due    time.Duration // since when a change waits for silence; negative: none does

	patience time.Duration // how long it must be good before a shorter period is tried
	lowered  time.Duration // when that was; negative: never
}

// PaceSeen is what happened to a device since the last Step.
type PaceSeen struct {
	Underruns uint64 // how often there was nothing to play, or what was heard got lost
	Late      uint64 // callbacks that came later than the device's buffer is long; some of them are the scheduler's
	Quiet     bool   // a gap would not be heard now
}

// paces are the periods that are tried.
var paces = []time.Duration{5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond}

const (
	paceSettle = time.Second // after opening: the device fills its buffers, and the program is starting
	paceTrial  = 5 * time.Second
	paceTrials = 2 // bad seconds in it
	paceWatch  = 20 * time.Second
	paceBad    = 3 // likewise
	paceLate   = 3 // callbacks of a second that make it bad
	paceHeld   = 30 * time.Second

	// How long a change waits for silence. Going up ends gaps that are heard; going down can wait for long.
	upWaits   = 2 * time.Second
	downWaits = time.Minute

	pacePatience = 2 * time.Minute
	paceDoubt    = 10 * time.Minute // when another start has learnt that less does not hold
	paceMost     = time.Hour
)

// NewPace begins with what was learnt of the device, 0 if nothing.
func NewPace(learnt time.Duration) *Pace {
	p := &Pace{period: paces[0], learnt: learnt, due: -1, lowered: -1, patience: pacePatience}
	if learnt > paces[0] {
		p.period, p.patience = paces[len(paces)-1], paceDoubt
		if i := slices.IndexFunc(paces, func(d time.Duration) bool { return d >= learnt }); i >= 0 {
			p.period = paces[i]
		}
	}
	return p
}

// Period is what the device is to be opened with.
func (p *Pace) Period() time.Duration { return p.period }

// Learnt is what a later start should begin with; 0: that is not known yet.
func (p *Pace) Learnt() time.Duration { return p.learnt }

// Opened tells that the device was opened with a period.
func (p *Pace) Opened(now, period time.Duration) {
	now = p.at(now)
	if period > p.period {
		if p.lowered >= 0 && now-p.lowered < paceDoubt {
			p.patience = min(2*p.patience, paceMost)
		}
		p.learnt = period // that it holds is not sure, but that less does not
	} else if period < p.period {
		p.lowered = now
	}
	p.period, p.begun, p.since, p.due, p.bad = period, now, now, -1, p.bad[:0]
}

// Refused tells that the device can't be opened as Step wanted; what there is goes on.
func (p *Pace) Refused(now time.Duration) {
	p.since, p.due, p.bad = p.at(now), -1, p.bad[:0]
	p.patience = paceMost
}

// Step is to be called once a second or so. A change is to be followed by Opened or Refused.
func (p *Pace) Step(now time.Duration, s PaceSeen) (period time.Duration, change bool) {
	now = p.at(now)
	if now-p.begun < paceSettle {
		return p.period, false
	}
	p.note(now, s)
	if now-p.since >= paceHeld {
		p.learnt = p.period
	}
	next, waits := p.wanted(now)
	if next == p.period {
		p.due = -1
		return p.period, false
	}
	if p.due < 0 {
		p.due = now
	}
	return next, s.Quiet || now-p.due >= waits
}

// at keeps time from going back.
func (p *Pace) at(now time.Duration) time.Duration {
	p.now = max(p.now, now)
	return p.now
}

// note keeps the bad seconds that matter.
func (p *Pace) note(now time.Duration, s PaceSeen) {
	p.bad = slices.DeleteFunc(p.bad, func(t time.Duration) bool { return now-t > paceWatch })
	if s.Underruns == 0 && s.Late < paceLate {
		return
	}
	p.since = now
	if n := len(p.bad); n == 0 || now-p.bad[n-1] >= time.Second*9/10 { // two looks at one second are one
		p.bad = append(p.bad, now)
	}
}

// wanted is the period that would be right now, and how long the change may wait.
func (p *Pace) wanted(now time.Duration) (period, waits time.Duration) {
	i := slices.Index(paces, p.period)
	n := len(p.bad)
	atOnce := n >= paceTrials && p.bad[paceTrials-1]-p.begun <= paceSettle+paceTrial
	switch {
	case i < 0:
	case i+1 < len(paces) && (atOnce || n >= paceBad):
		return paces[i+1], upWaits
	case i > 0 && now-p.since >= p.patience:
		return paces[i-1], downWaits
	}
	return p.period, 0
}

package rate

import "time"

// Rung is one way to make pictures.
type Rung struct {
	Height int // lines at most; 0: as many as the source has
	FPS    int // pictures a second at most
	From   int // bit/s from which on it looks better than the rung below
	Most   int // bit/s; more makes it no better
}

// CameraRungs are for VP9: a camera's pictures become smaller, and then fewer.
var CameraRungs = []Rung{
	{1080, 30, 2_000_000, 4_000_000},
	{720, 30, 900_000, 2_500_000},
	{540, 30, 500_000, 1_400_000},
	{360, 30, 240_000, 800_000},
	{270, 30, 140_000, 400_000},
	{270, 15, 80_000, 200_000},
	{270, 8, 0, 120_000},
}

// ScreenRungs are for a screen of 1920x1080 pixels: text is to be sharp, so its size stays.
var ScreenRungs = []Rung{
	{0, 30, 1_500_000, 4_000_000},
	{0, 15, 600_000, 2_500_000},
	{0, 10, 300_000, 1_200_000},
	{0, 5, 0, 600_000},
}

// Ladder goes up and down rungs with a rate, rarely up and soon down:
//
//	above the next rung's, by a tenth, for some seconds ─► up ─► soon down again: the next time it takes twice as long
//	below its own, by a tenth, for a moment, or far below at once ─► down
//
// Not safe for concurrent use.
type Ladder struct {
	rungs    []Rung
	cost     float64
	top      int // the highest that makes sense of the source
	at       int // index; len(rungs)-1 is the lowest
	begun    bool
	climbed  time.Duration // when last
	patience time.Duration
	under    spell
	over     spell
}

// spell is how long something has been so.
type spell struct {
	is    bool
	since time.Duration
}

// lasts says for how long, with now.
func (s *spell) lasts(now time.Duration, is bool) time.Duration {
	if !is || !s.is {
		s.is, s.since = is, now
	}
	return max(now-s.since, 0)
}

const (
	stepDown     = 0.9 // of the rung's rate
	fallDown     = 0.6
	stepUp       = 1.1
	downAfter    = 500 * time.Millisecond
	upAtFirst    = 500 * time.Millisecond // until it has gone down once: the beginning finds its place soon
	upAfter      = 3 * time.Second
	upAtLast     = 48 * time.Second
	soonAfter    = 10 * time.Second // of a step up: it was a mistake
	patientAgain = 2 * time.Minute  // without any
)

// NewLadder makes one of rungs, the highest first; there is at least one. Cost is what pictures take in comparison with those that the
// rungs are for: 1.5 with VP8, and a quarter for a screen of a quarter of the pixels.
func NewLadder(rungs []Rung, cost float64) *Ladder {
	l := &Ladder{rungs: rungs, at: len(rungs) - 1, patience: upAtFirst}
	l.SetCost(cost)
	return l
}

// SetCost sets what pictures take from now on, as NewLadder does. It stays where it is as long as the rate is right for that.
func (l *Ladder) SetCost(cost float64) {
	if !(cost > 0.1) { // NaN, too
		cost = 0.1
	}
	l.cost = min(cost, 10)
}

// SetSource says how many lines the source has. Nothing is made larger than it is: so the rungs begin with the lowest that has as
// many.
func (l *Ladder) SetSource(height int) {
	l.top = 0
	for l.top+1 < len(l.rungs) && l.rungs[l.top+1].Height >= height && height > 0 {
		l.top++
	}
	for l.top > 0 && l.rungs[l.top-1].Height == l.rungs[l.top].Height { // the most pictures of that size
		l.top--
	}
	l.at = max(l.at, l.top)
}

// Most is how much the source's pictures can do with, in bit/s.
func (l *Ladder) Most() int { return int(float64(l.rungs[l.top].Most) * l.cost) }

// Step takes a rate, in bit/s, and returns the rung for it. It is to be called some times a second.
func (l *Ladder) Step(now time.Duration, rate int) Rung {
	is := float64(rate) / l.cost
	if !l.begun {
		l.begun, l.at = true, l.reach(is)
		return l.rungs[l.at]
	}
	from := float64(l.rungs[l.at].From)
	under := l.under.lasts(now, is < stepDown*from)
	next := l.reach(is / stepUp)
	over := l.over.lasts(now, next < l.at)
	switch {
	case is < fallDown*from, l.under.is && under >= downAfter:
		if now-l.climbed < soonAfter && l.climbed > 0 {
			l.patience *= 2
		}
		l.patience = min(max(l.patience, upAfter), upAtLast)
		l.at = max(l.reach(is), l.at)
		l.under.is, l.over.is = false, false
	case l.over.is && over >= l.patience:
		if now-l.climbed > patientAgain && l.climbed > 0 {
			l.patience = min(l.patience, upAfter)
		}
		l.at, l.climbed = next, now
		l.under.is, l.over.is = false, false
	}
	return l.rungs[l.at]
}

// reach is the highest rung for a rate.
func (l *Ladder) reach(rate float64) int {
	i := l.top
	for i+1 < len(l.rungs) && rate < float64(l.rungs[i].From) {
		i++
	}
	return i
}

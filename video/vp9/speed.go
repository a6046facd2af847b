package vp9

import "time"

// speed chooses how much work an encoder puts into a frame, from how long the frames took: none may take more than 70 % of
// the time until the next, and what is left free for long is used. Levels go from 0, the best picture, to the cheapest.
//
// It goes up at once and down slowly, and more slowly each time that going down was a mistake, so that it does not swing.
type speed struct {
	level, best, cheapest int

	load     float64       // share of the interval, smoothed over about eight frames
	peak     float64       // the largest since calm began
	calm     time.Duration // of pictures, since the last change or the last look
	patience time.Duration // how long it must be calm before a step down
	trial    bool          // the last change was a step down, not yet proven
	late     time.Duration // of pictures that there was no cheaper level for
}

const (
	tooLoaded  = 0.70 // of the interval, one frame
	loaded     = 0.50 // of the interval, smoothed
	idle       = 0.35 // of the interval, the largest frame of a calm time
	patience   = 4 * time.Second
	noPatience = 2 * time.Minute // patience grows no further
	lateness   = 4 * time.Second // of pictures that take longer than the time to the next
)

func newSpeed(level, best, cheapest int) speed {
	return speed{level: min(max(level, best), cheapest), best: best, cheapest: cheapest, patience: patience}
}

// frame takes the time that one frame took and that until the next, and says whether the level has changed. A key frame
// costs more than all others and comes seldom: it is no reason to go up.
func (s *speed) frame(took, interval time.Duration, key bool) (changed bool) {
	load := float64(took) / float64(max(interval, time.Millisecond))
	if key {
		return false
	}
	s.load += (load - s.load) / 8
	s.peak = max(s.peak, load)
	s.calm += interval
	if s.late += interval; s.load < 1 || s.level < s.cheapest {
		s.late = 0
	}
	switch {
	case (load > tooLoaded || s.load > loaded) && s.level < s.cheapest:
		if s.trial {
			s.patience = min(2*s.patience, noPatience)
		}
		s.to(s.level+1, false)
		return true
	case s.calm < s.patience:
		return false
	case s.peak < idle && s.level > s.best:
		s.to(s.level-1, true)
		return true
	}
	s.to(s.level, false) // proven, or not calm: look again from here
	return false
}

func (s *speed) to(level int, trial bool) {
	if level != s.level {
		s.load = min(s.load, idle) // what was measured is of another level
	}
	s.level, s.trial, s.calm, s.peak = level, trial, 0, 0
}

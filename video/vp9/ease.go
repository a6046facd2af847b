package vp9

import "time"

// ease says when a screen's pictures are coded in the way that takes half the work of libvpx' own for screens, and up to twice the bits:
// when something moves on and on, every picture is as fine as it may be, and all of them together need a small part of the rate.
// Where bits are few the other way is by far the better one; and what has come to a stop, or comes up after that, is its business.
//
// It begins late and ends at once, and begins later each time that there were not the bits for it, so that it does not swing.
type ease struct {
	on       bool
	used     float64       // share of the rate, smoothed over about half a second
	calm     time.Duration // of pictures that were as they must be, one after the other
	patience time.Duration // how long that is before it begins
}

const (
	easeBelow    = 0.35 // of the rate
	easeEnds     = 0.80
	easePatience = 500 * time.Millisecond
	easeSmooth   = 16                    // pictures
	moving       = 90 * time.Millisecond // from one picture to the next, at most
	coarser      = 4                     // quantizers above the least that are as fine to the eye
)

func newEase() ease { return ease{used: 1, patience: easePatience} }

// next is for a picture that comes so long after the last one; what each returns is whether another way is to be taken.
func (e *ease) next(elapsed time.Duration) (changed bool) {
	if elapsed <= moving {
		return false
	}
	return e.end()
}

// coded takes how many bits it has become, and whether it is a fine one.
func (e *ease) coded(bits int, elapsed time.Duration, kbps int, fine, key bool) (changed bool) {
	if key || elapsed <= 0 {
		return e.end()
	}
	used := float64(bits) / (elapsed.Seconds() * float64(kbps) * 1000)
	e.used += (min(used, 2) - e.used) / easeSmooth
	switch {
	case e.on && (!fine || e.used > easeEnds):
		e.patience = min(2*e.patience, noPatience)
		return e.end()
	case e.on:
		return false
	case !fine || e.used > easeBelow:
		e.calm = 0
		return false
	}
	e.calm += elapsed
	e.on = e.calm >= e.patience
	return e.on
}

func (e *ease) end() (changed bool) {
	changed = e.on
	e.on, e.calm = false, 0
	return changed
}

// Package rate says how much may go to a far end: Controller from when each packet arrived there, Rate where only the loss is
// reported, and Pacer for files. Allocator shares that out among sound, screen and camera, and a Ladder makes of a share a size and a
// number of pictures a second. All of it is pure: the clock is passed in, and nothing here waits, sends or has a goroutine.
package rate

import (
	"math"
	"time"
)

const (
	little = 0.02 // a loss below it is the link's own: there is room
	much   = 0.10 // one above it says that the link is full

	growth = 0.08 // of the target, in a second

	// Reports come about once a second; what a cut has changed shows in the report after the next round trip.
	betweenCuts = 900 * time.Millisecond
	maxPause    = 2 * time.Second // of which growth is made up for
	maxRTT      = 5 * time.Second
)

// Rate says how many bits a second a camera's pictures may take. It is the simple rule of loss-based control (as in
// draft-ietf-rmcat-gcc-02, section 6) for one far end, and knows neither delay nor probing. The clock is passed in, any monotonic one. Not safe for concurrent use.
type Rate struct {
	min, max float64
	target   float64
	limit    float64 // the far end's, or +Inf

	begun         bool
	reported, cut time.Duration // when last
}

// New makes one that begins at start and stays from min to max, all in bit/s.
func New(min, start, max int) *Rate {
	r := &Rate{min: float64(min), max: float64(max), limit: math.Inf(1)}
	r.set(float64(start))
	r.cut = math.MinInt64 / 2
	return r
}

// Target is how much may be sent now, in bit/s.
func (r *Rate) Target() int { return int(r.target) }

// Report takes a receiver report: the part of the packets that was lost (0 to 1), and the round trip's time, 0 where that is not
// known. What cannot be is left out.
func (r *Rate) Report(loss float64, rtt, now time.Duration) {
	if !(loss >= 0 && loss <= 1) { // NaN, too
		return
	}
	since := min(max(now-r.reported, 0), maxPause)
	if !r.begun {
		since = 0
	}
	r.begun, r.reported = true, max(now, r.reported)
	switch {
	case loss < little:
		r.set(r.target * (1 + growth*since.Seconds()))
	case loss > much && now-r.cut >= max(betweenCuts, min(rtt, maxRTT)):
		r.cut = now
		r.set(r.target * (1 - loss/2))
	}
}

// REMB takes what the far end believes its link can carry, in bit/s; 0 and less is nothing.
func (r *Rate) REMB(bps int) {
	if bps <= 0 {
		return
	}
	r.limit = float64(bps)
	r.set(r.target)
}

func (r *Rate) set(target float64) { r.target = max(min(target, r.limit, r.max), r.min) }

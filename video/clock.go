package video

import (
	"math/rand/v2"
	"time"
)

// Clock gives RTP timestamps to moments. One that is kept through all of a camera's switching on and off makes one line of
// time of it, as a stream of one SSRC needs (RFC 3550, section 5.1).
type Clock struct {
	start time.Time
	first uint32
}

// NewClock begins now, with a random timestamp.
func NewClock() Clock { return Clock{time.Now(), rand.Uint32()} }

// Timestamp is the moment in units of ClockRate.
func (c Clock) Timestamp(at time.Time) uint32 {
	d := at.Sub(c.start)
	// Seconds and the rest for themselves: a day in nanoseconds times the rate overflows.
	return c.first + uint32(int64(d/time.Second)*ClockRate) + uint32(int64(d%time.Second)*ClockRate/int64(time.Second))
}

package audio

import (
	"math"
	"sync/atomic"
	"time"
)

// never is when a sound is heard that no loudspeaker plays.
const never = math.MinInt64

// heard knows which sample of a stream leaves the loudspeaker when. playout writes it, anybody may read it, and one number is
// all: the time on playout's clock, in nanoseconds, at which timestamp 0 was heard or would have been.
type heard struct{ zero atomic.Int64 }

func (h *heard) forget() { h.zero.Store(never) }

// follow takes it that the sample with timestamp ts is heard at the given time.
func (h *heard) follow(at time.Duration, ts uint32) {
	h.zero.Store(int64(at - time.Duration(ts)*time.Second/SampleRate))
}

// Heard is the RTP timestamp of the sample that leaves the loudspeaker now: behind the jitter buffer, the ring and the device,
// as far as that tells. It is false while nothing of this stream is played, or no loudspeaker plays it. It may be called from
// any goroutine.
func (s *Stream) Heard(now time.Time) (ts uint32, ok bool) {
	zero := s.heard.zero.Load()
	if zero == never {
		return 0, false
	}
	d := now.Sub(s.start) - time.Duration(zero)
	return uint32(int64(d/time.Second)*SampleRate + int64(d%time.Second)*SampleRate/int64(time.Second)), true
}

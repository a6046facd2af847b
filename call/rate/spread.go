package rate

import "time"

// Spread says when each packet of pictures may go out, so that a large picture does not fill a queue of the path at once, and sound
// behind it is not late: faster than the target, for pictures are of different sizes, but not much. What a Probe asks for goes at
// the probe's rate. Sound goes past it.
//
//	SetRate ─► Wait ─► 0: send, with padding where a probe wants more than there is ─► Sent ─► Wait …
//
// The zero value is ready and lets everything pass. Not safe for concurrent use.
type Spread struct {
	rate  float64       // bit/s
	next  time.Duration // when the next may go
	left  int           // bytes that the probe still wants
	probe float64       // bit/s
}

const (
	spreadTimes = 2                    // the target, up to
	spreadFast  = 2_500_000            // bit/s: so fast even a key frame is soon through; from there on
	spreadLeast = 1.3                  // times the target: should the path become narrow, less of it stands between one sound packet and the next
	spreadBurst = 5 * time.Millisecond // that may be made up for: timers are no better
)

// SetRate takes a Controller's target.
func (s *Spread) SetRate(target int) {
	s.rate = max(spreadLeast*float64(target), min(spreadTimes*float64(target), spreadFast))
}

// Rate is how fast it lets things out while no probe is made, in bit/s; 0: at any rate.
func (s *Spread) Rate() int { return int(s.rate) }

// Begin takes a question to the path.
func (s *Spread) Begin(p Probe) { s.probe, s.left = float64(p.Rate), p.Bytes }

// Probing says whether the next packet belongs to a probe: so one is to be sent even where none waits.
func (s *Spread) Probing() bool { return s.left > 0 && s.probe > 0 }

// Wait is how long it is until the next packet may go; 0 and less: it may now.
func (s *Spread) Wait(now time.Duration) time.Duration { return s.next - now }

// Sent notes that a packet has gone out, with all its headers, in bytes.
func (s *Spread) Sent(now time.Duration, size int) {
	rate := s.rate
	if s.Probing() {
		rate = s.probe
		s.left -= size
	}
	if rate <= 0 {
		return
	}
	s.next = max(s.next, now-spreadBurst) + time.Duration(float64(8*size)/rate*float64(time.Second))
}

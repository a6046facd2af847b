package rate

import "time"

// silence is about what is sent and not answered: the path has become very bad. Nothing is known then of what is in the way, so the
// target is halved, and halved again, long before RTP's circuit breakers (RFC 8083) would end it. The zero value is
// ready.
type silence struct {
	unanswered int           // packets, and
	since      time.Duration // when the first of them was sent, or the target was last halved
	last       time.Duration // when the last one was
}

const (
	silentFor     = 500 * time.Millisecond // beside the round trip
	silentPackets = 8                      // one answer may get lost, and after it there is a pause
)

// sent notes a packet. Whoever has paused is not answered for that: it begins anew.
func (s *silence) sent(at time.Duration) {
	if at-s.last > silentFor {
		s.unanswered = 0
	}
	if s.unanswered++; s.unanswered == 1 {
		s.since = at
	}
	s.last = at
}

func (s *silence) answered() { s.unanswered = 0 }

// lasts says whether it does, each time that it has for long enough again.
func (s *silence) lasts(now, trip time.Duration) bool {
	if s.unanswered < silentPackets || now-s.since <= silentFor+trip {
		return false
	}
	s.since = now
	return true
}

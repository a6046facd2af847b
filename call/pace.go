package call

import (
	"time"

	"parley/wire"
)

// pace bounds how fast a server is listened to: whoever floods waits in its own socket, and costs this machine a small part of
// one core and no more. It is a bucket that a session's whole beginning fits into.
type pace struct {
	spent float64 // things told above the rate
	last  time.Time
}

const (
	paceRate  = 2000.0                // things told a second; a server of 2000 people that restarts makes some hundreds
	paceBurst = 10_000                // on top of that, once
	paceNap   = 20 * time.Millisecond // shorter waits are not worth a timer
)

// take counts what a message tells and says how long to wait before the next is read.
func (p *pace) take(now time.Time, m wire.Message) time.Duration {
	if !p.last.IsZero() {
		p.spent = max(p.spent-paceRate*now.Sub(p.last).Seconds(), 0)
	}
	p.last = now
	p.spent += weight(m)
	wait := time.Duration((p.spent - paceBurst) / paceRate * float64(time.Second))
	if wait < paceNap {
		return 0
	}
	return wait
}

// weight is how many things a message tells: a part of a snapshot tells of hundreds.
func weight(m wire.Message) float64 {
	s, ok := m.(*wire.Snapshot)
	if !ok {
		return 1
	}
	n := 1 + len(s.Channels) + len(s.Users)
	for _, r := range s.Rosters {
		n += len(r.Members)
	}
	return float64(n)
}

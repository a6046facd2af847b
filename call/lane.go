package call

import (
	"context"
	"sync"
	"time"

	"parley/call/mesh"
	"parley/call/rate"
	"parley/call/transfer"
)

const (
	pathEvery     = time.Second             // as often as there is a report
	napLeast      = 1500 * time.Microsecond // a shorter wait is not worth a timer
	progressEvery = 250 * time.Millisecond
)

// lane is the way to one peer, for all files that go there.
type lane struct {
	start time.Time
	stats func() (mesh.Stats, bool)

	mu     sync.Mutex
	pacer  *rate.Pacer
	next   time.Time // when the next piece may go
	first  uint32    // the first delay that was told; the others count from it
	known  bool
	rtt    time.Duration
	looked time.Time
}

// wait lets n bytes go when it is their turn.
func (l *lane) wait(ctx context.Context, nap *time.Timer, n int) error {
	l.mu.Lock()
	now := time.Now()
	if l.next.Before(now) {
		l.next = now
	}
	turn := l.next
	l.next = turn.Add(time.Duration(float64(n) / float64(l.pacer.Rate()) * float64(time.Second)))
	l.mu.Unlock()
	wait := turn.Sub(now)
	if wait < napLeast {
		return nil
	}
	nap.Reset(wait)
	select {
	case <-nap.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *lane) budget() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pacer.Budget(l.rtt)
}

func (l *lane) acked(delay uint32, pieces int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if !l.known {
		l.known, l.first = true, delay
	}
	if now.Sub(l.looked) > pathEvery {
		if s, ok := l.stats(); ok {
			l.rtt = time.Duration(s.RTT * float64(time.Millisecond))
			l.pacer.Lost(now.Sub(l.start), l.rtt, s.Loss)
		}
		l.looked = now
	}
	way := time.Duration(int32(delay-l.first)) * time.Microsecond
	l.pacer.Acked(now.Sub(l.start), l.rtt, way, pieces*transfer.MaxPiece, pieces)
}

// receipt is what the next acknowledgement says.
type receipt struct {
	any    bool
	pieces uint32
	delay  uint32 // the shortest since the last one
	said   time.Time
}

func (n *receipt) note(delay uint32) {
	if !n.any || int32(delay-n.delay) < 0 {
		n.delay = delay
	}
	n.any = true
	n.pieces++
}

func (n *receipt) ack(id transfer.ID, written int64, now time.Time) transfer.Ack {
	n.any, n.said = false, now
	return transfer.Ack{ID: id, Written: written, Pieces: n.pieces, Delay: n.delay}
}

// meter says how fast a file moves, some times a second.
type meter struct {
	at   time.Time
	done int64
	rate float64
}

func (m *meter) move(now time.Time, done int64) (bytesPerSecond int, told bool) {
	passed := now.Sub(m.at)
	switch {
	case m.at.IsZero():
		m.at, m.done = now, done
		return 0, true
	case passed < progressEvery:
		return 0, false
	}
	is := float64(done-m.done) / passed.Seconds()
	if m.rate == 0 {
		m.rate = is
	}
	m.rate += (is - m.rate) / 4
	m.at, m.done = now, done
	return int(m.rate), true
}

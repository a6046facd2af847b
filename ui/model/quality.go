package model

import (
	"fmt"
	"math"
	"slices"
	"time"

	"parley/call"
)

// qualityStays is how long a connection's quality stands at least: bars that jump say nothing.
const qualityStays = 2 * time.Second

// slow is a value that stays for a while before another takes its place.
type slow[T comparable] struct {
	value T
	since time.Time
	known bool
}

func (s *slow[T]) put(now time.Time, value T) T {
	if !s.known || s.value != value && now.Sub(s.since) >= qualityStays {
		s.value, s.since, s.known = value, now, true
	}
	return s.value
}

// barsOf is LOOK's table: both the round trip and the loss must be good enough.
func barsOf(rttMS, loss float64) uint8 {
	switch {
	case rttMS < 80 && loss < 0.01:
		return 4
	case rttMS < 150 && loss < 0.03:
		return 3
	case rttMS < 300 && loss < 0.08:
		return 2
	}
	return 1
}

// quality is how good the connections are: of each peer by member id, the worst of them as one's own, and the delay.
type quality struct {
	peers map[string]*line
	own   slow[uint8]
	delay slow[string]
}

// line is the connection to one peer.
type line struct {
	bars       slow[uint8]
	rtt        float64
	loss       float64 // of what came from them, in the last whole interval
	since      time.Time
	came, lost uint64 // at its start
}

// incoming is the loss of what comes from a peer, measured over as long as bars stay: the far end reports only the other way.
func (l *line) incoming(now time.Time, st call.PeerStats) float64 {
	const enough = 25 // packets: of fewer, a single one lost would be a bar
	came, lost := st.Stream.Packets, st.Stream.Lost
	switch {
	case l.since.IsZero() || came < l.came || lost < l.lost: // the first, or the counters began anew
		l.since, l.came, l.lost = now, came, lost
	case now.Sub(l.since) >= qualityStays:
		if all := came - l.came + lost - l.lost; all >= enough {
			l.loss = float64(lost-l.lost) / float64(all)
		} else {
			l.loss = 0
		}
		l.since, l.came, l.lost = now, came, lost
	}
	return l.loss
}

func (q *quality) update(in Input, h here) {
	next := make(map[string]*line, len(h.peers))
	worst, measured := uint8(4), false
	var trips []float64
	for _, p := range h.peers {
		l := q.peers[p.Member]
		if l == nil || p.Phase == call.Held {
			l = &line{}
		}
		next[p.Member] = l
		l.update(in, p)
		if l.bars.known {
			worst, measured = min(worst, l.bars.value), true
		}
		if l.rtt > 0 {
			trips = append(trips, l.rtt)
		}
	}
	q.peers = next
	if !measured {
		q.own = slow[uint8]{}
	} else {
		q.own.put(in.Now, worst)
	}
	if len(trips) == 0 {
		q.delay = slow[string]{}
	} else {
		q.delay.put(in.Now, milliseconds(median(trips))+pictureWord(in, h))
	}
}

func (l *line) update(in Input, p call.Peer) {
	for _, st := range in.Stats.Peers {
		if st.User != p.User || st.Member != p.Member {
			continue
		}
		incoming := l.incoming(in.Now, st)
		if st.Link.RTT > 0 {
			l.rtt = st.Link.RTT
		}
		if l.rtt > 0 && p.Phase == call.Connected {
			l.bars.put(in.Now, barsOf(l.rtt, max(st.Link.Loss, incoming)))
		}
	}
	if p.Phase == call.Reconnecting {
		l.bars.put(in.Now, 0)
	}
}

func (q *quality) peer(member string) Bars {
	l := q.peers[member]
	if l == nil {
		return Bars{}
	}
	return Bars{Level: l.bars.value, Known: l.bars.known}
}

func (q *quality) self() Bars { return Bars{Level: q.own.value, Known: q.own.known} }

// median sorts a; of an even number it is the worse of the two in the middle.
func median(a []float64) float64 {
	slices.Sort(a)
	return a[len(a)/2]
}

// milliseconds writes a delay, which a far end may have made up.
func milliseconds(ms float64) string {
	switch {
	case math.IsNaN(ms) || ms < 0 || ms > 1e6:
		return "unknown"
	case ms < 1:
		return "under 1 ms"
	case ms < 999.5:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", ms/1000)
}

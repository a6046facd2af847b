package rate

import (
	"math"
	"time"
)

// losses tells what gets lost because there is too much from what the path, a bad radio link perhaps, loses whatever is sent. It can
// be known by trying only:
//
//	counting ─► more than the path's own ─► trial: less is sent ─► less gets lost: it was too much
//	                                                            └► about as much gets lost: that is the path's own, and so much is given back
type losses struct {
	own   float64 // the path's share, 0 to 1
	share float64 // of the last span, for people

	// The span that is being counted.
	from       time.Duration // of packets sent since then
	told, lost int

	trial  bool
	before float64 // the target, and
	blamed float64 // the share that got lost, when the trial began
}

const (
	spanPackets = 80 // in a span at least: of fewer, chance decides
	spanTime    = 300 * time.Millisecond

	beyondPackets = 20   // of fewer the span before says more
	trialKeeps    = 0.95 // of what arrives
	aboutAsMuch   = 0.35 // of the share that was blamed, which is a chosen one: a trial has changed nothing
	ownAtMost     = 0.25 // a path that loses more is to carry less, whosever fault it is
	ownFades      = 0.1  // of the way to a lower share, with each span
)

// note counts what feedback says of a packet for the first time.
func (l *losses) note(sent time.Duration, isLost bool) {
	if sent < l.from {
		return
	}
	l.told++
	if isLost {
		l.lost++
	}
}

// found takes back a loss: the packet was overtaken by others.
func (l *losses) found(sent time.Duration) {
	if sent >= l.from && l.lost > 0 {
		l.lost--
	}
}

// full says whether the span has enough in it, of which the newest was sent then.
func (l *losses) full(newest time.Duration) bool {
	return l.told >= spanPackets && newest-l.from >= spanTime
}

// beyond is the share of what was sent lately that got lost beyond the path's own.
func (l *losses) beyond() float64 {
	share := l.share
	if l.told >= beyondPackets {
		share = float64(l.lost) / float64(l.told)
	}
	return max(share-2*l.own-lossMost, 0)
}

func (l *losses) next(from time.Duration) { l.from, l.told, l.lost = from, 0, 0 }

// tooMuch says whether chance and the path's own share explain what was lost (twice the standard deviation of a binomial distribution).
func (l *losses) tooMuch() bool {
	n, p := float64(l.told), min(l.own*1.1+lossMost, 0.5)
	return float64(l.lost) > n*p+2*math.Sqrt(n*p*(1-p))+1
}

// lossy looks at what got lost, when there has been enough to say something of it.
func (c *Controller) lossy(now, newest time.Duration) {
	l := &c.losses
	if !l.full(newest) {
		return
	}
	l.share = float64(l.lost) / float64(l.told)
	much, from := l.tooMuch(), newest
	switch {
	case c.waiting: // what is lost of a full queue is no news, and no sign of a bad link
		l.trial = false
	case l.trial:
		l.trial = false
		if l.share >= l.blamed*aboutAsMuch {
			l.own = min(l.share, l.blamed, ownAtMost)
			c.set(max(c.target, l.before*(1-l.blamed)/(1-l.own))) // the rest of what was blamed was ours
			break
		}
		c.full = c.target
		l.fade()
	case much:
		l.trial, l.before, l.blamed = true, c.target, l.share
		keep := 1 - l.share
		c.cutTo(now, trialKeeps*max(keep, 0.5)*c.target)
		from = now
	default:
		l.fade()
	}
	l.next(from)
}

func (l *losses) fade() {
	if l.share < l.own {
		l.own += ownFades * (l.share - l.own)
	}
}

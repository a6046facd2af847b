package rate

import (
	"math"
	"slices"
	"time"
)

// Pacer says how fast a file may go so that whatever else goes there is not held up: it looks at how long what it sends waits in
// the path's queues, as LEDBAT (RFC 6817) does, and gives way long before speech is late. Where queues are too short to be seen it
// looks at what gets lost beyond what always does.
//
//	begin: twice the rate in half a second ─► the first queue: less than what arrives ─► a little more ⇄ cut
//
// All rates are in bytes a second. The clock is passed in, any monotonic one. Not safe for concurrent use.
type Pacer struct {
	rate  float64
	begun bool // the beginning is over
	full  float64
	now   time.Duration
	cut   time.Duration // when last
	cuts  int           // in a row, with no end of the queue
	lows  [2]time.Duration
	since time.Duration // when lows[0] began

	seen    []arrival // the last recent
	arrived float64   // bytes altogether

	known  bool
	loss   float64   // of speech, smoothed
	losses []float64 // what that was lately
	lossy  int       // reports in a row of too much
	before float64   // the loss in the first of those
}

// arrival is what one acknowledgement said.
type arrival struct {
	at      time.Duration
	delay   time.Duration
	pieces  int
	arrived float64
}

const (
	pacerStart = 64 << 10
	pacerLeast = 8 << 10
	// PacerMost leaves a processor its rest: nobody waits for a file so that a faster one is worth a voice that stutters.
	PacerMost = 6 << 20

	noQueue  = 12 * time.Millisecond // up to it the path is free
	muchWait = 25 * time.Millisecond // from it on something waits for us

	recent = 300 * time.Millisecond // over which what arrives is counted
	glance = 100 * time.Millisecond // over which the shortest way is the way: jitter and what came again is none;
	// of fewer pieces than these even the shortest may be late by jitter alone
	glancePieces = 10
	longGlance   = time.Second
	maxSeen      = 256
	baseEvery    = 20 * time.Second       // how long a shortest way is believed, and as long again
	nearby       = 150 * time.Millisecond // a round trip as long as this halves the growth: what it does shows so much later
	settling     = 200 * time.Millisecond // beside the round trip: until a cut shows
	cutsOwn      = 6                      // in a row: what does not shrink by so many is not our queue

	lossMost   = 0.03 // more than the path's own, and half of that again
	lossWindow = 30
	lossOwn    = 4 // reports in a row: what does not become less by so many cuts is the path's own

	never = math.MinInt64 / 4
)

// NewPacer makes one for a path of which nothing is known.
func NewPacer() *Pacer {
	p := &Pacer{rate: pacerStart, cut: never, full: math.Inf(1)}
	p.lows = [2]time.Duration{math.MaxInt64, math.MaxInt64}
	return p
}

// Rate is how much may be sent now.
func (p *Pacer) Rate() int { return int(p.rate) }

// Budget is how much may be under way: what the path holds at that rate, and a little more for what has to come again.
func (p *Pacer) Budget(rtt time.Duration) int {
	return int(min(max(p.rate*(min(rtt, maxRTT)+recent).Seconds(), 32<<10), 256<<10))
}

// Acked takes what the far end says: how many bytes have arrived since the last time; how long the last of them were under way, of
// which a part that never changes may be anything; and how many pieces came.
func (p *Pacer) Acked(now, rtt, delay time.Duration, bytes, pieces int) {
	now = max(now, p.now)
	passed := min(now-p.now, glance)
	if !p.known {
		p.known, passed, p.since = true, 0, now
	}
	p.now = now
	p.note(now, delay, max(bytes, 0), max(pieces, 0))
	queue, arriving := p.queue(), p.arriving()
	switch {
	case queue > muchWait:
		p.congested(now, min(rtt, maxRTT), arriving, false)
	case queue > noQueue:
		p.endBeginning(arriving)
		if arriving > 0 {
			p.rate = min(p.rate, 0.97*arriving)
		}
	default:
		p.cuts = 0
		p.grow(passed.Seconds()*float64(nearby)/float64(nearby+max(min(rtt, maxRTT), 0)), arriving)
	}
	p.rate = min(max(p.rate, pacerLeast), PacerMost)
}

func (p *Pacer) note(now, delay time.Duration, bytes, pieces int) {
	if now-p.since > baseEvery {
		p.lows[1], p.lows[0], p.since = p.lows[0], delay, now
	}
	p.lows[0] = min(p.lows[0], delay)
	p.arrived += float64(bytes)
	p.seen = append(p.seen, arrival{now, delay, pieces, p.arrived})
	for len(p.seen) > 2 && (now-p.seen[1].at >= longGlance || len(p.seen) > maxSeen) {
		p.seen = p.seen[1:]
	}
}

// queue is how much longer than ever the shortest way of the last moment was.
func (p *Pacer) queue() time.Duration {
	shortest, pieces := time.Duration(math.MaxInt64), 0
	for i := len(p.seen) - 1; i >= 0 && (p.now-p.seen[i].at <= glance || pieces < glancePieces); i-- {
		shortest = min(shortest, p.seen[i].delay)
		pieces += p.seen[i].pieces
	}
	return shortest - min(p.lows[0], p.lows[1])
}

// arriving is how much arrives in a second, or 0 if that is not known yet.
func (p *Pacer) arriving() float64 {
	if len(p.seen) == 0 {
		return 0
	}
	last := p.seen[len(p.seen)-1]
	first := last
	for i := len(p.seen) - 1; i >= 0 && p.now-p.seen[i].at <= recent; i-- {
		first = p.seen[i]
	}
	if last.at-first.at < recent/2 {
		return 0
	}
	return (last.arrived - first.arrived) / (last.at - first.at).Seconds()
}

// Lost takes what a report about speech says: the part of its packets that was lost (0 to 1). It comes about once a second.
func (p *Pacer) Lost(now, rtt time.Duration, share float64) {
	if share >= 0 && share <= 1 && p.crowded(share) { // no NaN
		p.congested(max(now, p.now), min(rtt, maxRTT), p.arriving(), true)
		p.rate = max(p.rate, pacerLeast)
	}
}

// crowded says whether more gets lost than the path's own share.
func (p *Pacer) crowded(share float64) bool {
	if p.loss += 0.2 * (share - p.loss); len(p.losses) == 0 {
		p.loss = share
	}
	if p.losses = append(p.losses, p.loss); len(p.losses) > lossWindow {
		p.losses = p.losses[1:]
	}
	own := slices.Min(p.losses)
	if p.loss <= own*1.5+lossMost && share <= own*1.5+5*lossMost {
		p.lossy = 0
		return false
	}
	if p.lossy++; p.lossy == 1 {
		p.before = p.loss
	} else if p.lossy >= lossOwn && p.loss > p.before*0.6 { // at half the rate as much is lost: it is not by us
		p.lossy, p.losses = 0, []float64{p.loss}
		return false
	}
	return true
}

// congested gives way, and waits until that shows before it does again.
func (p *Pacer) congested(now, rtt time.Duration, arriving float64, lossy bool) {
	if now-p.cut < rtt+settling {
		return
	}
	p.endBeginning(arriving)
	p.cut = now
	if arriving > 0 {
		p.rate = min(p.rate, arriving)
	}
	p.full = p.rate
	p.rate *= 0.8
	if p.cuts++; p.cuts >= cutsOwn && !lossy { // the path has become a longer one, or somebody else fills it
		p.cuts, p.since = 0, now
		p.lows = [2]time.Duration{p.queue() + min(p.lows[0], p.lows[1]), math.MaxInt64}
	}
}

func (p *Pacer) endBeginning(arriving float64) {
	if p.begun {
		return
	}
	p.begun = true
	if arriving > 0 {
		p.rate = min(p.rate, arriving)
	}
	p.full = p.rate
	p.rate *= 0.9
}

// grow: fast at the beginning, slowly where the path was full before, and never far beyond what arrives: what is not used proves
// nothing.
func (p *Pacer) grow(seconds, arriving float64) {
	next := p.rate
	switch {
	case !p.begun:
		next *= math.Exp2(2 * seconds)
	case p.rate < 0.9*p.full:
		next *= 1 + 0.4*seconds
	case p.rate < 1.1*p.full:
		next *= 1 + 0.06*seconds
	default:
		p.full = math.Inf(1) // it has become wider
		next *= 1 + 0.6*seconds
	}
	next += 2000 * seconds
	if arriving > 0 {
		next = min(next, max(2*arriving, pacerStart))
	}
	p.rate = max(p.rate, next)
}

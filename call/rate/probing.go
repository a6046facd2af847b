package rate

import (
	"math"
	"time"
)

// Probe is a question to the path: whether it carries so much. Until Bytes are sent, everything goes out at Rate, one packet after the
// other: what waits anyway first, and then what is of use or padding.
type Probe struct {
	Rate  int // bit/s
	Bytes int
}

// probing asks the path, with one cluster of packets at a time.
//
//	idle ─Probe─► open: the cluster is being sent ─► asked: its feedback is waited for ─► more gets through: on to the next question
//	  └──────────────────────────────────────────────────────────────────────────────────┴► not: the next one later, and later
type probing struct {
	stage   stage
	cluster uint8 // number of the last one, never 0
	any     bool  // there has been one
	wanted  Probe
	since   time.Duration // the stage began

	sent, told, lost int           // packets
	bytes, first     int           // of all, of the first one
	begin, end       time.Duration // when the first and last were sent
	opens            landing       // the first that arrived: delay is when it was sent
	closes           landing       // the last

	clean  bool          // the last was,
	good   time.Duration // then; at first never
	before float64       // the target until then
	next   time.Duration // not before
	wait   time.Duration // after a failure
}

type stage uint8

const (
	idle stage = iota
	open
	asked
)

// The times and parts are about those of libwebrtc's probes, of which there is no RFC.
const (
	probePackets   = 4                     // at least: two can be late or early by themselves
	probeTime      = 20 * time.Millisecond // for so long at least, and
	probeUneven    = 4                     // times what is between the delays of two packets: else chance decides
	probeMostTime  = 60 * time.Millisecond
	probeBlamed    = 2 * time.Second // after one that was clean: a queue says it was not
	probeExpires   = time.Second     // for it to be sent, and for its feedback
	probeWait      = time.Second
	probeMostWait  = 5 * time.Second
	probeFirst     = 3.0         // times the target
	probeUnknown   = 2.0         // while the path was never full
	probeKnown     = 1.5         // where it was
	probeClean     = 0.9         // of the rate that was sent arrives: there is no queue by it
	probeKeeps     = 0.95        // of what got through becomes the target
	probeLost      = 0.2         // of the packets, beside twice the path's own
	probeCalm      = time.Second // since the last cut
	worthwhile     = 0.6         // of the target is to be sent already: who sends less needs no more
	closeEnough    = 0.95
	aFullerCluster = 0.7 // of the rate asked for; a slower one has not asked
)

// Probe says whether the path is to be asked for more now, and how. Whoever takes the answer sends the packets, and says so by Sent.
func (c *Controller) Probe(now time.Duration) (Probe, bool) {
	now = c.pass(now)
	p := &c.probing
	if p.stage != idle || !c.begun || now < p.next || !c.calm(now) {
		return Probe{}, false
	}
	chained := !p.any || p.clean
	ceiling := c.ceiling()
	if c.target >= closeEnough*ceiling || !chained && c.sending.value(now) < worthwhile*c.target {
		return Probe{}, false
	}
	times := probeUnknown
	switch {
	case !p.any:
		times = probeFirst
	case !math.IsInf(c.full, 1):
		times = probeKnown
	}
	p.wanted.Rate = int(min(times*c.target, ceiling/probeKeeps))
	took := min(max(probeTime, probeUneven*c.flow.uneven), probeMostTime)
	p.wanted.Bytes = max(int(float64(p.wanted.Rate)/8*took.Seconds()), probePackets*packetSize)
	p.any, p.stage, p.since = true, open, now
	p.sent, p.told, p.lost, p.bytes = 0, 0, 0, 0
	if p.cluster++; p.cluster == 0 {
		p.cluster = 1
	}
	return p.wanted, true
}

// calm says whether nothing has been in the way for a while.
func (c *Controller) calm(now time.Duration) bool {
	return !c.waiting && !c.losses.trial && now-c.cut > probeCalm && c.queue <= noQueue+c.slot()+c.bearable
}

// out notes a packet of the cluster and returns the cluster's number, or 0 where none is being sent.
func (p *probing) out(size int, at time.Duration) uint8 {
	if p.stage != open {
		return 0
	}
	if p.sent == 0 {
		p.begin, p.first = at, size
	}
	p.sent++
	p.bytes += size
	p.end = at
	if p.bytes >= p.wanted.Bytes && p.sent >= probePackets {
		p.stage, p.since = asked, at
	}
	return p.cluster
}

// note takes what feedback says of a packet of the cluster.
func (p *probing) note(k *packet, at time.Duration, isLost bool) {
	if k.probe == 0 || k.probe != p.cluster || p.stage == idle {
		return
	}
	l := landing{at: at, delay: k.at}
	switch p.told++; {
	case isLost:
		p.lost++
	case p.told-p.lost == 1:
		p.opens, p.closes = l, l
	case l.delay < p.opens.delay:
		p.opens = l
	case l.delay >= p.closes.delay:
		p.closes = l
	}
}

// judge draws the conclusion, when all that can be said of a cluster has been.
func (c *Controller) judge(now time.Duration) {
	p := &c.probing
	switch {
	case p.stage == open && now-p.since > probeExpires: // nobody sent it
		p.stage = idle
		p.later(now)
	case p.stage == asked && (p.told >= p.sent || now-p.since > probeExpires+c.trip):
		p.stage = idle
		through, clean := p.result(c.losses.own)
		switch {
		case c.waiting || c.losses.trial: // that has said it already
			p.later(now)
		case through == 0:
			p.next = now + probeWait
		default:
			c.probed(now, through, clean)
		}
	}
}

func (c *Controller) probed(now time.Duration, through float64, clean bool) {
	p := &c.probing
	if !clean {
		p.later(now)
		if c.full = through; through > growAbove*c.target {
			c.set(growBelow * through)
		}
		return
	}
	p.clean, p.good, p.next, p.before = true, now, now, c.target
	if through > c.full {
		c.full = math.Inf(1)
	}
	c.set(max(c.target, probeKeeps*through))
}

// later puts the next question off.
func (p *probing) later(now time.Duration) {
	if p.clean && now-p.good > probeBlamed { // and nothing has been heard against it
		p.wait = 0
	}
	p.clean = false
	p.wait = min(max(2*p.wait, probeWait), probeMostWait)
	p.next = now + p.wait
}

// blame is for a queue, and says whether the last cluster is to blame for it: that was clean, and soon after it there is one. So the
// next would be wrong, too.
func (p *probing) blame(now time.Duration) bool {
	if !p.clean || now-p.good > probeBlamed {
		return false
	}
	p.later(now)
	return true
}

// result is what has got through, in bit/s or 0 if that can't be said, and whether more might have.
func (p *probing) result(own float64) (through float64, clean bool) {
	arrived, took := p.told-p.lost, p.end-p.begin
	if arrived < probePackets-1 || took <= 0 {
		return 0, false
	}
	sent := float64(8*(p.bytes-p.first)) / took.Seconds()
	apart, there := p.closes.delay-p.opens.delay, p.closes.at-p.opens.at
	if sent < aFullerCluster*float64(p.wanted.Rate) || apart <= 0 {
		return 0, false
	}
	through = min(sent, float64(p.wanted.Rate))
	if there > apart {
		through = min(through, sent*float64(apart)/float64(there))
	}
	if float64(p.lost) > max(2, (probeLost+2*own)*float64(p.sent)) { // a path with hardly a queue
		return through * float64(arrived) / float64(p.sent), false
	}
	return through, through >= probeClean*min(sent, float64(p.wanted.Rate))
}

package rate

import (
	"math"
	"time"
)

// Controller says how many bits a second may go to one far end, of all media together, from when each packet arrives there: the feedback of
// draft-holmer-rmcat-transport-wide-cc-extensions-01. It looks first at how long packets wait in the path's queues, as NADA (RFC 8698)
// and LEDBAT (RFC 6817) do, and then at what gets lost; it finds room by asking for it with probes, and else grows as slowly as
// draft-ietf-rmcat-gcc-02 does.
//
//	Sent ─► history ─┐
//	Feedback ────────┴► what is believed ─► flow    a queue: down to less than what arrives, until it has gone ─┐
//	                                     ├► losses  more than the path's own: the same, to see whether it helps ├► Target
//	                                     └► probing more has got through: up to that ───────────────────────────┤
//	                                                nothing in the way, and the target is used: a little more ──┘
//
// All rates are in bit/s and count what Sent is told. The clock is passed in, any monotonic one. Nothing is allocated after the
// beginning. Not safe for concurrent use.
type Controller struct {
	least, most, limit float64 // limit: the far end's (REMB), or +Inf
	target             float64

	now     time.Duration
	begun   bool          // there has been feedback
	heard   time.Duration // the last of an arrival that was believed
	decided time.Duration
	trip    time.Duration // from sending to the feedback, of the newest packet there is any about; maxRTT at most
	silence silence

	history history
	sending meter
	flow    flow
	losses  losses
	probing probing
	stats   ControllerStats

	// The queue.
	queue    time.Duration // that packets wait in
	waiting  bool          // there is one
	cut      time.Duration // when the target was last cut
	cuts     int           // in a row, by none of which the queue has become shorter
	before   float64       // the target before the first of them
	entered  float64       // the target when it began to wait
	was      time.Duration // the queue at the last cut
	full     float64       // what the path carried of ours when it was last full; +Inf: it never was
	bearable time.Duration // a queue that others keep full, and that must be lived with
	borne    time.Duration // since when
}

// Status is what feedback says of one packet.
type Status struct {
	Number  uint16        // transport-wide
	Arrived time.Duration // on the far end's clock, which may stand anywhere
	Lost    bool          // it has not arrived yet
}

// ControllerStats is what a Controller knows.
type ControllerStats struct {
	Target, Sending, Arriving int           // bit/s; Arriving is 0 where that is not known
	Queue                     time.Duration // that packets wait in
	Trip                      time.Duration // from sending to feedback
	Loss, OwnLoss             float64       // the last share that was lost, and the part that the path always loses; 0 to 1

	// Feedback that was dropped.
	Unsent     uint64 // about what was never sent, or too long ago
	Repeated   uint64 // what was said before
	Impossible uint64 // of times when nothing can have arrived
}

// What has no source beside it was found on the links of controller_test.go.
const (
	packetSize = 1200 // bytes, of the largest packet
	slotAtMost = 40 * time.Millisecond

	drainTime  = time.Second // in which a queue is to be gone
	keepNearly = 0.97        // of what arrives, while there is a small queue
	keepAtMost = 0.9         // while there is one
	keepLeast  = 0.3         // however long it is
	keepBlamed = 0.85        // of what the path carries, after a probe that was wrong: GCC's beta (section 5.5)
	cutsTo     = 0.75        // of the target: a queue that does not become shorter by that is not ours

	bearableAtMost = 400 * time.Millisecond
	bearableFor    = 15 * time.Second // then it is tried again whether it goes away

	growBelow   = 0.85 // of what the path carried: up to there quickly,
	growAbove   = 1.1  // up to there slowly, and from there on it has become wider
	growQuick   = 0.25 // of the target, in a second
	growSlow    = 0.03
	growUnknown = 0.15
	growAlike   = 30_000 // bit/s in a second, besides: whoever has less of a path comes nearer to who has more
	growMost    = 0.04   // of the target, in a second: growAlike is no more than that
	growUsed    = 1.5    // times what is sent (GCC, section 5.5), and
	growLeast   = 10_000 // bit/s: no further, as what is not used proves nothing

	resyncAfter = time.Second // of nothing that can be: the far end's clock stands elsewhere now
)

// NewController makes one that begins at start and stays from least to most, all in bit/s.
func NewController(least, start, most int) *Controller {
	c := &Controller{
		least: float64(max(least, 1)), most: float64(most), limit: math.Inf(1),
		cut: never, full: math.Inf(1), probing: probing{good: never},
	}
	c.set(float64(start))
	return c
}

// Target is how much may be sent now.
func (c *Controller) Target() int { return int(c.target) }

// SetMost sets how much there is use for: probes go no further.
func (c *Controller) SetMost(most int) {
	c.most = float64(most)
	c.set(c.target)
}

// REMB takes what the far end believes its link can carry; 0 and less is nothing.
func (c *Controller) REMB(bps int) {
	if bps <= 0 {
		return
	}
	c.limit = float64(bps)
	c.set(c.target)
}

// Sent notes a packet that has just gone out, with all its headers, in bytes. The numbers are transport-wide, one more each time.
// Probe says that it belongs to what the last Probe asked for.
func (c *Controller) Sent(number uint16, size int, at time.Duration, probe bool) {
	at = c.pass(at)
	size = min(max(size, 0), math.MaxUint16)
	k := packet{at: at, size: int32(size), number: number}
	if probe {
		k.probe = c.probing.out(size, at)
	}
	if k.probe == 0 {
		c.sending.add(size, at)
	}
	c.history.add(k)
	c.silence.sent(at)
}

// Feedback takes what the far end says. What can't be is counted and dropped.
func (c *Controller) Feedback(now time.Duration, list []Status) {
	now = c.pass(now)
	newest, impossible := time.Duration(never), c.stats.Impossible
	for _, s := range list[:min(len(list), keptPackets)] {
		if k := c.believe(s, now); k != nil {
			newest = max(newest, k.at)
			if !s.Lost {
				c.heard = now
			}
		}
	}
	if c.stats.Impossible > impossible && now-c.heard > resyncAfter {
		c.heard = now
		c.flow.forget()
		c.losses.next(now) // of what has arrived since nothing was counted
	}
	if newest == never {
		return
	}
	c.begun, c.trip = true, min(now-newest, maxRTT)
	c.silence.answered()
	c.decide(now)
	c.lossy(now, newest)
	c.judge(now)
}

// believe notes what is said of one packet, and returns that, or nil.
func (c *Controller) believe(s Status, now time.Duration) *packet {
	k := c.history.find(s.Number, now)
	switch {
	case k == nil:
		c.stats.Unsent++
		return nil
	case k.fate == arrived || k.fate == missing && s.Lost:
		c.stats.Repeated++
		return nil
	case s.Lost:
		k.fate = missing
		c.losses.note(k.at, true)
		c.probing.note(k, 0, true)
		return k
	case !c.flow.plausible(k.at, s.Arrived, now):
		c.stats.Impossible++
		return nil
	}
	if k.fate == missing {
		c.losses.found(k.at)
	} else {
		c.losses.note(k.at, false)
		c.probing.note(k, s.Arrived, false)
	}
	k.fate = arrived
	c.flow.land(k, s.Arrived, now)
	return k
}

// Tick looks for what does not come. It is to be called some times a second.
func (c *Controller) Tick(now time.Duration) {
	now = c.pass(now)
	if c.silence.lasts(now, c.trip) {
		c.cutTo(now, c.target/2)
	}
	c.judge(now)
}

// Stats tells what is known.
func (c *Controller) Stats() ControllerStats {
	s := c.stats
	s.Target, s.Sending = int(c.target), int(c.sending.value(c.now))
	if arriving, _ := c.flow.arriving(recent); arriving > 0 {
		s.Arriving = int(arriving)
	}
	s.Queue, s.Trip, s.Loss, s.OwnLoss = c.queue, c.trip, c.losses.share, c.losses.own
	return s
}

// decide looks at the queue.
func (c *Controller) decide(now time.Duration) {
	passed := min(now-c.decided, glance).Seconds()
	c.decided = now
	if now-c.borne > bearableFor {
		c.bearable = 0
	}
	if c.queue = c.flow.queue(); c.queue < c.was/2 {
		c.cuts = 0
	}
	if c.queue > noQueue+c.slot()+c.bearable {
		c.congested(now)
	} else {
		c.free(now, passed)
	}
}

// slot is how long a large packet takes: whatever comes after it waits for that, and it is no queue.
func (c *Controller) slot() time.Duration {
	return min(time.Duration(8*packetSize/c.target*float64(time.Second)), slotAtMost)
}

// congested gives way, and waits until that shows before it does again.
func (c *Controller) congested(now time.Duration) {
	queue := c.queue
	much := queue > muchWait+2*c.slot()+c.bearable
	if !much && !c.used(now) {
		return
	}
	if !c.waiting {
		if c.cuts == 0 {
			c.was, c.before = queue, c.target
		}
		c.waiting, c.entered = true, c.target
	}
	most := keepNearly
	if much {
		most = keepAtMost
	}
	// A queue that long has been there for as long, and so long has all that the path carries arrived.
	arriving, part := c.flow.arriving(min(max(queue, glance), recent))
	c.full = max(arriving, c.target*part*(1-c.losses.beyond())) // where a full queue drops, it does not grow
	if c.probing.blame(now) {
		c.full = max(arriving, c.probing.before)
		most = keepBlamed
	}
	excess := float64(queue-c.bearable) / float64(drainTime)
	keep := min(c.target, c.full) * min(max(1-excess, keepLeast), most)
	grows := queue > c.was+muchWait+c.slot() // though it was cut
	if !grows && now-c.cut < c.trip+settling {
		return
	}
	if !grows {
		c.count(queue)
	}
	if c.was = queue; c.cuts >= cutsOwn && c.target <= max(cutsTo*c.before, c.least) { // the path has become a longer one, or somebody else fills it
		c.bear(now)
		return
	}
	c.cutTo(now, keep)
}

// bear lives with the queue, and takes back what was cut.
func (c *Controller) bear(now time.Duration) {
	c.bearable, c.borne = min(c.queue+c.queue/4, bearableAtMost), now
	c.waiting, c.cuts = false, 0
	c.set(max(c.target, c.before))
}

// count counts the cuts by which the queue does not become shorter.
func (c *Controller) count(queue time.Duration) {
	if c.cuts++; queue < c.was*4/5 {
		c.cuts, c.before = 0, c.target
	}
}

// free is for a path with no queue.
func (c *Controller) free(now time.Duration, seconds float64) {
	if c.waiting {
		c.waiting = false
		c.losses.next(now) // what was sent into the full queue says nothing of the path without it
		c.set(max(c.target, min(growBelow*c.full, c.entered)))
	}
	if c.losses.trial || !c.used(now) {
		return
	}
	seconds *= float64(nearby) / float64(nearby+c.trip) // what it does shows so much later
	if c.target >= growAbove*c.full {                   // and no queue: it has become wider
		c.full = math.Inf(1)
	}
	share := growSlow
	switch {
	case math.IsInf(c.full, 1):
		share = growUnknown
	case c.target < growBelow*c.full:
		share = growQuick
	}
	c.set(c.target*(1+share*seconds) + min(growAlike, growMost*c.target)*seconds)
}

// used says whether so much is sent that more might be.
func (c *Controller) used(now time.Duration) bool {
	return growUsed*c.sending.value(now)+growLeast >= c.target
}

// cutTo lowers the target.
func (c *Controller) cutTo(now time.Duration, target float64) {
	c.cut = now
	c.set(min(c.target, target))
}

func (c *Controller) ceiling() float64 { return min(c.limit, c.most) }

func (c *Controller) set(target float64) { c.target = max(min(target, c.ceiling()), c.least) }

// pass takes a time, and returns it, or the last one where it is before that.
func (c *Controller) pass(now time.Duration) time.Duration {
	c.now = max(c.now, min(now, farthest))
	return c.now
}

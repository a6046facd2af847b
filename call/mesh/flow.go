package mesh

import (
	"encoding/binary"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"parley/call/rate"
)

// How much goes to one far end, all its tracks together, and how fast:
//
//	number    gives a packet its transport-wide number in the moment it is written, and remembers it: sound, pictures, what is sent
//	          once more and what asks the path for more are one sequence
//	answered  takes what the far end says of those (answer.go) ─► controller ─► target ─► spread, Feedback
//	reported  is for a far end that says nothing of the kind: loss ─► simple ─► the same
//	roll      (film.go) writes pictures when spread lets them; sound goes past it
//
// Sound alone is not numbered: the answers would be a third of all packets of a conversation, and nobody would read them.
type flow struct {
	start time.Time
	wake  chan struct{} // of roll; capacity 1
	hasty bool          // Config's
	tell  func()        // that tick or Feedback has something to do

	writing atomic.Int64 // since when a packet of pictures is being written, in nanoseconds and one; 0: none is

	mu         sync.Mutex
	wide       bool             // the far end answers
	controller *rate.Controller // made with the first picture; nil where not wide
	simple     *rate.Rate       // in its place
	spread     rate.Spread
	answers    answers
	next       uint16
	most       int  // as SetMost was given it; below 0: it was not
	highest    int  // of those: what was found out of the path is not forgotten because there is less use for it
	remb       int  // of the far end
	voiced     bool // sound is numbered, too
	able       bool // something can be sent once more, and so the path be asked
	sound      speed
	pictures   speed
	again      speed         // of them, for what was asked for once more
	crowded    time.Duration // when the path was full
	repairs    float64       // bytes of pictures that may be sent once more
	repaired   time.Duration // when that was looked at last
	pictured   time.Duration // when the last packet of pictures went out
	ticked     time.Duration
	told       int // target of the last Feedback
}

const (
	// What a path carries, in bit/s, all headers included.
	leastTarget = 100_000
	startTarget = 300_000
	mostTarget  = 2_700_000 // pictures of 2.5 Mbit/s, and sound; until SetMost says something else

	leastSimple, startSimple = 150_000, 1_000_000 // where only loss tells, it can't be asked for more

	crowd    = 60 * time.Millisecond // of a queue: then copies of sound make it only longer
	flowTick = 100 * time.Millisecond
	flowRest = 2 * time.Second // after the last picture there is no use for answers
	newsPart = 32              // a target that has changed by such a part is told at once

	repairPart  = 4                      // of the target is for what is sent once more: beyond that more of it does harm
	repairBurst = 500 * time.Millisecond // for which that part may be saved up
	copiesPart  = 4                      // of the target is for copies of sound

	// outerHeaders is what a packet has around its RTP header and payload, in bytes: IPv4, UDP, and the tag of SRTP.
	outerHeaders = 20 + 8 + 16
	rtpHeader    = 12
	wideHeader   = 8

	never = math.MaxInt64
)

func (f *flow) init(m *Mesh, tell func()) {
	f.start, f.hasty, f.tell, f.wake = m.start, m.config.hasty, tell, make(chan struct{}, 1)
	f.crowded, f.repaired = math.MinInt64/2, math.MinInt64/2
	f.pictured, f.ticked, f.most = math.MinInt64/2, math.MinInt64/2, -1
	f.highest = mostTarget
}

func (f *flow) now() time.Duration { return time.Since(f.start) }

// stuck says whether the socket has taken no packet of pictures for long: that of a relay by TCP which stands still.
func (f *flow) stuck() bool {
	since := f.writing.Load()
	return since != 0 && f.now()-time.Duration(since) > staleAfter
}

// begin is for when it is known whether the far end answers.
func (f *flow) begin(wide bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wide = wide; !wide {
		f.simple = rate.New(leastSimple, startSimple, mostTarget)
	}
	f.spread.SetRate(f.targetLocked())
}

// targetLocked is what the path carries, as far as is known.
func (f *flow) targetLocked() int {
	switch {
	case f.controller != nil:
		return f.controller.Target()
	case f.simple != nil:
		return f.simple.Target()
	}
	return startTarget
}

// SetMost says how much there is use for on the way to a peer, in bit/s with all headers; 0: for nothing but sound. The path is not
// asked for more. Whoever has pictures that find no room says so, too: only then is it seen when there is some again.
func (m *Mesh) SetMost(id Peer, most int) {
	if p := m.alive(id); p != nil {
		p.flow.setMost(most)
	}
}

func (f *flow) setMost(most int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.most == most {
		return
	}
	f.most = most
	switch {
	case most <= 0:
		f.spread.Begin(rate.Probe{}) // what was sent before is not sent again after the end
	case most > f.highest:
		if f.highest = most; f.controller != nil {
			f.controller.SetMost(most)
		}
	}
	f.tell()
}

// busyLocked says whether pictures go, or would if there were room.
func (f *flow) busyLocked(now time.Duration) bool {
	return f.most > 0 || f.most < 0 && now-f.pictured < flowRest
}

// number notes that a packet is now written; its number is put into the header.
func (f *flow) number(b *binding, h *rtp.Header, payload int) {
	size, probe := outerHeaders+rtpHeader+payload, false
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	switch {
	case b.codec == 0 && b.wide != nil:
		f.voiced = true
		f.sound.add(size, now)
	case b.codec != 0:
		f.pictures.add(size, now)
		f.pictured = now
		f.able = f.able || b.repair != 0
		probe = f.spread.Probing()
		f.spread.Sent(now, size)
		if now-f.ticked > 2*flowTick { // it has rested
			f.tell()
		}
	}
	h.Extension = false
	if b.wide == nil || !f.wide || !f.busyLocked(now) {
		return
	}
	if f.controller == nil {
		f.controller = rate.NewController(leastTarget, startTarget, max(f.highest, startTarget))
		f.controller.REMB(f.remb)
	}
	binary.BigEndian.PutUint16(b.number[:], f.next)
	h.Extension, h.ExtensionProfile, h.Extensions = true, rtp.ExtensionProfileOneByte, b.wide
	f.controller.Sent(f.next, size+wideHeader, now, probe)
	f.next++
}

// wait is how long it is until the next packet of pictures may go.
func (f *flow) wait() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hasty {
		return 0
	}
	return f.spread.Wait(f.now())
}

// probing says whether the path is asked for more, so that something is to be sent though nothing waits.
func (f *flow) probing() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.spread.Probing()
}

// repair says whether a packet of pictures of that size may be sent once more. A spare one, to make surer that one of them arrives,
// takes only of what is saved up.
func (f *flow) repair(payload int, spare bool) bool {
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	each := float64(f.targetLocked()) / 8 / repairPart
	passed := min(now-f.repaired, repairBurst)
	f.repairs = min(f.repairs+each*passed.Seconds(), each*repairBurst.Seconds())
	f.repaired = now
	size := float64(payload + rtpHeader + outerHeaders)
	least := size
	if spare {
		least += each * repairBurst.Seconds() / 2
	}
	if f.repairs < least && !f.hasty {
		return false
	}
	f.repairs -= size
	f.again.add(int(size), now)
	return true
}

// copied is how much copies of sound may take, in bit/s: while pictures go there, not so much that these have to make room.
func (f *flow) copied() int {
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.busyLocked(now) {
		return maxCopied
	}
	return min(maxCopied, f.targetLocked()/copiesPart)
}

// pace is how fast pictures that wait go out, in bit/s; 0: at any rate.
func (f *flow) pace() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hasty {
		return 0
	}
	return f.spread.Rate()
}

// endProbe is for when there is nothing to ask the path with.
func (f *flow) endProbe() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spread.Begin(rate.Probe{})
}

// answered takes an answer of the far end, as it came from the network.
func (f *flow) answered(b []byte) {
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.controller == nil {
		return
	}
	f.answers.read(b, func(list []rate.Status) { f.controller.Feedback(now, list) })
	f.crowdedLocked(now)
	f.changedLocked(now)
}

// reported takes what a report says of a track of pictures: that nothing gets lost says something only where there is enough that might.
func (f *flow) reported(loss float64, rtt time.Duration) {
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.simple == nil {
		return
	}
	if loss > 0 || 2*f.pictures.value(now) > f.simple.Target() {
		f.simple.Report(loss, rtt, now)
		f.changedLocked(now)
	}
}

// limited takes what the far end believes the path can carry, in bit/s: of all that it gets, as Chromium means it, whichever track it
// names.
func (f *flow) limited(remb int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.remb = remb
	switch {
	case f.controller != nil:
		f.controller.REMB(remb)
	case f.simple != nil:
		f.simple.REMB(remb)
	}
	f.changedLocked(f.now())
}

// changedLocked passes on what may be news.
func (f *flow) changedLocked(now time.Duration) {
	target := f.targetLocked()
	f.spread.SetRate(target)
	if f.able && f.controller != nil && f.busyLocked(now) {
		if probe, ok := f.controller.Probe(now); ok {
			f.spread.Begin(probe)
			poke(f.wake)
		}
	}
	if off := target - f.told; max(off, -off) > f.told/newsPart {
		f.tell()
	}
}

// tick looks at the path some times a second while there is any use for that, and returns how long it is until the next time; news says
// that there is something for Feedback.
func (f *flow) tick(now time.Duration) (wait time.Duration, news bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.busyLocked(now) {
		return never, false
	}
	if left := flowTick - (now - f.ticked); left > 0 {
		return left, false
	}
	f.ticked = now
	if f.controller != nil {
		f.controller.Tick(now)
	}
	f.changedLocked(now)
	return flowTick, true
}

// tellings are for Feedback: what the path carries beside what is sent once more, and how much of that sound takes, in bit/s; 0: it is
// not in it.
func (f *flow) tellings() (target, sound int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if f.told = f.targetLocked(); f.voiced {
		sound = max(f.sound.value(now), 1)
	}
	return max(f.told-f.again.value(now), leastTarget/2), sound
}

// crowdedLocked notes that the path is full, and what gets lost is our own doing.
func (f *flow) crowdedLocked(now time.Duration) {
	if f.controller.Stats().Queue > crowd {
		f.crowded = now
	}
}

// isCrowded says whether the path was full lately.
func (f *flow) isCrowded() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.controller != nil && f.now()-f.crowded < reportInterval+reportInterval/2
}

// stats are of the path: what it carries, and how many milliseconds packets wait in it.
func (f *flow) stats() (target int, queue float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.controller == nil {
		return 0, 0
	}
	s := f.controller.Stats()
	return s.Target, float64(s.Queue) / float64(time.Millisecond)
}

// speed is how much goes in a second.
type speed struct {
	since   time.Duration
	bytes   int
	settled int // bit/s, of the window before
}

const speedWindow = 500 * time.Millisecond

func (s *speed) add(bytes int, now time.Duration) {
	s.turn(now)
	s.bytes += bytes
}

// value is in bit/s.
func (s *speed) value(now time.Duration) int {
	s.turn(now)
	return s.settled
}

func (s *speed) turn(now time.Duration) {
	if passed := now - s.since; passed >= speedWindow {
		s.settled = int(float64(8*s.bytes) / passed.Seconds())
		s.since, s.bytes = now, 0
	}
}

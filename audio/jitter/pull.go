package jitter

import "time"

// Action is what the decoder does next.
type Action uint8

// The four things that a decoder can do.
const (
	// Wait: there is nothing to play and nothing is missing (not begun, a pause, a talk spurt that is over). Play
	// silence or comfort noise for one turn and pull again.
	Wait Action = iota
	// Decode Step.Payload.
	Decode
	// Recover the lost packet before Step.Payload, Step.Samples long, from the redundancy in Step.Payload, which is not
	// used up: the next Pull gives it for decoding.
	Recover
	// Conceal Step.Samples of missing sound.
	Conceal
)

// Step is the answer of Pull.
type Step struct {
	Action  Action
	Payload []byte // the buffer's own, valid until the next Push, Repair or Pull
	Samples int    // for Recover and Conceal; always a multiple of 2.5 ms
	By      Source // for Decode: how the packet came
	Jump    bool   // for Decode: it does not follow what was played last; that may be long ago
}

const (
	// patience is for how long the buffer, run dry, has sound invented before it takes the silence for a pause. Longer
	// concealment is not worth hearing.
	patience = 100 * time.Millisecond
	// slack is how much later than by whole turns packets may be asked for before that is too late: clocks run apart, and
	// the next turn is not always on time.
	slack = 2 * time.Millisecond
	// trifle is too little to be removed.
	trifle = 500 * time.Microsecond
	// leeway is what a copy has less to spare than a packet of its own, where much is lost.
	leeway = bucket
	// looked is how many packets Excess takes the least of: sound cards ask in bursts, and it is the last turn of a burst
	// that the packets must be there for.
	looked = 8
)

// playhead is where playout stands.
type playhead struct {
	on     bool  // in the middle of sound
	jump   bool  // it began with the next packet
	ts     int64 // of the next sample that is due
	frame  int   // samples in a packet, learnt from timestamps
	odd    int   // another length seen, and
	odds   int   // how often in a row
	debt   int   // samples invented while the buffer was dry; they stand for packets that were late or lost
	silent bool  // the last packet said that silence follows
	last   Action
	waited [looked]waited // the last packets decoded, newest first
	known  int            // how many of them count
}

// waited is how the delay of one packet's sound came about: the packet waited for its turn, and its sound for the part of the
// turn that was filled already.
type waited struct{ packet, sound time.Duration }

// learn takes the distance of two packets. A shorter frame is believed at once: a pause makes distances longer, nothing
// makes them shorter.
func (p *playhead) learn(packets, samples int64, unit int) {
	if packets != 1 || samples%int64(unit) != 0 || samples > int64(48*unit) || samples == int64(p.frame) {
		p.odds = 0
		return
	}
	n := int(samples)
	if n != p.odd {
		p.odd, p.odds = n, 0
	}
	if p.odds++; n < p.frame || p.odds >= 5 {
		p.frame, p.odds = n, 0
	}
}

// soon tells whether it is too soon for a talk spurt that begins with f. Where turns come in bursts, the last packet that this one
// will ask for must be there too.
func (b *Buffer) soon(f *slot) bool {
	frame := b.duration(int64(b.play.frame))
	more := max(b.turns.most()-b.turns.later(), 0) / frame * frame
	return b.lag(f)+b.turns.early() < b.Target()+more
}

// Pull says what the decoder shall do next. It is called when all decoded sound has been played; whoever wants a packet
// sooner (to stretch two at once) asks Ready first and passes what Next says as now.
func (b *Buffer) Pull(now time.Duration) Step {
	b.now = max(b.now, now)
	step := b.pull()
	b.play.last = step.Action
	return step
}

func (b *Buffer) pull() Step {
	b.skip()
	if b.stored == 0 {
		return b.starve()
	}
	f := b.catchUp(b.first())
	if b.play.on && f.seq > b.next {
		if step, ok := b.missing(f); ok {
			return step
		}
	}
	if b.play.on && f.ts-b.play.ts > int64(b.play.frame/2) {
		b.play.on = false // no packet is missing, but time has passed: a pause
	}
	if !b.play.on {
		if full := b.newest.seq-f.seq >= int64(len(b.slots))-1; b.soon(f) && !full {
			return Step{}
		}
		b.begin(f)
	}
	return b.decode(f)
}

// Ready tells whether the packet whose turn it is is here, so that Pull would give it to Decode.
func (b *Buffer) Ready() bool {
	s := b.slot(b.next)
	return b.play.on && s.seq == b.next && s.state == stored && s.ts-b.play.ts <= int64(b.play.frame/2)
}

// first is the stored packet with the lowest number; there is one.
func (b *Buffer) first() *slot {
	for seq := b.next; ; seq++ {
		if s := b.slot(seq); s.seq == seq && s.state == stored {
			return s
		}
	}
}

// skip leaves out packets that say once more that silence follows: the next sound begins as after any pause.
func (b *Buffer) skip() {
	for b.play.silent && b.stored > 0 {
		f := b.first()
		if f.size > dtxSize {
			return
		}
		b.stats.Lost += uint64(f.seq - b.next)
		b.loss.add(f.by != Own)
		f.state = done
		b.stored--
		b.next, b.play.on = f.seq+1, false
	}
}

// starve is for an empty buffer.
func (b *Buffer) starve() Step {
	p := &b.play
	if !p.on {
		return Step{}
	}
	if p.silent || b.duration(int64(p.debt)) >= patience {
		p.on, p.debt = false, 0
		return Step{}
	}
	if p.debt == 0 {
		b.stats.Underruns++
	}
	// In short steps: the packet may come any moment.
	n := 4 * b.unit
	p.debt += n
	return Step{Action: Conceal, Samples: n}
}

// lag is the delay that playout has if the packet is played now.
func (b *Buffer) lag(f *slot) time.Duration { return b.now - b.duration(f.ts) - b.delay.base() }

// catchUp gives up what lies so far behind that no stretching brings it back in useful time: the network has stood still.
func (b *Buffer) catchUp(f *slot) *slot {
	if b.lag(f) <= b.config.Max {
		return f
	}
	for enough := b.Target() + b.duration(int64(b.play.frame)); b.stored > 1 && b.lag(f) > enough; f = b.first() {
		b.drop(f.seq)
		b.next = f.seq + 1
		b.play.on = false
	}
	return f
}

// begin starts playout with a packet after silence. What is missing before it was not heard missing.
func (b *Buffer) begin(f *slot) {
	if !b.fresh {
		b.stats.Lost += uint64(f.seq - b.next)
	}
	b.next, b.play.ts, b.play.on, b.play.debt, b.play.known, b.play.jump = f.seq, f.ts, true, 0, 0, true
}

// missing is for a packet that is not there while a later one, f, is. It gives false if f itself is to be played.
func (b *Buffer) missing(f *slot) (Step, bool) {
	p := &b.play
	for b.next < f.seq {
		gap := f.ts - p.ts
		if gap < int64(p.frame) { // fewer samples than packets: numbers of a sender that we do not understand
			b.stats.Lost += uint64(f.seq - b.next)
			b.next = f.seq
			break
		}
		b.stats.Lost++
		if f.size > dtxSize { // else the end of a talk spurt got lost, or what is next to it: no delay would have saved it
			b.loss.add(true)
		}
		b.worth.fade()
		b.next++
		p.ts += int64(p.frame)
		switch {
		case p.debt >= p.frame: // its time was filled while the buffer was dry
			p.debt -= p.frame
		case b.next == f.seq && f.size > dtxSize && gap < int64(p.frame*3/2):
			b.stats.Recovered++
			p.debt = 0
			return Step{Action: Recover, Payload: b.payload(f.seq)[:f.size], Samples: p.frame}, true
		default:
			n := p.frame - p.debt
			p.debt = 0
			return Step{Action: Conceal, Samples: n}, true
		}
	}
	return Step{}, false
}

// decode plays f.
func (b *Buffer) decode(f *slot) Step {
	p := &b.play
	b.loss.add(f.by != Own)
	b.worth.fade()
	b.fresh = false
	f.state = done
	b.stored--
	copy(p.waited[1:], p.waited[:])
	p.waited[0] = waited{b.lag(f), b.turns.later()}
	p.known = min(p.known+1, looked)
	b.next, p.ts, p.debt, p.silent = f.seq+1, f.ts+int64(p.frame), 0, f.size <= dtxSize
	jump := p.jump
	p.jump = false
	return Step{Action: Decode, Payload: b.payload(f.seq)[:f.size], By: f.by, Jump: jump}
}

// Target is the delay that the buffer steers to. On a network that loses packets it is longer: by one frame, because what Recover
// needs comes with the next packet, or by as far as the copies go that the sender lets follow; and still longer where packets that
// were asked for once more are worth that.
func (b *Buffer) Target() time.Duration {
	t := b.delay.target(b.turns.early())
	if b.loss.high {
		reach := b.cover.reach(b.now)
		if reach > 0 && b.loss.much {
			t = max(t-leeway, min(t, 2*leeway)) // the least delay has nothing to spare
		}
		t = b.worth.target(t + b.duration(int64(max(reach, 1)*b.play.frame)))
	}
	return min(t, b.config.Max)
}

// Head is the timestamp of the sample that follows all that was pulled; what was invented in the meantime counts as if it had
// been sent. It means nothing before the first Decode.
func (b *Buffer) Head() uint32 { return uint32(b.play.ts + int64(b.play.debt)) }

// Delay is what the buffer adds now: how far playout lies behind where the fastest packet would allow it to be.
func (b *Buffer) Delay() time.Duration {
	if b.play.known == 0 {
		return 0
	}
	return b.play.waited[0].packet + b.play.waited[0].sound
}

// Excess says whether sound should be removed (above zero, accelerate) or inserted (below zero, expand) to come to the
// target, and how much: zero where the difference is not worth a change, and after anything but a decoded packet, because
// invented sound has no pitch of its own.
//
// Packets are asked for once a turn, so what matters is the turn, or the burst of them. Whatever part of it is filled by the time a
// packet is taken is delay that buys nothing, and can go; beyond that, each turn (or packet, if that is shorter) removed has the
// packets asked for a turn earlier, which must not be too early for them.
func (b *Buffer) Excess() time.Duration {
	p := &b.play
	if p.last != Decode || p.known == 0 {
		return 0
	}
	least := p.waited[0]
	for _, w := range p.waited[1:p.known] {
		least.packet, least.sound = min(least.packet, w.packet), min(least.sound, w.sound)
	}
	grain := min(b.turns.most()+b.turns.length, b.duration(int64(p.frame)))
	spare := least.packet - (b.Target() - b.turns.early())
	if spare < 0 {
		return min(least.sound-(-spare+grain-1)/grain*grain, 0)
	}
	if e := least.sound + max(spare-slack, 0)/grain*grain; e > trifle {
		return e
	}
	return 0
}

// Stretched tells the buffer that samples were inserted (above zero) or removed (below zero), so that Excess does not ask
// again for what was just done.
func (b *Buffer) Stretched(samples int) {
	for i := range b.play.waited {
		w := &b.play.waited[i]
		w.sound += b.duration(int64(samples))
		turns := b.turns.most() + b.turns.length
		for ; w.sound < 0; w.sound += turns {
			w.packet -= turns
		}
		for ; w.sound >= turns; w.sound -= turns {
			w.packet += turns
		}
	}
}

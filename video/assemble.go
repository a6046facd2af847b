package video

import "time"

// retry is how long the answer to a NACK may take before it is sent again.
func (a *Assembler) retry() time.Duration {
	return max(a.rtt+min(a.rtt/4, 10*time.Millisecond)+5*time.Millisecond, 20*time.Millisecond)
}

// giveUp is how long a missing packet that all later pictures need is waited for: five attempts. A new key picture takes
// a round trip, too, and many packets that can be lost.
func (a *Assembler) giveUp() time.Duration {
	return min(max(2*reorderWait+5*a.retry(), 150*time.Millisecond), 600*time.Millisecond)
}

// patience is how long one that can be done without is waited for: two attempts if they fit between two pictures without
// a visible stop (200 ms), and otherwise no longer than it takes to tell lost from overtaken.
func (a *Assembler) patience() time.Duration {
	const smooth = 150 * time.Millisecond
	if reorderWait+a.retry() > smooth {
		return reorderWait
	}
	return min(reorderWait+2*a.retry(), smooth)
}

// Next hands out the next picture to decode, in the order of sending, or false if there is none now: call it until then.
// Data is good until the next call of Next.
func (a *Assembler) Next(now time.Duration) (Encoded, bool) {
	for a.next <= a.newest {
		first, last, ok := a.find()
		if ok && (first == a.next || a.needKey) {
			return a.take(first, last), true
		}
		limit := a.giveUp()
		if ok {
			limit = a.patience()
		}
		if !a.dropHead(now, limit) {
			break
		}
	}
	return Encoded{}, false
}

// find looks for the first whole picture that can be decoded.
func (a *Assembler) find() (first, last int64, ok bool) {
	first = -1
	for n := a.next; n <= a.newest; n++ {
		p := a.at(n)
		switch {
		case p.place == stored && len(p.data) == 0:
			continue
		case p.place != stored:
			first = -1
		case p.info.begin:
			first = n
		case first >= 0 && p.ts != a.at(first).ts:
			first = -1
		}
		if first >= 0 && p.marker {
			if a.ready(first) {
				return first, n, true
			}
			first = -1
		}
	}
	return 0, 0, false
}

// ready says whether a picture's references were handed out.
func (a *Assembler) ready(first int64) bool {
	i := &a.at(first).info
	switch {
	case i.key:
		return true
	case a.needKey:
		return false
	case i.id < 0:
		return a.intact && first == a.next // it needs the one before, as far as anybody knows
	}
	return a.refs.hold(i)
}

// dropHead ends the first place if nothing can be made of it any more, with the limit as the longest wait for what is
// missing, and says whether it did.
func (a *Assembler) dropHead(now, limit time.Duration) bool {
	p := a.at(a.next)
	switch {
	case p.place == stored && len(p.data) == 0: // padding breaks nothing
		a.drop(a.next + 1)
		return true
	case p.place == stored && p.info.begin:
		return a.dropPicture(now, limit)
	case (p.place == missing || a.fresh) && now-p.since < limit:
		return false // a stored one that begins nothing waits at the very start, where it may have overtaken the first
	}
	a.intact = false
	if a.fresh {
		a.freeze(now)
	}
	a.drop(a.next + 1)
	return true
}

// dropPicture ends the picture that begins at the first place if it can't become whole, or needs one that was not handed
// out: none of these will be.
func (a *Assembler) dropPicture(now, limit time.Duration) bool {
	head := a.at(a.next)
	useless, base := !a.ready(a.next), head.info.layer == 0
	end, given := a.end(now, limit)
	if !useless && !given {
		return false
	}
	if useless {
		a.stats.Useless++
	}
	a.drop(end)
	a.intact = false
	if base || a.needKey {
		a.freeze(now)
	}
	return true
}

// end finds where the packets of the first picture end, and whether that is before they are all there for good.
func (a *Assembler) end(now, limit time.Duration) (n int64, given bool) {
	ts := a.at(a.next).ts
	for n = a.next; n <= a.newest; n++ {
		p := a.at(n)
		switch {
		case p.place == missing:
			return n, now-p.since >= limit
		case len(p.data) == 0:
		case n > a.next && (p.info.begin || p.ts != ts):
			return n, true // its last packet has no marker
		case p.marker:
			return n + 1, false
		}
	}
	return n, false
}

// take hands out the picture from first to last.
func (a *Assembler) take(first, last int64) Encoded {
	if first > a.next {
		a.drop(first)
	}
	head := a.at(first)
	e := Encoded{Key: head.info.key, Layer: int(head.info.layer), Timestamp: head.ts}
	a.out = a.out[:0]
	for n := first; n <= last; n++ {
		if p := a.at(n); len(p.data) > 0 {
			a.out = append(a.out, p.data[p.body:]...)
		}
	}
	e.Data = a.out
	a.refs.add(head)
	a.stats.Pictures++
	if e.Key {
		a.stats.Keys++
		a.needKey = false
	}
	a.drop(last + 1)
	a.intact = true
	return e
}

// Nacks appends the sequence numbers to ask for now (RFC 4585 section 6.2.1), at most a hundred.
func (a *Assembler) Nacks(dst []uint16, now time.Duration) []uint16 {
	if a.missing == 0 {
		return dst
	}
	room := maxNacks
	for n := a.next; n <= a.newest && room > 0; n++ {
		if p := a.at(n); p.place == missing && a.asks(p, now) {
			dst = append(dst, uint16(n))
			room--
		}
	}
	a.stats.Nacks += uint64(maxNacks - room)
	return dst
}

// asks says whether a missing packet is to be asked for now, and notes it. A question may get lost as its answer may: where much
// does, or the first one brought nothing, it is said once more, which costs a few bytes and saves a round trip.
func (a *Assembler) asks(p *packet, now time.Duration) bool {
	switch {
	case p.asks == 0 && now-p.since < reorderWait:
		return false
	case p.echo && now-p.asked >= echoAfter:
		p.asks, p.echo = p.asks+1, false
		return true
	case p.asks >= maxAsks || p.asks > 0 && now-p.asked < a.retry():
		return false
	}
	if p.asks == 0 {
		a.loss += (1 - a.loss) / lossSpan
	}
	p.asks, p.asked = p.asks+1, now
	p.echo = (p.asks > 1 || a.loss > lossy) && p.asks < maxAsks-2 // leaves some for later
	return true
}

// KeyFrame says that a key picture is to be asked for now (PLI, RFC 4585 section 6.3.1): never twice within 300 ms, nor
// before an answer can be here, nor while a key picture is coming in, however slowly.
func (a *Assembler) KeyFrame(now time.Duration) bool {
	if !a.started || !a.needKey || now < a.askKey {
		return false
	}
	for n := a.next; n <= a.newest; n++ {
		if a.at(n).beginsKey() {
			return false
		}
	}
	a.askKey, a.spoken = now+max(keyInterval, a.rtt+a.rtt/2), true
	a.stats.Requests++
	return true
}

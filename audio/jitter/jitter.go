// Package jitter is the buffer between a network that delivers packets unevenly and an ear that wants them evenly.
//
// It thinks in time, never in packets: the clock is passed in, any monotonic one, and two streams of different frame
// length behave alike. The playout delay follows the network as NetEQ's does (see delay.go). The buffer decides what the
// decoder does next; it decodes nothing itself and knows of the payload only its size.
//
//	Push(packet) ──► slots, by sequence number ──► Pull: Decode | Recover | Conceal | Wait
//	       └──► delay of each packet ──► target ──► Excess: shall the sound be stretched or shortened
//	Repair(what got lost) ──► slots; what it brought, and how late ──► target
//
// Words: a packet's transit is its arrival less its timestamp, so it is known but for a constant; its relative delay is its
// transit less that of the fastest of the last seconds; the buffer's delay is how far playout lies behind where the fastest
// packet would allow it to be.
package jitter

import "time"

// Verdict is what became of a packet.
type Verdict uint8

// What can become of a packet.
const (
	Stored    Verdict = iota
	Late              // its time to be played has passed
	Duplicate         // it is here already, or was
	Overflow          // it is stored, but older ones had to go
	Bad               // empty, too large, or its numbers fit nothing: dropped
)

// Source is how a packet came.
type Source uint8

// The ways that a packet can come.
const (
	Own       Source = iota // by itself
	Redundant               // as a copy in a later one (RFC 2198)
	Resent                  // once more, because it was asked for (RFC 4585, section 6.2.1)
	sources
)

// Config has the settings of a Buffer. Zero values mean the defaults.
type Config struct {
	SampleRate int           // of the timestamps, in Hz; default 48000
	Min        time.Duration // the least delay; default 10 ms, one turn of playout
	Start      time.Duration // the delay before anything was measured; default 30 ms
	Max        time.Duration // the most delay; what lies further behind is dropped; default 500 ms, the reach of the histogram
	Slots      int           // packets that fit, rounded up to a power of two; default 128
	MaxPayload int           // bytes; default 1275, the largest Opus frame (RFC 6716, section 3.2.1)
}

func (c *Config) setDefaults() {
	defaults := []struct {
		field *time.Duration
		value time.Duration
	}{{&c.Min, 10 * time.Millisecond}, {&c.Start, 30 * time.Millisecond}, {&c.Max, buckets * bucket}}
	for _, d := range defaults {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	c.Max = max(c.Max, c.Min)
	if c.SampleRate <= 0 {
		c.SampleRate = 48000
	}
	if c.MaxPayload <= 0 {
		c.MaxPayload = 1275
	}
	slots := 16
	for slots < min(max(c.Slots, 0), 1<<15) || c.Slots <= 0 && slots < 128 {
		slots *= 2
	}
	c.Slots = slots
}

// Stats counts since New; Reset keeps them.
type Stats struct {
	Received   uint64 // all but the bad
	Late       uint64
	Duplicates uint64
	Overtaken  uint64 // came after their own repair
	Overflow   uint64 // dropped unheard: too far behind, or no room
	Bad        uint64
	Lost       uint64 // not there when it was their turn; a late one counts here too
	Recovered  uint64 // of those, how many a following packet's redundancy was asked for
	Underruns  uint64 // times that the buffer ran dry in the middle of sound; the end of a talk spurt is one
	Restarts   uint64 // times that the numbers began anew
}

const (
	maxAhead  = 3000            // packets a sequence number may jump ahead (MAX_DROPOUT of RFC 3550, appendix A.1)
	maxBehind = 100             // and back, to count as late rather than as nonsense (MAX_MISORDER, there)
	maxLead   = 2 * time.Second // how much faster than the clock timestamps may run
	dtxSize   = 2               // bytes: an Opus packet of this size says "silence from here" (RFC 6716, section 2.1.9)
	longPause = 1 * time.Second // after that a new transit is believed at once: a sender may have slept
)

// slot is the place of one packet.
type slot struct {
	seq   int64
	ts    int64
	size  int
	state state
	by    Source
}

type state uint8

const (
	empty state = iota
	stored
	done // played, lost or dropped: kept to tell a duplicate from a late packet
)

// Buffer is the jitter buffer of one stream. It is used by one goroutine at a time and allocates nothing after New.
type Buffer struct {
	config Config
	unit   int // the shortest frame of Opus in samples, 2.5 ms: every frame is a multiple
	slots  []slot
	data   []byte // MaxPayload bytes for each slot

	// The sequence, made 64 bits wide by following it, so that nothing ever wraps.
	anchored bool
	fresh    bool  // nothing of it has been played: the first may still turn out not to be the first
	next     int64 // the first packet that is not done
	stored   int   // packets in slots
	newest   slot  // the packet with the highest number
	newestAt time.Duration
	suspect  uint16 // the number that would prove that the sender has begun anew
	doubt    bool   // suspect is set

	turns turns

	play  playhead
	delay delay
	loss  loss
	cover cover
	worth worth
	stats Stats
	now   time.Duration // never goes back
}

// New makes a Buffer with all the memory that it will ever need.
func New(c Config) *Buffer {
	c.setDefaults()
	b := &Buffer{config: c, unit: max(c.SampleRate/400, 1), slots: make([]slot, c.Slots), data: make([]byte, c.Slots*c.MaxPayload), turns: turns{length: 10 * time.Millisecond}}
	b.Reset()
	return b
}

// Reset forgets everything but the counters, for a stream that begins anew under another SSRC.
func (b *Buffer) Reset() {
	clear(b.slots)
	b.anchored, b.doubt, b.stored = false, false, 0
	b.play = playhead{frame: 8 * b.unit} // 20 ms until the packets show another length
	b.delay = delay{min: b.config.Min, max: b.config.Max, start: b.config.Start}
	b.loss, b.cover, b.worth = loss{}, cover{}, worth{}
}

// Stats returns the counters.
func (b *Buffer) Stats() Stats { return b.stats }

// Push takes one packet that arrived now. payload is copied.
func (b *Buffer) Push(seq uint16, ts uint32, payload []byte, now time.Duration) Verdict {
	b.now = max(b.now, now)
	if len(payload) == 0 || len(payload) > b.config.MaxPayload {
		b.stats.Bad++
		return Bad
	}
	p, ok := b.place(seq, ts)
	if !ok {
		b.stats.Bad++
		return Bad
	}
	p.size, p.state = len(payload), stored
	b.stats.Received++
	return b.store(p, payload, now)
}

// Repair takes a packet that got lost on its own way. Nothing is learnt from it about the network, only what repairs are worth; and
// it never proves that a sender has begun anew.
func (b *Buffer) Repair(seq uint16, ts uint32, payload []byte, by Source, now time.Duration) Verdict {
	b.now = max(b.now, now)
	p := b.widen(seq, ts)
	if len(payload) == 0 || len(payload) > b.config.MaxPayload || by == Own || by >= sources || !b.anchored || !b.plausible(p) {
		b.stats.Bad++
		return Bad
	}
	p.size, p.state, p.by = len(payload), stored, by
	return b.store(p, payload, now)
}

// Covered says how many packets back the copies go that come with packets now.
func (b *Buffer) Covered(packets int, now time.Duration) {
	if b.cover.saw(packets, now) {
		b.worth = worth{} // what had to be asked for until now comes by itself
	}
}

// place widens the packet's numbers. Numbers that do not go on from where the stream is are refused, unless the next
// packet after them goes on from there: then the sender has begun anew (the probation of RFC 3550, appendix A.1).
func (b *Buffer) place(seq uint16, ts uint32) (p slot, ok bool) {
	if b.anchored {
		if p = b.widen(seq, ts); b.plausible(p) {
			b.doubt = false
			return p, true
		}
		if !b.doubt || seq != b.suspect {
			b.doubt, b.suspect = true, seq+1
			return p, false
		}
		b.stats.Restarts++
		b.stats.Overflow += uint64(b.stored)
		b.Reset()
	}
	p.seq, p.ts = int64(seq)+1<<16, int64(ts)+1<<32
	b.anchored, b.fresh, b.next = true, true, p.seq
	b.newest, b.newestAt = slot{seq: p.seq - 1, ts: p.ts - int64(b.play.frame)}, b.now
	return p, true
}

func (b *Buffer) widen(seq uint16, ts uint32) slot {
	return slot{
		seq: b.newest.seq + int64(int16(seq-uint16(b.newest.seq))), ts: b.newest.ts + int64(int32(ts-uint32(b.newest.ts))),
	}
}

// plausible tells whether both numbers moved the same way, not too far, and the timestamp not faster than time.
func (b *Buffer) plausible(p slot) bool {
	ds, dt := p.seq-b.newest.seq, p.ts-b.newest.ts
	switch {
	case ds > 0:
		return ds <= maxAhead && dt > 0 && b.duration(dt) <= b.now-b.newestAt+maxLead
	case ds < 0:
		return ds >= -maxBehind && dt < 0
	default:
		return dt == 0
	}
}

func (b *Buffer) store(p slot, payload []byte, now time.Duration) Verdict {
	s := b.slot(p.seq)
	if s.seq == p.seq && s.state != empty {
		b.again(s, p, now)
		return Duplicate
	}
	b.observe(p, now)
	if p.seq < b.next && b.fresh && b.newest.seq-p.seq < int64(len(b.slots)) {
		b.next = p.seq // the first two came in the wrong order
	}
	if p.seq < b.next {
		if p.by == Own {
			b.stats.Late++
			b.loss.found()
		}
		if s.state != stored {
			*s = slot{seq: p.seq, state: done}
		}
		return Late
	}
	verdict := Stored
	if end := p.seq - int64(len(b.slots)); end >= b.next {
		verdict = b.makeRoom(end + 1)
	}
	*s = p
	b.stored++
	copy(b.payload(p.seq), payload)
	if p.seq > b.newest.seq {
		if p.size > dtxSize && b.newest.size > dtxSize {
			b.play.learn(p.seq-b.newest.seq, p.ts-b.newest.ts, b.unit)
		}
		b.newest, b.newestAt = p, b.now
	}
	return verdict
}

// observe learns from when a packet came.
func (b *Buffer) observe(p slot, now time.Duration) {
	transit := now - b.duration(p.ts)
	switch p.by {
	case Own:
		b.delay.observe(transit, now)
	case Resent:
		b.worth.add(transit - b.delay.base())
	}
}

// again is for a packet that is here already, or was.
func (b *Buffer) again(s *slot, p slot, now time.Duration) {
	switch {
	case p.by != Own: // a copy that nobody missed
	case s.by == Own:
		b.stats.Duplicates++
	default: // it was not lost, only slower than its repair
		b.stats.Overtaken++
		b.observe(p, now)
		if s.by = Own; s.state == done {
			b.loss.found()
		}
	}
}

// makeRoom gives up all packets before next: the newest sound is worth more than the oldest.
func (b *Buffer) makeRoom(next int64) (v Verdict) {
	for seq := b.next; seq < min(next, b.next+int64(len(b.slots))); seq++ {
		if b.drop(seq) {
			v = Overflow
		}
	}
	b.next, b.play.on = next, false
	return v
}

// drop gives up one packet, if it is there.
func (b *Buffer) drop(seq int64) bool {
	s := b.slot(seq)
	if s.seq != seq || s.state != stored {
		return false
	}
	s.state = done
	b.stored--
	b.stats.Overflow++
	return true
}

func (b *Buffer) slot(seq int64) *slot { return &b.slots[seq&int64(len(b.slots)-1)] }

// payload is the memory of a slot.
func (b *Buffer) payload(seq int64) []byte {
	i, n := int(seq&int64(len(b.slots)-1)), b.config.MaxPayload
	return b.data[i*n : (i+1)*n]
}

// duration of a number of samples, without overflow for any that can occur.
func (b *Buffer) duration(samples int64) time.Duration {
	rate := int64(b.config.SampleRate)
	return time.Duration(samples/rate)*time.Second + time.Duration(samples%rate)*time.Second/time.Duration(rate)
}

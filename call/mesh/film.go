package mesh

import (
	"encoding/binary"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"parley/video"
)

// The way of a picture:
//
//  1. SendPicture  copies its packets into the film of one peer, or leaves all of it out where they have no room
//  2. roll         writes them, no faster than the path carries them (flow.go), and what the far end asks for once more, as long as it
//     is still there (a goroutine of the peer, for both tracks: the screen's first)
//
// The film is a ring of packets by number. From next back to written they wait; from there further back they are kept for repair:
//
//	… kept … │ waiting │ next …
//	        written   next
//
// No lock stands between put and roll: roll looks back no further than reach, and put goes on no further than waiting allows, so
// that they never meet in one place.
const (
	filmLength = 1024                   // packets, 1.3 MB; a power of two
	maxWaiting = 512                    // packets that wait, and so the largest picture
	reach      = 512                    // packets back that can be sent once more: two seconds at 2.5 Mbit/s
	staleAfter = 500 * time.Millisecond // of what waits: nothing more is taken before it is out
	overdue    = 500 * time.Millisecond // of what waited for a wider path: it is given up

	maxPicturePacket = 1200 // bytes of a payload

	padding = 32 // packets back that ask the path for more

	maxResends = 8                     // of one packet, spare ones too
	resendGap  = 15 * time.Millisecond // between two of them, at least: a question may be said twice
	maxAsked   = 256                   // numbers that wait to be looked up; more are forgotten

	// Every packet of a picture earns 1: whoever asks for everything gets half as much again.
	costOfRepair = 2
	maxCredit    = 400

	// Spare repairs go along with one that must not get lost, too. They take nothing of the half of the credit that is for what is
	// asked for.
	spareAfter = 4 * time.Millisecond // the repair: losses come in bursts
	maxSpare   = 64                   // that wait; more are left out
	heavyLoss  = 0.05                 // of our packets
)

// spare is a packet that is to go once more, though nobody has asked for that.
type spare struct {
	n  uint64
	at time.Time
}

// filmed is a packet of a picture.
type filmed struct {
	timestamp uint32
	size      uint16
	last      bool // of its picture
	resends   uint8
	resent    time.Time
	queued    time.Time
	captured  time.Time
	data      [2 + maxPicturePacket]byte // its number first: so it is the payload of its repair, too (RFC 4588, section 4)
}

// film holds the pictures of a track on their way to a peer, and those that were just sent.
type film struct {
	mu      sync.Mutex // among those that put
	ring    []filmed   // made with the first picture
	first   uint16     // number of packet 0
	next    atomic.Uint64
	written atomic.Uint64
	from    atomic.Uint64   // what came before has ceased: it is not sent, nor sent again
	wake    chan<- struct{} // of roll
	waiting atomic.Int64    // bytes
	pace    atomic.Int64    // bit/s at which the last picture was to go out; 0: any
	leftOut atomic.Uint64
	lacks   atomic.Bool // something was left out, and is not made up for yet

	asked chan uint16 // numbers, of packets to be sent once more

	// Of roll.
	credit int // for repairs
	spares []spare
	padded uint64 // so many back was the last that asked for more
	rtx    uint16 // number of the next repair
	header rtp.Header
}

func newFilm(wake chan<- struct{}) *film {
	return &film{wake: wake, asked: make(chan uint16, maxAsked), first: firstNumber(), rtx: firstNumber()}
}

// put takes a copy of a picture that is to go out at a pace in bit/s, and reports false where it has no room.
func (f *film) put(payloads [][]byte, timestamp uint32, captured, now time.Time, pace int) bool {
	if len(payloads) == 0 {
		return true
	}
	if captured.IsZero() {
		captured = now
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ring == nil {
		f.ring = make([]filmed, filmLength)
	}
	next, written := f.next.Load(), f.written.Load()
	late := next > written && now.Sub(f.at(written).queued) > staleAfter
	if late || next-written+uint64(len(payloads)) > maxWaiting || !fit(payloads) {
		f.leftOut.Add(1)
		return false
	}
	bytes := 0
	for i, b := range payloads {
		bytes += len(b)
		k := f.at(next + uint64(i))
		k.timestamp, k.last, k.size = timestamp, i == len(payloads)-1, uint16(len(b))
		k.resends, k.resent, k.queued, k.captured = 0, time.Time{}, now, captured
		binary.BigEndian.PutUint16(k.data[:], f.number(next+uint64(i)))
		copy(k.data[2:], b)
	}
	f.waiting.Add(int64(bytes))
	f.pace.Store(int64(pace))
	f.next.Store(next + uint64(len(payloads)))
	poke(f.wake)
	return true
}

func fit(payloads [][]byte) bool {
	for _, b := range payloads {
		if len(b) == 0 || len(b) > maxPicturePacket {
			return false
		}
	}
	return true
}

func (f *film) at(n uint64) *filmed    { return &f.ring[n%filmLength] }
func (f *film) number(n uint64) uint16 { return f.first + uint16(n) }
func (k *filmed) payload() []byte      { return k.data[2 : 2+k.size] }

// resend asks for a packet once more, and reports false where too many wait: a flood of requests is forgotten.
func (f *film) resend(number uint16) bool {
	select {
	case f.asked <- number:
		poke(f.wake)
		return true
	default:
		return false
	}
}

// roll writes pictures, and some of them again, as long as the peer is there.
func (p *peer) roll() {
	timer := time.NewTimer(math.MaxInt64)
	defer timer.Stop()
	for {
		p.inTurn(func(q *pictures) bool { q.skip(); return false })
		if wait := p.advance(); wait < never {
			timer.Reset(wait)
		}
		select {
		case <-p.closing:
			return
		case <-p.flow.wake:
		case <-timer.C:
		}
	}
}

// advance writes what may go, and returns how long it is until the next packet may, or never if none waits.
func (p *peer) advance() time.Duration {
	for !p.isClosing() {
		now := time.Now()
		due := p.spareDue(now)
		if !p.waits() && due > 0 && !p.flow.probing() {
			return due
		}
		if wait := p.flow.wait(); wait > 0 {
			return wait
		}
		if !p.writeNext(now) {
			p.flow.endProbe()
		}
	}
	return never
}

// spareDue is how long it is until the next spare repair, or never.
func (p *peer) spareDue(now time.Time) (wait time.Duration) {
	wait = never
	p.inTurn(func(q *pictures) bool {
		if s := q.film.spares; len(s) > 0 {
			wait = min(wait, s[0].at.Sub(now))
		}
		return false
	})
	return wait
}

// inTurn calls f with the tracks of pictures that go there, until it returns true: the screen before the camera.
func (p *peer) inTurn(f func(*pictures) bool) bool {
	for i := len(p.pictures) - 1; i >= 0; i-- {
		if q := &p.pictures[i]; q.bound != nil && f(q) {
			return true
		}
	}
	return false
}

// waits says whether there is something to be written.
func (p *peer) waits() bool {
	return p.inTurn(func(q *pictures) bool { return len(q.film.asked) > 0 || q.film.waits() })
}

// writeNext writes one packet, if there is one: what was asked for once more, or goes along with that, or else what waits, or else what
// asks the path for more.
func (p *peer) writeNext(now time.Time) bool {
	return p.inTurn(func(q *pictures) bool {
		select {
		case number := <-q.film.asked:
			q.repeat(number, now)
			return true
		default:
			return false
		}
	}) || p.inTurn(func(q *pictures) bool { return q.spare(now) }) || p.inTurn((*pictures).write) || p.inTurn((*pictures).pad)
}

func (f *film) waits() bool { return f.written.Load() < f.next.Load() }

// write writes the next packet, if one waits.
func (q *pictures) write() bool {
	f := q.film
	n := f.written.Load()
	if n == f.next.Load() {
		return false
	}
	k := f.at(n)
	switch {
	case n < f.from.Load():
		q.skip()
		return true
	case q.overtaken():
		q.drop()
		return true
	}
	f.waiting.Add(-int64(k.size))
	if q.bound.write(f.head(n), k.payload()) == nil {
		q.meters.packetsSent.Add(1)
		q.meters.bytesSent.Add(uint64(k.size))
		if q.shown.sent(k.timestamp, k.captured, int(k.size)) {
			q.peer.control.note(&q.peer.control.reportNow)
		}
	}
	f.credit = min(f.credit+1, maxCredit)
	f.padded = 0
	f.written.Store(n + 1)
	q.makeUp()
	return true
}

// makeUp asks for a key picture in the place of what was left out, when there is room for it: before, it would only be left out, too.
func (q *pictures) makeUp() {
	if !q.film.waits() && q.film.lacks.Swap(false) {
		q.peer.control.note(&q.remarks.keyFrame)
	}
}

// overtaken says whether the path has become so narrow that what waits would come far too late.
func (q *pictures) overtaken() bool {
	f, pace := q.film, q.peer.flow.pace()
	return 2*int64(pace) < f.pace.Load() && f.lasts(pace) > overdue
}

// lasts is how long it takes until all is out that waits, at a pace.
func (f *film) lasts(pace int) time.Duration {
	if pace <= 0 {
		return 0
	}
	return time.Duration(float64(8*f.waiting.Load()) / float64(pace) * float64(time.Second))
}

// cease forgets all that is kept, and all that waits: roll passes it by.
func (f *film) cease() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.from.Store(f.next.Load())
	f.lacks.Store(false)
	poke(f.wake)
}

// skip passes by what has ceased.
func (q *pictures) skip() {
	f := q.film
	for n := f.written.Load(); n < f.from.Load(); n++ {
		f.waiting.Add(-int64(f.at(n).size))
		f.padded = 0
		f.written.Store(n + 1)
	}
}

// drop forgets all that waits: there is to be a key picture instead.
func (q *pictures) drop() {
	f := q.film
	for n := f.written.Load(); n < f.next.Load(); n++ {
		k := f.at(n)
		f.waiting.Add(-int64(k.size))
		k.resends = maxResends // it was never sent, and is not sent again
		f.written.Store(n + 1)
	}
	f.padded = 0
	f.leftOut.Add(1)
	f.lacks.Store(false)
	q.peer.control.note(&q.remarks.keyFrame)
}

// head is the header of packet n.
func (f *film) head(n uint64) *rtp.Header {
	k := f.at(n)
	f.header = rtp.Header{Version: 2, Marker: k.last, SequenceNumber: f.number(n), Timestamp: k.timestamp}
	return &f.header
}

// repeat writes a packet once more, if it is still there and that is not asked for too often.
func (q *pictures) repeat(number uint16, now time.Time) {
	f := q.film
	written := f.written.Load()
	back := uint64(f.number(written) - number)
	if back == 0 || back > min(reach, written) || written-back < f.from.Load() {
		return
	}
	n := written - back
	k := f.at(n)
	gap := max(resendGap, q.meters.roundTrip()/2)
	if k.resends >= maxResends || now.Sub(k.resent) < gap || f.credit < costOfRepair || !q.peer.flow.repair(int(k.size), false) {
		return
	}
	k.resends, k.resent = k.resends+1, now
	f.credit -= costOfRepair
	if q.again(n) {
		q.meters.resent.Add(1)
	}
	if len(f.spares) < maxSpare && q.accompanied(k) {
		f.spares = append(f.spares, spare{n, now.Add(spareAfter)})
	}
}

// accompanied says whether a spare one goes with a repair: where much gets lost, with all that later pictures need; and with whatever
// is asked for again, which is late already. Where the path is full it would be what gets lost.
func (q *pictures) accompanied(k *filmed) bool {
	return !q.peer.flow.isCrowded() &&
		(k.resends > 1 || q.meters.loss.load() >= heavyLoss && video.BaseLayer(q.bound.codec, k.payload()))
}

// spare writes a spare repair that is due, if there is one. What there is no room for is left out.
func (q *pictures) spare(now time.Time) bool {
	f := q.film
	if len(f.spares) == 0 || f.spares[0].at.After(now) {
		return false
	}
	n := f.spares[0].n
	f.spares = append(f.spares[:0], f.spares[1:]...)
	k := f.at(n)
	if f.written.Load()-n <= reach && k.resends < maxResends && f.credit >= maxCredit/2 && q.peer.flow.repair(int(k.size), true) {
		f.credit -= costOfRepair
		k.resends++
		if q.again(n) {
			q.meters.resent.Add(1)
		}
	}
	return true
}

// pad writes something once more that nobody has asked for: whatever was lost of it need not be asked for.
func (q *pictures) pad() bool {
	f := q.film
	written, from := f.written.Load(), f.from.Load()
	if written <= from || q.bound.repair == 0 {
		return false
	}
	f.padded = f.padded%min(written-from, padding) + 1
	if q.again(written - f.padded) {
		q.meters.padded.Add(1)
	}
	return true
}

// again writes packet n as a repair, if it has not ceased.
func (q *pictures) again(n uint64) bool {
	f := q.film
	if n < f.from.Load() {
		return false
	}
	k := f.at(n)
	f.rtx++
	return q.bound.repeat(f.head(n), f.rtx-1, k.data[:2+k.size]) == nil
}

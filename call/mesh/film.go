package mesh

import (
	"encoding/binary"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

// The way of a picture:
//
//  1. SendPicture  copies its packets into the film of one peer, or leaves all of it out where they have no room
//  2. roll         writes them, spread over a few milliseconds so that no queue on the way overflows (a goroutine of the peer),
//     and what the far end asks for once more, as long as it is still there
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
	staleAfter = 250 * time.Millisecond // of what waits: nothing more is taken before it is out

	maxPicturePacket = 1200 // bytes of a payload

	burst = 5 // packets at once, in a picture that needs no more than pace of them
	step  = time.Millisecond
	pace  = 8 // steps that a picture takes at most

	maxResends = 8                     // of one packet
	resendGap  = 10 * time.Millisecond // between two of them, at least
	maxAsked   = 256                   // numbers that wait to be looked up; more are forgotten

	// Every packet of a picture earns 1: whoever asks for everything gets half as much again.
	costOfRepair = 2
	maxCredit    = 400
)

// filmed is a packet of a picture.
type filmed struct {
	timestamp uint32
	index, of uint16 // its place in its picture, of how many
	size      uint16
	resends   uint8
	resent    time.Time
	queued    time.Time
	captured  time.Time
	data      [2 + maxPicturePacket]byte // its number first: so it is the payload of its repair, too (RFC 4588, section 4)
}

// film holds the pictures on their way to a peer, and those that were just sent.
type film struct {
	mu      sync.Mutex // among those that put
	ring    []filmed   // made with the first picture
	first   uint16     // number of packet 0
	next    atomic.Uint64
	written atomic.Uint64
	wake    chan struct{} // capacity 1
	leftOut atomic.Uint64

	asked chan uint16 // numbers, of packets to be sent once more

	// Of roll.
	began   time.Time // the picture that is being written
	credit  int       // for repairs
	repeats int
	rest    time.Time // until then, no repair goes out
	rtx     uint16    // number of the next one
	header  rtp.Header
}

func newFilm() *film {
	return &film{
		wake: make(chan struct{}, 1), asked: make(chan uint16, maxAsked), first: firstNumber(), rtx: firstNumber(),
	}
}

// put takes a copy of a picture, and reports false where it has no room.
func (f *film) put(payloads [][]byte, timestamp uint32, captured, now time.Time) bool {
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
	for i, b := range payloads {
		k := f.at(next + uint64(i))
		k.timestamp, k.index, k.of, k.size = timestamp, uint16(i), uint16(len(payloads)), uint16(len(b))
		k.resends, k.resent, k.queued, k.captured = 0, time.Time{}, now, captured
		binary.BigEndian.PutUint16(k.data[:], f.number(next+uint64(i)))
		copy(k.data[2:], b)
	}
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
func (k *filmed) due(of time.Time) time.Time {
	together := max(burst, (int(k.of)+pace-1)/pace)
	return of.Add(time.Duration(int(k.index)/together) * step)
}

// resend asks for a packet once more, and reports false where too many wait: a flood of requests is forgotten.
func (f *film) resend(number uint16) bool {
	select {
	case f.asked <- number:
		return true
	default:
		return false
	}
}

// roll writes pictures, and some of them again, as long as the peer is there.
func (p *peer) roll(b *binding) {
	f := p.film
	timer := time.NewTimer(math.MaxInt64)
	defer timer.Stop()
	for {
		asked := f.asked
		wait := p.advance(b)
		if rest := time.Until(f.rest); rest > 0 {
			asked = nil
			if wait == 0 || rest < wait {
				wait = rest
			}
		}
		if wait > 0 {
			timer.Reset(wait)
		}
		select {
		case <-p.closing:
			return
		case <-f.wake:
		case <-timer.C:
		case number := <-asked:
			p.repeat(b, number, time.Now())
		}
	}
}

// advance writes what is due, and returns how long it is to the next packet, or 0 if none waits.
func (p *peer) advance(b *binding) time.Duration {
	f := p.film
	for n := f.written.Load(); n < f.next.Load() && !p.isClosing(); n++ {
		k, now := f.at(n), time.Now()
		if k.index == 0 {
			f.began = now
		}
		if wait := k.due(f.began).Sub(now); wait > 0 {
			return wait
		}
		f.header = rtp.Header{Version: 2, Marker: k.index == k.of-1, SequenceNumber: f.number(n), Timestamp: k.timestamp}
		if b.write(&f.header, k.payload()) == nil {
			p.meters.picture.packetsSent.Add(1)
			p.meters.picture.bytesSent.Add(uint64(k.size))
			if p.shown.sent(k.timestamp, k.captured, int(k.size)) {
				p.control.note(&p.control.reportNow)
			}
		}
		f.credit = min(f.credit+1, maxCredit)
		f.written.Store(n + 1)
	}
	return 0
}

// repeat writes a packet once more, if it is still there and that is not asked for too often.
func (p *peer) repeat(b *binding, number uint16, now time.Time) {
	f := p.film
	written := f.written.Load()
	back := uint64(f.number(written) - number)
	if back == 0 || back > min(reach, written) {
		return
	}
	k := f.at(written - back)
	gap := max(resendGap, p.meters.picture.roundTrip()/2)
	if k.resends >= maxResends || now.Sub(k.resent) < gap || f.credit < costOfRepair {
		return
	}
	k.resends, k.resent = k.resends+1, now
	f.credit -= costOfRepair
	if f.repeats++; f.repeats%burst == 0 {
		f.rest = now.Add(step)
	}
	f.header = rtp.Header{Version: 2, Marker: k.index == k.of-1, SequenceNumber: f.number(written - back), Timestamp: k.timestamp}
	if b.repeat(&f.header, f.rtx, k.data[:2+k.size]) == nil {
		p.meters.picture.resent.Add(1)
	}
	f.rtx++
}

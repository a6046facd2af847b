package mesh

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"parley/call/rate"
)

// Answers to transport-wide numbers (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1): when each packet came. Ours are
// written by arrivals, and theirs read by answers.
//
//	0                   1                   2                   3
//	0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	|V=2|P|  FMT=15 |    PT=205     |            length             |
//	|                     SSRC of packet sender                     |
//	|                      SSRC of media source                     |
//	|      base sequence number     |      packet status count      |
//	|                 reference time                | fb pkt. count |
//	|          packet chunk         |         packet chunk          | …
//	|         packet chunk          |  recv delta   |  recv delta   | …
const (
	answerHeader = 20
	answerFormat = 15

	answerTick = 250 * time.Microsecond // of a delta
	answerBase = 64 * time.Millisecond  // of the reference time, which has 24 bits

	arrivalsLength = 512 // numbers back that are remembered; with them an answer is below 1300 bytes
	answerSoon     = 50 * time.Millisecond
	answerLate     = 100 * time.Millisecond
	answerMany     = 16 // packets that are answered for soon; fewer can wait
)

// What is said of a packet (section 3.1.1).
const (
	notReceived = iota
	smallDelta  // of one byte
	largeDelta  // of two
)

// URI of the header extension.
const wideURI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

// arrivals are when packets of the far end came, of all its tracks.
type arrivals struct {
	extension atomic.Uint32 // number of the header extension; 0: there is none

	mu      sync.Mutex
	begun   bool
	ssrc    uint32 // of the last packet
	first   int64  // number of the next one to answer for; below end something waits
	end     int64  // the one after the highest that came
	waiting int    // packets that came since the last answer
	since   time.Duration
	answers uint8                         // so many
	came    [arrivalsLength]time.Duration // by number; 0: it did not
	packet  [answerHeader + 2*(arrivalsLength/7+1) + 2*arrivalsLength + 3]byte
}

// note takes a packet's number, and says whether that is the first to be answered for.
func (a *arrivals) note(ssrc uint32, number uint16, at time.Duration) (first bool) {
	at = max(at, 1)
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.begun {
		a.begun, a.first, a.end = true, int64(number), int64(number)
	}
	n := a.end + int64(int16(number-uint16(a.end)))
	switch {
	case n >= a.end:
		for k := max(a.end, n-arrivalsLength+1); k < n; k++ {
			*a.at(k) = 0
		}
		a.end = n + 1
		a.first = max(a.first, a.end-arrivalsLength)
	case a.end-n > arrivalsLength || n < 0:
		return false // nobody waits for it any more
	case *a.at(n) != 0:
		return false
	default:
		a.first = min(a.first, n) // it was said to be missing
	}
	*a.at(n) = at
	a.ssrc = ssrc
	if a.waiting++; a.waiting == 1 {
		a.since = at
		return true
	}
	return a.waiting == answerMany
}

func (a *arrivals) at(n int64) *time.Duration { return &a.came[n&(arrivalsLength-1)] }

// due is how long it is until an answer should be sent; 0 and less: now.
func (a *arrivals) due(now time.Duration) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.waiting == 0:
		return never
	case a.waiting >= answerMany:
		return a.since + answerSoon - now
	}
	return a.since + answerLate - now
}

// take writes an answer for what waits, or nothing; it is valid until the next call. What does not fit into one waits for the next.
func (a *arrivals) take(from uint32) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	var base int64 // of time, in ticks
	var symbols [arrivalsLength]uint8
	var deltas [arrivalsLength]int16
	last, known, count := int64(0), false, 0
	n := a.first
	for ; n < a.end; n++ {
		at := *a.at(n)
		if at == 0 {
			symbols[count] = notReceived
			count++
			continue
		}
		ticks := int64(at / answerTick)
		if !known {
			base = int64(at / answerBase)
			last, known = base*int64(answerBase/answerTick), true
		}
		d := ticks - last
		if d != int64(int16(d)) {
			break // eight seconds
		}
		symbols[count], deltas[count] = smallDelta, int16(d)
		if d != int64(uint8(d)) {
			symbols[count] = largeDelta
		}
		last = ticks
		count++
	}
	a.waiting = 0
	if n < a.end {
		a.waiting = answerMany // since as long as what was said: at once
	}
	if !known {
		a.first = n
		return nil
	}
	b := a.packet[:0]
	b = append(b, 2<<6|answerFormat, byte(rtcp.TypeTransportSpecificFeedback), 0, 0)
	b = binary.BigEndian.AppendUint32(b, from)
	b = binary.BigEndian.AppendUint32(b, a.ssrc)
	b = binary.BigEndian.AppendUint16(b, uint16(a.first))
	b = binary.BigEndian.AppendUint16(b, uint16(count))
	b = binary.BigEndian.AppendUint32(b, uint32(base)<<8|uint32(a.answers))
	b = appendStatuses(b, symbols[:count], deltas[:count])
	if pad := -len(b) & 3; pad > 0 {
		var zero [3]byte
		b = append(b, zero[:pad]...)
		b[0] |= 1 << 5
		b[len(b)-1] = byte(pad)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1))
	a.answers++
	a.first = n
	return b
}

// appendStatuses appends chunks of seven symbols, and the deltas.
func appendStatuses(b []byte, symbols []uint8, deltas []int16) []byte {
	for i := 0; i < len(symbols); i += 7 {
		chunk := uint16(3 << 14) // a vector of two bits each (section 3.1.4)
		for j, s := range symbols[i:min(i+7, len(symbols))] {
			chunk |= uint16(s) << (12 - 2*j)
		}
		b = binary.BigEndian.AppendUint16(b, chunk)
	}
	for i, s := range symbols {
		switch s {
		case smallDelta:
			b = append(b, byte(deltas[i]))
		case largeDelta:
			b = binary.BigEndian.AppendUint16(b, uint16(deltas[i]))
		}
	}
	return b
}

// answer sends what answers are due, and returns how long it is to the next.
func (p *peer) answer(now time.Duration) time.Duration {
	for {
		if wait := p.arrivals.due(now); wait > 0 {
			return wait
		}
		if b := p.arrivals.take(p.spoken.ssrc.Load()); b != nil {
			raw := rtcp.RawPacket(b)
			p.writeRTCP(&raw)
		}
	}
}

// answers reads those of the far end, which may say anything.
type answers struct {
	begun     bool
	reference int64 // of the last one, unwrapped: 64 ms each
	list      [arrivalsLength]rate.Status
}

// answerMost is how many packets an answer may be about: more are not remembered.
const answerMost = 4096

// read calls f with what an answer says, part by part; of one that is broken, with what stands before that.
func (a *answers) read(b []byte, f func([]rate.Status)) {
	if len(b) < answerHeader {
		return
	}
	number, count := binary.BigEndian.Uint16(b[12:]), int(binary.BigEndian.Uint16(b[14:]))
	now := int64(binary.BigEndian.Uint32(b[16:]) >> 8)
	if !a.begun {
		a.begun, a.reference = true, now+1<<24 // so that one from before is above zero, too
	}
	const wrap = 64 - 24
	a.reference += (now - a.reference) << wrap >> wrap
	at := time.Duration(a.reference) * answerBase
	chunks := b[answerHeader:]
	deltas, ok := afterChunks(chunks, count)
	if !ok || count > answerMost {
		return
	}
	n := 0
	defer func() { f(a.list[:n]) }()
	for count > 0 {
		symbols, more := symbolsOf(binary.BigEndian.Uint16(chunks))
		chunks = chunks[2:]
		more = min(more, count)
		count -= more
		for i := range more {
			if n == len(a.list) {
				f(a.list[:])
				n = 0
			}
			s := &a.list[n]
			*s = rate.Status{Number: number, Lost: true}
			switch symbols.at(i) {
			case smallDelta:
				if len(deltas) < 1 {
					return
				}
				at += time.Duration(deltas[0]) * answerTick
				deltas, s.Arrived, s.Lost = deltas[1:], at, false
			case largeDelta:
				if len(deltas) < 2 {
					return
				}
				at += time.Duration(int16(binary.BigEndian.Uint16(deltas))) * answerTick
				deltas, s.Arrived, s.Lost = deltas[2:], at, false
			}
			number++
			n++
		}
	}
}

// afterChunks returns what follows the chunks of so many packets.
func afterChunks(b []byte, count int) ([]byte, bool) {
	for count > 0 {
		if len(b) < 2 {
			return nil, false
		}
		_, n := symbolsOf(binary.BigEndian.Uint16(b))
		if n == 0 {
			return nil, false
		}
		count -= n
		b = b[2:]
	}
	return b, true
}

// symbols is a chunk (sections 3.1.3 and 3.1.4).
type symbols uint16

// symbolsOf returns a chunk, and how many packets it tells of.
func symbolsOf(chunk uint16) (symbols, int) {
	switch chunk >> 14 {
	case 2:
		return symbols(chunk), 14
	case 3:
		return symbols(chunk), 7
	}
	return symbols(chunk), int(chunk & (1<<13 - 1))
}

// at is what a chunk says of its packet i.
func (s symbols) at(i int) int {
	switch s >> 14 {
	case 2:
		return int(s>>(13-i)) & 1
	case 3:
		return int(s>>(12-2*i)) & 3
	}
	return int(s>>13) & 3
}

package mesh

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"parley/audio/red"
)

// What a microphone's packets lose on their way to one peer is repaired by copies of the last ones in each packet (RED, RFC 2198), as
// many as the peer's reports ask for, and by sending once more what it asks for (NACK, RFC 4585). Both are made of the packets
// that everybody gets: nothing is coded twice.
const (
	kept = 32 // packets that can be copied or sent once more: less than a far end's replay window (RFC 3711, section 3.3.2), which is 64

	maxDepth       = 2       // copies in a packet
	maxCopied      = 256_000 // bit/s, of copies to one peer: two of each packet at 128 kbit/s
	maxTogether    = 1200    // bytes of a payload: no path splits it
	maxRepeats     = 3       // of one packet
	costOfSound    = 2       // each packet sent earns 1, so that repeats are half of the stream at most
	maxSoundCredit = 2 * kept
)

// Protection says which repairs there are.
type Protection struct {
	Copies  bool // of earlier packets, where the far end takes them
	Repeats bool // of what the far end asks for
}

// Protect sets what is done against losses; until then it is nothing.
func (m *Mesh) Protect(p Protection) {
	m.protection.copies.Store(p.Copies)
	m.protection.repeats.Store(p.Repeats)
}

// protection is a Protection that anyone may read.
type protection struct{ copies, repeats atomic.Bool }

// copies is how many earlier packets go along with each.
func (p *peer) copies(b *binding) int {
	if b.red == 0 || !p.mesh.protection.copies.Load() {
		return 0
	}
	return int(p.loss.depth.Load())
}

// wrap is where packets are put together.
type wrap struct {
	blocks  [maxDepth + 1]red.Block
	payload [maxTogether]byte
}

// keep takes a packet that was sent, and returns another one in its place.
func (o *outbox) keep(k *packet) *packet {
	place := &o.kept[k.header.SequenceNumber%kept]
	old := *place
	*place = k
	return old
}

// find returns a packet that was sent, or nil.
func (o *outbox) find(number uint16) *packet {
	if k := o.kept[number%kept]; k.size > 0 && k.header.SequenceNumber == number {
		return k
	}
	return nil
}

// together makes the payload of a packet and up to depth before it, and says how many there were: none before a gap, because the
// far end numbers them by counting.
func (o *outbox) together(k *packet, depth int, kind uint8) ([]byte, int) {
	w, n, room := &o.wrap, 0, maxTogether-red.Size(0, k.size)
	first := len(w.blocks) - 1
	w.blocks[first] = red.Block{Kind: kind, Data: k.payload[:k.size]}
	for n < min(depth, maxDepth) {
		c := o.find(k.header.SequenceNumber - uint16(n+1))
		if c == nil {
			break
		}
		before := k.header.Timestamp - c.header.Timestamp
		if n == 0 {
			room = min(room, int(o.most/8*uint64(before)/soundRate))
		}
		size := red.Size(1, c.size) - red.Size(0, 0)
		if before == 0 || before > red.MaxBefore || c.size > red.MaxCopy || size > room {
			break
		}
		first, n, room = first-1, n+1, room-size
		w.blocks[first] = red.Block{Kind: kind, Before: before, Data: c.payload[:c.size]}
	}
	all, err := red.Append(w.payload[:0], w.blocks[first:])
	if err != nil { // two of one time
		return nil, 0
	}
	return all, n
}

// repeatSound writes a packet once more, if it is still there and that is not asked for too often.
func (p *peer) repeatSound(b *binding, number uint16, now time.Time) {
	o := p.out
	k := o.find(number)
	if k == nil || k.repeats >= maxRepeats || now.Sub(k.repeated) < max(resendGap, p.meters.roundTrip()/2) || o.credit < costOfSound {
		return
	}
	k.repeats, k.repeated = k.repeats+1, now
	o.credit -= costOfSound
	o.header = k.header
	if b.write(&o.header, k.payload[:k.size]) == nil {
		p.meters.resent.Add(1)
	}
}

// soundReport takes what the far end says of the microphone's track. It may be about others too.
func (p *peer) soundReport(k rtcp.Packet, ssrc uint32) {
	if nack, ok := k.(*rtcp.TransportLayerNack); ok {
		if nack.MediaSSRC == ssrc && p.mesh.protection.repeats.Load() {
			each(nack.Nacks, p.out.resend)
		}
		return
	}
	if m := &p.meters; m.reported(receptions(k), ssrc, p.mesh.steady(time.Now())) {
		m.loss.store(p.loss.reported(m.loss.load(), m.packetsSent.Load(), m.resent.Load(), p.flow.isCrowded()))
	}
}

// resend asks for a packet once more, and reports false where too many wait.
func (o *outbox) resend(number uint16) bool {
	select {
	case o.asked <- number:
		return true
	default:
		return false
	}
}

// each calls f with the numbers of a NACK for as long as it returns true.
func each(pairs []rtcp.NackPair, f func(number uint16) bool) {
	more := true
	for i := 0; more && i < len(pairs); i++ {
		pairs[i].Range(func(number uint16) bool {
			more = f(number)
			return more
		})
	}
}

// readReports reads what the far end says of the microphone's track.
func (p *peer) readReports(sender *webrtc.RTPSender) {
	readRTCP(sender, func(k rtcp.Packet) {
		p.arrived()
		if p.isTrusted() {
			p.soundReport(k, p.spoken.ssrc.Load())
		}
	})
}

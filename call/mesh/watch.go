package mesh

import (
	"encoding/binary"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// theirs is the far end's track.
type theirs struct {
	ssrc, repair atomic.Uint32 // zero before anything of it came
	mu           sync.Mutex    // around Config.Picture: packets and repairs come by two goroutines
}

// watch passes on the pictures of the far end's track. Of a codec that it was not asked for there are none.
func (q *pictures) watch(t *webrtc.TrackRemote) {
	p := q.peer
	q.theirs.repair.Store(uint32(t.RtxSSRC()))
	q.theirs.ssrc.Store(uint32(t.SSRC()))
	poke(p.control.wake) // what was asked for meanwhile
	var packet rtp.Packet
	var kind webrtc.PayloadType
	var right bool
	p.read(t, func(b []byte) {
		if packet.Unmarshal(b) != nil {
			return
		}
		if now := t.PayloadType(); now != kind {
			kind, right = now, codecOf(t.Codec().RTPCodecCapability) == p.codec()
		}
		if right && packet.PayloadType == uint8(kind) {
			q.see(&packet, false)
		}
	})
}

func (q *pictures) see(k *rtp.Packet, repaired bool) {
	q.theirs.mu.Lock()
	defer q.theirs.mu.Unlock()
	p := q.peer
	if p.isClosing() {
		return
	}
	q.meters.packetsReceived.Add(1)
	q.meters.bytesReceived.Add(uint64(len(k.Payload)))
	p.mesh.config.Picture(p.id, Picture{
		Track: q.track, Payload: k.Payload, Seq: k.SequenceNumber, Timestamp: k.Timestamp, Marker: k.Marker,
		SSRC: q.theirs.ssrc.Load(), Repaired: repaired,
	})
}

// repaired takes a retransmission of a track of the far end's (RFC 4588, section 4).
func (p *peer) repaired(ssrc uint32, b []byte) {
	q := p.picturesOf(func(q *pictures) bool { return q.theirs.repair.Load() == ssrc })
	var k rtp.Packet
	if ssrc == 0 || q == nil || p.codec() == 0 || k.Unmarshal(b) != nil || len(k.Payload) < 2 {
		return // less than a number is padding, which probes the path
	}
	k.SequenceNumber = binary.BigEndian.Uint16(k.Payload)
	k.Payload = k.Payload[2:]
	q.meters.repaired.Add(1)
	q.see(&k, true)
}

// repairs takes retransmissions out of pion's hands: those would wait there until the next packet that is none, which in a picture's
// pause is a whole picture later.
type repairs struct {
	interceptor.NoOp
	peer *peer
}

// NewInterceptor makes it for the one peer connection.
func (r *repairs) NewInterceptor(string) (interceptor.Interceptor, error) { return r, nil }

// BindRemoteStream is called by pion for every stream that comes in.
func (r *repairs) BindRemoteStream(info *interceptor.StreamInfo, next interceptor.RTPReader) interceptor.RTPReader {
	if !strings.EqualFold(info.MimeType, webrtc.MimeTypeRTX) {
		return next
	}
	const header = 12
	return interceptor.RTPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		n, a, err := next.Read(b, a)
		if err != nil || n < header {
			return n, a, err
		}
		r.peer.repaired(info.SSRC, b[:n])
		b[0] = 2 << 6 // a bare header is padding to pion, and still counts in its reports
		return header, a, nil
	})
}

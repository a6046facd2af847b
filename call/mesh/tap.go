package mesh

import (
	"encoding/binary"
	"io"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v4/packetio"
)

// tap stands before the buffer of each stream that comes in, where it comes out of SRTP: when a packet came is known best there, and
// what answers our packets is for no track, but for all of them.
type tap struct {
	*packetio.Buffer
	peer *peer
	kind packetio.BufferPacketType
	ssrc uint32
}

// newBuffer is called by pion for every stream that comes up, also for those that the far end never announced.
func (p *peer) newBuffer(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	if p.streams.Add(1) == maxStreams {
		p.enqueue(func() { p.reject(ErrFlood) })
	}
	b := packetio.NewBuffer()
	b.SetLimitSize(rtpBuffer)
	if kind == packetio.RTCPBufferPacket {
		b.SetLimitSize(rtcpBuffer)
	}
	return tap{b, p, kind, ssrc}
}

// Write takes a packet of the stream, or several together of RTCP.
func (t tap) Write(b []byte) (int, error) {
	if t.kind == packetio.RTPBufferPacket {
		t.peer.arrives(t.ssrc, b)
	} else if t.answers(b) {
		return len(b), nil
	}
	return t.Buffer.Write(b)
}

// arrives notes the transport-wide number of a packet that has one.
func (p *peer) arrives(ssrc uint32, b []byte) {
	id := p.arrivals.extension.Load()
	if id == 0 {
		return
	}
	if number, ok := wideNumber(b, uint8(id)); ok && p.arrivals.note(ssrc, number, p.flow.now()) {
		poke(p.control.wake)
	}
}

// answers takes the answers that are about the stream, and says whether there was nothing else. Pion gives what came together to each
// stream that something in it is about.
func (t tap) answers(b []byte) (only bool) {
	only = true
	for len(b) >= 4 {
		size := 4 * (int(binary.BigEndian.Uint16(b[2:])) + 1)
		if size > len(b) {
			return false
		}
		switch {
		case b[0]&0x1f != answerFormat || b[1] != byte(rtcp.TypeTransportSpecificFeedback):
			only = false
		case size >= answerHeader && binary.BigEndian.Uint32(b[8:]) == t.ssrc:
			t.peer.flow.answered(b[:size])
		}
		b = b[size:]
	}
	return only && len(b) == 0
}

// wideNumber finds the transport-wide number in an RTP packet, in a header extension of that number (RFC 8285, section 4.2).
func wideNumber(b []byte, id uint8) (uint16, bool) {
	if len(b) < rtpHeader || b[0]&(1<<4) == 0 {
		return 0, false
	}
	at := rtpHeader + 4*int(b[0]&15)
	if len(b) < at+4 {
		return 0, false
	}
	profile, size := binary.BigEndian.Uint16(b[at:]), 4*int(binary.BigEndian.Uint16(b[at+2:]))
	b = b[at+4:]
	if len(b) < size {
		return 0, false
	}
	b = b[:size]
	for len(b) > 0 {
		kind, length, head := b[0], 0, 1
		switch {
		case kind == 0: // padding
		case profile == 0xbede:
			kind, length = b[0]>>4, int(b[0]&15)+1
		case profile>>4 == 0x100 && len(b) > 1:
			length, head = int(b[1]), 2
		default:
			return 0, false
		}
		if len(b) < head+length {
			return 0, false
		}
		if kind == id && length >= 2 {
			return binary.BigEndian.Uint16(b[head:]), true
		}
		b = b[head+length:]
	}
	return 0, false
}

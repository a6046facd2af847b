package mesh

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// The way of a packet of the microphone:
//
//	1. Send      copies it into the outbox of every peer that is connected (the engine's goroutine: no lock of ours held
//	             while something slow happens, no allocation, no wait)
//	2. write     takes it out and hands it to pion, which encrypts it and writes it to the socket (a goroutine of the
//	             peer: a relay over TCP that is stuck holds up nobody else)

// maxSound is the largest Opus packet (RFC 6716, section 3.2: one frame), in bytes.
const maxSound = 1275

// backlog is the number of packets that wait for a peer whose socket is slow: 160 ms at 20 ms each. What is older would
// come too late to be played.
const backlog = 8

// Sound is one RTP packet of a microphone.
type Sound struct {
	Payload   []byte // one Opus packet of at most 1275 bytes, the caller's: valid during the call
	Seq       uint16 // of what comes in; Send numbers what goes out by itself
	Timestamp uint32 // 48 kHz
	Marker    bool   // the first packet after a silence (RFC 3551, section 4.1)
	SSRC      uint32 // of what comes in

	Captured time.Time // of what goes out: when its first sample came to the microphone; zero: now
}

// outbox holds the packets on their way to a peer. Full: the newest is dropped and counted; its number is missing at the
// far end, which conceals it as any loss.
type outbox struct {
	free, full chan *packet
	dropped    atomic.Uint64
	next       uint16 // of the caller of Send
}

type packet struct {
	header   rtp.Header
	captured time.Time
	size     int
	payload  [maxSound]byte
}

func newOutbox() *outbox {
	o := &outbox{free: make(chan *packet, backlog), full: make(chan *packet, backlog), next: firstNumber()}
	for range backlog {
		o.free <- new(packet)
	}
	return o
}

// firstNumber is random, and below 2^15 so that the far end can't miss the first turnover (RFC 3711, section 3.3.1).
func firstNumber() uint16 {
	var b [2]byte
	rand.Read(b[:]) //nolint:errcheck // never fails since Go 1.24
	return binary.BigEndian.Uint16(b[:]) & 0x7fff
}

// put takes a copy of s.
func (o *outbox) put(s Sound) {
	number := o.next
	o.next++
	select {
	case p := <-o.free:
		p.header = rtp.Header{Version: 2, Marker: s.Marker, SequenceNumber: number, Timestamp: s.Timestamp}
		p.size = copy(p.payload[:], s.Payload)
		if p.captured = s.Captured; s.Captured.IsZero() {
			p.captured = time.Now()
		}
		o.full <- p // has room for all there are
	default:
		o.dropped.Add(1)
	}
}

// Send gives a packet of the microphone to every peer that is connected. It has one caller at a time.
func (m *Mesh) Send(s Sound) {
	if len(s.Payload) == 0 || len(s.Payload) > maxSound {
		return
	}
	for _, p := range *m.live.Load() {
		if p.sending.Load() {
			p.out.put(s)
		}
	}
}

// startSending puts the microphone's track and the camera's where idle ones stood.
func (p *peer) startSending() error {
	sound, err := webrtc.NewTrackLocalStaticRTP(opus, layout[0].id, layout[0].stream)
	if err != nil {
		return err
	}
	picture := &videoTrack{id: layout[1].id, stream: layout[1].stream}
	for t, track := range map[*webrtc.RTPTransceiver]webrtc.TrackLocal{p.microphone: sound, p.camera: picture} {
		if err := t.Sender().ReplaceTrack(track); err != nil {
			return fmt.Errorf("replace track: %w", err)
		}
	}
	p.spoken.ssrc.Store(ssrcOf(p.microphone))
	p.shown.ssrc.Store(ssrcOf(p.camera))
	p.coded.Store(uint32(picture.codec()))
	go p.work(func() { p.write(sound) })
	go p.work(p.steer)
	if b := picture.bound.Load(); b != nil {
		go p.work(func() { p.roll(b) })
	}
	return nil
}

func ssrcOf(t *webrtc.RTPTransceiver) uint32 {
	return uint32(t.Sender().GetParameters().Encodings[0].SSRC)
}

func (p *peer) write(track interface{ WriteRTP(*rtp.Packet) error }) {
	var r rtp.Packet
	for {
		select {
		case <-p.closing:
			return
		case k := <-p.out.full:
			r = rtp.Packet{Header: k.header, Payload: k.payload[:k.size]}
			if err := track.WriteRTP(&r); err != nil {
				p.out.dropped.Add(1)
			} else {
				p.meters.packetsSent.Add(1)
				p.meters.bytesSent.Add(uint64(k.size))
				if p.spoken.sent(k.header.Timestamp, k.captured, k.size) {
					p.control.note(&p.control.reportNow)
				}
			}
			p.out.free <- k
		}
	}
}

package mesh

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"parley/audio"
)

// The way of a packet of the microphone:
//
//	1. Send      copies it into the outbox of every peer that is connected and may hear it (audience.go; the engine's goroutine: no lock of ours held
//	             while something slow happens, no allocation, no wait)
//	2. write     takes it out, puts copies of the ones before into it as the far end's loss asks for (copies.go), and hands it
//	             to pion, which encrypts it and writes it to the socket (a goroutine of the peer: a relay over TCP that is
//	             stuck holds up nobody else); and writes once more what the far end asks for

// maxSound is the largest Opus packet (RFC 6716, section 3.2: one frame), in bytes.
const maxSound = 1275

// backlog is the number of packets that wait for a peer whose socket is slow: 160 ms at 20 ms each. What is older would
// come too late to be played.
const backlog = 8

// Sound is one RTP packet of a microphone.
type Sound struct {
	Payload   []byte // one Opus packet of at most 1275 bytes, the caller's: valid during the call
	Timestamp uint32 // 48 kHz
	Marker    bool   // the first packet after a silence (RFC 3551, section 4.1)

	// Of what comes in. Send numbers what goes out by itself.
	Seq   uint16
	SSRC  uint32
	By    audio.Source // how it came; other than audio.Own, it would have been missing
	Cover int          // how many packets back the copies go that came with it

	Captured time.Time // of what goes out: when its first sample came to the microphone; zero: now
	Audience uint32    // likewise: for whom it is; 0: everybody; else whom SetAudience has said under that number
}

// outbox holds the packets on their way to a peer. Full: the newest is dropped and counted; its number is missing at the
// far end, which conceals it as any loss.
type outbox struct {
	free, full chan *packet
	dropped    atomic.Uint64
	next       uint16      // of the caller of Send
	ends       int         // likewise: see withhold,
	end        [1]byte     // and what it sends
	asked      chan uint16 // numbers, of packets to be sent once more

	// Of write.
	kept   [kept]*packet // what was sent, by its number
	header rtp.Header
	wrap   wrap
	credit int    // for repeats
	most   uint64 // bit/s, of copies
}

type packet struct {
	header   rtp.Header
	captured time.Time
	size     int
	payload  [maxSound]byte
	repeats  int
	repeated time.Time
}

func newOutbox() *outbox {
	o := &outbox{
		free: make(chan *packet, backlog), full: make(chan *packet, backlog), asked: make(chan uint16, kept), next: firstNumber(), most: maxCopied,
	}
	for range backlog {
		o.free <- new(packet)
	}
	for i := range o.kept {
		o.kept[i] = new(packet)
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
		p.size, p.repeats, p.repeated = copy(p.payload[:], s.Payload), 0, time.Time{}
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
	to := m.audience.Load()
	for _, p := range *m.live.Load() {
		switch {
		case !p.sending.Load():
		case to.has(s.Audience, p.id.User):
			p.speak(s)
		default:
			p.withhold(s)
		}
	}
}

// startSending puts the microphone's track and those of pictures where idle ones stood.
func (p *peer) startSending() error {
	sound, err := p.replace(p.microphone, 0, &p.spoken)
	if err != nil {
		return err
	}
	wide := false
	for i := range p.pictures {
		q := &p.pictures[i]
		b, err := p.replace(q.transceiver, q.track.place(), &q.shown)
		if err != nil {
			return err
		}
		if q.track == CameraTrack && b != nil {
			p.coded.Store(uint32(b.codec))
		}
		if b != nil && b.codec == p.codec() {
			q.bound = b
			wide = wide || b.wide != nil
		}
	}
	p.flow.begin(wide)
	for _, t := range p.pc.GetTransceivers() {
		if id := wideExtension(t.Receiver().GetParameters().HeaderExtensions, math.MaxUint8); id != 0 {
			p.arrivals.extension.Store(uint32(id)) // the same for all of them (RFC 9143, section 7.1.1)
		}
	}
	go p.work(p.steer)
	go p.work(p.roll)
	if sound != nil {
		go p.work(func() { p.write(sound) })
	}
	return nil
}

// replace puts a track of ours into its place, and returns what was negotiated for it; nil: nothing.
func (p *peer) replace(t *webrtc.RTPTransceiver, place int, s *source) (*binding, error) {
	track := newTrack(place, &p.flow)
	if err := t.Sender().ReplaceTrack(track); err != nil {
		return nil, fmt.Errorf("replace track: %w", err)
	}
	s.ssrc.Store(uint32(t.Sender().GetParameters().Encodings[0].SSRC))
	return track.bound.Load(), nil
}

// write sends what is put into the outbox, and some of it again, as long as the peer is there.
func (p *peer) write(b *binding) {
	o := p.out
	for {
		select {
		case <-p.closing:
			return
		case k := <-o.full:
			p.writeSound(b, k)
			o.free <- o.keep(k)
		case number := <-o.asked:
			p.repeatSound(b, number, time.Now())
		}
	}
}

func (p *peer) writeSound(b *binding, k *packet) {
	o := p.out
	kind, payload, copied := b.kind, k.payload[:k.size], 0
	if depth := p.copies(b); depth > 0 {
		o.most = uint64(p.flow.copied())
		if all, n := o.together(k, depth, b.kind); n > 0 {
			kind, payload, copied = b.red, all, len(all)-k.size
		}
	}
	o.header = k.header
	if b.writeAs(kind, b.ssrc, &o.header, payload) != nil {
		o.dropped.Add(1)
		return
	}
	o.credit = min(o.credit+1, maxSoundCredit)
	p.meters.packetsSent.Add(1)
	p.meters.bytesSent.Add(uint64(k.size))
	p.meters.copied.Add(uint64(copied))
	if p.spoken.sent(k.header.Timestamp, k.captured, len(payload)) {
		p.control.note(&p.control.reportNow)
	}
}

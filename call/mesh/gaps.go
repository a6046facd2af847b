package mesh

import (
	"slices"
	"strings"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"parley/audio"
	"parley/audio/red"
)

// The way of a packet of the far end's microphone:
//
//  1. pass    passes it on, and what it has copies of that did not come by itself (RED)
//  2. ask     asks for what is still missing, where the answer can come in time (NACK)
//
// All of it is on the peer's reader goroutine.
const (
	gapsLength = 64                     // packets back that are remembered
	answerable = 150 * time.Millisecond // from when a packet is missed until the answer comes; later than that it is not worth waiting for
	maxAsks    = 3                      // for one packet
	askGap     = 20 * time.Millisecond  // between two of them, at least
)

// ear is what was negotiated for the far end's microphone.
type ear struct {
	opus, red uint8 // payload types; red 0: there is none
	nack      bool  // it sends once more what it is asked for
}

func earOf(list []webrtc.RTPCodecParameters) (e ear, ok bool) {
	chosen, red, ok := chooseSound(list)
	return ear{
		opus: uint8(chosen.PayloadType), red: red, nack: slices.ContainsFunc(chosen.RTCPFeedback, func(f webrtc.RTCPFeedback) bool {
			return strings.EqualFold(f.Type, "nack") && f.Parameter == ""
		}),
	}, ok
}

// gaps remembers which of the last packets came.
type gaps struct {
	begun   bool
	ssrc    uint32
	newest  uint16
	missing int
	places  [gapsLength]place
}

// place is that of one packet.
type place struct {
	came  bool
	asks  int
	since time.Duration // it is missing
	asked time.Duration
}

func (g *gaps) at(number uint16) *place { return &g.places[number%gapsLength] }

// own notes a packet that came by itself, and says whether that was because it was asked for.
func (g *gaps) own(ssrc uint32, number uint16, now, trip time.Duration) (by audio.Source) {
	ahead := int16(number - g.newest)
	switch {
	case !g.begun || ssrc != g.ssrc || ahead > gapsLength || ahead <= -gapsLength:
		if g.begun && ssrc == g.ssrc && ahead < 0 {
			return audio.Own // too old to know
		}
		*g = gaps{begun: true, ssrc: ssrc, newest: number}
		for i := range g.places {
			g.places[i].came = true
		}
	case ahead > 0:
		for ; g.newest != number; g.newest++ {
			g.lose(g.newest+1, now)
		}
		g.find(number)
	default:
		p := g.at(number)
		// Too soon after it was asked for it is no answer, but slow; unless it was asked for before that, too.
		if !p.came && (p.asks > 1 || p.asks == 1 && now-p.asked >= trip/2) {
			by = audio.Resent
		}
		g.find(number)
	}
	return by
}

// lose notes that a packet did not come before a later one.
func (g *gaps) lose(number uint16, now time.Duration) {
	g.find(number) // whatever stood there, 64 packets ago
	*g.at(number) = place{since: now}
	g.missing++
}

// find notes that a packet is there, and reports false where it was.
func (g *gaps) find(number uint16) bool {
	p := g.at(number)
	if p.came {
		return false
	}
	p.came = true
	g.missing--
	return true
}

// copied notes a copy of the packet that number is so many before, and says whether it was missing.
func (g *gaps) copied(number uint16) bool {
	return g.newest-number < gapsLength && g.find(number)
}

// due appends the packets that are to be asked for. What may only be slow is waited for a little.
func (g *gaps) due(list []uint16, now, trip, slow time.Duration) []uint16 {
	if g.missing == 0 {
		return list
	}
	for back := uint16(gapsLength - 1); back > 0; back-- {
		p := g.at(g.newest - back)
		if p.came || p.asks == maxAsks || now-p.since < slow || now-p.since+trip > answerable ||
			p.asks > 0 && now-p.asked < max(askGap, trip+trip/2) {
			continue
		}
		p.asks, p.asked = p.asks+1, now
		list = append(list, g.newest-back)
	}
	return list
}

// hear passes on the sound of the far end's microphone.
func (p *peer) hear(t *webrtc.TrackRemote, list []webrtc.RTPCodecParameters) {
	e, ok := earOf(list)
	if !ok {
		p.discard(t)
		return
	}
	var packet rtp.Packet
	var g gaps
	start := time.Now()
	p.read(t, func(b []byte) {
		if packet.Unmarshal(b) == nil && !p.isClosing() {
			p.pass(e, &g, &packet, time.Since(start))
		}
	})
}

// pass counts a packet, and gives it and those copies in it that were missed to Config.Sound.
func (p *peer) pass(e ear, g *gaps, k *rtp.Packet, now time.Duration) {
	var room [red.MaxBlocks]red.Block
	blocks := append(room[:0], red.Block{Kind: k.PayloadType, Data: k.Payload})
	if e.red != 0 && k.PayloadType == e.red {
		var err error
		if blocks, err = red.Split(k.Payload, room[:0]); err != nil {
			return
		}
	}
	copies, own := blocks[:len(blocks)-1], blocks[len(blocks)-1]
	if own.Kind != e.opus || len(own.Data) == 0 || len(own.Data) > maxSound {
		return
	}
	p.voice.Store(k.SSRC)
	trip := p.meters.roundTrip()
	s := Sound{
		Payload: own.Data, Timestamp: k.Timestamp, Marker: k.Marker, Seq: k.SequenceNumber, SSRC: k.SSRC,
		By: g.own(k.SSRC, k.SequenceNumber, now, trip), Cover: len(copies),
	}
	if s.By == audio.Own {
		p.meters.received(len(own.Data), k.Timestamp, now)
	}
	p.mesh.config.Sound(p.id, s)
	s.Marker, s.By = false, audio.Redundant
	for i, c := range copies {
		s.Seq = k.SequenceNumber - uint16(len(copies)-i) // no number stands in a copy's header; none is left out
		if c.Kind == e.opus && len(c.Data) > 0 && g.copied(s.Seq) {
			s.Payload, s.Timestamp = c.Data, k.Timestamp-c.Before
			p.mesh.config.Sound(p.id, s)
		}
	}
	p.ask(e, g, now, trip)
}

// ask asks for what is missing, if it can still come in time.
func (p *peer) ask(e ear, g *gaps, now, trip time.Duration) {
	if !e.nack || trip == 0 {
		return
	}
	var room [gapsLength]uint16
	slow := time.Duration(2 * p.meters.jitter.load() * float64(time.Millisecond))
	if list := g.due(room[:0], now, trip, slow); len(list) > 0 {
		p.meters.asked.Add(uint64(len(list)))
		p.control.nack(&p.control.sounds, list)
	}
}

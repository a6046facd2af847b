package mesh

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"parley/audio"
	"parley/audio/red"
)

const ms = time.Millisecond

func TestGaps(t *testing.T) {
	const trip = 40 * ms
	var g gaps
	for i, c := range []struct {
		number uint16
		at     time.Duration
		by     audio.Source
		ask    []uint16
	}{
		{65533, 0, audio.Own, nil},
		{65534, 20 * ms, audio.Own, nil},
		{1, 80 * ms, audio.Own, []uint16{65535, 0}},
		{2, 100 * ms, audio.Own, nil},             // the answer is on its way
		{65535, 118 * ms, audio.Resent, nil},      // there it is
		{0, 119 * ms, audio.Resent, nil},          // all are there
		{4, 140 * ms, audio.Own, []uint16{3}},     // one is missing
		{3, 145 * ms, audio.Own, nil},             // it was only slow
		{6, 180 * ms, audio.Own, []uint16{5}},     // lost, and so is the answer
		{7, 240 * ms, audio.Own, []uint16{5}},     // asked again
		{8, 300 * ms, audio.Own, nil},             // it would come too late
		{9, 320 * ms, audio.Own, nil},             //
		{5, 330 * ms, audio.Resent, nil},          // and does
		{11, 340 * ms, audio.Own, []uint16{10}},   // lost
		{12, 400 * ms, audio.Own, []uint16{10}},   // asked again,
		{10, 405 * ms, audio.Resent, nil},         // which the first answer has crossed
		{300, 410 * ms, audio.Own, nil},           // another place altogether
		{301, 420 * ms, audio.Own, nil},           //
		{100, 430 * ms, audio.Own, nil},           // too old to know
		{303, 440 * ms, audio.Own, []uint16{302}}, // goes on
	} {
		if by := g.own(1, c.number, c.at, trip); by != c.by {
			t.Errorf("%d: %d came by way %d", i, c.number, by)
		}
		if ask := g.due(nil, c.at, trip, 0); !slices.Equal(ask, c.ask) {
			t.Errorf("%d: after %d asked for %v, not %v", i, c.number, ask, c.ask)
		}
	}
	if g.missing != 1 {
		t.Errorf("%d missing", g.missing)
	}
	if g.own(2, 90, 450*ms, trip) != audio.Own || g.missing != 0 || g.newest != 90 {
		t.Error("another stream begins anew")
	}
	g.own(2, 93, 455*ms, trip)
	if g.copied(91) != true || g.copied(91) != false || g.copied(93) != false || g.copied(92) != true || g.missing != 0 {
		t.Errorf("%d missing with copies of all", g.missing)
	}
	g.own(2, 96, 460*ms, trip)
	if ask := g.due(nil, 460*ms, trip, 30*ms); len(ask) != 0 {
		t.Errorf("asked for %v, which may be slow", ask)
	}
	if ask := g.due(nil, 490*ms, trip, 30*ms); len(ask) != 2 {
		t.Errorf("asked for %v", ask)
	}
	g.own(2, 98, 500*ms, trip)
	if ask := g.due(nil, 500*ms, answerable+1, 0); len(ask) != 0 {
		t.Errorf("asked for %v, whose answer would come too late", ask)
	}
}

// hearing is a peer that passes on to a list.
func hearing(t testing.TB) (*peer, *[]Sound) {
	_, peers := sinks(t, 1)
	list := new([]Sound)
	peers[0].mesh.config.Sound = func(_ Peer, s Sound) {
		s.Payload = bytes.Clone(s.Payload)
		*list = append(*list, s)
	}
	peers[0].meters.rtt.store(20)
	return peers[0], list
}

var bothEars = ear{opus: opusType, red: redType, nack: true}

func together(t testing.TB, number uint16, timestamp uint32, blocks ...red.Block) *rtp.Packet {
	payload, err := red.Append(nil, blocks)
	if err != nil {
		t.Fatal(err)
	}
	return &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: redType, SequenceNumber: number, Timestamp: timestamp, SSRC: 9}, Payload: payload}
}

// Each packet comes once, whether by itself or as a copy, under its own number and time.
func TestPass(t *testing.T) {
	p, heard := hearing(t)
	var g gaps
	block := func(name byte, before uint32) red.Block {
		return red.Block{Kind: opusType, Before: before, Data: []byte{name}}
	}
	plain := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: opusType, SequenceNumber: 65535, Timestamp: 1<<32 - 960, SSRC: 9}, Payload: []byte{'a'}}
	p.pass(bothEars, &g, plain, 0)
	p.pass(bothEars, &g, together(t, 0, 0, block('a', 960), block('b', 0)), 20*ms)
	p.pass(bothEars, &g, together(t, 3, 2880, block('c', 1920), block('d', 960), block('e', 0)), 80*ms)
	p.pass(bothEars, &g, together(t, 2, 1920, block('d', 0)), 85*ms) // overtaken
	type one struct {
		name      string
		seq       uint16
		timestamp uint32
		by        audio.Source
		cover     int
	}
	want := []one{
		{"a", 65535, 1<<32 - 960, audio.Own, 0}, {"b", 0, 0, audio.Own, 1}, {"e", 3, 2880, audio.Own, 2},
		{"c", 1, 960, audio.Redundant, 2}, {"d", 2, 1920, audio.Redundant, 2}, {"d", 2, 1920, audio.Own, 0},
	}
	var got []one
	for _, s := range *heard {
		got = append(got, one{string(s.Payload), s.Seq, s.Timestamp, s.By, s.Cover})
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if n := p.meters.packetsReceived.Load(); n != 4 {
		t.Errorf("%d packets counted", n)
	}
	if len(p.control.sounds.list) != 0 {
		t.Errorf("asked for %v", p.control.sounds.list)
	}
	p.pass(bothEars, &g, together(t, 6, 5760, block('g', 960), block('h', 0)), 140*ms)
	p.pass(bothEars, &g, together(t, 7, 6720, block('i', 0)), 160*ms) // what was only slow would be here
	if list := p.control.sounds.list; !slices.Equal(list, []uint16{4}) {
		t.Errorf("asked for %v", list)
	}
}

// What is no packet of ours, whole or in part, is left out.
func TestPassRefuses(t *testing.T) {
	p, heard := hearing(t)
	var g gaps
	own := red.Block{Kind: opusType, Data: []byte{1}}
	bare := func(kind uint8, payload []byte) *rtp.Packet {
		return &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: kind, SequenceNumber: 70, Timestamp: 70 * 960}, Payload: payload}
	}
	for name, k := range map[string]*rtp.Packet{
		"empty":                      bare(opusType, nil),
		"too large":                  bare(opusType, make([]byte, maxSound+1)),
		"another type":               bare(8, []byte{1}),
		"half a header":              bare(redType, []byte{0xef, 0}),
		"nothing in it":              bare(redType, []byte{opusType}),
		"another type in it":         bare(redType, []byte{8, 1}),
		"several packets in several": bare(redType, []byte{redType, opusType, 1}),
	} {
		p.pass(bothEars, &g, k, 0)
		if len(*heard) != 0 {
			t.Fatalf("%s: %+v", name, *heard)
		}
	}
	p.pass(ear{opus: opusType}, &g, together(t, 70, 70*960, own), 0)
	if len(*heard) != 0 {
		t.Error("one that was not negotiated")
	}
	p.pass(bothEars, &g, bare(opusType, []byte{1}), 0)
	k := together(t, 73, 73*960, red.Block{Kind: 8, Before: 1920, Data: []byte{1}}, red.Block{Kind: opusType, Before: 960}, own)
	p.pass(bothEars, &g, k, 0)
	if len(*heard) != 2 {
		t.Errorf("copies of another type, or empty ones: %+v", (*heard)[2:])
	}
}

func TestPassAllocatesNothing(t *testing.T) {
	p, _ := hearing(t)
	p.mesh.config.Sound = func(Peer, Sound) {}
	var g gaps
	data := make([]byte, 160)
	k := together(t, 0, 0, red.Block{Kind: opusType, Before: 1920, Data: data}, red.Block{Kind: opusType, Before: 960, Data: data}, red.Block{Kind: opusType, Data: data})
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		i++
		if k.SequenceNumber, k.Timestamp = k.SequenceNumber+1, k.Timestamp+960; i%5 == 0 {
			k.SequenceNumber, k.Timestamp = k.SequenceNumber+3, k.Timestamp+3*960
		}
		p.pass(bothEars, &g, k, time.Duration(i)*20*ms)
		p.control.sounds.list = p.control.sounds.list[:0]
	}); n > 0.1 { // the list of what is asked for grows at first
		t.Errorf("%v allocations a packet", n)
	}
}

func TestChooseSound(t *testing.T) {
	codec := func(mime string, kind webrtc.PayloadType, line string) webrtc.RTPCodecParameters {
		return webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mime, SDPFmtpLine: line}, PayloadType: kind}
	}
	for _, c := range []struct {
		name      string
		list      []webrtc.RTPCodecParameters
		opus, red uint8
	}{
		{"Chromium", []webrtc.RTPCodecParameters{codec("audio/opus", 111, ""), codec("audio/red", 63, "111/111")}, 111, 63},
		{"RED first", []webrtc.RTPCodecParameters{codec("audio/RED", 63, "111/111/111"), codec("audio/OPUS", 111, "")}, 111, 63},
		{"none", []webrtc.RTPCodecParameters{codec("audio/opus", 109, "")}, 109, 0},
		{"of another type", []webrtc.RTPCodecParameters{codec("audio/opus", 109, ""), codec("audio/red", 63, "111/111")}, 109, 0},
		{"of several types", []webrtc.RTPCodecParameters{codec("audio/opus", 109, ""), codec("audio/red", 63, "109/8")}, 109, 0},
		{"of nothing", []webrtc.RTPCodecParameters{codec("audio/opus", 109, ""), codec("audio/red", 63, "")}, 109, 0},
		{"no Opus", []webrtc.RTPCodecParameters{codec("audio/red", 63, "111/111")}, 0, 0},
	} {
		chosen, red, ok := chooseSound(c.list)
		if uint8(chosen.PayloadType) != c.opus || red != c.red || ok != (c.opus != 0) {
			t.Errorf("%s: %d, %d, %v", c.name, chosen.PayloadType, red, ok)
		}
	}
}

// Whatever comes, what is passed on is within bounds, and no number comes twice as a copy.
func FuzzPass(f *testing.F) {
	f.Add([]byte{1, 0, 3, 0, 63, 0xef, 0x0f, 0, 1, 0x6f, 7, 8, 2, 0, 2, 0, 111, 1, 2})
	p, heard := hearing(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var g gaps
		*heard, p.control.sounds.list = nil, nil
		now := time.Duration(0)
		for len(data) > 5 {
			n := min(int(data[0]&31), len(data)-5)
			k := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: data[4], SSRC: uint32(data[0] >> 7)}, Payload: data[5 : 5+n]}
			k.SequenceNumber = uint16(int16(binary.BigEndian.Uint16(data[1:])) >> 4)
			k.Timestamp = uint32(k.SequenceNumber) * 960
			now += time.Duration(data[3]) * ms
			from := len(*heard)
			p.pass(bothEars, &g, k, now)
			missing := 0
			for _, place := range g.places {
				if !place.came && g.begun {
					missing++
				}
			}
			if missing != g.missing || len(*heard)-from > red.MaxBlocks || len(p.control.sounds.list) > maxNacks {
				t.Fatalf("%d missing of %d, %d passed, %d asked for", missing, g.missing, len(*heard)-from, len(p.control.sounds.list))
			}
			for i, s := range (*heard)[from:] {
				if len(s.Payload) == 0 || len(s.Payload) > maxSound || (s.By == audio.Redundant) != (i > 0) {
					t.Fatalf("%d: %+v", i, s)
				}
			}
			data = data[5+n:]
		}
	})
}

package video

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/pion/rtp/codecs"
)

// What a Chromium sends for a key picture of one spatial layer with the pattern 0-2-1-2, not flexible.
var chromiumKey = []byte{
	0xaa, 0x81, 0x02, 0x00, 0x07, // I L B V; id 258; TID 0; TL0 7
	0x18, 0x02, 0x80, 0x01, 0x68, // one layer, Y, G; 640x360
	0x04, 0x14, 0x04, 0x54, 0x01, 0x34, 0x02, 0x54, 0x01,
}

func TestVP9HeaderOfOthers(t *testing.T) {
	var h VP9Header
	n, err := h.Unmarshal(append(bytes.Clone(chromiumKey), 0x82))
	if err != nil || n != len(chromiumKey) {
		t.Fatal(n, err)
	}
	if !h.Begin || h.Inter || !h.HasLayers || h.PictureID != 258 || h.TL0 != 7 || h.Structure == nil {
		t.Errorf("%+v", h)
	}
	s, err := ParseVP9Structure(h.Structure)
	if err != nil || s.Layers != 1 || s.Sizes[0] != [2]uint16{640, 360} || s.Group != 4 {
		t.Fatalf("%+v %v", s, err)
	}
	var temporal, diffs []uint8
	for _, r := range s.Refs[:s.Group] {
		temporal, diffs = append(temporal, r.Temporal), append(diffs, r.Diffs[0])
	}
	if !bytes.Equal(temporal, []byte{0, 2, 1, 2}) || !bytes.Equal(diffs, []byte{4, 1, 2, 1}) {
		t.Error(temporal, diffs)
	}
}

func TestHeadersCutShort(t *testing.T) {
	for n := range chromiumKey {
		var h VP9Header
		if _, err := h.Unmarshal(chromiumKey[:n]); !errors.Is(err, ErrDescriptor) {
			t.Errorf("VP9, %d bytes: %v", n, err)
		}
	}
	vp8 := []byte{0x90, 0xf0, 0x81, 0x02, 0x07, 0xa5}
	for n := range vp8 {
		var h VP8Header
		if _, err := h.Unmarshal(vp8[:n]); !errors.Is(err, ErrDescriptor) {
			t.Errorf("VP8, %d bytes: %v", n, err)
		}
	}
	for name, bad := range map[string][]byte{
		"four references":         {0xd0, 1, 3, 3, 3, 2, 0},
		"a reference to itself":   {0xd0, 1, 0, 0},
		"flexible without an id":  {0x50, 2, 0},
		"a structure cut in half": {0x82, 1, 0x18, 0},
	} {
		var h VP9Header
		if _, err := h.Unmarshal(bad); !errors.Is(err, ErrDescriptor) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestVP9HeaderRoundTrip writes what can be said, reads it back and has pion read it, too.
func TestVP9HeaderRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		h := randomVP9(random)
		packet := append(h.AppendTo([]byte{9}), 1, 2, 3)[1:]
		var got VP9Header
		n, err := got.Unmarshal(packet)
		if err != nil || n != len(packet)-3 || !reflect.DeepEqual(got, h) {
			t.Fatalf("%v\nhave %+v\nwant %+v", err, got, h)
		}
		var theirs codecs.VP9Packet
		body, err := theirs.Unmarshal(packet)
		if err != nil || !bytes.Equal(body, []byte{1, 2, 3}) {
			t.Fatalf("pion: %v of %+v", err, h)
		}
		if theirs.PictureID != h.PictureID || theirs.P != h.Inter || theirs.B != h.Begin || theirs.E != h.End ||
			theirs.TID != h.Temporal || theirs.SID != h.Spatial || theirs.U != h.SwitchUp || theirs.D != h.InterLayer ||
			theirs.TL0PICIDX != h.TL0 || !bytes.Equal(theirs.PDiff, h.Refs[:h.NRefs]) || theirs.V != (h.Structure != nil) {
			t.Fatalf("pion reads %+v\nof %+v", theirs, h)
		}
	}
}

func randomVP9(r *rand.Rand) VP9Header {
	yes := func() bool { return r.IntN(2) == 0 }
	h := VP9Header{Inter: yes(), Flexible: yes(), Begin: yes(), End: yes(), Isolated: yes(), HasLayers: yes()}
	if h.HasPictureID = h.Flexible || yes(); h.HasPictureID {
		h.Wide = yes()
		if h.PictureID = uint16(r.IntN(1 << 7)); h.Wide {
			h.PictureID = uint16(r.IntN(1 << 15))
		}
	}
	if h.HasLayers {
		h.Temporal, h.Spatial, h.SwitchUp, h.InterLayer = uint8(r.IntN(8)), uint8(r.IntN(5)), yes(), yes()
		if !h.Flexible {
			h.TL0 = uint8(r.Uint32())
		}
	}
	if h.Inter && h.Flexible {
		h.NRefs = 1 + r.IntN(3)
		for i := range h.NRefs {
			h.Refs[i] = uint8(1 + r.IntN(127))
		}
	}
	if yes() {
		h.Structure = appendVP9Size(nil, 1+r.IntN(MaxWidth), 1+r.IntN(MaxHeight))
	}
	return h
}

func TestVP8HeaderRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	yes := func() bool { return r.IntN(2) == 0 }
	for range 2000 {
		h := VP8Header{NonReference: yes(), Begin: yes(), Partition: uint8(r.IntN(8)), HasPictureID: yes(), HasLayers: yes(), HasKeyIndex: yes()}
		if h.HasPictureID {
			h.Wide = yes()
			if h.PictureID = uint16(r.IntN(1 << 7)); h.Wide {
				h.PictureID = uint16(r.IntN(1 << 15))
			}
		}
		if h.HasLayers {
			h.Temporal, h.Sync = uint8(r.IntN(4)), yes()
			if h.HasTL0 = yes(); h.HasTL0 {
				h.TL0 = uint8(r.Uint32())
			}
		}
		if h.HasKeyIndex {
			h.KeyIndex = uint8(r.IntN(32))
		}
		packet := append(h.AppendTo(nil), 1, 2, 3)
		var got VP8Header
		n, err := got.Unmarshal(packet)
		if err != nil || n != len(packet)-3 || got != h {
			t.Fatalf("%v\nhave %+v\nwant %+v", err, got, h)
		}
		var theirs codecs.VP8Packet
		body, err := theirs.Unmarshal(packet)
		if err != nil || !bytes.Equal(body, []byte{1, 2, 3}) || theirs.PictureID != h.PictureID || theirs.TL0PICIDX != h.TL0 ||
			theirs.TID != h.Temporal || theirs.Y == 1 != h.Sync || theirs.S == 1 != h.Begin || theirs.PID != h.Partition {
			t.Fatalf("pion reads %+v %v\nof %+v", theirs, err, h)
		}
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add(chromiumKey)
	f.Add([]byte{0x90, 0xf0, 0x81, 0x02, 0x07, 0xa5, 1})
	f.Add([]byte{0xd0, 0x81, 1, 3, 3, 2, 0x82})
	f.Fuzz(checkHeaders)
}

// TestHeadersGarbage is the fuzz test with bytes of its own.
func TestHeadersGarbage(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20000 {
		b := make([]byte, r.IntN(24))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		checkHeaders(t, b)
	}
}

// checkHeaders reads bytes as both descriptors; what is taken means the same when it is written again.
func checkHeaders(t *testing.T, b []byte) {
	var h, again VP9Header
	if n, err := h.Unmarshal(b); err == nil {
		if n > len(b) {
			t.Fatalf("%d of %d bytes", n, len(b))
		}
		if _, err := again.Unmarshal(h.AppendTo(nil)); err != nil || !reflect.DeepEqual(h, again) {
			t.Fatalf("%x: %v\n%+v\n%+v", b, err, h, again)
		}
		if h.Structure != nil {
			if _, err := ParseVP9Structure(h.Structure); err != nil {
				t.Fatalf("%x: %v", b, err)
			}
		}
	}
	var g VP8Header
	if n, err := g.Unmarshal(b); err == nil {
		var again VP8Header
		if _, err := again.Unmarshal(g.AppendTo(nil)); err != nil || n > len(b) || !g.HasKeyIndex && !g.HasLayers && g != again {
			t.Fatalf("%x: %v\n%+v\n%+v", b, err, g, again)
		}
	}
}

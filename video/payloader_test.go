package video

import (
	"bytes"
	"testing"
)

// pictures gives each layer's picture of the pattern 0-2-1-2 that many bytes.
func pictures(n, size int) []Encoded {
	var list []Encoded
	for i := range n {
		e := Encoded{Key: i == 0, Layer: []int{0, 2, 1, 2}[i%4], Width: 1280, Height: 720, Timestamp: uint32(i) * 3000}
		e.Data = bytes.Repeat([]byte{byte(i)}, size)
		e.Data[0] = 0x86 // VP9, no key picture
		if e.Key {
			e.Data[0] = 0x82
		}
		list = append(list, e)
	}
	return list
}

func TestPayloadsSizeAndOrder(t *testing.T) {
	p, err := NewPayloader(VP9, 3, 0x7ffe)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, MaxPayload - 9, MaxPayload - 8, 5000, 300000} {
		for i, e := range pictures(9, size) {
			var whole []byte
			list, err := p.Payloads(&e)
			if err != nil {
				t.Fatal(err)
			}
			for k, payload := range list {
				var h VP9Header
				n, err := h.Unmarshal(payload)
				if err != nil || len(payload) > MaxPayload {
					t.Fatal(len(payload), err)
				}
				if h.Begin != (k == 0) || h.End != (k == len(list)-1) || h.Inter == e.Key || int(h.Temporal) != e.Layer ||
					(h.Structure != nil) != (e.Key && k == 0) {
					t.Fatalf("picture %d, packet %d: %+v", i, k, h)
				}
				if want := []uint8{4, 1, 2, 1}[i%4]; !e.Key && (h.NRefs != 1 || h.Refs[0] != want) {
					t.Errorf("picture %d needs %v, not %d", i, h.Refs[:h.NRefs], want)
				}
				whole = append(whole, payload[n:]...)
			}
			if !bytes.Equal(whole, e.Data) {
				t.Fatal("bytes lost")
			}
			if a, b := len(list[0]), len(list[len(list)-1]); a-b > 10 || b-a > 10 {
				t.Errorf("packets of %d and %d bytes", a, b)
			}
		}
	}
}

func TestPayloadsVP8(t *testing.T) {
	p, _ := NewPayloader(VP8, 3, 5)
	for i, e := range pictures(9, 3000) {
		list, err := p.Payloads(&e)
		if err != nil {
			t.Fatal(err)
		}
		for k, payload := range list {
			var h VP8Header
			if _, err := h.Unmarshal(payload); err != nil || len(payload) > MaxPayload {
				t.Fatal(err)
			}
			if h.Begin != (k == 0) || int(h.PictureID) != 5+i || int(h.TL0) != 1+i/4 || int(h.Temporal) != e.Layer ||
				h.Sync != (i%4 == 1 || i%4 == 2) {
				t.Errorf("picture %d: %+v", i, h)
			}
		}
	}
}

func TestPayloadsRefused(t *testing.T) {
	for _, c := range []struct {
		codec  Codec
		layers int
	}{{0, 1}, {9, 1}, {VP9, 0}, {VP9, 5}} {
		if _, err := NewPayloader(c.codec, c.layers, 0); err == nil {
			t.Error(c)
		}
	}
	p, _ := NewPayloader(VP9, 2, 0)
	if list, err := p.Payloads(&Encoded{Key: true, Layer: 9}); len(list) > 0 || err != nil {
		t.Error("a picture that was left out:", list, err)
	}
	for name, e := range map[string]Encoded{
		"no such layer":        {Data: []byte{1}, Layer: 2},
		"negative":             {Data: []byte{1}, Layer: -1},
		"key above the base":   {Data: []byte{1}, Layer: 1, Key: true},
		"nothing before":       {Data: []byte{1}},
		"nothing before above": {Data: []byte{1}, Layer: 1},
	} {
		if _, err := p.Payloads(&e); err == nil {
			t.Error(name)
		}
	}
}

func TestPayloadsAllocateNothing(t *testing.T) {
	p, _ := NewPayloader(VP9, 3, 0)
	list := pictures(8, 6000)
	if n := testing.AllocsPerRun(100, func() {
		for i := range list {
			if _, err := p.Payloads(&list[i]); err != nil {
				t.Fatal(err)
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

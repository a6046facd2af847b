package vp9

import (
	"bytes"
	"errors"
	"testing"

	"parley/video"
)

// writer makes headers bit by bit.
type writer struct {
	data []byte
	n    int
}

func (w *writer) put(v, n int) *writer {
	for i := n - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.data = append(w.data, 0)
		}
		w.data[w.n/8] |= byte(v>>i&1) << (7 - w.n%8)
		w.n++
	}
	return w
}

// A keyHeader has two bits of marker, two of profile, show_existing_frame, frame_type, show_frame, error_resilient_mode.
func keyHeader(width, height int) []byte {
	return new(writer).put(0b10_00_0_0_1_1, 8).put(0x498342, 24).put(1, 3).put(0, 1).put(width-1, 16).put(height-1, 16).put(0, 8).data
}

// An interHeader has a size of its own where no found_ref is set.
func interHeader(width, height int) []byte {
	return new(writer).put(0b10_00_0_1_1_1, 8).put(1, 8).put(0, 12).put(0, 3).put(width-1, 16).put(height-1, 16).put(0, 8).data
}

func intraOnlyHeader(width, height int) []byte {
	return new(writer).put(0b10_00_0_1_0_1, 8).put(1, 1).put(0x498342, 24).put(1, 8).put(width-1, 16).put(height-1, 16).put(0, 8).data
}

func TestReadVP9(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want header
		bad  bool
	}{
		"key":         {data: keyHeader(1280, 720), want: header{true, 1280, 720}},
		"huge key":    {data: keyHeader(65536, 65536), want: header{true, 65536, 65536}},
		"inter":       {data: interHeader(640, 360), want: header{false, 640, 360}},
		"intra only":  {data: intraOnlyHeader(65536, 1), want: header{false, 65536, 1}},
		"reference":   {data: new(writer).put(0b10_00_0_1_1_1, 8).put(1, 8).put(0, 12).put(0b01, 2).put(0, 8).data},
		"context":     {data: new(writer).put(0b10_00_0_1_1_0, 8).put(0, 2).put(1, 8).put(0, 12).put(0, 3).put(15, 16).put(31, 16).data, want: header{false, 16, 32}},
		"shown again": {data: []byte{0b10_00_1_000}},
		"marker":      {data: []byte{0b01_00_0_0_1_1}, bad: true},
		"profile 1":   {data: append([]byte{0b10_10_0_0_1_1}, keyHeader(16, 16)[1:]...), bad: true},
		"profile 2":   {data: append([]byte{0b10_01_0_0_1_1}, keyHeader(16, 16)[1:]...), bad: true},
		"sync":        {data: append([]byte{0b10_00_0_0_1_1, 0x49, 0x83, 0x43}, keyHeader(16, 16)[4:]...), bad: true},
		"RGB":         {data: new(writer).put(0b10_00_0_0_1_1, 8).put(0x498342, 24).put(7, 3).put(0, 40).data, bad: true},
		"cut":         {data: keyHeader(1280, 720)[:7], bad: true},
		"cut inter":   {data: interHeader(1280, 720)[:5], bad: true},
		"nothing":     {bad: true},
	} {
		h, err := readVP9(c.data)
		if c.bad != (err != nil) || err != nil && !errors.Is(err, ErrHeader) || err == nil && h != c.want {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
}

func TestReadVP8(t *testing.T) {
	key := []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x45, 0xd0, 0x02} // 1280 with a bit of scale, 720
	for name, c := range map[string]struct {
		data []byte
		want header
		bad  bool
	}{
		"key":     {data: key, want: header{true, 1280, 720}},
		"inter":   {data: []byte{0x11, 0, 0}},
		"cut":     {data: key[:9], bad: true},
		"start":   {data: append([]byte{0x10, 0, 0, 0x9d, 0x01, 0x2b}, key[6:]...), bad: true},
		"nothing": {bad: true},
	} {
		h, err := readVP8(c.data)
		if c.bad != (err != nil) || err == nil && h != c.want {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
}

func TestHeaderCheck(t *testing.T) {
	for _, h := range []header{{true, 0, 0}, {true, 0, 16}, {true, video.MaxWidth + 1, 16}, {false, 16, video.MaxHeight + 1}, {false, 16, 0}} {
		if err := h.check(); !errors.Is(err, video.ErrSize) {
			t.Errorf("%+v: %v", h, err)
		}
	}
	for _, h := range []header{{true, video.MaxWidth, video.MaxHeight}, {true, 1, 1}, {false, 0, 0}} {
		if err := h.check(); err != nil {
			t.Errorf("%+v: %v", h, err)
		}
	}
}

func TestSplit(t *testing.T) {
	var frames [maxFrames][]byte
	super := append(bytes.Repeat([]byte{1}, 300), 2, 2, 2)
	super = append(super, 0xc9, 44, 1, 3, 0, 0xc9) // two frames, two bytes of size each
	n, err := splitVP9(super, &frames)
	if err != nil || n != 2 || len(frames[0]) != 300 || string(frames[1]) != "\x02\x02\x02" {
		t.Error(n, err)
	}
	if n, err := splitVP9([]byte{1, 2, 3}, &frames); err != nil || n != 1 || len(frames[0]) != 3 {
		t.Error(n, err)
	}
	if n, err := splitVP9([]byte{5, 0xc9}, &frames); err != nil || n != 1 { // looks like an index and is too short for one
		t.Error(n, err)
	}
	sealed := appendSealed(nil, super[:10])
	if n, err := splitVP9(sealed, &frames); err != nil || n != 1 || !bytes.Equal(frames[0], super[:10]) {
		t.Error(n, err)
	}
	for name, bad := range map[string][]byte{
		"nothing":   nil,
		"empty":     {0xc0, 0, 0xc0},
		"too large": {9, 9, 0xc0, 3, 0xc0},
		"second":    {9, 9, 0xc1, 1, 2, 0xc1},
		"4 GB":      {9, 0xd8, 0xff, 0xff, 0xff, 0xff, 0xd8},
	} {
		if n, err := splitVP9(bad, &frames); err == nil {
			t.Errorf("%s: %d frames", name, n)
		}
	}
}

func FuzzHeaders(f *testing.F) {
	for _, seed := range [][]byte{keyHeader(1280, 720), interHeader(640, 360), intraOnlyHeader(8, 8), appendSealed(nil, keyHeader(9, 9)), {0xc0}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var frames [maxFrames][]byte
		n, err := splitVP9(data, &frames)
		total := 0
		for _, frame := range frames[:n] {
			total += len(frame)
			if len(frame) == 0 || err != nil {
				t.Fatal("an empty frame, or one in spite of an error")
			}
			h, err := readVP9(frame)
			if err == nil && h.key && (h.width < 1 || h.height < 1) {
				t.Fatalf("%+v", h)
			}
		}
		if total > len(data) {
			t.Fatal("more than there is")
		}
		if h, err := readVP8(data); err == nil && (h.width >= 1<<14 || h.height >= 1<<14) {
			t.Fatalf("%+v", h)
		}
	})
}

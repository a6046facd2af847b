//go:build cgo

package vp9

import (
	"errors"
	"math/rand/v2"
	"os"
	"testing"

	"parley/video"
)

// flips is how many corrupt packets a decoder meets: more with PARLEY_SOAK.
func flips() int {
	if os.Getenv("PARLEY_SOAK") != "" {
		return 100_000
	}
	return 3000
}

// TestFlippedBits decodes packets in which bits are turned over, bytes cut off and put in. No crash; and after each that was
// refused a good key frame gives its picture.
func TestFlippedBits(t *testing.T) {
	pictures := patterns(160, 96, 24)
	for _, codec := range codecs {
		var good [][]byte
		e := newEncoder(t, Config{Codec: codec, Kbps: 300, now: still})
		for n, picture := range pictures {
			if n%8 == 0 {
				e.KeyFrame()
			}
			good = append(good, encode(t, e, picture).Data)
		}
		want := sum(decode(t, newDecoder(t, codec), good[0]))
		d := newDecoder(t, codec)
		rnd := rand.New(rand.NewPCG(4, uint64(codec)))
		refused, shown := 0, 0
		for n := range flips() {
			if !d.started { // else the next would be refused before libvpx sees it
				f, err := d.Decode(good[0])
				if err != nil || sum(f) != want {
					t.Fatalf("%v: packet %d has spoilt a good key frame: %v", codec, n, err)
				}
				f.Release()
			}
			f, err := d.Decode(corrupt(rnd, good[rnd.IntN(len(good))]))
			if err != nil {
				refused++
				continue
			}
			shown++
			if f.Width > video.MaxWidth || f.Height > video.MaxHeight {
				t.Fatalf("%dx%d", f.Width, f.Height)
			}
			f.Release()
		}
		t.Logf("%v: %d refused, %d shown", codec, refused, shown)
		if refused == 0 || shown == 0 {
			t.Errorf("%v: this tests little", codec)
		}
	}
}

// corrupt returns another packet, most often one whose header is whole.
func corrupt(rnd *rand.Rand, good []byte) []byte {
	data := append([]byte(nil), good...)
	from := 0
	if rnd.IntN(3) > 0 {
		from = min(12, len(data)-1)
	}
	for range 1 + rnd.IntN(4) {
		data[from+rnd.IntN(len(data)-from)] ^= 1 << rnd.IntN(8)
	}
	switch rnd.IntN(8) {
	case 0:
		data = data[:rnd.IntN(len(data))]
	case 1:
		data = append(data, good...)
	case 2:
		data = appendSealed(data, good)
	}
	return data
}

// TestHugeSizesAreRefused: no header may make libvpx allocate for more than is allowed, wherever it stands.
func TestHugeSizesAreRefused(t *testing.T) {
	e, d := newEncoder(t, Config{now: still}), newDecoder(t, video.VP9)
	key := encode(t, e, pattern(64, 64, 0)).Data
	decode(t, d, key).Release()
	two := func(a, b []byte) []byte { // a superframe
		data := append(append([]byte(nil), a...), b...)
		return append(data, 0xc9, byte(len(a)), byte(len(a)>>8), byte(len(b)), byte(len(b)>>8), 0xc9)
	}
	for name, data := range map[string][]byte{
		"key":                 keyHeader(16384, 16384),
		"one column too many": keyHeader(video.MaxWidth+1, 16),
		"one row too many":    keyHeader(16, video.MaxHeight+1),
		"inter":               interHeader(65536, 65536),
		"intra only":          intraOnlyHeader(65536, 65536),
		"second of two":       two(key, keyHeader(16384, 16384)),
	} {
		if _, err := d.Decode(data); !errors.Is(err, video.ErrSize) {
			t.Errorf("%s: %v", name, err)
		}
		decode(t, d, key).Release() // a key frame heals
	}
	// Behind a frame without an index nothing is looked at, by libvpx neither.
	f := decode(t, d, append(append([]byte(nil), key...), keyHeader(16384, 16384)...))
	if f.Width != 64 {
		t.Errorf("%dx%d", f.Width, f.Height)
	}
	vp8 := newDecoder(t, video.VP8)
	if _, err := vp8.Decode([]byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f, 0, 0}); !errors.Is(err, video.ErrSize) {
		t.Error("VP8:", err)
	}
}

func TestDecoderWaitsForKeyFrame(t *testing.T) {
	for _, codec := range codecs {
		e, d := newEncoder(t, Config{Codec: codec, now: still}), newDecoder(t, codec)
		key, next := encode(t, e, pattern(64, 64, 0)).Data, encode(t, e, pattern(64, 64, 1)).Data
		if _, err := d.Decode(next); !errors.Is(err, ErrNeedKey) {
			t.Errorf("%v: %v", codec, err)
		}
		decode(t, d, key).Release()
		decode(t, d, next).Release()
		for _, bad := range [][]byte{nil, {}, make([]byte, maxData+1)} {
			if _, err := d.Decode(bad); !errors.Is(err, ErrRange) {
				t.Errorf("%v: %v", codec, err)
			}
		}
		if _, err := d.Decode(next); !errors.Is(err, ErrNeedKey) {
			t.Errorf("%v: went on after an error: %v", codec, err)
		}
		d.Close()
		d.Close()
		if _, err := d.Decode(key); !errors.Is(err, ErrClosed) {
			t.Errorf("%v: %v", codec, err)
		}
	}
	for _, threads := range []int{0, -1, 17} {
		if _, err := NewDecoder(video.VP9, nil, threads); !errors.Is(err, ErrRange) {
			t.Errorf("%d threads: %v", threads, err)
		}
	}
	if _, err := NewDecoder(0, nil, 1); !errors.Is(err, ErrRange) {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, codec := range codecs {
		e, err := NewEncoder(Config{Codec: codec, now: still})
		if err != nil {
			f.Fatal(err)
		}
		for n := range 3 {
			f.Add(encode(f, e, pattern(48, 32, n)).Data, codec == video.VP8)
		}
		e.Close()
	}
	f.Fuzz(func(t *testing.T, data []byte, vp8 bool) {
		codec := video.VP9
		if vp8 {
			codec = video.VP8
		}
		d, err := NewDecoder(codec, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		for range 2 {
			if picture, err := d.Decode(data); err == nil {
				picture.Release()
			}
		}
	})
}

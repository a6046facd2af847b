//go:build cgo

package vp9

import (
	"math"
	"testing"

	"parley/video"
)

// The part of a page that has text.
const (
	textWidth  = 600
	textHeight = 700
)

// page is a screen with some thousand black letters on white, of strokes one pixel wide: as small as they are read.
func page(width, height int, seed uint32) *video.Frame {
	cw, ch := (width+1)/2, (height+1)/2
	f := &video.Frame{
		Width: width, Height: height, YStride: width, CStride: cw,
		Y: make([]byte, width*height), U: make([]byte, cw*ch), V: make([]byte, cw*ch),
	}
	for i := range f.Y {
		f.Y[i] = 235
	}
	for i := range f.U {
		f.U[i], f.V[i] = 128, 128
	}
	next := func(n uint32) int {
		seed = seed*1664525 + 1013904223
		return int(seed >> 8 % n)
	}
	letters := alphabet(next)
	for top := 8; top+12 < textHeight; top += 15 {
		for left := 8; left+8 < textWidth; left += 7 {
			if next(6) > 0 {
				stamp(f, letters[next(uint32(len(letters)))], left, top)
			}
		}
	}
	return f
}

// letter is a row of six pixels, ten times.
type letter [10]uint8

// alphabet is one of letters that are made of three strokes each.
func alphabet(next func(uint32) int) (letters [64]letter) {
	for i := range letters {
		for range 3 {
			x, y := next(6), next(8)
			switch next(3) {
			case 0:
				for k := range 8 {
					letters[i][k] |= 1 << x
				}
			case 1:
				letters[i][y] |= 0x3f
			default:
				for k := range 6 {
					letters[i][(y/2+k)%9] |= 1 << k
				}
			}
		}
	}
	return letters
}

func stamp(f *video.Frame, l letter, left, top int) {
	for y, row := range l {
		for x := range 6 {
			if row>>x&1 == 1 {
				f.Y[(top+y)*f.YStride+left+x] = 16
			}
		}
	}
}

// textPSNR is that of the part with text alone.
func textPSNR(a, b *video.Frame) float64 {
	var sse float64
	for y := range textHeight {
		for x, v := range a.Y[y*a.YStride:][:textWidth] {
			d := float64(v) - float64(b.Y[y*b.YStride+x])
			sse += d * d
		}
	}
	return 10 * math.Log10(255*255*textWidth*textHeight/max(sse, 1))
}

// A page of text that has just come up can be read after a second, at the rate that a shared screen has, and costs next to nothing when
// it has stood still for long. What there is no rate for is left out, and the size stays.
func TestTextGetsSharp(t *testing.T) {
	const fps = 10
	for _, codec := range codecs {
		t.Run(codec.String(), func(t *testing.T) {
			e, d := newEncoder(t, Config{Codec: codec, Kbps: 2500, Layers: 1, Screen: true}), newDecoder(t, codec)
			var timestamp uint32
			for n := range uint32(2) {
				f := page(1920, 1080, n)
				quality, soon, late := 0.0, 0, 0
				for i := range 4 * fps {
					f.Timestamp = timestamp
					timestamp += video.ClockRate / fps
					out, err := e.Encode(f)
					if err != nil {
						t.Fatal(err)
					}
					if len(out.Data) > 0 {
						shown := decode(t, d, out.Data)
						quality = textPSNR(f, shown)
						if shown.Width != f.Width || shown.Height != f.Height {
							t.Fatalf("%dx%d", shown.Width, shown.Height)
						}
						shown.Release()
					}
					switch {
					case i < fps:
						soon += len(out.Data)
					case i >= 3*fps:
						late += len(out.Data)
					}
					if i == fps-1 && quality < 35 {
						t.Errorf("page %d: %.1f dB after a second", n, quality)
					}
				}
				t.Logf("page %d: %d bytes in the first second, %d in the fourth; %.1f dB then", n, soon, late, quality)
				if late > 30_000 || soon > 2*2500*1000/8 {
					t.Errorf("page %d: %d bytes in the first second, %d in the fourth", n, soon, late)
				}
			}
		})
	}
}

// Where more text comes up than the rate carries, pictures get fewer, and neither smaller nor such that nobody can read them.
func TestTextMoves(t *testing.T) {
	const fps, seconds, kbps = 10, 6, 1000
	for _, codec := range codecs {
		t.Run(codec.String(), func(t *testing.T) {
			e, d := newEncoder(t, Config{Codec: codec, Kbps: kbps, Layers: 1, Screen: true}), newDecoder(t, codec)
			coded, bytes, worst := 0, 0, 99.0
			for i := range uint32(fps * seconds) {
				f := page(1280, 720, i)
				f.Timestamp = i * video.ClockRate / fps
				out, err := e.Encode(f)
				if err != nil {
					t.Fatal(err)
				}
				if len(out.Data) == 0 {
					continue
				}
				coded, bytes = coded+1, bytes+len(out.Data)
				shown := decode(t, d, out.Data)
				worst = min(worst, textPSNR(f, shown))
				if shown.Width != f.Width || shown.Height != f.Height {
					t.Fatalf("%dx%d", shown.Width, shown.Height)
				}
				shown.Release()
			}
			rate := float64(bytes) * 8 / 1000 / seconds
			t.Logf("%d of %d pictures, %.0f kbit/s, %.1f dB at worst", coded, fps*seconds, rate, worst)
			if coded < seconds/2 || coded > fps*seconds/2 || rate > 1.3*kbps || worst < 22 {
				t.Errorf("%d of %d pictures, %.0f kbit/s, %.1f dB at worst", coded, fps*seconds, rate, worst)
			}
		})
	}
}

//go:build cgo && !noyuv

package yuv

import (
	"errors"
	"image"
	"math/rand/v2"
	"testing"
)

// TestAgree holds libyuv and Go together, in every way of scaling and with noise, the hardest picture.
func TestAgree(t *testing.T) {
	sizes := [][4]int{
		{1280, 720, 1280, 720}, {1280, 720, 854, 480}, {1280, 720, 213, 120}, {640, 360, 640, 360}, {640, 360, 320, 180},
		{640, 360, 160, 90}, {640, 360, 480, 270}, {640, 360, 240, 135}, {640, 360, 500, 281}, {640, 360, 639, 359},
		{320, 180, 640, 360}, {320, 180, 639, 359}, {320, 180, 641, 361}, {320, 180, 500, 281}, {320, 240, 321, 241},
		{641, 359, 641, 359}, {641, 359, 320, 179}, {641, 359, 321, 180}, {33, 17, 99, 51}, {7, 5, 3, 3}, {5, 5, 1, 1},
		{1, 1, 1, 1}, {1, 1, 64, 36}, {2, 2, 1, 1}, {3, 3, 2, 2}, {64, 36, 64, 18}, {64, 36, 32, 36}, {64, 36, 128, 18},
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		sizes = append(sizes, [4]int{1 + rnd.IntN(300), 1 + rnd.IntN(300), 1 + rnd.IntN(300), 1 + rnd.IntN(300)})
	}
	inGo, byLib := &Converter{kernel: newGolang()}, &Converter{kernel: libyuv{}}
	for _, s := range sizes {
		src := noise(s[0], s[1])
		a, b := image.NewRGBA(image.Rect(0, 0, s[2], s[3])), image.NewRGBA(image.Rect(0, 0, s[2], s[3]))
		if err := inGo.Convert(a, src); err != nil {
			t.Fatal(err)
		}
		if err := byLib.Convert(b, src); err != nil {
			t.Fatal(err)
		}
		if d := worst(a, b); d > 3 {
			t.Errorf("%dx%d to %dx%d: apart by %d", s[0], s[1], s[2], s[3], d)
		}
	}
}

// TestAgreeFromBGRA does so for what comes from a display, of all sizes, with memory that ends with the last pixel.
func TestAgreeFromBGRA(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	inGo, byLib := &Converter{kernel: newGolang()}, &Converter{kernel: libyuv{}}
	for i := range 100 {
		w, h := 1+rnd.IntN(100), 1+rnd.IntN(100)
		if i == 0 {
			w, h = 1920, 1080
		}
		rows, stride := bytesOf(rnd, w, h, rnd.IntN(9))
		a, b := newFrame(w, h), newFrame(w, h)
		if err := errors.Join(inGo.FromBGRA(a, rows, stride), byLib.FromBGRA(b, rows, stride)); err != nil {
			t.Fatal(err)
		}
		if d := apart(a, b); d > 2 {
			t.Errorf("%dx%d: apart by %d", w, h, d)
		}
	}
}

func TestLibyuvScaleSharp(t *testing.T)    { testScaleSharp(t, libyuv{}) }
func TestLibyuvFromBGRA(t *testing.T)      { testFromBGRA(t, libyuv{}) }
func TestLibyuvColours(t *testing.T)       { testColours(t, libyuv{}) }
func TestLibyuvEdges(t *testing.T)         { testEdges(t, libyuv{}) }
func BenchmarkLibyuvFromBGRA(b *testing.B) { benchFromBGRA(b, libyuv{}) }
func BenchmarkLibyuv(b *testing.B)         { bench(b, libyuv{}) }

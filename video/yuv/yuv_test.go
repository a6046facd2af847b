package yuv

import (
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"testing"

	"parley/video"
)

func newFrame(w, h int) *video.Frame {
	f := new(video.Frame)
	resize(f, w, h)
	return f
}

func noise(w, h int) *video.Frame {
	f, grain := newFrame(w, h), uint32(w)
	for _, plane := range [][]byte{f.Y, f.U, f.V} {
		for i := range plane {
			grain = grain*1664525 + 1013904223
			plane[i] = byte(grain >> 24)
		}
	}
	return f
}

func worst(a, b *image.RGBA) (d int) {
	for i := range a.Pix {
		d = max(d, int(a.Pix[i])-int(b.Pix[i]), int(b.Pix[i])-int(a.Pix[i]))
	}
	return d
}

func TestColours(t *testing.T) { testColours(t, newGolang()) }
func TestEdges(t *testing.T)   { testEdges(t, newGolang()) }

// testColours shows black, white, red, green and blue, at the picture's size and at others.
func testColours(t *testing.T, k kernel) {
	for _, c := range [][6]byte{{16, 128, 128, 0, 0, 0}, {235, 128, 128, 255, 255, 255}, {81, 90, 240, 255, 0, 0}, {145, 54, 34, 0, 255, 0}, {41, 240, 110, 0, 0, 255}} {
		for _, size := range []image.Point{{64, 36}, {16, 9}, {63, 35}, {100, 70}, {1, 1}} {
			f := newFrame(64, 36)
			for i := range f.Y {
				f.Y[i] = c[0]
			}
			for i := range f.U {
				f.U[i], f.V[i] = c[1], c[2]
			}
			got := image.NewRGBA(image.Rectangle{Max: size})
			if err := (&Converter{kernel: k}).Convert(got, f); err != nil {
				t.Fatal(err)
			}
			want := image.NewRGBA(got.Rect)
			for i := range want.Pix {
				want.Pix[i] = append(c[3:6:6], 255)[i%4]
			}
			if d := worst(got, want); d > 3 {
				t.Errorf("%v became %v at %v", c[:3], got.Pix[:4], size)
			}
			turned := image.NewRGBA(got.Rect)
			if err := (&Converter{kernel: k}).ConvertBGRA(turned, f); err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(turned.Pix); i += 4 {
				turned.Pix[i], turned.Pix[i+2] = turned.Pix[i+2], turned.Pix[i]
			}
			if worst(got, turned) > 0 {
				t.Errorf("%v became %v, blue first", c[:3], turned.Pix[:4])
			}
		}
	}
}

// testEdges converts into a part of an image and from memory that ends with the last pixel: nothing else is touched.
func testEdges(t *testing.T, k kernel) {
	c := &Converter{kernel: k}
	rnd := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		w, h, sw, sh := 1+rnd.IntN(70), 1+rnd.IntN(70), 1+rnd.IntN(150), 1+rnd.IntN(150)
		whole := image.NewRGBA(image.Rect(0, 0, w+6, h+4))
		part := whole.SubImage(image.Rect(3, 2, 3+w, 2+h)).(*image.RGBA)
		if err := c.Convert(part, noise(sw, sh)); err != nil {
			t.Fatal(err)
		}
		for y := range h + 4 {
			for x := range w + 6 {
				inside := image.Pt(x, y).In(part.Rect)
				if alpha := whole.Pix[whole.PixOffset(x, y)+3]; inside != (alpha == 255) || !inside && alpha != 0 {
					t.Fatalf("%dx%d to %dx%d: %d,%d has alpha %d", sw, sh, w, h, x, y, alpha)
				}
			}
		}
	}
}

// TestOrientation: what is top left stays there.
func TestOrientation(t *testing.T) {
	f := newFrame(40, 40)
	for i := range f.U {
		f.U[i], f.V[i] = 128, 128
	}
	for y := range 20 {
		for x := range 20 {
			f.Y[y*f.YStride+x] = 235
		}
	}
	for _, size := range []int{40, 10, 13, 55, 80} {
		im := image.NewRGBA(image.Rect(0, 0, size, size))
		if err := NewConverter().Convert(im, f); err != nil {
			t.Fatal(err)
		}
		at := func(x, y int) bool { return im.Pix[im.PixOffset(x*size/40, y*size/40)] > 128 }
		if !at(4, 4) || at(36, 4) || at(4, 36) || at(36, 36) {
			t.Errorf("%d: turned", size)
		}
	}
}

func TestRefuses(t *testing.T) {
	c, src := NewConverter(), noise(16, 16)
	good := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for name, dst := range map[string]*image.RGBA{
		"zero":      {},
		"no width":  image.NewRGBA(image.Rect(0, 0, 0, 8)),
		"too wide":  {Pix: good.Pix, Stride: 4 * 16384, Rect: image.Rect(0, 0, 16384, 16384)},
		"short":     {Pix: good.Pix[:len(good.Pix)-1], Stride: good.Stride, Rect: good.Rect},
		"no stride": {Pix: good.Pix, Stride: 0, Rect: good.Rect},
		"no memory": {Stride: 32, Rect: good.Rect},
	} {
		if err := c.Convert(dst, src); !errors.Is(err, ErrImage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	src.U = src.U[:5]
	if err := c.Convert(good, src); err == nil {
		t.Error("a frame without memory was taken")
	}
	if err := c.Convert(good, &video.Frame{}); !errors.Is(err, video.ErrSize) {
		t.Error(err)
	}
}

func TestAllocatesNothing(t *testing.T) {
	src, dst, c := noise(320, 180), image.NewRGBA(image.Rect(0, 0, 100, 57)), NewConverter()
	if n := testing.AllocsPerRun(20, func() {
		if err := c.Convert(dst, src); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestFit(t *testing.T) {
	for _, c := range [][6]int{
		{1280, 720, 640, 640, 640, 360}, {1280, 720, 1280, 360, 640, 360}, {720, 1280, 640, 640, 360, 640},
		{1280, 720, 1280, 720, 1280, 720}, {320, 180, 1921, 1080, 1920, 1080}, {4000, 1, 100, 100, 100, 1},
		{1, 4000, 100, 100, 1, 100}, {0, 10, 100, 100, 0, 0}, {10, 10, 0, 5, 0, 0},
	} {
		if got := Fit(image.Pt(c[0], c[1]), image.Pt(c[2], c[3])); got != image.Pt(c[4], c[5]) {
			t.Errorf("%v: %v", c, got)
		}
	}
}

func BenchmarkGo(b *testing.B) { bench(b, newGolang()) }

func bench(b *testing.B, k kernel) {
	src := noise(1280, 720)
	for _, size := range []image.Point{{1280, 720}, {854, 480}, {640, 360}, {320, 180}, {1920, 1080}} {
		b.Run(fmt.Sprint(size.Y), func(b *testing.B) {
			c, dst := &Converter{kernel: k}, image.NewRGBA(image.Rectangle{Max: size})
			for b.Loop() {
				if err := c.Convert(dst, src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

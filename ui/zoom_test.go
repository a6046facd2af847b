package ui

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"parley/video"
)

// Whatever one does with wheel, keys and mouse: what is seen lies within the picture and within the box, and nothing of either is
// left out that could be used.
func TestZoomStaysInside(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		src := image.Pt(rnd.IntN(4000)+1, rnd.IntN(2300)+1)
		box := image.Pt(rnd.IntN(2000)+1, rnd.IntN(1200)+1)
		z := zoom{}
		for range 40 {
			at := image.Pt(rnd.IntN(box.X+1)-box.X/2, rnd.IntN(box.Y+1)-box.Y/2)
			switch rnd.IntN(4) {
			case 0:
				z = z.by(zoomStep, at, src, box)
			case 1:
				z = z.by(1/zoomStep, at, src, box)
			case 2:
				z = z.moved(at, src, box)
			case 3:
				z = z.to(1, at, src, box)
			}
			part, size := z.part(src, box)
			if part.Empty() || !part.In(image.Rectangle{Max: src}) || part.Min.X&1 != 0 || part.Min.Y&1 != 0 || size.X > box.X || size.Y > box.Y || size.X < 1 || size.Y < 1 {
				t.Fatalf("%+v of %v in %v: %v, %v large", z, src, box, part, size)
			}
			scale := z.of(src, box)
			if scale > max(zoomMost, fitScale(src, box)) || scale < min(1, fitScale(src, box))*0.999 {
				t.Fatalf("%+v of %v in %v", z, src, box)
			}
			if short := box.X - size.X; z.scale > 0 && part.Dx() < src.X-1 && float64(short) > 3*scale {
				t.Fatalf("%+v of %v in %v: %v, %v large, leaves %d", z, src, box, part, size, short)
			}
		}
	}
}

// At 1:1 a pixel of the picture is one of the window, whatever the sizes.
func TestZoomOneToOne(t *testing.T) {
	for _, c := range []struct {
		src, box image.Point
		part     image.Rectangle
	}{
		{image.Pt(1920, 1080), image.Pt(1280, 800), image.Rect(320, 140, 1600, 940)},
		{image.Pt(1920, 1080), image.Pt(1281, 799), image.Rect(320, 140, 1601, 939)},
		{image.Pt(640, 480), image.Pt(1280, 800), image.Rect(0, 0, 640, 480)},
		{image.Pt(1280, 300), image.Pt(1280, 800), image.Rect(0, 0, 1280, 300)},
		{image.Pt(4000, 300), image.Pt(1280, 800), image.Rect(1360, 0, 2640, 300)},
	} {
		part, size := zoom{}.to(1, image.Point{}, c.src, c.box).part(c.src, c.box)
		if part != c.part || size != part.Size() {
			t.Errorf("%v in %v: %v, %v large, want %v", c.src, c.box, part, size, c.part)
		}
	}
}

// The point under the mouse stays under it.
func TestZoomKeepsThePoint(t *testing.T) {
	src, box := image.Pt(1920, 1080), image.Pt(1200, 700)
	for _, at := range []image.Point{{}, {300, 100}, {-200, 150}} {
		z := zoom{}.to(1, image.Point{}, src, box).by(2, image.Point{}, src, box)
		point := func(z zoom) (x, y float64) {
			return z.x*float64(src.X) + float64(at.X)/z.scale, z.y*float64(src.Y) + float64(at.Y)/z.scale
		}
		x, y := point(z)
		for range 4 {
			z = z.by(zoomStep, at, src, box)
			if gotX, gotY := point(z); math.Abs(gotX-x) > 1 || math.Abs(gotY-y) > 1 {
				t.Errorf("at %v: %v, %v became %v, %v", at, x, y, gotX, gotY)
			}
		}
	}
}

// The wheel passes 1:1 and the whole picture without leaving them out, and comes back to where it began.
func TestZoomStops(t *testing.T) {
	src, box := image.Pt(1920, 1080), image.Pt(1280, 800)
	z, one := zoom{}, false
	for range 20 {
		z = z.by(zoomStep, image.Pt(100, 50), src, box)
		one = one || z.scale == 1
	}
	if !one || z.scale != zoomMost {
		t.Errorf("on the way in 1:1 was met: %v; the end is %v", one, z.scale)
	}
	for range 20 {
		z = z.by(1/zoomStep, image.Pt(100, 50), src, box)
	}
	if z != (zoom{}) {
		t.Errorf("on the way out the end is %+v, which is not all of the picture", z)
	}
	small := image.Pt(320, 180) // a picture that fits with room to spare
	for range 10 {
		z = z.by(1/zoomStep, image.Point{}, small, box)
	}
	if z.scale != 1 {
		t.Errorf("a small picture becomes no smaller than it is, but %+v", z)
	}
}

// A part of a picture is a picture, whatever its strides.
func TestCut(t *testing.T) {
	var pool video.Pool
	f, err := pool.Get(33, 21)
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.Y {
		f.Y[i] = byte(i)
	}
	for _, part := range []image.Rectangle{image.Rect(0, 0, 33, 21), image.Rect(2, 4, 33, 21), image.Rect(32, 20, 33, 21), image.Rect(0, 0, 1, 1), image.Rect(10, 10, 21, 19)} {
		var out video.Frame
		got := cut(&out, f, part)
		if err := got.Check(); err != nil {
			t.Errorf("%v: %v", part, err)
		}
		if got.Width != part.Dx() || got.Height != part.Dy() || got.Y[0] != f.Y[part.Min.Y*f.YStride+part.Min.X] {
			t.Errorf("%v is %dx%d and begins with %d", part, got.Width, got.Height, got.Y[0])
		}
	}
}

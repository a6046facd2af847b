package yuv

import (
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"parley/video"
)

// bytesOf makes rows of noise, with so many bytes between them, and none after the last pixel.
func bytesOf(rnd *rand.Rand, w, h, gap int) (rows []byte, stride int) {
	stride = 4*w + gap
	rows = make([]byte, stride*(h-1)+4*w)
	for i := range rows {
		rows[i] = byte(rnd.Uint32())
	}
	return rows, stride
}

// apart is the greatest difference of two pictures.
func apart(a, b *video.Frame) (d int) {
	for i, p := range [][2][]byte{{a.Y, b.Y}, {a.U, b.U}, {a.V, b.V}} {
		w, h, as, bs := a.Width, a.Height, a.YStride, b.YStride
		if i > 0 {
			w, h = a.ChromaSize()
			as, bs = a.CStride, b.CStride
		}
		for y := range h {
			for x := range w {
				v := int(p[0][y*as+x]) - int(p[1][y*bs+x])
				d = max(d, v, -v)
			}
		}
	}
	return d
}

func TestFromBGRA(t *testing.T) { testFromBGRA(t, newGolang()) }

// testFromBGRA: a display's colours come out as they were when they are shown again, in a part of a larger picture too, whose rest
// is not touched.
func testFromBGRA(t *testing.T, k kernel) {
	c := &Converter{kernel: k}
	for _, want := range [][3]byte{{0, 0, 0}, {255, 255, 255}, {255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {40, 90, 200}, {128, 128, 128}} {
		for _, size := range []image.Point{{32, 18}, {7, 5}, {1, 1}, {2, 1}, {1, 2}} {
			f, rows := newFrame(48, 32), make([]byte, 4*size.X*size.Y)
			clear(f.Y)
			for i := 0; i < len(rows); i += 4 {
				rows[i], rows[i+1], rows[i+2], rows[i+3] = want[2], want[1], want[0], 0x55
			}
			part := &video.Frame{
				Y: f.Y[4*f.YStride+6:], U: f.U[2*f.CStride+3:], V: f.V[2*f.CStride+3:], YStride: f.YStride, CStride: f.CStride,
				Width: size.X, Height: size.Y,
			}
			if err := c.FromBGRA(part, rows, 4*size.X); err != nil {
				t.Fatal(err)
			}
			got := image.NewRGBA(image.Rectangle{Max: size})
			if err := c.Convert(got, part); err != nil {
				t.Fatal(err)
			}
			for i := range got.Pix {
				if d := int(got.Pix[i]) - int(append(want[:3:3], 255)[i%4]); d > 4 || d < -4 {
					t.Fatalf("%v became %v at %v", want, got.Pix[:4], size)
				}
			}
			for y := range f.Height {
				for x := range f.Width {
					if in := image.Pt(x, y).In(image.Rectangle{Max: size}.Add(image.Pt(6, 4))); in != (f.Y[y*f.YStride+x] != 0) {
						t.Fatalf("%v: %d,%d is touched: %v", size, x, y, !in)
					}
				}
			}
		}
	}
}

func TestFromBGRARefuses(t *testing.T) {
	c, f, rows := NewConverter(), newFrame(8, 6), make([]byte, 4*8*6)
	cut := *newFrame(8, 6)
	cut.V = cut.V[:11]
	for name, err := range map[string]error{
		"short":        c.FromBGRA(f, rows[1:], 32),
		"no stride":    c.FromBGRA(f, rows, 0),
		"small stride": c.FromBGRA(f, rows, 31),
		"huge stride":  c.FromBGRA(f, rows, 1<<40),
		"no memory":    c.FromBGRA(f, nil, 32),
		"no picture":   c.FromBGRA(&video.Frame{}, rows, 32),
		"no planes":    c.FromBGRA(&cut, rows, 32),
		"no source":    c.Scale(f, &video.Frame{}),
		"cut source":   c.Scale(f, &cut),
	} {
		if !errors.Is(err, ErrImage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.Scale(newFrame(video.MaxWidth+2, 2), f); !errors.Is(err, video.ErrSize) {
		t.Error("scaled to more than is allowed:", err)
	}
	if err := c.FromBGRA(f, rows, 32); err != nil {
		t.Error(err)
	}
}

func TestScaleSharp(t *testing.T) { testScaleSharp(t, newGolang()) }

// testScaleSharp: fine lines, as text has them, come out as the means of the areas, whatever the factor. The least that is asked for
// is what the steps give, less 1 dB; between neighbours alone it is 26 to 30 dB for all but those of 0.9, 3/4 and a half.
func testScaleSharp(t *testing.T, k kernel) {
	for _, c := range []struct {
		from, to image.Point
		least    float64 // dB
	}{
		{image.Pt(640, 400), image.Pt(576, 360), 41.8},
		{image.Pt(640, 360), image.Pt(480, 270), 62.9},
		{image.Pt(640, 400), image.Pt(432, 270), 36.2},
		{image.Pt(860, 360), image.Pt(480, 200), 44.7},
		{image.Pt(960, 540), image.Pt(480, 270), 65.3},
		{image.Pt(1280, 720), image.Pt(480, 270), 61.2},
		{image.Pt(750, 500), image.Pt(404, 270), 47.7},
		{image.Pt(960, 540), image.Pt(240, 134), 60.3},
	} {
		src, dst := lines(c.from), newFrame(c.to.X, c.to.Y)
		if err := (&Converter{kernel: k}).Scale(dst, src); err != nil {
			t.Fatal(err)
		}
		want := means(src, c.to)
		sum := 0.0
		for i, v := range want {
			d := float64(dst.Y[i]) - v
			sum += d * d
		}
		if db := 10 * math.Log10(255*255/(sum/float64(len(want)))); db < c.least {
			t.Errorf("%v to %v: %.1f dB, want %.1f", c.from, c.to, db, c.least)
		}
	}
}

// lines are black on white, one pixel wide, in all directions.
func lines(size image.Point) *video.Frame {
	f, rnd := newFrame(size.X, size.Y), rand.New(rand.NewPCG(1, 2))
	for i := range f.Y {
		f.Y[i] = 235
	}
	for range size.X * size.Y / 200 {
		at, way := image.Pt(rnd.IntN(size.X-12), rnd.IntN(size.Y-12)), []image.Point{{1, 0}, {0, 1}, {1, 1}}[rnd.IntN(3)]
		for range 4 + rnd.IntN(8) {
			f.Y[at.Y*f.YStride+at.X] = 16
			at = at.Add(way)
		}
	}
	return f
}

// means are those of the areas of luma that each pixel of a smaller picture covers, columns first.
func means(src *video.Frame, to image.Point) []float64 {
	narrow := func(in []float64, width, height, to int) []float64 { // and turned
		out, covers := make([]float64, to*height), float64(width)/float64(to)
		for x := range to {
			from, until := float64(x)*covers, float64(x+1)*covers
			for i := int(from); i < width && float64(i) < until; i++ {
				part := (min(until, float64(i+1)) - max(from, float64(i))) / covers
				for y := range height {
					out[x*height+y] += part * in[y*width+i]
				}
			}
		}
		return out
	}
	in := make([]float64, src.Width*src.Height)
	for y := range src.Height {
		for x := range src.Width {
			in[y*src.Width+x] = float64(src.Y[y*src.YStride+x])
		}
	}
	return narrow(narrow(in, src.Width, src.Height, to.X), src.Height, to.X, to.Y)
}

// What is larger than a picture may be is scaled into one.
func TestScaleLarge(t *testing.T) {
	src, dst := newFrame(video.MaxWidth+64, 40), newFrame(64, 20)
	for i := range src.Y {
		src.Y[i] = 200
	}
	if err := NewConverter().Scale(dst, src); err != nil {
		t.Fatal(err)
	}
	for i, v := range dst.Y {
		if v != 200 {
			t.Fatalf("sample %d is %d", i, v)
		}
	}
}

func BenchmarkGoFromBGRA(b *testing.B) { benchFromBGRA(b, newGolang()) }

func benchFromBGRA(b *testing.B, k kernel) {
	c, f := &Converter{kernel: k}, newFrame(1920, 1080)
	rows, stride := bytesOf(rand.New(rand.NewPCG(5, 6)), 1920, 1080, 0)
	for b.Loop() {
		if err := c.FromBGRA(f, rows, stride); err != nil {
			b.Fatal(err)
		}
	}
}

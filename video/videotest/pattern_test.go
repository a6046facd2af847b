package videotest_test

import (
	"image"
	"image/color"
	"math"
	"testing"
	"time"

	"parley/video"
	"parley/video/videotest"
)

var sizes = [][2]int{{1280, 720}, {640, 360}, {640, 480}, {321, 241}, {360, 640}, {1920, 1080}, {160, 90}}

func draw(t *testing.T, p *videotest.Pattern, n uint32) *video.Frame {
	t.Helper()
	w, h := p.Size()
	f, err := new(video.Pool).Get(w, h)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Draw(f, n); err != nil {
		t.Fatal(err)
	}
	return f
}

func newPattern(t *testing.T, w, h int) *videotest.Pattern {
	t.Helper()
	p, err := videotest.NewPattern(w, h, 30)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCounterReadsBack(t *testing.T) {
	for _, size := range sizes {
		p := newPattern(t, size[0], size[1])
		for _, n := range []uint32{0, 1, 2, 255, 256, 511, 512, 0x555555, 0xaaaaaa, 0xffffff} {
			f := draw(t, p, n)
			if got, ok := videotest.ReadCounter(f); got != n || !ok {
				t.Errorf("%v: %#x reads %#x, %v", size, n, got, ok)
			}
			if small := quarter(f); f.Width >= 320 && f.Height >= 200 {
				if got, ok := videotest.ReadCounter(small); got != n || !ok {
					t.Errorf("%v, a quarter: %#x reads %#x, %v", size, n, got, ok)
				}
			}
			if size[0] > 640 {
				continue
			}
			if got, ok := videotest.ReadCounterImage(screenshot(f)); got != n || !ok {
				t.Errorf("%v, a screenshot: %#x reads %#x, %v", size, n, got, ok)
			}
		}
		if f := draw(t, p, 1<<24+5); !reads(f, 5) {
			t.Error("more than 24 bits")
		}
	}
}

func reads(f *video.Frame, want uint32) bool {
	n, ok := videotest.ReadCounter(f)
	return ok && n == want
}

// quarter makes a picture of a quarter of the width and height, by the mean of each sixteen pixels.
func quarter(f *video.Frame) *video.Frame {
	small, _ := new(video.Pool).Get(max(f.Width/4, 1), max(f.Height/4, 1))
	for y := range small.Height {
		for x := range small.Width {
			sum := 0
			for i := range 16 {
				sum += int(f.Y[(4*y+i/4)*f.YStride+4*x+i%4])
			}
			small.Y[y*small.YStride+x] = byte(sum / 16)
		}
	}
	return small
}

// screenshot puts the picture somewhere in a larger image.
func screenshot(f *video.Frame) (image.Image, image.Rectangle) {
	at := image.Rect(13, 7, 13+f.Width, 7+f.Height)
	m := image.NewRGBA(image.Rect(-5, 0, at.Max.X+3, at.Max.Y+3))
	for y := range f.Height {
		for x := range f.Width {
			i, c := y*f.YStride+x, y/2*f.CStride+x/2
			m.Set(at.Min.X+x, at.Min.Y+y, color.YCbCr{f.Y[i], f.U[c], f.V[c]})
		}
	}
	return m, at
}

func TestCounterDoesNotReadWhatIsNone(t *testing.T) {
	for _, size := range sizes {
		f := draw(t, newPattern(t, size[0], size[1]), 77)
		mirrored := draw(t, newPattern(t, size[0], size[1]), 77)
		for y := range f.Height {
			for x := range f.Width {
				mirrored.Y[y*f.YStride+x] = f.Y[y*f.YStride+f.Width-1-x]
			}
		}
		if n, ok := videotest.ReadCounter(mirrored); ok {
			t.Errorf("%v: mirrored reads %d", size, n)
		}
		for _, level := range []byte{0, 16, 100, 126, 200, 255} {
			for i := range f.Y {
				f.Y[i] = level
			}
			if n, ok := videotest.ReadCounter(f); ok {
				t.Errorf("%v: all %d reads %d", size, level, n)
			}
		}
	}
	if _, ok := videotest.ReadCounter(&video.Frame{Width: 10, Height: 10}); ok {
		t.Error("a frame without planes")
	}
	m := image.NewRGBA(image.Rect(0, 0, 10, 10))
	for _, area := range []image.Rectangle{{}, image.Rect(5, 5, 15, 15), image.Rect(-1, 0, 5, 5)} {
		if _, ok := videotest.ReadCounterImage(m, area); ok {
			t.Error(area)
		}
	}
}

func TestPatternOfAnySize(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 100}, {100, 1}, {2, 2}, {17, 5}} {
		p := newPattern(t, size[0], size[1])
		for n := range uint32(40) {
			draw(t, p, n)
		}
	}
	if _, err := videotest.NewPattern(16384, 16384, 0); err == nil {
		t.Error("a huge one")
	}
	p := newPattern(t, 64, 64)
	if p.Draw(draw(t, newPattern(t, 32, 32), 0), 0) == nil || p.Draw(&video.Frame{Width: 64, Height: 64}, 0) == nil {
		t.Error("drew into a frame of another size")
	}
}

func TestPatternMoves(t *testing.T) {
	p := newPattern(t, 320, 240)
	if d := videotest.PSNR(draw(t, p, 1), draw(t, p, 2)); d > 35 || d < 10 {
		t.Errorf("two pictures in a row: %.1f dB", d)
	}
	f := draw(t, p, 31)
	if n := testing.AllocsPerRun(10, func() { _ = p.Draw(f, 31) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPSNR(t *testing.T) {
	p := newPattern(t, 64, 64)
	a, b := draw(t, p, 1), draw(t, p, 1)
	if d := videotest.PSNR(a, b); d != 99 {
		t.Error(d)
	}
	for y := range 64 {
		for x := range 64 {
			b.Y[y*b.YStride+x] = a.Y[y*a.YStride+x] ^ 1 // off by one everywhere: 48.13 dB
		}
	}
	if d := videotest.PSNR(a, b); math.Abs(d-48.13) > 0.01 {
		t.Error(d)
	}
	if d := videotest.PSNR(a, draw(t, newPattern(t, 32, 32), 1)); !math.IsNaN(d) {
		t.Error(d)
	}
}

// TestBeepsBelongToFlashes finds the beeps in the sound and the flashes in the pictures at the same times.
func TestBeepsBelongToFlashes(t *testing.T) {
	const rate, fps, beeps = 48000, 30, 30
	p := newPattern(t, 64, 64)
	sound := make([]float32, 3*rate+rate/2)
	for i := 0; i < len(sound); i += 480 { // as a source gives it, in parts
		videotest.Beep(sound[i:min(i+480, len(sound))], rate, time.Duration(i)*time.Second/rate, beeps*time.Second/fps)
	}
	onsets := videotest.Onsets(sound, rate)
	var flashes []int
	for n := range uint32(3.5 * fps) {
		f := draw(t, p, n)
		if p.Flash(n) != (f.Y[63*f.YStride] == 235) {
			t.Errorf("the bar of picture %d", n)
		}
		if p.Flash(n) {
			flashes = append(flashes, int(n))
		}
	}
	if len(onsets) != 4 || len(flashes) != 4 {
		t.Fatal(onsets, flashes)
	}
	for i := range onsets {
		if d := onsets[i]*1000/rate - flashes[i]*1000/fps; d < 0 || d > 1 {
			t.Errorf("beep %d comes %d ms after its flash", i, d)
		}
	}
	quiet, _ := videotest.NewPattern(64, 64, 0)
	if quiet.Flash(0) {
		t.Error("flashes without beeps")
	}
}

func BenchmarkDraw(b *testing.B) {
	p, err := videotest.NewPattern(1280, 720, 30)
	if err != nil {
		b.Fatal(err)
	}
	f, _ := new(video.Pool).Get(1280, 720)
	for n := uint32(0); b.Loop(); n++ {
		_ = p.Draw(f, n)
	}
}

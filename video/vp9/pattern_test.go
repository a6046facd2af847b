//go:build cgo

package vp9

import (
	"math"
	"testing"
	"time"

	"parley/video"
	"parley/video/videotest"
)

const step = video.ClockRate / 30

// pattern is picture n of a drifting gradient with noise in it and a moving box: motion, edges, flat parts and grain.
func pattern(width, height, n int) *video.Frame {
	cw, ch := (width+1)/2, (height+1)/2
	f := &video.Frame{
		Width: width, Height: height, YStride: width, CStride: cw, Timestamp: uint32(n) * step,
		Y: make([]byte, width*height), U: make([]byte, cw*ch), V: make([]byte, cw*ch),
	}
	bx, by := n*5%max(width-width/4, 1), n*3%max(height-height/4, 1)
	grain := uint32(n + 1)
	wave := make([]float64, width)
	for x := range wave {
		wave[x] = 128 + 60*math.Sin(float64(x+2*n)/40)
	}
	for y := range height {
		slow := 40 * math.Sin(float64(y-n)/25)
		for x := range width {
			grain = grain*1664525 + 1013904223
			v := wave[x] + slow + float64(grain>>30)
			if x >= bx && x < bx+width/4 && y >= by && y < by+height/4 {
				v = 40 + float64((x/8+y/8)%2)*160
			}
			f.Y[y*width+x] = uint8(v)
		}
	}
	for i := range f.U {
		f.U[i], f.V[i] = uint8(110+i%cw*20/cw), uint8(140-i/cw*20/ch)
	}
	return f
}

func patterns(width, height, count int) []*video.Frame {
	frames := make([]*video.Frame, count)
	for n := range frames {
		frames[n] = pattern(width, height, n)
	}
	return frames
}

func psnr(a, b *video.Frame) float64 {
	if a.Width != b.Width || a.Height != b.Height {
		return 0
	}
	var sse float64
	for y := range a.Height {
		for x, v := range a.Y[y*a.YStride:][:a.Width] {
			d := float64(v) - float64(b.Y[y*b.YStride+x])
			sse += d * d
		}
	}
	return 10 * math.Log10(255*255*float64(a.Width*a.Height)/math.Max(sse, 1))
}

// sum is the same for equal pictures.
func sum(f *video.Frame) (h uint64) {
	cw, ch := f.ChromaSize()
	for _, p := range []struct {
		plane        []byte
		stride, w, h int
	}{{f.Y, f.YStride, f.Width, f.Height}, {f.U, f.CStride, cw, ch}, {f.V, f.CStride, cw, ch}} {
		for y := range p.h {
			for _, v := range p.plane[y*p.stride:][:p.w] {
				h = (h ^ uint64(v)) * 1099511628211
			}
		}
	}
	return h
}

func newEncoder(t testing.TB, c Config) *Encoder {
	t.Helper()
	e, err := NewEncoder(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func newDecoder(t testing.TB, codec video.Codec) *Decoder {
	t.Helper()
	d, err := NewDecoder(codec, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// encode codes a frame, and its data can be kept.
func encode(t testing.TB, e *Encoder, f *video.Frame) video.Encoded {
	t.Helper()
	out, err := e.Encode(f)
	if err != nil || len(out.Data) == 0 {
		t.Fatalf("%d bytes, %v", len(out.Data), err)
	}
	out.Data = append([]byte(nil), out.Data...)
	return out
}

func decode(t testing.TB, d *Decoder, data []byte) *video.Frame {
	t.Helper()
	f, err := d.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var codecs = []video.Codec{video.VP9, video.VP8}

// TestNumbersAreRead: no number of the test picture is coded as another, or as none. These are around some that were.
func TestNumbersAreRead(t *testing.T) {
	p, err := videotest.NewPattern(640, 360, 15)
	if err != nil {
		t.Fatal(err)
	}
	var pool video.Pool
	for _, first := range []int{583180, 5482580, 8382320} {
		for _, layers := range []int{1, 3} {
			e := newEncoder(t, Config{Kbps: 736, Layers: layers, Level: 3, now: still})
			d := newDecoder(t, video.VP9)
			for n := first; n < first+20; n++ {
				f, err := pool.Get(640, 360)
				if err != nil {
					t.Fatal(err)
				}
				if err := p.Draw(f, uint32(n)); err != nil {
					t.Fatal(err)
				}
				f.Captured = time.Unix(0, 0).Add(time.Duration(n) * time.Second / 15)
				got := decode(t, d, encode(t, e, f).Data)
				if m, ok := videotest.ReadCounter(got); !ok || int(m) != n {
					t.Errorf("%d layers: number %d reads %d, %v", layers, n, m, ok)
				}
				got.Release()
				f.Release()
			}
		}
	}
}

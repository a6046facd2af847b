//go:build cgo

package videotest_test

import (
	"testing"
	"time"

	"parley/video"
	"parley/video/videotest"
	"parley/video/vp9"
)

// chain is a picture's way through codec, payloader and assembler.
type chain struct {
	t    *testing.T
	enc  *vp9.Encoder
	dec  *vp9.Decoder
	pay  *video.Payloader
	asm  *video.Assembler
	seq  uint16
	pics map[uint32]*video.Frame // by timestamp, as they were drawn
	now  time.Duration
}

func newChain(t *testing.T, codec video.Codec, kbps, layers int) *chain {
	t.Helper()
	enc, err := vp9.NewEncoder(vp9.Config{Codec: codec, Kbps: kbps, Layers: layers, Level: vp9.Levels})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { enc.Close() })
	dec, err := vp9.NewDecoder(codec, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dec.Close() })
	pay, err := video.NewPayloader(codec, layers, 0x7fff)
	if err != nil {
		t.Fatal(err)
	}
	c := &chain{t: t, enc: enc, dec: dec, pay: pay, asm: video.NewAssembler(codec), pics: map[uint32]*video.Frame{}}
	c.asm.SetRTT(0)
	return c
}

// send codes a picture and gives its packets to the assembler, or the first alone. It returns the temporal layer, or -1 if
// the encoder left the picture out.
func (c *chain) send(f *video.Frame, n uint32, lose bool) int {
	f.Timestamp = n * 3000
	c.pics[f.Timestamp] = f
	e, err := c.enc.Encode(f)
	if err != nil {
		c.t.Fatal(err)
	}
	list, err := c.pay.Payloads(&e)
	if err != nil {
		c.t.Fatal(err)
	}
	for i, payload := range list {
		if !lose || i > 0 {
			c.asm.Push(c.seq, e.Timestamp, i == len(list)-1, payload, c.now)
		}
		c.seq++
	}
	if len(list) == 0 {
		return -1
	}
	return e.Layer
}

// receive decodes what comes out within 33 ms, and returns the pictures' likeness to what was drawn, by number.
func (c *chain) receive() map[uint32]float64 {
	got := map[uint32]float64{}
	for range 33 {
		c.now += time.Millisecond
		for {
			e, ok := c.asm.Next(c.now)
			if !ok {
				break
			}
			f, err := c.dec.Decode(e.Data)
			if err != nil {
				c.t.Fatalf("picture %d: %v", e.Timestamp/3000, err)
			}
			got[e.Timestamp/3000] = videotest.PSNR(f, c.pics[e.Timestamp])
			if n, ok := videotest.ReadCounter(f); !ok || n != e.Timestamp/3000 {
				c.t.Errorf("picture %d reads %d, %v", e.Timestamp/3000, n, ok)
			}
			if n, ok := videotest.ReadCounter(quarter(f)); !ok || n != e.Timestamp/3000 {
				c.t.Errorf("a quarter of picture %d reads %d, %v", e.Timestamp/3000, n, ok)
			}
			f.Release()
		}
	}
	return got
}

// TestCounterAfterCodec reads the number in each picture, and in a quarter of it, after 300 kbit/s.
func TestCounterAfterCodec(t *testing.T) {
	for _, codec := range []video.Codec{video.VP9, video.VP8} {
		for _, size := range [][2]int{{640, 360}, {1280, 720}} {
			c := newChain(t, codec, 300, 1)
			p := newPattern(t, size[0], size[1])
			sent, count, sum := 0, 0, 0.0
			for n := range uint32(40) {
				if c.send(draw(t, p, n), n, false) >= 0 {
					sent++
				}
				for _, db := range c.receive() {
					count, sum = count+1, sum+db
				}
			}
			if count != sent || sent < 20 {
				t.Errorf("%v: %d of %d pictures", codec, count, sent)
			}
			t.Logf("%v %v: %d pictures, %.1f dB", codec, size, count, sum/float64(count))
		}
	}
}

// TestLayersAreWhatTheySay loses all but the first packet of pictures of the higher layers: what is said to need nothing of them
// must decode as if nothing had been lost.
func TestLayersAreWhatTheySay(t *testing.T) {
	for _, codec := range []video.Codec{video.VP9, video.VP8} {
		p := newPattern(t, 640, 360)
		clean, lossy := newChain(t, codec, 800, 3), newChain(t, codec, 800, 3)
		var lost, shown int
		want, got := map[uint32]float64{}, map[uint32]float64{}
		for n := range uint32(64) {
			clean.send(draw(t, p, n), n, false)
			lose := n == 5 || n == 10 || n == 19 || n == 26 || n == 31 || n == 42 // of 0-2-1-2: top, middle, top, middle, top, middle
			if layer := lossy.send(draw(t, p, n), n, lose); lose && layer == 0 {
				t.Fatalf("%v: picture %d is of the base layer", codec, n)
			}
			for k, db := range clean.receive() {
				want[k] = db
			}
			for k, db := range lossy.receive() {
				got[k], shown = db, shown+1
			}
			if lose {
				lost++
			}
		}
		for n, db := range got {
			if d := want[n] - db; d > 0.01 || d < -0.01 {
				t.Errorf("%v: picture %d has %.2f dB, without loss %.2f", codec, n, db, want[n])
			}
		}
		if stats := lossy.asm.Stats(); shown < 64-2*lost-3 || shown >= 64 || stats.Keys != 1 {
			t.Errorf("%v: %d pictures of 64 with %d lost: %+v", codec, shown, lost, stats)
		}
	}
}

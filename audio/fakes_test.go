package audio_test

import (
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"testing"
	"time"

	"parley/audio"
)

// codec is a codec without loss or delay: a byte like an Opus TOC with the code for one frame, then the samples as s16.
type codec struct {
	tunings []audio.Tuning
	encoded int
	err     error
}

const toc = 0xfc

func (c *codec) Encode(pcm []float32, out []byte) ([]byte, error) {
	if c.err != nil {
		return nil, c.err
	}
	c.encoded++
	// A packet must fit into audio.MaxPacket: each fourth sample is enough for what the tests look at.
	n := 1
	out[0] = toc | 1
	for i := 0; i < len(pcm); i += 4 {
		binary.LittleEndian.PutUint16(out[n:], uint16(int16(pcm[i]*32767)))
		n += 2
	}
	return out[:n], nil
}

func (c *codec) Tune(t audio.Tuning) error { c.tunings = append(c.tunings, t); return nil }
func (c *codec) Close()                    {}

var errGarbage = errors.New("garbage")

func (c *codec) Decode(p []byte, pcm []float32) (int, error) {
	if len(p) <= 2 {
		clear(pcm[:2*audio.FrameSize])
		return 2 * audio.FrameSize, nil
	}
	if p[0] != toc|1 {
		return 0, errGarbage
	}
	n := 0
	for i := 1; i+1 < len(p); i += 2 {
		v := float32(int16(binary.LittleEndian.Uint16(p[i:]))) / 32767
		for range 4 {
			pcm[n] = v
			n++
		}
	}
	return n, nil
}

// Recover and Conceal give themselves away by their values.
func (c *codec) Recover(_ []byte, pcm []float32) (int, error) { return fillWith(pcm, 0.25), nil }
func (c *codec) Conceal(pcm []float32) (int, error)           { return fillWith(pcm, 0.125), nil }

func fillWith(pcm []float32, v float32) int {
	for i := range pcm {
		pcm[i] = v
	}
	return len(pcm)
}

// tone is n samples of a sine that goes on from sample at.
func tone(hz, amplitude float64, at, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(amplitude * math.Sin(2*math.Pi*hz*float64(at+i)/audio.SampleRate))
	}
	return x
}

// leakCheck fails the test if goroutines are left over at its end.
func leakCheck(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
			if time.Now().After(deadline) {
				buf := make([]byte, 1<<16)
				t.Fatalf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
			}
		}
	})
}

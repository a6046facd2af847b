// Package sound_test has real sound servers whose devices come, go, and are of every kind.
package sound_test

import (
	"context"
	"math"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/audio"
	"parley/audio/pulse"
	"parley/test/lab"
)

// begin starts a sound server, and points this process at it.
func begin(t *testing.T) (*lab.Pulse, *pulse.Backend) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	p, err := lab.StartPulse(ctx, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	for _, pair := range p.Env() {
		name, value, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "PULSE_") {
			t.Setenv(name, value)
		}
	}
	b, err := pulse.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return p, b
}

func open(t *testing.T, b audio.Backend, r audio.Request, io func([]float32)) audio.Device {
	t.Helper()
	d, err := b.Open(r, io)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// generator plays a tone for ever.
func generator(hz, amplitude float64) func([]float32) {
	at := 0.0
	return func(buf []float32) {
		for i := range buf {
			buf[i] = float32(amplitude * math.Sin(at))
			at += 2 * math.Pi * hz / audio.SampleRate
		}
	}
}

// detector looks for a tone, 50 ms at a time.
type detector struct {
	step     float64
	n        int
	phase    float64
	re, im   float64
	pieces   atomic.Int64 // that had the tone
	peak     atomic.Uint64
	nonsense atomic.Int64 // samples that are no numbers
}

const (
	piece     = audio.SampleRate / 20
	audibly   = 0.05 // of full scale
	loudTone  = 0.5
	mouthTone = 440
	earTone   = 660
)

func newDetector(hz float64) *detector { return &detector{step: 2 * math.Pi * hz / audio.SampleRate} }

func (d *detector) hear(buf []float32) {
	for _, v := range buf {
		x := float64(v)
		if math.IsNaN(x) || math.IsInf(x, 0) {
			d.nonsense.Add(1)
			x = 0
		}
		if a := math.Abs(x); a > math.Float64frombits(d.peak.Load()) {
			d.peak.Store(math.Float64bits(a))
		}
		d.re += x * math.Cos(d.phase)
		d.im += x * math.Sin(d.phase)
		d.phase += d.step
		if d.n++; d.n == piece {
			if 2*math.Hypot(d.re, d.im)/piece > audibly {
				d.pieces.Add(1)
			}
			d.n, d.phase, d.re, d.im = 0, 0, 0, 0
		}
	}
}

// await is for what happens elsewhere in its own time.
func await(t *testing.T, what string, patience time.Duration, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not in %v", what, patience)
		}
	}
}

func soak() bool { return os.Getenv("PARLEY_SOAK") != "" }

package jitter

import (
	"math"
	"math/rand/v2"
	"testing"
)

const rate = 48000

func tone(hz float64, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(0.5 * math.Sin(2*math.Pi*hz*float64(i)/rate))
	}
	return out
}

// vowel glides from 110 to 130 Hz with a few harmonics and swelling loudness, as a voice does.
func vowel(n int) []float32 {
	out := make([]float32, n)
	phase := 0.0
	for i := range out {
		t := float64(i) / rate
		phase += 2 * math.Pi * (120 + 10*math.Sin(2*math.Pi*2*t)) / rate
		for h := 1.0; h < 25; h++ {
			out[i] += float32(0.15 / h * math.Sin(h*phase+h*h) * (0.6 + 0.4*math.Sin(2*math.Pi*3*t)))
		}
	}
	return out
}

func noise(n int, level float64) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(level * r.NormFloat64())
	}
	return out
}

// steepest is the largest step from one sample to the next: a click is steeper than any sound around it.
func steepest(x []float32) (d float32) {
	for i := range x[1:] {
		d = max(d, x[i+1]-x[i], x[i]-x[i+1])
	}
	return d
}

// stretchAll does to every block of a sound what f does.
func stretchAll(in []float32, block int, f func(in, out []float32) int) (out []float32) {
	buf := make([]float32, 2*block)
	for ; len(in) >= block; in = in[block:] {
		out = append(out, buf[:f(in[:block], buf)]...)
	}
	return out
}

func TestStretch(t *testing.T) {
	sounds := map[string][]float32{"100 Hz": tone(100, rate), "440 Hz": tone(440, rate), "3 kHz": tone(3000, rate), "vowel": vowel(rate)}
	for name, in := range sounds {
		for _, block := range []int{960, 1440} {
			var s Stretcher
			in := in[:len(in)/block*block]
			short, long := stretchAll(in, block, s.Accelerate), stretchAll(in, block, s.Expand)
			blocks := float64(len(in) / block)
			removed, added := float64(len(in)-len(short))/blocks, float64(len(long)-len(in))/blocks
			t.Logf("%s, blocks of %d: %.0f samples removed from each, %.0f added, steepest %.3f, %.3f, %.3f", name, block, removed, added, steepest(in), steepest(short), steepest(long))
			for _, out := range [][]float32{short, long} {
				if steepest(out) > 1.15*steepest(in) {
					t.Errorf("%s, blocks of %d: a click", name, block)
				}
				if db := 10 * math.Log10(energy(out)/float64(len(out))/energy(in)*float64(len(in))); math.Abs(db) > 0.5 {
					t.Errorf("%s, blocks of %d: the level changed by %.2f dB", name, block, db)
				}
			}
			if name == "vowel" && block == 960 {
				continue // a period of 8.3 ms only just fits
			}
			if removed < minLag || added < minLag {
				t.Errorf("%s, blocks of %d: not stretched", name, block)
			}
		}
	}
}

// TestStretchKeepsPitch: a tone is the same tone afterwards, so its period divides what was removed.
func TestStretchKeepsPitch(t *testing.T) {
	const period = rate / 200
	var s Stretcher
	in, out := tone(200, 1440), make([]float32, 2160)
	for name, n := range map[string]int{"accelerate": s.Accelerate(in, out), "expand": s.Expand(in, out)} {
		if d := (len(in) - n) % period; n == len(in) || d != 0 {
			t.Errorf("%s: %d samples of %d, %d beside the period", name, n, len(in), d)
		}
	}
	n := s.Expand(in, out)
	for i := range n - period {
		if math.Abs(float64(out[i+period]-out[i])) > 1e-3 {
			t.Fatalf("sample %d: not the tone any more", i)
		}
	}
}

func TestStretchDecides(t *testing.T) {
	out := make([]float32, 2160)
	for _, c := range []struct {
		name      string
		in        []float32
		force, do bool
	}{
		{"noise", noise(1440, 0.1), false, false},
		{"noise by force", noise(1440, 0.1), true, true},
		{"quiet noise", noise(1440, 0.001), false, true},
		{"silence", make([]float32, 1440), false, true},
		{"too short", tone(440, 200), true, false},
		{"too long", tone(440, 4800), true, false},
		{"nothing", nil, true, false},
	} {
		s := Stretcher{Force: c.force}
		room := append(out, make([]float32, 2*len(c.in))...)
		short, long := s.Accelerate(c.in, room), s.Expand(c.in, room)
		if (short < len(c.in)) != c.do || (long > len(c.in)) != c.do {
			t.Errorf("%s: %d samples became %d and %d", c.name, len(c.in), short, long)
		}
	}
}

func TestStretchNoAllocation(t *testing.T) {
	var s Stretcher
	in, out := vowel(1440), make([]float32, 2160)
	if n := testing.AllocsPerRun(100, func() { s.Accelerate(in, out); s.Expand(in, out) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAccelerate(b *testing.B) {
	var s Stretcher
	in, out := vowel(1440), make([]float32, 2160)
	for b.Loop() {
		s.Accelerate(in, out)
	}
}

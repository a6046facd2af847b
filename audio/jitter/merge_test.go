package jitter

import (
	"math"
	"slices"
	"testing"
)

// Sound that goes on somewhere else in its period is joined without a step and keeps its period.
func TestMerge(t *testing.T) {
	var m Merger
	x := vowel(2 * rate)
	out := make([]float32, 960+MergeMost)
	for _, most := range []int{0, 480} {
		worst, bare := float32(0), float32(0)
		for at := 4000; at < 40000; at += 977 {
			past, in := x[at-Past:at], x[at+1234:at+1234+960]
			n := m.Merge(past, in, out, most)
			if n < 960-most || n > 960+MergeMost {
				t.Fatalf("%d samples", n)
			}
			joined := append(append([]float32{}, past[Past-100:]...), out[:n]...)
			worst = max(worst, steepest(joined))
			bare = max(bare, steepest(append(append([]float32{}, past[Past-100:]...), in...)))
			for i := range 400 { // the end is as it was
				if out[n-1-i] != in[959-i] {
					t.Fatalf("sample %d from the end", i)
				}
			}
		}
		own := steepest(x)
		t.Logf("at most %d removed: steepest %.3f, joined bare %.3f, the sound itself %.3f", most, worst, bare, own)
		if worst > 1.5*own || bare < 10*own {
			t.Errorf("at most %d removed: steepest %.3f, joined bare %.3f, the sound itself %.3f", most, worst, bare, own)
		}
	}
}

// Nothing of an earlier sound comes out, above all where the period is short.
func TestMergeForgets(t *testing.T) {
	var used Merger
	out, want := make([]float32, 960+MergeMost), make([]float32, 960+MergeMost)
	loud := noise(Past+960, 0.5)
	for hz := 80; hz <= 400; hz += 20 {
		x := tone(float64(hz), rate)
		for at := 4000; at < 5000; at += 37 {
			used.Merge(loud[:Past], loud[Past:], out, 0)
			past, in := x[at-Past:at], x[at+1234:at+1234+960]
			n, m := used.Merge(past, in, out, 0), new(Merger).Merge(past, in, want, 0)
			if !slices.Equal(out[:n], want[:m]) {
				t.Fatalf("%d Hz: not as if nothing had been before", hz)
			}
		}
	}
}

// What follows by itself is left alone.
func TestMergeLeavesAlone(t *testing.T) {
	var m Merger
	out := make([]float32, 960+MergeMost)
	for name, x := range map[string][]float32{"vowel": vowel(rate), "tone": tone(200, rate)} {
		n := m.Merge(x[1000:1000+Past], x[1000+Past:][:960], out, 480)
		if n != 960 {
			t.Errorf("%s: %d samples", name, n)
		}
	}
}

// Silence, noise, nothing, hostile numbers: never a panic, never more than there is room for, nothing that is not a number.
func TestMergeHostile(t *testing.T) {
	var m Merger
	huge := noise(Past+960, 1e30)
	for name, x := range map[string][]float32{
		"silence": make([]float32, Past+960), "noise": noise(Past+960, 0.1), "huge": huge, "a constant": constant(Past+960, 1),
	} {
		for _, length := range []int{0, 1, 239, 240, 241, 480, 960} {
			for _, most := range []int{-1, 0, 1, 5000} {
				out := make([]float32, length+MergeMost)
				n := m.Merge(x[:Past], x[Past:][:length], out, most)
				if n < 0 || n > len(out) {
					t.Fatalf("%s, %d samples: %d", name, length, n)
				}
				for _, v := range out[:n] {
					if v != v || math.IsInf(float64(v), 0) {
						t.Fatalf("%s, %d samples: %v", name, length, v)
					}
				}
			}
		}
	}
	if n := m.Merge(nil, make([]float32, 480), make([]float32, 480), 0); n != 480 {
		t.Errorf("without a past: %d samples", n)
	}
}

func constant(n int, v float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = v
	}
	return x
}

func TestMergeNoAllocation(t *testing.T) {
	var m Merger
	x, out := noise(Past+960, 0.1), make([]float32, 960+MergeMost)
	if n := testing.AllocsPerRun(20, func() { m.Merge(x[:Past], x[Past:], out, 480) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMerge(b *testing.B) {
	var m Merger
	x, out := noise(Past+960, 0.1), make([]float32, 960+MergeMost)
	for b.Loop() {
		m.Merge(x[:Past], x[Past:], out, 480)
	}
}

package jitter

import (
	"slices"
	"testing"
)

// Another channel is cut where the first was, whatever is in it.
func TestStretchAgain(t *testing.T) {
	for _, in := range [][]float32{vowel(1440), vowel(960), noise(960, 0.3), make([]float32, 960), tone(200, 100)} {
		var s Stretcher
		for _, way := range []func(in, out []float32) int{s.Accelerate, s.Expand} {
			out, same, ramp := make([]float32, 4320), make([]float32, 4320), make([]float32, 4320)
			n := way(in, out)
			count := make([]float32, len(in))
			for i := range count {
				count[i] = float32(i)
			}
			if m := s.Again(in, same); m != n || !slices.Equal(out, same) {
				t.Errorf("%d of %d samples: another time %d", n, len(in), m)
			}
			if m := s.Again(count, ramp); m != n || ramp[0] != 0 || ramp[n-1] != float32(len(in)-1) {
				t.Errorf("%d of %d samples: %d of another channel, from %v to %v", n, len(in), m, ramp[0], ramp[n-1])
			}
		}
	}
}

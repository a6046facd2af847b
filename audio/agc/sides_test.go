package agc

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// As (L+R)/2 and (L-R)/2 a sound is limited as it is as L and R; with a silent side exactly as one channel is, in turns with that.
func TestLimiterSides(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	sides, pairs, one, turns := Limiter{}, NewLimiter(2), Limiter{}, Limiter{}
	for f := range 200 {
		mid, side, both := make([]float32, 480), make([]float32, 480), make([]float32, 0, 960)
		level := float32(math.Exp2(float64(f%8) - 5))
		for i := range mid {
			l, right := level*float32(r.NormFloat64()), level*float32(r.NormFloat64())
			if r.IntN(10000) == 0 {
				l = float32(math.NaN())
			}
			mid[i], side[i] = (l+right)/2, (l-right)/2
			if l != l { // both channels are lost in this form
				l, right = 0, 0
			}
			both = append(both, l, right)
		}
		a, b, silent := slices.Clone(mid), slices.Clone(mid), make([]float32, 480)
		one.Process(a)
		if f%3 == 0 {
			turns.Process(b)
		} else {
			turns.ProcessSides(b, silent)
		}
		if !slices.Equal(a, b) || !slices.Equal(silent, make([]float32, 480)) {
			t.Fatalf("frame %d: one channel differs", f)
		}
		sides.ProcessSides(mid, side)
		pairs.Process(both)
		for i := range mid {
			l, right := mid[i]+side[i], mid[i]-side[i]
			if math.Abs(float64(l-both[2*i])) > 1e-4 || math.Abs(float64(right-both[2*i+1])) > 1e-4 || max(l, -l, right, -right) > Ceiling+4e-6 {
				t.Fatalf("frame %d: %v and %v, want %v", f, l, right, both[2*i:2*i+2])
			}
		}
	}
}

// The second channel of a frame gets the gain that the first got.
func TestLevellerAgain(t *testing.T) {
	var l Leveller
	for f := range 500 {
		x := make([]float32, 480)
		for i := range x {
			x[i] = 0.01 * float32(math.Sin(float64(f*480+i)/30)*math.Sin(float64(f)/8))
		}
		y := slices.Clone(x)
		l.Process(x)
		if l.Again(y); !slices.Equal(x, y) {
			t.Fatalf("frame %d", f)
		}
	}
	if l.Gain() == 0 {
		t.Error("nothing was done")
	}
}

package aec

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

// TestTransform compares with the definition, and goes back.
func TestTransform(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var x, back [size]float32
	for i := range x {
		x[i] = float32(rnd.NormFloat64())
	}
	var out spectrum
	f := newTransform()
	f.forward(&x, &out)
	for k := range out.re {
		var want complex128
		for i, v := range x {
			want += complex(float64(v), 0) * cmplx.Rect(1, -2*math.Pi*float64(i*k%size)/size)
		}
		if got := complex(float64(out.re[k]), float64(out.im[k])); cmplx.Abs(got-want) > 1e-3 {
			t.Fatalf("bin %d: %v, want %v", k, got, want)
		}
	}
	f.inverse(&out, &back)
	for i, v := range x {
		if math.Abs(float64(v-back[i])) > 1e-5 {
			t.Fatalf("sample %d: %v, want %v", i, back[i], v)
		}
	}
}

func BenchmarkTransform(b *testing.B) {
	f := newTransform()
	var x [size]float32
	var out spectrum
	for b.Loop() {
		f.forward(&x, &out)
	}
}

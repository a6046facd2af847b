package audio

import (
	"runtime"
	"testing"
)

func TestRingWrapFullEmpty(t *testing.T) {
	r := NewRing(5) // becomes 8
	in := []float32{1, 2, 3, 4, 5, 6}
	out := make([]float32, 6)
	for lap := range 10 {
		if n := r.Write(in); n != 6 {
			t.Fatal(lap, n)
		}
		if n := r.Write(in[:4]); n != 2 {
			t.Fatalf("lap %d: full ring took %d", lap, n)
		}
		if n := r.Read(out); n != 6 || out[0] != 1 || out[5] != 6 {
			t.Fatal(lap, n, out)
		}
		if n := r.Read(out); n != 2 || out[0] != 1 || out[1] != 2 || out[2] != 0 || out[5] != 0 {
			t.Fatalf("lap %d: the rest must be silence: %d %v", lap, n, out)
		}
	}
	if d, m := r.Lost(); d != 20 || m != 40 || r.Len() != 0 {
		t.Error(d, m, r.Len())
	}
}

func TestRingAllocatesNothing(t *testing.T) {
	r := NewRing(2 * FrameSize)
	x := make([]float32, FrameSize)
	if n := testing.AllocsPerRun(1000, func() { r.Write(x); r.Read(x) }); n != 0 {
		t.Errorf("%v allocations per round", n)
	}
}

// Two goroutines with unequal block sizes: every sample arrives once and in order. The race detector watches.
func TestRingConcurrent(t *testing.T) {
	const total = 1 << 19 // exact in float32
	r := NewRing(1024)
	go func() {
		var block [441]float32
		for next := 0; next < total; {
			n := min(len(block), total-next)
			for i := range n {
				block[i] = float32(next + i)
			}
			w := r.Write(block[:n])
			next += w
			if w == 0 {
				runtime.Gosched()
			}
		}
	}()
	var block [480]float32
	for want := 0; want < total; {
		n := r.Read(block[:])
		for _, v := range block[:n] {
			if v != float32(want) {
				t.Fatalf("sample %d is %v", want, v)
			}
			want++
		}
		if n == 0 {
			runtime.Gosched()
		}
	}
}

func BenchmarkRingTenMilliseconds(b *testing.B) {
	r := NewRing(10 * FrameSize)
	x := make([]float32, FrameSize)
	for b.Loop() {
		r.Write(x)
		r.Read(x)
	}
}

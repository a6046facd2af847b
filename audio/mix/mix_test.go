package mix

import (
	"math"
	"testing"
)

const rate = 48000

func tone(hz, amplitude float64, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(amplitude * math.Sin(2*math.Pi*hz*float64(i)/rate))
	}
	return out
}

func ones(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

func TestAdd(t *testing.T) {
	dst := ones(8)
	Add(dst, ones(6), 0.5, 0.5)
	for i, v := range dst {
		if want := [...]float32{1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1, 1}[i]; v != want {
			t.Errorf("sample %d: %v, want %v", i, v, want)
		}
	}
	Add(dst, nil, 1, 2)
}

// TestRampsMeet: from frame to frame a change of volume makes no step larger than the ramp's own.
func TestRampsMeet(t *testing.T) {
	gains := []float32{0, 1, 1, 0.25, 2, 0}
	var added, scaled []float32
	for i := range len(gains) - 1 {
		sum, frame := make([]float32, 480), ones(480)
		Add(sum, frame, gains[i], gains[i+1])
		Scale(frame, gains[i], gains[i+1])
		added, scaled = append(added, sum...), append(scaled, frame...)
		if sum[479] != gains[i+1] {
			t.Errorf("frame %d ends at %v, not %v", i, sum[479], gains[i+1])
		}
	}
	for i := range added[1:] {
		if math.Abs(float64(added[i+1]-added[i])) > 2.01/480 || math.Abs(float64(added[i]-scaled[i])) > 1e-6 {
			t.Fatalf("sample %d: %v after %v, scaled %v", i+1, added[i+1], added[i], scaled[i])
		}
	}
}

func TestLevels(t *testing.T) {
	x := tone(1000, 0.5, rate)
	nan := float32(math.NaN())
	for name, got := range map[string][2]float32{
		"rms of a tone":  {RMS(x), 0.5 / math.Sqrt2},
		"peak":           {Peak([]float32{0.1, -0.7, 0.3}), 0.7},
		"rms of nothing": {RMS(nil), 0},
		"full scale":     {DBFS(1), 0},
		"half":           {DBFS(0.5), -6.0206},
		"silence":        {DBFS(0), Floor},
		"not a number":   {DBFS(nan), Floor},
		"negative":       {DBFS(-1), Floor},
	} {
		if math.Abs(float64(got[0]-got[1])) > 1e-4 {
			t.Errorf("%s: %v, want %v", name, got[0], got[1])
		}
	}
}

func TestClean(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	x := []float32{0.5, nan, inf, -inf, 7, -7, 2}
	Clean(x, 2)
	for i, want := range []float32{0.5, 0, 0, 0, 2, -2, 2} {
		if x[i] != want {
			t.Errorf("%d: %v, want %v", i, x[i], want)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	frame, src := tone(440, 3, 480), tone(300, 1, 480)
	if n := testing.AllocsPerRun(100, func() {
		Add(frame, src, 0.3, 1)
		Scale(frame, 1, 0.5)
		_ = DBFS(RMS(frame))
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

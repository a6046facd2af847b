package mix

import (
	"math"
	"math/rand/v2"
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

// limit runs x through a new Limiter in frames of 480, the last one shorter.
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

func limit(x []float32) []float32 {
	var l Limiter
	out := append([]float32(nil), x...)
	for at := 0; at < len(out); at += 480 {
		l.Process(out[at:min(at+480, len(out))])
	}
	return out
}

func TestLimiterLeavesQuietSoundAlone(t *testing.T) {
	x := tone(440, 0.89, rate)
	out := limit(x)
	for i := range len(x) - Lookahead {
		if out[i+Lookahead] != x[i] {
			t.Fatalf("sample %d: %v became %v", i, x[i], out[i+Lookahead])
		}
	}
}

// TestLimiterNeverExceeds takes the worst that there is.
func TestLimiterNeverExceeds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	wild := make([]float32, rate)
	for i := range wild {
		wild[i] = math.Float32frombits(rnd.Uint32()) // every float there is, NaN and infinities too
	}
	bursts := make([]float32, rate)
	for i := range bursts {
		if rnd.IntN(500) == 0 {
			bursts[i] = float32(rnd.NormFloat64() * 10)
		}
	}
	for name, x := range map[string][]float32{
		"eight speakers": tone(300, 8, rate), "square": ones(rate), "wild": wild, "bursts": bursts,
		"an impulse": append(make([]float32, 1000), append([]float32{30}, make([]float32, 1000)...)...),
	} {
		for i, v := range limit(x) {
			if !(v >= -Ceiling && v <= Ceiling) {
				t.Fatalf("%s: sample %d is %v", name, i, v)
			}
		}
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for i, v := range limit([]float32{nan, inf, nan, -inf, 199: 0}) {
		if v != 0 {
			t.Fatalf("sample %d of what is not a number: %v", i, v)
		}
	}
}

// TestLimiterSound: a tone that is 6 dB too loud stays a tone, with no step at the onset that the tone before the limiter would not have and with its gain back afterwards.
func TestLimiterSound(t *testing.T) {
	x := append(tone(440, 0.4, rate/2), tone(440, 2, rate/2)...)
	x = append(x, tone(440, 0.4, rate)...)
	out := limit(x)
	slope := 2 * math.Pi * 440 / rate
	for i := range out[1:] {
		if math.Abs(float64(out[i+1]-out[i])) > 1.5*slope*float64(Ceiling) {
			t.Fatalf("a step of %v at %d", out[i+1]-out[i], i)
		}
	}
	if p := Peak(out[rate*3/4 : rate]); p < 0.97*Ceiling {
		t.Errorf("held at %v, not near the ceiling", p)
	}
	if p := Peak(out[rate*3/2:]); p < 0.39 {
		t.Errorf("half a second later it is still at %v of 0.4", p)
	}
	end := len(x) - Lookahead - 480
	for i := range 480 {
		if math.Abs(float64(out[end+i+Lookahead]-x[end+i])) > 1e-4 {
			t.Fatalf("a second later sample %d is %v, not %v", i, out[end+i+Lookahead], x[end+i])
		}
	}
}

// TestLimiterForgets: one wild sample is over within half a second.
func TestLimiterForgets(t *testing.T) {
	x := tone(440, 0.5, rate)
	x[1000] = 1e30
	if out := limit(x); Peak(out[rate/2:]) < 0.49 {
		t.Errorf("still at %v of 0.5", Peak(out[rate/2:]))
	}
}

func TestNoAllocation(t *testing.T) {
	var l Limiter
	frame, src := tone(440, 3, 480), tone(300, 1, 480)
	if n := testing.AllocsPerRun(100, func() {
		Add(frame, src, 0.3, 1)
		Scale(frame, 1, 0.5)
		l.Process(frame)
		_ = DBFS(RMS(frame))
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkLimiter(b *testing.B) {
	var l Limiter
	frame, src := make([]float32, 480), tone(440, 3, 480)
	for b.Loop() {
		copy(frame, src)
		l.Process(frame)
	}
}

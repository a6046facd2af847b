package audiotest

import (
	"math"
	"testing"
	"time"
)

// amplitude is that of a sine whose peak is at dbfs.
func amplitude(dbfs float64) float64 { return math.Pow(10, dbfs/20) }

// tones is a sine of 997 Hz, of whose parts each has a level in dBFS of its peak and a length in seconds.
func tones(parts ...[2]float64) (x []float32) {
	for _, p := range parts {
		x = append(x, Tone(997, amplitude(p[0]), int(p[1]*second))...)
	}
	return x
}

// TestLoudnessOfTones: BS.1770-4's own calibration, and signals 1 to 5 of EBU Tech 3341, table 1, within its 0.1 LU.
func TestLoudnessOfTones(t *testing.T) {
	full, quiet := tones([2]float64{0, 3}), tones([2]float64{-20, 3})
	near(t, "full scale, one channel", Integrated(full), -3.01, 0.02)
	near(t, "-20 dBFS, one channel", Integrated(quiet), -23.01, 0.02)
	near(t, "-20 dBFS, one of two", Integrated(quiet, make([]float32, len(quiet))), -23.01, 0.02)
	near(t, "-20 dBFS, both", Integrated(quiet, quiet), -20, 0.02)
	for i, c := range []struct {
		want  float64
		parts [][2]float64
	}{
		{-23, [][2]float64{{-23, 20}}},
		{-33, [][2]float64{{-33, 20}}},
		{-23, [][2]float64{{-36, 10}, {-23, 60}, {-36, 10}}},
		{-23, [][2]float64{{-72, 10}, {-36, 10}, {-23, 60}, {-36, 10}, {-72, 10}}},
		{-23, [][2]float64{{-26, 20}, {-20, 20.1}, {-26, 20}}},
	} {
		// One channel 3.01 dB up is two alike, in half the time.
		x := tones(c.parts...)
		for j := range x {
			x[j] *= math.Sqrt2
		}
		near(t, "signal "+string(rune('1'+i)), Integrated(x), c.want, 0.1)
	}
}

// TestKWeighting: the response of the filter: at the low end that of a high-pass filter of 38.1 Hz and Q 0.5, r²/(1+r²), 4 dB more at the top.
func TestKWeighting(t *testing.T) {
	for hz, gain := range map[float64]float64{25: -10.44, 100: -1.18, 997: 0.69, 2000: 3.1, 10000: 4.0} {
		near(t, "gain", Integrated(Tone(hz, 0.1, 4*second))-(-23.01+loudOffset), gain, 0.3)
	}
}

func TestMomentary(t *testing.T) {
	m := Momentary(tones([2]float64{-20, 1}, [2]float64{-40, 1}))
	if len(m) != 17 {
		t.Fatalf("%d values of 2 s", len(m))
	}
	near(t, "the first", m[2], -23.01, 0.05)
	near(t, "half of it", m[8], -26, 0.1)
	near(t, "the last", m[16], -43.01, 0.05)
	near(t, "silence", Momentary(make([]float32, second))[0], -200, 0)
	near(t, "all of silence", Integrated(make([]float32, second)), -200, 0)
	near(t, "nothing", Integrated(), -200, 0)
	near(t, "too short", Integrated(make([]float32, 100)), -200, 0)
}

// TestLoudnessOfSpeech: pauses are left out.
func TestLoudnessOfSpeech(t *testing.T) {
	voice := Vowels(1, 4*second)
	without := Integrated(voice)
	near(t, "with a pause", Integrated(append(append([]float32(nil), voice...), make([]float32, 8*second)...)), without, 0.5)
	near(t, "20 dB down", Integrated(ToLevel(append([]float32(nil), voice...), -40)), without-20, 0.05)
}

func TestClicks(t *testing.T) {
	step := func(x []float32, gain float32) []float32 { // the gain jumps at one second
		out := append([]float32(nil), x...)
		for i := second; i < len(out); i++ {
			out[i] *= gain
		}
		return out
	}
	impulse := func(x []float32, v float32) []float32 {
		out := append([]float32(nil), x...)
		out[second] += v
		return out
	}
	voice := Vowels(1, 2*second)
	tone := Tone(440.3, 0.3, 2*second) // not at zero at one second
	noise := PinkNoise(1, 2*second)
	for name, c := range map[string]struct {
		in, out []float32
		want    int
	}{
		"itself":                 {voice, voice, 0},
		"noise":                  {noise, noise, 0},
		"other noise":            {noise, PinkNoise(2, 2*second), 0},
		"quieter":                {voice, ToLevel(append([]float32(nil), voice...), -30), 0},
		"a click":                {voice, impulse(voice, 0.3), 1},
		"a click in a tone":      {tone, impulse(tone, 0.1), 1},
		"a click in the input":   {impulse(tone, 0.1), impulse(tone, 0.1), 0},
		"a step in a tone":       {tone, step(tone, 0.3), 1},
		"a stop":                 {tone, step(tone, 0), 1},
		"a gain of hardly a dB":  {tone, step(tone, 0.995), 0},
		"too quiet to be heard":  {tone, impulse(tone, 0.001), 0},
		"delayed, with no click": {voice, delayed(voice, 100), 0},
	} {
		lag := len(c.out) - len(c.in)
		at := Clicks(c.in, c.out, lag)
		if len(at) != c.want {
			t.Errorf("%s: clicks at %v, want %d", name, at, c.want)
		}
		for _, a := range at {
			if d := a - time.Second; d < -5*time.Millisecond || d > 5*time.Millisecond {
				t.Errorf("%s: a click at %v", name, a)
			}
		}
	}
}

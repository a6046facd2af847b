package agc_test

import (
	"fmt"
	"math"
	"testing"

	"parley/audio/agc"
	"parley/audio/audiotest"
)

func level(l *agc.Leveller, x []float32) (out []float32, gain []float64) {
	out = frames(x, func(_ int, f []float32) {
		l.Process(f)
		gain = append(gain, float64(l.Gain()))
	})
	return out, gain
}

// TestLeveller: talkers 24 dB apart come out alike.
func TestLeveller(t *testing.T) {
	for _, dbfs := range []float64{-34, -30, -25, -20, -15, -10} {
		for seed := uint64(1); seed <= 2; seed++ {
			t.Run(fmt.Sprint(dbfs, seed), func(t *testing.T) {
				x, voice := talker(seed, dbfs, 12*rate)
				out, gain := level(new(agc.Leveller), x)
				want := agc.Target - dbfs
				speech, all := within(gain, voice, want, 3)
				got := spoken(out[8*rate:])
				t.Logf("after %.2f s of speech, %.2f s in all; then %.1f dBFS", speech, all, got)
				if speech > 6 || math.Abs(got-agc.Target) > 3 {
					t.Errorf("within 3 dB after %.2f s of speech; then %.1f dBFS", speech, got)
				}
			})
		}
	}
}

// TestLevellerIsSlow: it never changes by more than 10 dB a second, and hardly at all where all is well.
func TestLevellerIsSlow(t *testing.T) {
	a, _ := talker(1, -34, 5*rate)
	b, _ := talker(2, -8, 5*rate)
	_, gain := level(new(agc.Leveller), join(a, b, a))
	for i := 1; i < len(gain); i++ {
		if d := gain[i] - gain[i-1]; d > 0.0401 || d < -0.1001 {
			t.Fatalf("frame %d: the gain changes by %.2f dB", i, d)
		}
	}
	x, _ := talker(3, agc.Target, 8*rate)
	_, gain = level(new(agc.Leveller), x)
	for i, g := range gain {
		if math.Abs(g) > 3 {
			t.Fatalf("frame %d of a talker at the target: %.1f dB", i, g)
		}
	}
}

func TestLevellerLeavesNoiseAlone(t *testing.T) {
	x, _ := talker(1, -28, 6*rate)
	for name, n := range map[string][]float32{
		"white": noise(1, -50, 8*rate), "pink": audiotest.ToLevel(audiotest.PinkNoise(1, 8*rate), -40),
		"begins": join(make([]float32, 4*rate), noise(5, -45, 4*rate)), "silence": make([]float32, 4*rate),
	} {
		l := new(agc.Leveller)
		if _, gain := level(l, n); gain[len(gain)-1] > 0.1 {
			t.Errorf("%s: raised by %.1f dB", name, gain[len(gain)-1])
		}
		l.Reset()
		_, gain := level(l, x)
		before := gain[len(gain)-1]
		if _, gain = level(l, n); gain[len(gain)-1] > before+1 {
			t.Errorf("%s after speech: raised from %.1f to %.1f dB", name, before, gain[len(gain)-1])
		}
		if l.Reset(); l.Gain() != 0 {
			t.Errorf("gain %v after Reset", l.Gain())
		}
	}
}

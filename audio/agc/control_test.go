package agc_test

import (
	"fmt"
	"math"
	"testing"

	"parley/audio/agc"
	"parley/audio/audiotest"
)

// control runs x through c and returns the sound and the gain after each frame. voice nil: nobody knows.
func control(c *agc.Control, x, voice []float32) (out []float32, gain []float64) {
	out = frames(x, func(i int, f []float32) {
		v := float32(-1)
		if voice != nil {
			v = voice[i]
		}
		c.Process(f, v)
		gain = append(gain, float64(c.Gain()))
	})
	return out, gain
}

func always(v float32, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// within is the time in seconds of speech after which gain stays less than tolerance decibels off want, and the time in all.
func within(gain []float64, voice []float32, want, tolerance float64) (speech, all float64) {
	last := -1
	for i, g := range gain {
		if math.Abs(g-want) > tolerance {
			last = i
		}
	}
	for i := range last + 1 {
		if voice[i] > 0 {
			speech += 0.01
		}
	}
	return speech, float64(last+1) / 100
}

// TestControlReachesTarget: within 3 s of speech, whoever speaks, the speech is at the target, and stays there.
func TestControlReachesTarget(t *testing.T) {
	for _, dbfs := range []float64{-45, -40, -35, -30, -25, -20, -15, -10, -6} {
		for seed := uint64(1); seed <= 3; seed++ {
			x, voice := talker(seed, dbfs, 9*rate)
			want := math.Min(agc.Target-dbfs, agc.MaxGain)
			for _, known := range []bool{true, false} {
				t.Run(fmt.Sprint(dbfs, seed, known), func(t *testing.T) {
					c, v := new(agc.Control), voice
					if !known {
						v = nil
					}
					out, gain := control(c, x, v)
					speech, all := within(gain, voice, want, 2)
					level := spoken(out[5*rate:])
					t.Logf("after %.2f s of speech, %.2f s in all; then %.1f dBFS", speech, all, level)
					if speech > 3 || math.Abs(level-(dbfs+want)) > 2 {
						t.Errorf("within 2 dB of %.1f dB after %.2f s of speech; then %.1f dBFS", want, speech, level)
					}
				})
			}
		}
	}
}

// TestControlLeavesNoiseAlone: noise is never raised, whatever is said about voices in it.
func TestControlLeavesNoiseAlone(t *testing.T) {
	x, voice := talker(1, -30, 6*rate)
	rising := noise(5, -40, 10*rate)
	for i := range rising {
		rising[i] *= float32(math.Pow(10, float64(i)/rate*2/20)) // 2 dB a second
	}
	for name, n := range map[string][]float32{
		"white": noise(1, -50, 10*rate), "quiet": noise(2, -70, 10*rate), "loud": noise(3, -25, 10*rate),
		"pink": audiotest.ToLevel(audiotest.PinkNoise(1, 10*rate), -40), "hum": audiotest.Tone(100, 0.01, 10*rate),
		"a fan goes on":       join(noise(4, -70, 5*rate), noise(5, -35, 5*rate)),
		"a fan goes off":      join(noise(4, -35, 5*rate), noise(5, -60, 5*rate)),
		"out of nothing":      join(make([]float32, 5*rate), noise(5, -45, 5*rate)),
		"out of nothing pink": join(make([]float32, 5*rate), audiotest.ToLevel(audiotest.PinkNoise(2, 5*rate), -45)),
		"comes up":            rising,
		"silence":             make([]float32, 5*rate),
	} {
		for _, v := range []float32{-1, 0, 1} {
			_, gain := control(new(agc.Control), n, always(v, len(n)/frame))
			for i, g := range gain {
				if g > 0.1 {
					t.Errorf("%s, voice %v: raised by %.1f dB after %d ms", name, v, g, i*10)
					break
				}
			}
			// And after somebody has spoken.
			_, gain = control(new(agc.Control), join(x, n), join(voice, always(v, len(n)/frame)))
			spoke := gain[len(voice)-1]
			for i, g := range gain[len(voice):] {
				if g > spoke+1 { // the end of a word and the beginning of noise are the same for 0.4 s
					t.Errorf("%s after speech, voice %v: raised from %.1f to %.1f dB after %d ms", name, v, spoke, g, i*10)
					break
				}
			}
		}
	}
}

// TestControlTyping: keys, in an otherwise quiet room where nobody knows of voices.
func TestControlTyping(t *testing.T) {
	x := noise(1, -65, 10*rate)
	click := noise(2, -30, rate/100)
	for at := rate; at < len(x)-rate; at += rate / 7 {
		for i, v := range click {
			x[at+i] += v
		}
	}
	_, gain := control(new(agc.Control), x, nil)
	if g := gain[len(gain)-1]; g > 0.1 {
		t.Errorf("typing was raised by %.1f dB", g)
	}
}

// TestControlShoutAndWhisper: 20 dB up is back within 100 ms, and what is 30 dB quieter comes up in seconds.
func TestControlShoutAndWhisper(t *testing.T) {
	for seed := uint64(1); seed <= 4; seed++ {
		normal, v1 := talker(seed, -30, 8*rate)
		shout, v2 := append([]float32(nil), normal[:4*rate]...), v1[:400] // the same words, 20 dB up
		for i := range shout {
			shout[i] *= 10
		}
		whisper, v3 := talker(seed+20, -40, 8*rate)
		c := new(agc.Control)
		_, before := control(c, normal, v1)
		out, shouted := control(c, shout, v2)
		_, whispered := control(c, whisper, v3)
		first := 0 // the shout's first frame that is up
		for audiotest.LevelDBFS(shout[first*frame:(first+1)*frame]) < -18 {
			first++
		}
		if g := before[len(before)-1]; math.Abs(g-10) > 2 {
			t.Errorf("seed %d: %.1f dB before the shout", seed, g)
		}
		after := audiotest.LevelDBFS(out[(first+10)*frame : (first+40)*frame])
		meant := audiotest.LevelDBFS(normal[(first+10)*frame:(first+40)*frame]) + 10
		if after > meant+3 {
			t.Errorf("seed %d: the shout is at %.1f dBFS after 100 ms, gain %.1f dB, not at %.1f", seed, after, shouted[first+9], meant)
		}
		lowest := 0.0
		for _, g := range shouted {
			lowest = math.Min(lowest, g)
		}
		if lowest < -17 {
			t.Errorf("seed %d: %.1f dB in the shout: far too low", seed, lowest)
		}
		speech, all := within(whispered, v3, 20, 2)
		t.Logf("seed %d: shout at %.1f dBFS after 100 ms, %.1f meant, lowest gain %.1f; whisper after %.2f s of speech, %.2f s in all", seed,
			after, meant, lowest, speech, all)
		if speech > 4.5 {
			t.Errorf("seed %d: the whisper took %.2f s", seed, speech)
		}
	}
}

// TestControlStepIsGradual: no frame's gain jumps by more than the greatest step, up by far less, and a frame begins where the last ended.
func TestControlStepIsGradual(t *testing.T) {
	a, va := talker(1, -35, 4*rate)
	b, vb := talker(2, -8, 4*rate)
	x, voice := join(a, b, a), join(va, vb, va)
	out, gain := control(new(agc.Control), x, voice)
	for i := 1; i < len(gain); i++ {
		if d := gain[i] - gain[i-1]; d > 0.251 || d < -5.01 {
			t.Fatalf("frame %d: the gain changes by %.2f dB", i, d)
		}
	}
	raised := frames(x, func(_ int, f []float32) { // else the gain would bring up clicks of the input that were too quiet to hear
		for i := range f {
			f[i] *= 10
		}
	})
	if at := audiotest.Clicks(raised, out, 0); len(at) != 0 {
		t.Errorf("clicks at %v", at)
	}
	for i := frame; i < len(x); i++ {
		if i%frame != 0 || math.Abs(float64(x[i])) < 0.01 || math.Abs(float64(x[i-1])) < 0.01 {
			continue
		}
		// Over the border of two frames the gain is continuous.
		before, after := float64(out[i-1]/x[i-1]), float64(out[i]/x[i])
		if math.Abs(after/before-1) > 0.005 {
			t.Fatalf("sample %d: gain %.4f after %.4f", i, after, before)
		}
	}
}

// TestControlNoiseBounds: speech over loud noise isn't raised so far that the noise is.
func TestControlNoiseBounds(t *testing.T) {
	x, voice := talker(1, -40, 10*rate)
	n := noise(9, -58, len(x))
	for i := range x {
		x[i] += n[i]
	}
	_, gain := control(new(agc.Control), x, voice)
	if g := gain[len(gain)-1]; g < 8 || g > 16 {
		t.Errorf("gain %.1f dB over noise at -58 dBFS", g)
	}
}

// TestControlRisesSlowly: once the talker is known, the gain goes up by 6 dB a second at most.
func TestControlRisesSlowly(t *testing.T) {
	x, voice := talker(1, -25, 12*rate)
	for i := 4 * rate; i < len(x); i++ {
		x[i] /= 2
	}
	_, gain := control(new(agc.Control), x, voice)
	for i := 300; i < len(gain); i++ {
		if d := gain[i] - gain[i-1]; d > 0.0601 {
			t.Fatalf("frame %d: the gain rises by %.2f dB", i, d)
		}
	}
	if g := gain[len(gain)-1]; math.Abs(g-11) > 2 {
		t.Errorf("%.1f dB for a talker at -31 dBFS", g)
	}
}

func TestControlReset(t *testing.T) {
	x, voice := talker(1, -40, 4*rate)
	c := new(agc.Control)
	a, _ := control(c, x, voice)
	if c.Gain() < 10 {
		t.Fatalf("gain %v", c.Gain())
	}
	c.Reset()
	if c.Gain() != 0 {
		t.Errorf("gain %v after Reset", c.Gain())
	}
	b, _ := control(c, x, voice)
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("sample %d differs after Reset", i)
		}
	}
}

// TestControlBadInput: a frame of anything leaves neither noise nor a wrong gain behind.
func TestControlBadInput(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	x, voice := talker(1, -35, 10*rate)
	for i := range 3 * frame {
		x[4*rate+i] = [...]float32{nan, inf, -inf, 1e38, -1e38}[i%5]
	}
	voice[400] = nan
	out, gain := control(new(agc.Control), x, voice)
	for i, v := range out {
		if !(math.Abs(float64(v)) < 1e4) {
			t.Fatalf("sample %d is %v", i, v)
		}
	}
	if g := gain[len(gain)-1]; math.Abs(g-15) > 2 {
		t.Errorf("gain %.1f dB after bad input, not 15", g)
	}
	new(agc.Control).Process(nil, 1)
	new(agc.Leveller).Process(nil)
	new(agc.Limiter).Process(nil)
}

package audiotest

import (
	"math"
	"math/cmplx"
	"testing"
	"time"

	"parley/audio"
)

const second = audio.SampleRate

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: %.2f, want %.2f", what, got, want)
	}
}

// delayed is x, n samples later.
func delayed(x []float32, n int) []float32 { return append(make([]float32, n), x...) }

func TestFFT(t *testing.T) {
	x := make([]complex128, 16)
	for i := range x {
		x[i] = complex(float64(i%5), float64(i%3))
	}
	got := append([]complex128(nil), x...)
	fft(got)
	for k := range x {
		var want complex128
		for i, v := range x {
			want += v * cmplx.Rect(1, -2*math.Pi*float64(i*k)/16)
		}
		if cmplx.Abs(want-got[k]) > 1e-9 {
			t.Errorf("bin %d: %v, want %v", k, got[k], want)
		}
	}
	invert(got)
	for i, v := range x {
		if cmplx.Abs(v-got[i]) > 1e-9 {
			t.Errorf("and back, %d: %v, want %v", i, got[i], v)
		}
	}
}

func TestLevel(t *testing.T) {
	near(t, "tone", LevelDBFS(Tone(1000, 1, second)), -3.01, 0.01)
	near(t, "silence", LevelDBFS(make([]float32, 10)), -200, 0)
	near(t, "nothing", LevelDBFS(nil), -200, 0)
	near(t, "vowels", LevelDBFS(Vowels(1, second)), -20, 0.01)
	near(t, "pink noise", LevelDBFS(PinkNoise(1, second)), -20, 0.01)
}

func TestSISDR(t *testing.T) {
	voice, noise := Vowels(1, 2*second), PinkNoise(1, 2*second)
	near(t, "noise at 15 dB", SISDR(voice, AtSNR(voice, noise, 15)), 15, 0.3)
	half := ToLevel(AtSNR(voice, noise, 15), -40)
	near(t, "quieter", SISDR(voice, half), 15, 0.3)
	near(t, "itself", SISDR(voice, voice), 100, 0)
	near(t, "silence", SISDR(voice, make([]float32, second)), -100, 0)
	near(t, "nothing", SISDR(nil, nil), -100, 0)
}

func TestAlign(t *testing.T) {
	voice := Vowels(1, second)
	for _, lag := range []int{0, 1, 317, 4800} {
		if got := Align(voice, delayed(voice, lag), second/2); got != lag {
			t.Errorf("%d samples later: %d", lag, got)
		}
		if got := Align(delayed(voice, lag), voice, second/2); got != -lag {
			t.Errorf("%d samples earlier: %d", lag, got)
		}
	}
	if got := Align(voice, delayed(voice, 4800), 1000); got > 1000 || got < -1000 {
		t.Errorf("beyond the limit: %d", got)
	}
	if Align(nil, voice, 10) != 0 || Align(voice, nil, 10) != 0 {
		t.Error("nothing")
	}
}

// TestWindowedSISDR: each window finds its own place, which one alignment for all would not.
func TestWindowedSISDR(t *testing.T) {
	voice := Vowels(1, 8*second)
	noisy := AtSNR(voice, PinkNoise(1, 8*second), 15)
	// 300 ms on the way, and half through 20 ms more: a buffer that grew.
	late := delayed(noisy[:4*second], second*3/10)
	late = append(late, delayed(noisy[4*second:], second/50)...)
	median, all := WindowedSISDR(voice, late, second, second)
	near(t, "median", median, 15, 0.5)
	if len(all) != 8 || Quantile(all, 0) < 13 {
		t.Errorf("windows: %.1f", all)
	}
	lag := Align(voice, late, second)
	if whole := SISDR(voice, cut(late, lag, len(voice))); whole > 10 {
		t.Errorf("the whole at once: %.1f dB", whole)
	}
	if median, all := WindowedSISDR(make([]float32, 2*second), late, second, second); !math.IsNaN(median) || all != nil {
		t.Errorf("silence: %v, %v", median, all)
	}
}

func TestQuantile(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3}
	near(t, "median", Median(values), 3, 0)
	near(t, "least", Quantile(values, 0), 1, 0)
	near(t, "95 %", Quantile(values, 0.95), 5, 0)
	if values[0] != 5 || !math.IsNaN(Median(nil)) {
		t.Error("order changed, or no NaN for nothing")
	}
}

func TestGaps(t *testing.T) {
	in := Tone(500, 0.1, 2*second)
	const lag = 1234
	out := delayed(in, lag)
	silence := func(from, length time.Duration) []float32 {
		cut := append([]float32(nil), out...)
		clear(cut[lag+int(from*second/time.Second):][:int(length*second/time.Second)])
		return cut
	}
	for _, c := range []struct {
		name   string
		in, x  []float32
		lag    int
		length time.Duration // of the one gap; 0: none
	}{
		{"none", in, out, lag, 0},
		{"50 ms", in, silence(500*time.Millisecond, 50*time.Millisecond), lag, 0},
		{"100 ms", in, silence(500*time.Millisecond, 100*time.Millisecond), lag, 100 * time.Millisecond},
		{"cut off", in, out[:lag+second], lag, time.Second},
		{"nothing at all", in, nil, 0, 2 * time.Second},
		{"quiet input", ToLevel(append([]float32(nil), in...), -45), nil, 0, 0},
		{"output before its time", in, in, -100000, 2 * time.Second},
	} {
		gaps := Gaps(c.in, c.x, c.lag)
		if len(gaps) > 1 || (len(gaps) == 1) != (c.length > 0) {
			t.Errorf("%s: %v", c.name, gaps)
		} else if len(gaps) == 1 && (gaps[0].Length-c.length).Abs() > 10*time.Millisecond {
			t.Errorf("%s: %v, want %v", c.name, gaps, c.length)
		}
	}
}

// TestChirpDelays measures delays that are known, through noise, a change of level and a filter that turns the phase.
func TestChirpDelays(t *testing.T) {
	chirp := Chirp()
	mouth := make([]float32, 12*second)
	for i := range 10 {
		copy(mouth[second/2+i*second+i*997:], ToLevel(append([]float32(nil), chirp...), -12))
	}
	const delay = 5923 // 123.4 ms
	ear := ToLevel(delayed(mouth, delay), -45)
	ear = AtSNR(ear, PinkNoise(3, len(ear)), 0)
	for i := range ear[1:] {
		ear[i+1] = 0.3*ear[i+1] + 0.7*ear[i]
	}
	clear(ear[delay+second/2+3*second+3*997:][:chirpSamples]) // one is not heard
	delays, missed := ChirpDelays(mouth, ear, chirp, 900*time.Millisecond)
	if len(delays) != 9 || missed != 1 {
		t.Fatalf("%d delays, %d missed", len(delays), missed)
	}
	for _, d := range delays {
		if (d - samples(delay)).Abs() > time.Millisecond {
			t.Errorf("%v, want %v", d, samples(delay))
		}
	}
	if at := FindChirps(PinkNoise(1, second), chirp); len(at) != 0 {
		t.Errorf("chirps in noise at %v", at)
	}
	if at := FindChirps(nil, chirp); len(at) != 0 {
		t.Errorf("chirps in nothing at %v", at)
	}
}

// TestPinkNoiseFalls: the same power in each octave, within 1.5 dB.
func TestPinkNoiseFalls(t *testing.T) {
	const size = 1 << 17
	bins := spectrum(PinkNoise(5, size), size)
	var octaves []float64
	for low := 100.0; low < 10000; low *= 2 {
		sum := 0.0
		for k := int(low * size / second); k < int(2*low*size/second); k++ {
			sum += real(bins[k])*real(bins[k]) + imag(bins[k])*imag(bins[k])
		}
		octaves = append(octaves, 10*math.Log10(sum))
	}
	for _, v := range octaves {
		near(t, "octave", v-Median(octaves), 0, 1.5)
	}
	if a, b := PinkNoise(1, 10), PinkNoise(1, 10); a[3] != b[3] {
		t.Error("not the same for the same seed")
	}
	if a, b := PinkNoise(1, 10), PinkNoise(2, 10); a[3] == b[3] {
		t.Error("the same for another seed")
	}
}

package audiotest

import (
	"math"
	"math/rand/v2"

	"parley/audio"
)

// Tone is a sine of n samples.
func Tone(hz, amplitude float64, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(amplitude * math.Sin(2*math.Pi*hz*float64(i)/audio.SampleRate))
	}
	return out
}

// PinkNoise is noise whose power falls by 3 dB an octave, at -20 dBFS, the same for the same seed.
func PinkNoise(seed uint64, n int) []float32 {
	rnd := rand.New(rand.NewPCG(seed, 0))
	// First-order low-pass filters an octave or two apart, whose sum falls about as it should over the audible range.
	poles := [...]struct{ pole, gain, state float64 }{{0.9988, 0.0555, 0}, {0.9933, 0.0751, 0}, {0.969, 0.1539, 0}, {0.8665, 0.3105, 0}, {0.55, 0.533, 0}}
	out := make([]float32, n)
	for i := range out {
		white := rnd.NormFloat64()
		sum := 0.4 * white
		for k := range poles {
			p := &poles[k]
			p.state = p.pole*p.state + p.gain*white
			sum += p.state
		}
		out[i] = float32(sum)
	}
	return ToLevel(out, -20)
}

// ToLevel scales x in place to an RMS level in dBFS and returns it. Silence stays silence.
func ToLevel(x []float32, dbfs float64) []float32 {
	level := LevelDBFS(x)
	if level <= -200 {
		return x
	}
	gain := float32(math.Pow(10, (dbfs-level)/20))
	for i := range x {
		x[i] *= gain
	}
	return x
}

// AtSNR returns signal with noise added so that their levels are snr decibels apart. noise is at least as long.
func AtSNR(signal, noise []float32, snr float64) []float32 {
	n := noise[:len(signal)]
	gain := float32(math.Pow(10, (LevelDBFS(signal)-snr-LevelDBFS(n))/20))
	out := make([]float32, len(signal))
	for i, v := range signal {
		out[i] = v + gain*n[i]
	}
	return out
}

// Vowels is a voice that says nothing: gliding vowels in syllables, five a second, at about -20 dBFS. It keeps Opus in its
// speech mode and RNNoise takes it for a voice. It is not speech: tests of suppression use recordings.
func Vowels(seed uint64, n int) []float32 {
	rnd := rand.New(rand.NewPCG(seed, 1))
	out := make([]float32, n)
	glide, phase := 1.3+rnd.Float64(), 0.0
	pitch, start := 105+40*rnd.Float64(), rnd.Float64()
	for i := range out {
		t := start + float64(i)/audio.SampleRate
		f0 := pitch * (1 + 0.2*math.Sin(2*math.Pi*glide*t))
		first, second := 550+200*math.Sin(2*math.Pi*1.7*t), 1500+600*math.Sin(2*math.Pi*1.1*t)
		phase = math.Mod(phase+2*math.Pi*f0/audio.SampleRate, 2*math.Pi)
		v := 0.0
		for h := 1.0; h*f0 < 4000; h++ {
			v += (resonance(h*f0, first, 120) + 0.5*resonance(h*f0, second, 180) + 0.03) / math.Sqrt(h) * math.Sin(h*phase)
		}
		out[i] = float32(v * (0.55 - 0.45*math.Cos(2*math.Pi*5*t)))
	}
	return ToLevel(out, -20)
}

func resonance(hz, center, width float64) float64 {
	d := (hz - center) / width
	return 1 / (1 + d*d)
}

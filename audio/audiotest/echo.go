package audiotest

import (
	"math"
	"math/rand/v2"
	"time"

	"parley/audio"
)

// Talk is n samples of something like speech at -20 dBFS: vowels and hisses (most of them from 4 to 16 kHz) in syllables of 80 to
// 300 ms, words of one to five of them, and pauses between. The same for the same seed.
func Talk(seed uint64, n int) []float32 {
	rnd := rand.New(rand.NewPCG(seed, 2))
	vowels, out := Vowels(seed, n), make([]float32, n)
	left := 1 + rnd.IntN(5)
	var last, before float64
	for at := 0; at < n; {
		length := audio.SampleRate * (80 + rnd.IntN(220)) / 1000
		hiss, loud := rnd.Float64() < 0.3, 0.4+0.6*rnd.Float64()
		for i := at; i < min(at+length, n); i++ {
			shape := loud * math.Sqrt(math.Sin(math.Pi*float64(i-at+1)/float64(length+1)))
			white := rnd.NormFloat64()
			high := white - 0.3*last - 0.7*before // most of it between 4 and 16 kHz
			last, before = white, last
			if hiss {
				out[i] = float32(shape * 0.02 * high)
			} else {
				out[i] = float32(shape * (float64(vowels[i]) + 0.001*high))
			}
		}
		at += length
		if left--; left == 0 {
			left = 1 + rnd.IntN(5)
			at += audio.SampleRate * (60 + rnd.IntN(400)) / 1000
		}
	}
	return ToLevel(out, -20)
}

// Room is the impulse response from a loudspeaker to a microphone, of unit energy: the direct sound after delay, six early
// reflections within 30 ms of it, and a tail of noise that falls by 60 dB in rt60 (after Polack's model), about as strong
// as the direct sound. It is as long as the tail is above -70 dB. The same for the same seed.
func Room(seed uint64, delay, rt60 time.Duration) []float32 {
	rnd := rand.New(rand.NewPCG(seed, 3))
	start := int(delay * audio.SampleRate / time.Second)
	fall := math.Log(1000) / (rt60.Seconds() * audio.SampleRate) // of the amplitude, a sample
	n := int(rt60.Seconds() * audio.SampleRate * 70 / 60)
	out := make([]float32, start+n)
	level := math.Sqrt(2 * fall) // the tail's energy is then 1, and so is the direct sound's
	for i := range n {
		rise := min(float64(i)/(0.01*audio.SampleRate), 1)
		out[start+i] = float32(level * rise * math.Exp(-fall*float64(i)) * rnd.NormFloat64())
	}
	out[start]++
	for range 6 {
		at := 40 + rnd.IntN(audio.SampleRate*30/1000)
		out[start+min(at, n-1)] += float32((rnd.Float64() - 0.5) * 600 / float64(600+at))
	}
	gain := float32(1 / math.Sqrt(dot(out, out)))
	for i := range out {
		out[i] *= gain
	}
	return out
}

// Convolve is what comes of x through response, as long as x.
func Convolve(x, response []float32) []float32 {
	size := max(powerOfTwo(2*len(response)), 1<<15)
	b, step := spectrum(response, size), size-len(response)
	out := make([]float32, len(x))
	for at := 0; at < len(x); at += step {
		a := spectrum(x[at:min(at+step, len(x))], size)
		for i := range a {
			a[i] *= b[i]
		}
		invert(a)
		for i := range min(size, len(x)-at) {
			out[at+i] += float32(real(a[i]))
		}
	}
	return out
}

// Drifted is x as a device hears it whose clock runs faster by ppm millionths, as long as x.
// It touches its own memory only, and under the race detector it would take many times as long.
//
//go:norace
func Drifted(x []float32, ppm float64) []float32 {
	const reach = 16
	out := make([]float32, len(x))
	ws, wc := math.Sincos(math.Pi / (reach + 1))
	for i := range out {
		at := float64(i) / (1 + ppm/1e6)
		whole := int(at)
		part := at - float64(whole)
		if part < 1e-9 && whole < len(x) {
			out[i] = x[whole]
			continue
		}
		// sin(pi*d) only changes its sign from one sample to the next, and the window turns on.
		d := part + reach - 1
		sign := math.Sin(math.Pi*d) / math.Pi
		s, c := math.Sincos(math.Pi * d / (reach + 1))
		var sum float64
		for k := whole - reach + 1; k <= whole+reach; k++ {
			if k >= 0 && k < len(x) {
				sum += (0.5 + 0.5*c) * sign / d * float64(x[k])
			}
			d, sign = d-1, -sign
			s, c = s*wc-c*ws, c*wc+s*ws
		}
		out[i] = float32(sum)
	}
	return out
}

// ERLE is the echo return loss enhancement in decibels: how far out lies below the echo that the microphone heard. floor
// is what of out is the room's own noise, as a level in dBFS (-200: nothing), and does not count.
func ERLE(echo, out []float32, floor float64) float64 {
	power := func(dbfs float64) float64 { return math.Pow(10, dbfs/10) }
	rest := power(LevelDBFS(out)) - power(floor)
	return LevelDBFS(echo) - 10*math.Log10(max(rest, 1e-12))
}

// NearGain is by how many decibels the voice is louder in out than it was: the part of out that is voice, with the two
// aligned. -200: there is nothing of it.
func NearGain(voice, out []float32) float64 {
	n := min(len(voice), len(out))
	v := dot(voice[:n], voice[:n])
	gain := 0.0
	if v > 0 {
		gain = dot(voice[:n], out[:n]) / v
	}
	return 20 * math.Log10(max(gain, 1e-10))
}

// Convergence is when out first lies so many decibels below echo over each half second of a second; -1 if never.
func Convergence(echo, out []float32, decibels float64) time.Duration {
	const window = audio.SampleRate / 2
	run := 0
	for at := 0; at+window <= min(len(echo), len(out)); at += window {
		if LevelDBFS(echo[at:at+window])-LevelDBFS(out[at:at+window]) < decibels {
			run = 0
			continue
		}
		if run++; run == 2 {
			return samples(at - window)
		}
	}
	return -1
}

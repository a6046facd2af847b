package audiotest

import (
	"math"
	"math/cmplx"
	"time"

	"parley/audio"
)

const (
	chirpSamples = audio.SampleRate * 60 / 1000
	chirpEdge    = audio.SampleRate * 5 / 1000
	chirpSpacing = audio.SampleRate * 3 / 10 // the least distance of two
	found        = 0.35                      // of the envelope, from which a chirp in the ear counts
	certain      = 0.8                       // and in the mouth, where nothing has touched it
)

// Chirp is a sweep of 60 ms from 400 to 3600 Hz with soft edges and a peak of 1: it passes every speech codec, and its
// place in a recording can be found to the sample.
func Chirp() []float32 {
	const low, high, length = 400.0, 3600.0, float64(chirpSamples) / audio.SampleRate
	out := make([]float32, chirpSamples)
	for i := range out {
		t := float64(i) / audio.SampleRate
		edge := min(float64(min(i, chirpSamples-1-i))/chirpEdge, 1)
		window := 0.5 - 0.5*math.Cos(math.Pi*edge)
		out[i] = float32(window * math.Sin(2*math.Pi*(low*t+(high-low)*t*t/(2*length))))
	}
	return out
}

// Envelope slides pattern over x and returns for each place how much x is like it there, 0 to 1: the magnitude of the
// analytic matched filter (so a phase turned by a filter on the way doesn't matter) over the local level. strength is the
// same without that division.
func Envelope(x, pattern []float32) (likeness, strength []float64) {
	size := powerOfTwo(len(x) + len(pattern))
	s, p := spectrum(x, size), spectrum(pattern, size)
	for i := range s {
		s[i] *= cmplx.Conj(p[i])
		switch {
		case i > size/2:
			s[i] = 0
		case i > 0 && i < size/2:
			s[i] *= 2
		}
	}
	invert(s)
	likeness, strength = make([]float64, len(x)), make([]float64, len(x))
	norm := math.Sqrt(dot(pattern, pattern))
	floor := 1e-3 * math.Sqrt(float64(len(pattern)))
	local, end := 0.0, 0
	for i := range x {
		for ; end < min(i+len(pattern), len(x)); end++ {
			local += float64(x[end]) * float64(x[end])
		}
		strength[i] = cmplx.Abs(s[i])
		likeness[i] = strength[i] / max(math.Sqrt(max(local, 0))*norm, floor)
		local -= float64(x[i]) * float64(x[i])
	}
	return likeness, strength
}

// FindChirps returns where pattern (Chirp, as a rule) begins in x, at most three a second, each at least 0.8 like it.
func FindChirps(x, pattern []float32) (at []int) {
	likeness, strength := Envelope(x, pattern)
	loudest := 0.0
	for _, v := range strength {
		loudest = max(loudest, v)
	}
	for i := 0; i < len(x); i++ {
		if likeness[i] < certain || strength[i] < 0.3*loudest {
			continue
		}
		top := i + highest(strength[i:min(i+audio.SampleRate/10, len(x))])
		at = append(at, top)
		i = top + chirpSpacing
	}
	return at
}

// ChirpDelays is the mouth-to-ear delay of every chirp in mouth: how much later, at most maxLag, ear holds it. Both are on
// one clock. missed counts those that did not arrive.
func ChirpDelays(mouth, ear, pattern []float32, maxLag time.Duration) (delays []time.Duration, missed int) {
	reach := int(maxLag * audio.SampleRate / time.Second)
	for _, at := range FindChirps(mouth, pattern) {
		if at+reach > len(ear) {
			break
		}
		heard := ear[at:min(at+reach+len(pattern), len(ear))]
		likeness, strength := Envelope(heard, pattern)
		top := highest(strength[:reach])
		if likeness[top] < found || LevelDBFS(heard[top:min(top+len(pattern), len(heard))]) < -80 {
			missed++
			continue
		}
		delays = append(delays, samples(top))
	}
	return delays, missed
}

// highest is the place of the largest value.
func highest(x []float64) (at int) {
	for i, v := range x {
		if v > x[at] {
			at = i
		}
	}
	return at
}

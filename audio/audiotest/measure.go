// Package audiotest has what tests of sound need: a sound device without hardware, signals, and measures of what came
// through. All sound is mono float32 at 48 kHz.
package audiotest

import (
	"math"
	"slices"
	"time"

	"parley/audio"
)

// LevelDBFS is the RMS level of x in decibels of full scale, -200 for silence.
func LevelDBFS(x []float32) float64 {
	if len(x) == 0 {
		return -200
	}
	return max(10*math.Log10(dot(x, x)/float64(len(x))), -200)
}

// SISDR is the scale-invariant signal-to-distortion ratio in decibels (Le Roux et al., "SDR – half-baked or well done?",
// ICASSP 2019): how far what is not reference lies below what is. Both are aligned already; the shorter length counts.
// It is -100 where one of them is silent, and at most 100.
func SISDR(reference, estimate []float32) float64 {
	n := min(len(reference), len(estimate))
	r, e := reference[:n], estimate[:n]
	rr, re, ee := dot(r, r), dot(r, e), dot(e, e)
	if rr == 0 || ee == 0 {
		return -100
	}
	signal := re * re / rr
	rest := max(ee-signal, 0)
	return min(max(10*math.Log10(signal/max(rest, 1e-300)), -100), 100)
}

const (
	// quietWindow is the level below which a window says nothing about the path.
	quietWindow = -50
	// drift is how far a window may lie from where the whole recording does: time stretching moves it.
	drift = audio.SampleRate / 5
)

// WindowedSISDR aligns the whole of estimate with reference, at most maxLag samples apart, then each window of reference
// by itself, and returns the median of the windows' SISDR and all of them. Quiet windows are left out. NaN: there was none.
func WindowedSISDR(reference, estimate []float32, window, maxLag int) (median float64, all []float64) {
	lag := Align(reference, estimate, maxLag)
	for at := 0; at+window <= len(reference); at += window {
		r := reference[at : at+window]
		if LevelDBFS(r) < quietWindow {
			continue
		}
		near := cut(estimate, at+lag-drift, window+2*drift)
		all = append(all, SISDR(r, cut(near, Align(r, near, 2*drift), window)))
	}
	if len(all) == 0 {
		return math.NaN(), nil
	}
	return Median(all), all
}

// Median of values, which it leaves in their order.
func Median(values []float64) float64 { return Quantile(values, 0.5) }

// Quantile q (0 to 1) of values by the nearest rank; NaN of none.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(max(int(math.Ceil(q*float64(len(sorted))))-1, 0), len(sorted)-1)]
}

// cut is n samples from the given place on, silence where there are none.
func cut(x []float32, from, n int) []float32 {
	out := make([]float32, n)
	if from < 0 {
		if -from < n {
			copy(out[-from:], x)
		}
	} else if from < len(x) {
		copy(out, x[from:])
	}
	return out
}

func dot(a, b []float32) (sum float64) {
	for i, v := range a {
		sum += float64(v) * float64(b[i])
	}
	return sum
}

// A Gap is a span of input that was not heard.
type Gap struct {
	At     time.Duration // in the input
	Length time.Duration
}

const (
	audible   = -40 // dBFS: input above this should be heard
	inaudible = -60 // dBFS: output below this is not
	gapStep   = audio.SampleRate / 200
	gapFrames = 12 // of gapStep: 60 ms
)

// Gaps finds where input is above -40 dBFS while output, lag samples later, is below -60 dBFS, for over 60 ms.
func Gaps(input, output []float32, lag int) (gaps []Gap) {
	run := 0
	end := func(at int) {
		if run > gapFrames {
			gaps = append(gaps, Gap{samples((at - run) * gapStep), samples(run * gapStep)})
		}
		run = 0
	}
	frames := len(input) / gapStep
	for i := range frames {
		in := input[i*gapStep : (i+1)*gapStep]
		if LevelDBFS(in) > audible && LevelDBFS(cut(output, i*gapStep+lag, gapStep)) < inaudible {
			run++
		} else {
			end(i)
		}
	}
	end(frames)
	return gaps
}

// samples as a time.
func samples(n int) time.Duration { return time.Duration(n) * time.Second / audio.SampleRate }

package audiotest

import (
	"math"
	"time"

	"parley/audio"
)

const (
	loudStep   = audio.SampleRate / 10 // blocks of 400 ms begin 100 ms apart (ITU-R BS.1770-4, annex 1)
	loudBlock  = 4                     // of loudStep
	loudOffset = -0.691
	loudLeast  = -70 // LUFS: the absolute gate
	loudGate   = -10 // LU below the mean of what passed that: the relative gate
)

// Momentary is the loudness of every 400 ms of sound in LUFS, 100 ms apart (EBU Tech 3341: "momentary"), -200 for silence. Each
// argument is a channel, all of one length: a sine of 997 Hz at full scale in one of them has -3.01 LUFS.
func Momentary(channels ...[]float32) (lufs []float64) {
	for _, p := range blockPowers(channels) {
		lufs = append(lufs, powerLUFS(p))
	}
	return lufs
}

// Integrated is the loudness of a whole recording in LUFS, its pauses left out (ITU-R BS.1770-4, annex 1; EBU R 128), -200 where
// there is nothing but silence, or less than 400 ms. The channels are as those of Momentary.
func Integrated(channels ...[]float32) (lufs float64) {
	powers := blockPowers(channels)
	ungated := powerLUFS(meanAbove(powers, loudLeast))
	return powerLUFS(meanAbove(powers, math.Max(loudLeast, ungated+loudGate)))
}

// powerLUFS is the loudness that belongs to a power behind the K filter.
func powerLUFS(p float64) float64 { return math.Max(loudOffset+10*math.Log10(p), -200) }

// meanAbove is the mean of the powers that are louder than gate, 0 if there are none.
func meanAbove(powers []float64, gate float64) float64 {
	sum, n := 0.0, 0
	for _, p := range powers {
		if powerLUFS(p) > gate {
			sum, n = sum+p, n+1
		}
	}
	return sum / float64(max(n, 1))
}

// blockPowers has the channels' summed power behind the K filter for each block.
func blockPowers(channels [][]float32) (powers []float64) {
	var steps []float64
	for _, x := range channels {
		if steps == nil {
			steps = make([]float64, len(x)/loudStep)
		}
		// The two stages of BS.1770-4, annex 1, tables 1 and 2, at 48 kHz: the head, as a shelf, and the low end.
		head := biquad{b: [3]float64{1.53512485958697, -2.69169618940638, 1.19839281085285}, a: [2]float64{-1.69065929318241, 0.73248077421585}}
		low := biquad{b: [3]float64{1, -2, 1}, a: [2]float64{-1.99004745483398, 0.99007225036621}}
		for i := range steps {
			for _, v := range x[i*loudStep : (i+1)*loudStep] {
				y := low.next(head.next(float64(v)))
				steps[i] += y * y / loudStep
			}
		}
	}
	for i := range len(steps) - loudBlock + 1 {
		sum := 0.0
		for _, p := range steps[i : i+loudBlock] {
			sum += p
		}
		powers = append(powers, sum/loudBlock)
	}
	return powers
}

// biquad is a filter of second order, in transposed direct form II. a leaves out the leading 1.
type biquad struct {
	b    [3]float64
	a    [2]float64
	s, t float64
}

func (q *biquad) next(x float64) (y float64) {
	y = q.b[0]*x + q.s
	q.s = q.b[1]*x - q.a[0]*y + q.t
	q.t = q.b[2]*x - q.a[1]*y
	return y
}

const (
	fluxStep   = 64  // samples: 1.3 ms
	fluxWindow = 256 // 5.3 ms
	fluxBack   = 3   // steps to the window that one is compared with: they hardly overlap
	fluxLow    = 5000 * fluxWindow / audio.SampleRate
	fluxHigh   = 20000 * fluxWindow / audio.SampleRate
	fluxFloor  = -85 // dBFS in one band: what is below is not heard

	clickFlux = 10 // decibels: noise has 4
	clickMore = 5  // decibels above what the input has near it
	clickNear = 6  // steps: 8 ms
	clickDead = 12 // steps: one click is counted once
)

// Flux is the spectral flux of x between 5 and 20 kHz, 1.3 ms apart: by how many decibels the bands have risen within 4 ms, on
// average; those that fell count as 0. A click raises all of them at once, from wherever they were.
func Flux(x []float32) (decibels []float64) {
	var past [fluxBack][fluxHigh]float64
	window := make([]float32, fluxWindow)
	for n := 0; n*fluxStep+fluxWindow <= len(x); n++ {
		for i := range window {
			window[i] = x[n*fluxStep+i] * float32(0.5-0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/fluxWindow))
		}
		bins := spectrum(window, fluxWindow)
		before, sum := &past[n%fluxBack], 0.0
		for k := fluxLow; k < fluxHigh; k++ {
			re, im := real(bins[k])*4/fluxWindow, imag(bins[k])*4/fluxWindow // a sine of amplitude 1 gives 1
			now := math.Max(10*math.Log10(re*re+im*im), fluxFloor)
			if n >= fluxBack {
				sum += math.Max(now-before[k], 0)
			}
			before[k] = now
		}
		decibels = append(decibels, sum/(fluxHigh-fluxLow))
	}
	return decibels
}

// Clicks finds where output clicks and input, lag samples before, doesn't. Times are those of output, to within 5 ms.
func Clicks(input, output []float32, lag int) (at []time.Duration) {
	in, out := Flux(cut(input, -lag, len(output))), Flux(output)
	last := -clickDead
	for i, f := range out {
		near := 0.0
		for _, v := range in[max(i-clickNear, 0):min(i+clickNear+1, len(in))] {
			near = math.Max(near, v)
		}
		if f < clickFlux || f < near+clickMore {
			continue
		}
		if i-last >= clickDead {
			at = append(at, samples(i*fluxStep+fluxWindow/2))
		}
		last = i
	}
	return at
}

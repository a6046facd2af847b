// Package mix adds the speakers of a channel up, and measures levels. Samples are float32, full scale is 1.
package mix

import "math"

// Floor is what DBFS gives for silence: below the noise of any 24-bit converter.
const Floor = -120

// Add adds src, its gain going evenly from one value to the other, to dst, so that a change of volume doesn't click. The
// caller passes the last frame's second value as the next one's first. len(src) must not exceed len(dst).
func Add(dst, src []float32, from, to float32) {
	dst = dst[:len(src)]
	if from == to {
		for i, v := range src {
			dst[i] += v * to
		}
		return
	}
	step := (to - from) / float32(len(src))
	for i, v := range src {
		dst[i] += v * (from + step*float32(i+1))
	}
}

// Scale changes the level of frame in place, its gain going evenly from one value to the other.
func Scale(frame []float32, from, to float32) {
	if from == 1 && to == 1 {
		return
	}
	step := (to - from) / float32(len(frame))
	for i := range frame {
		frame[i] *= from + step*float32(i+1)
	}
}

// RMS is the root of the mean square; 0 for an empty frame.
func RMS(frame []float32) float32 {
	if len(frame) == 0 {
		return 0
	}
	var sum float64
	for _, v := range frame {
		sum += float64(v) * float64(v)
	}
	return float32(math.Sqrt(sum / float64(len(frame))))
}

// Peak is the largest magnitude.
func Peak(frame []float32) (peak float32) {
	for _, v := range frame {
		peak = max(peak, v, -v)
	}
	return peak
}

// DBFS turns an amplitude (RMS or Peak) into decibels of full scale, from Floor up. What is not a number counts as silence.
func DBFS(amplitude float32) float32 {
	if !(amplitude > 1e-6) {
		return Floor
	}
	return float32(20 * math.Log10(float64(amplitude)))
}

// wildest is above the sum of eight speakers at twice their level. Nothing counts as louder.
const wildest = 32

func clean(v float32) float32 {
	if v != v || v > math.MaxFloat32 || v < -math.MaxFloat32 {
		return 0
	}
	return min(max(v, -wildest), wildest)
}

// Clean makes what is no number silence and keeps the rest within [-most, most], in place: a driver may hand over anything.
func Clean(frame []float32, most float32) {
	for i, v := range frame {
		frame[i] = min(max(clean(v), -most), most)
	}
}

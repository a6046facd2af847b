package audiotest

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// coarse is how many samples Align takes for one at first: recordings of minutes are aligned in no time, and the sounds
// that voices are made of are all there at 6 kHz.
const coarse = 8

// Align returns how many samples, at most maxLag either way, estimate comes after reference: where the two correlate most.
func Align(reference, estimate []float32, maxLag int) (lag int) {
	low, high := -min(maxLag, len(reference)-1), min(maxLag, len(estimate)-1)
	if low > high || len(reference) == 0 || len(estimate) == 0 {
		return 0
	}
	about := coarse * correlate(thin(reference), thin(estimate), low/coarse, high/coarse)
	best := math.Inf(-1)
	for n := max(about-coarse, low); n <= min(about+coarse, high); n++ {
		r, e := reference[max(-n, 0):], estimate[max(n, 0):]
		if v := dot(r[:min(len(r), len(e))], e); v > best {
			best, lag = v, n
		}
	}
	return lag
}

// thin is x at an eighth of its rate, by means of eight.
func thin(x []float32) []float32 {
	out := make([]float32, (len(x)+coarse-1)/coarse)
	for i, v := range x {
		out[i/coarse] += v / coarse
	}
	return out
}

// correlate returns the lag from low to high at which the two correlate most. Both are transformed at once, as the real
// and the imaginary part of one signal, and taken apart by the symmetry of their spectra.
func correlate(reference, estimate []float32, low, high int) (lag int) {
	size := powerOfTwo(len(reference) + len(estimate))
	both := widen(reference, size)
	for i, v := range estimate {
		both[i] += complex(0, float64(v))
	}
	fft(both)
	cross := make([]complex128, size)
	for k := range cross {
		mirror := cmplx.Conj(both[(size-k)%size])
		r, e := both[k]+mirror, (both[k]-mirror)*-1i
		cross[k] = e * cmplx.Conj(r)
	}
	invert(cross)
	best := math.Inf(-1)
	for n := low; n <= high; n++ {
		if v := real(cross[(n+size)%size]); v > best {
			best, lag = v, n
		}
	}
	return lag
}

func powerOfTwo(n int) int { return 1 << bits.Len(uint(max(n-1, 1))) }

// spectrum is the discrete Fourier transform of x, filled up with zeros to size, a power of two.
func spectrum(x []float32, size int) []complex128 {
	out := widen(x, size)
	fft(out)
	return out
}

// widen is x as complex numbers, filled up with zeros.
func widen(x []float32, size int) []complex128 {
	out := make([]complex128, size)
	for i, v := range x {
		out[i] = complex(float64(v), 0)
	}
	return out
}

// invert is the inverse of fft.
func invert(x []complex128) {
	fft(x)
	scale := complex(1/float64(len(x)), 0)
	x[0] *= scale
	for i, j := 1, len(x)-1; i <= j; i, j = i+1, j-1 {
		x[i], x[j] = x[j]*scale, x[i]*scale
	}
}

// fft transforms in place (Cooley and Tukey, radix 2). len(x) is a power of two.
// It touches its own memory only, and under the race detector it would take many times as long.
//
//go:norace
func fft(x []complex128) {
	n := len(x)
	if n < 2 {
		return
	}
	shift := bits.UintSize - bits.Len(uint(n-1))
	for i := range x {
		if j := int(bits.Reverse(uint(i)) >> shift); j > i {
			x[i], x[j] = x[j], x[i]
		}
	}
	turns := make([]complex128, n/2)
	for i := range turns {
		turns[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/float64(n))
	}
	for half := 1; half < n; half *= 2 {
		stride := n / (2 * half)
		for start := 0; start < n; start += 2 * half {
			for k := range half {
				a, b := x[start+k], x[start+half+k]*turns[k*stride]
				x[start+k], x[start+half+k] = a+b, a-b
			}
		}
	}
}

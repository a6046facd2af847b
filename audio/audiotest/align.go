package audiotest

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// Align returns how many samples, at most maxLag either way, estimate comes after reference: where the two correlate most.
func Align(reference, estimate []float32, maxLag int) (lag int) {
	if len(reference) == 0 || len(estimate) == 0 {
		return 0
	}
	size := powerOfTwo(len(reference) + len(estimate))
	r, e := transform(reference, size), transform(estimate, size)
	for i := range e {
		e[i] *= cmplx.Conj(r[i])
	}
	invert(e)
	best := math.Inf(-1)
	for n := -min(maxLag, len(reference)-1); n <= min(maxLag, len(estimate)-1); n++ {
		if v := real(e[(n+size)%size]); v > best {
			best, lag = v, n
		}
	}
	return lag
}

func powerOfTwo(n int) int { return 1 << bits.Len(uint(max(n-1, 1))) }

// transform is the discrete Fourier transform of x, filled up with zeros to size, a power of two.
func transform(x []float32, size int) []complex128 {
	out := make([]complex128, size)
	for i, v := range x {
		out[i] = complex(float64(v), 0)
	}
	fft(out)
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

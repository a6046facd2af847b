package aec

import (
	"math"
	"math/bits"
)

const (
	size   = 1024        // samples of one transform: the newest frame with what is before it
	half   = size / 2    // samples of the complex transform that a real one is made of
	bins   = size/2 + 1  // of the half spectrum of a real signal
	log2   = 9           // of half
	unit   = 1.0 / size  // what goes back is divided by this many
	circle = 2 * math.Pi // once round
)

// spectrum is the half spectrum of size real samples, planar: bin k is at k*46.875 Hz.
type spectrum struct{ re, im [bins]float32 }

// transform turns real signals into half spectra and back: one complex transform of half the length, whose result is taken
// apart by symmetry (Cooley and Tukey, 1965, decimation in time, radix 2 after a first pass of radix 4). It has scratch
// memory of its own.
type transform struct {
	order    [half]uint16
	cos, sin [half]float32 // of each pass one after another: the pass of span s starts at s
	postCos  [half]float32
	postSin  [half]float32
	re, im   [half]float32
}

func newTransform() *transform {
	t := new(transform)
	for i := range t.order {
		t.order[i] = bits.Reverse16(uint16(i)) >> (16 - log2)
	}
	for span := 1; span < half; span *= 2 {
		for i := range span {
			s, c := math.Sincos(-circle * float64(i) / float64(2*span))
			t.cos[span+i], t.sin[span+i] = float32(c), float32(s)
		}
	}
	for i := range t.postCos {
		s, c := math.Sincos(-circle * float64(i) / size)
		t.postCos[i], t.postSin[i] = float32(c), float32(s)
	}
	return t
}

// forward sets out to the spectrum of x.
//
//go:norace
func (t *transform) forward(x *[size]float32, out *spectrum) {
	for i, from := range t.order {
		t.re[i], t.im[i] = x[2*from], x[2*from+1]
	}
	t.passes()
	out.re[0], out.im[0] = t.re[0]+t.im[0], 0
	out.re[half], out.im[half] = t.re[0]-t.im[0], 0
	for k := 1; k <= half/2; k++ {
		ar, ai, br, bi := t.re[k], t.im[k], t.re[half-k], t.im[half-k]
		evenR, evenI := 0.5*(ar+br), 0.5*(ai-bi)
		oddR, oddI := 0.5*(ai+bi), 0.5*(br-ar)
		c, s := t.postCos[k], t.postSin[k]
		r, i := oddR*c-oddI*s, oddR*s+oddI*c
		out.re[k], out.im[k] = evenR+r, evenI+i
		out.re[half-k], out.im[half-k] = evenR-r, i-evenI
	}
}

// inverse sets x to the signal that in is the spectrum of.
//
//go:norace
func (t *transform) inverse(in *spectrum, x *[size]float32) {
	// The same transform with real and imaginary part swapped runs backwards.
	re, im := &t.re, &t.im
	put := func(k int, r, i float32) {
		at := t.order[k]
		re[at], im[at] = i, r
	}
	put(0, in.re[0]+in.re[half], in.re[0]-in.re[half])
	for k := 1; k <= half/2; k++ {
		ar, ai, br, bi := in.re[k], in.im[k], in.re[half-k], -in.im[half-k]
		evenR, evenI := ar+br, ai+bi
		dr, di := ar-br, ai-bi
		c, s := t.postCos[k], -t.postSin[k]
		oddR, oddI := dr*c-di*s, dr*s+di*c
		put(k, evenR-oddI, evenI+oddR)
		if k < half/2 {
			put(half-k, evenR+oddI, oddR-evenI)
		}
	}
	t.passes()
	for i := range re {
		x[2*i], x[2*i+1] = im[i]*unit, re[i]*unit
	}
}

// passes is the transform of re and im in place, which are in bit-reversed order.
//
//go:norace
func (t *transform) passes() {
	re, im := &t.re, &t.im
	for i := 0; i < half; i += 4 {
		ar, ai := re[i]+re[i+1], im[i]+im[i+1]
		br, bi := re[i]-re[i+1], im[i]-im[i+1]
		cr, ci := re[i+2]+re[i+3], im[i+2]+im[i+3]
		dr, di := re[i+2]-re[i+3], im[i+2]-im[i+3]
		re[i], im[i] = ar+cr, ai+ci
		re[i+1], im[i+1] = br+di, bi-dr
		re[i+2], im[i+2] = ar-cr, ai-ci
		re[i+3], im[i+3] = br-di, bi+dr
	}
	for span := 4; span < half; span *= 2 {
		c, s := t.cos[span:2*span], t.sin[span:2*span]
		for at := 0; at < half; at += 2 * span {
			ar, br := re[at:at+span], re[at+span:at+2*span]
			ai, bi := im[at:at+span], im[at+span:at+2*span]
			_, _, _, _, _ = ar[len(c)-1], br[len(c)-1], ai[len(c)-1], bi[len(c)-1], s[len(c)-1]
			for k, wr := range c {
				wi := s[k]
				r := br[k]*wr - bi[k]*wi
				i := br[k]*wi + bi[k]*wr
				br[k], bi[k] = ar[k]-r, ai[k]-i
				ar[k] += r
				ai[k] += i
			}
		}
	}
}

package aec

const (
	parts   = 30  // partitions of 10 ms: the echo the filter can hold
	lags    = 46  // frames of delay that are looked for
	history = 128 // spectra of the far end, a power of two above lags+parts
	forget  = 0.999
	used    = 428 // bins of the filter: to 20 kHz, above which loudspeakers and microphones have nothing
	turns   = 4   // partitions whose end is cut off in each frame: the rest wait for their turn
)

// filter is a partitioned-block Kalman filter in the frequency domain, its covariances taken as diagonal (Enzner and
// Vary, "Frequency-domain adaptive Kalman filter for acoustic echo control in hands-free telephones", 2006; partitioned by
// Kuech, Mabande and Enzner, 2014). Blocks are frame long, transforms size; a second set of weights holds what was best.
type filter struct {
	weights   [parts]spectrum
	kept      [parts]spectrum      // the foreground: what served well, untouched by double talk
	variance  [parts][bins]float32 // how uncertain each weight is
	uncertain [used]float32        // power of the echo that the weights may miss by their variance
	noise     [bins]float32        // power of what is no echo
	step      [bins]float32
	turn      int
	peak      [parts]float32 // the largest tap of each partition, and its place
	at        [parts]int
}

func (f *filter) reset() {
	*f = filter{}
	for p := range f.variance {
		for k := range f.variance[p] {
			f.variance[p][k] = 0.05
		}
	}
}

// far is the spectrum of the far end p partitions back, by the ring's head.
func (c *Canceller) far(p int) *spectrum { return &c.spectra[(c.head+p)&(history-1)] }

// estimate sets one and two to the echoes that the weights and those kept make of the far end.
//
//go:norace
func (c *Canceller) estimate(one, two *spectrum) {
	*one, *two = spectrum{}, spectrum{}
	ar, ai, br, bi := low(&one.re), low(&one.im), low(&two.re), low(&two.im)
	for p := range c.filter.weights {
		x, w, v := c.far(p+c.offset), &c.filter.weights[p], &c.filter.kept[p]
		xr, xi, wr, wi, vr, vi := low(&x.re), low(&x.im), low(&w.re), low(&w.im), low(&v.re), low(&v.im)
		for k := range ar {
			r, i := xr[k], xi[k]
			ar[k] += r*wr[k] - i*wi[k]
			ai[k] += r*wi[k] + i*wr[k]
			br[k] += r*vr[k] - i*vi[k]
			bi[k] += r*vi[k] + i*vr[k]
		}
	}
}

// low is the bins that the filter is made of.
func low(x *[bins]float32) *[used]float32 { return (*[used]float32)(x[:used]) }

// learn moves the weights by the error's spectrum e.
//
//go:norace
func (c *Canceller) learn(e *spectrum) {
	f := &c.filter
	var uncertain [used]float32
	for p := range f.variance {
		x, v := c.far(p+c.offset), low(&f.variance[p])
		xr, xi := low(&x.re), low(&x.im)
		for k := range uncertain {
			uncertain[k] += (xr[k]*xr[k] + xi[k]*xi[k]) * v[k]
		}
	}
	f.uncertain = uncertain
	for k := range uncertain {
		now := e.re[k]*e.re[k] + e.im[k]*e.im[k]
		f.noise[k] += 0.06 * (now - f.noise[k])
		// The mean comes too late where somebody begins to speak.
		f.step[k] = 1 / (0.5*uncertain[k] + max(f.noise[k], 0.4*now) + 1e-6)
	}
	step, errRe, errIm := low(&f.step), low(&e.re), low(&e.im)
	const keep, grow = forget * forget, 1 - forget*forget
	for p := range f.weights {
		x, w, v := c.far(p+c.offset), &f.weights[p], low(&f.variance[p])
		farRe, farIm, re, im := low(&x.re), low(&x.im), low(&w.re), low(&w.im)
		for k := range v {
			xr, xi := farRe[k], farIm[k]
			mu := v[k] * step[k]
			gain := 0.5 * mu * (xr*xr + xi*xi) // below 1, as step has it in its denominator
			wr, wi := re[k], im[k]
			v[k] = keep*(1.000001-gain)*v[k] + grow*(wr*wr+wi*wi) + 1e-11
			re[k] = wr + mu*(xr*errRe[k]+xi*errIm[k])
			im[k] = wi + mu*(xr*errIm[k]-xi*errRe[k])
		}
	}
	for range turns {
		f.turn = (f.turn + 1) % parts
		w := &f.weights[f.turn]
		c.fft.inverse(w, &c.block)
		clear(c.block[frame:])
		c.fft.forward(&c.block, w)
		top, at := float32(0), 0
		for i, v := range c.block[:frame] {
			if v = max(v, -v); v > top {
				top, at = v, i
			}
		}
		f.peak[f.turn], f.at[f.turn] = top, at
	}
}

// shift moves all weights by so many partitions: positive, the echo comes that many frames later than before as far as
// the filter's place is concerned.
//
//go:norace
func (f *filter) shift(by int) {
	if by == 0 {
		return
	}
	move := func(p int) {
		from := p - by
		if from >= 0 && from < parts {
			f.weights[p], f.kept[p], f.variance[p] = f.weights[from], f.kept[from], f.variance[from]
			return
		}
		f.weights[p], f.kept[p] = spectrum{}, spectrum{}
		for k := range f.variance[p] {
			f.variance[p][k] = 0.01
		}
	}
	for i := range parts {
		if by > 0 {
			move(parts - 1 - i)
		} else {
			move(i)
		}
	}
}

// loosen says that the weights may be wrong by that share of their power.
//
//go:norace
func (f *filter) loosen(share float32) {
	for p := range f.weights {
		w, v := &f.weights[p], &f.variance[p]
		power := float32(0)
		for k := range v {
			power += w.re[k]*w.re[k] + w.im[k]*w.im[k]
		}
		power /= bins
		for k := range v {
			v[k] = max(v[k], share*(power+w.re[k]*w.re[k]+w.im[k]*w.im[k]))
		}
	}
}

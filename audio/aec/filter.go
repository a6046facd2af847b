package aec

const (
	parts   = 30  // partitions of 10 ms: the echo the filter can hold
	lags    = 46  // frames of delay that are looked for
	history = 128 // spectra of the far end, a power of two above lags+parts
	forget  = 0.999
	turns   = 4 // partitions whose end is cut off in each frame: the rest wait for their turn
)

// filter is a partitioned-block Kalman filter in the frequency domain, its covariances taken as diagonal (Enzner and
// Vary, "Frequency-domain adaptive Kalman filter for acoustic echo control in hands-free telephones", 2006; partitioned by
// Kuech, Mabande and Enzner, 2014). Blocks are frame long, transforms size; a second set of weights holds what was best.
type filter struct {
	weights  [parts]spectrum
	kept     [parts]spectrum      // the foreground: what served well, untouched by double talk
	variance [parts][bins]float32 // how uncertain each weight is
	noise    [bins]float32        // power of what is no echo
	step     [bins]float32
	turn     int
	peak     [parts]float32 // the largest tap of each partition, and its place
	at       [parts]int
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

// estimate sets out to the echo that weights make of the far end.
func (c *Canceller) estimate(weights *[parts]spectrum, out *spectrum) {
	*out = spectrum{}
	for p := range weights {
		x, w := c.far(p+c.offset), &weights[p]
		for k := range out.re {
			a, b, wr, wi := x.re[k], x.im[k], w.re[k], w.im[k]
			out.re[k] += a*wr - b*wi
			out.im[k] += a*wi + b*wr
		}
	}
}

// learn moves the weights by the error's spectrum e.
func (c *Canceller) learn(e *spectrum) {
	f := &c.filter
	var uncertain [bins]float32
	for p := range f.variance {
		x, v := c.far(p+c.offset), &f.variance[p]
		for k := range uncertain {
			uncertain[k] += (x.re[k]*x.re[k] + x.im[k]*x.im[k]) * v[k]
		}
	}
	for k := range f.step {
		f.noise[k] += 0.06 * (e.re[k]*e.re[k] + e.im[k]*e.im[k] - f.noise[k])
		f.step[k] = 1 / (0.5*uncertain[k] + f.noise[k] + 1e-6)
	}
	const keep, grow = forget * forget, 1 - forget*forget
	for p := range f.weights {
		x, w, v := c.far(p+c.offset), &f.weights[p], &f.variance[p]
		for k := range v {
			xr, xi := x.re[k], x.im[k]
			mu := v[k] * f.step[k]
			gain := min(0.5*mu*(xr*xr+xi*xi), 1)
			wr, wi := w.re[k], w.im[k]
			v[k] = max(keep*(1-gain)*v[k]+grow*(wr*wr+wi*wi), 1e-10)
			w.re[k] = wr + mu*(xr*e.re[k]+xi*e.im[k])
			w.im[k] = wi + mu*(xr*e.im[k]-xi*e.re[k])
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

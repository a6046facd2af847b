package aec

import "math"

const (
	driftBin  = 128 // bins from lowBin on by which the filter's movement is seen: to 6.3 kHz
	driftEach = 25  // frames between two looks
	reach     = 24  // samples either way a look sees
)

// pacer measures how fast the echo path moves: the weights of now against those of a while ago, as the sum over bins of
// their cross spectrum turned back by each lag. A room that stands still moves only by the two clocks' difference.
type pacer struct {
	past  [2][parts]struct{ re, im [driftBin]float32 }
	valid int // how many of past hold the weights as they lie now
	count int
	ppm   float64
	moved float64 // samples, in the last look
	sure  float64 // and how alike the two were, 0 to 1
	turn  [driftBin]struct{ re, im float64 }
}

func (d *pacer) reset() { *d = pacer{} }

// pace looks every driftEach frames and steers the far end's resampler.
func (c *Canceller) pace() {
	d := &c.pacer
	if d.count++; d.count < driftEach {
		return
	}
	d.count = 0
	if d.valid >= 2 {
		c.compare()
	}
	d.past[0] = d.past[1]
	for p := range d.past[1] {
		to, w := &d.past[1][p], &c.filter.weights[p]
		copy(to.re[:], w.re[lowBin:])
		copy(to.im[:], w.im[lowBin:])
	}
	d.valid = min(d.valid+1, 2)
}

// compare measures and corrects.
func (c *Canceller) compare() {
	d := &c.pacer
	for k := range d.turn {
		d.turn[k].re, d.turn[k].im = 0, 0
	}
	now, then := 0.0, 0.0
	for p := range d.past[0] {
		old, w := &d.past[0][p], &c.filter.weights[p]
		for k := range d.turn {
			a, b := float64(w.re[lowBin+k]), float64(w.im[lowBin+k])
			r, i := float64(old.re[k]), float64(old.im[k])
			d.turn[k].re += a*r + b*i
			d.turn[k].im += b*r - a*i
			now += a*a + b*b
			then += r*r + i*i
		}
	}
	likeness := func(lag float64) (sum float64) {
		s, co := math.Sincos(ring * lag * lowBin / size)
		ds, dc := math.Sincos(ring * lag / size)
		for k := range d.turn {
			sum += d.turn[k].re*co - d.turn[k].im*s
			co, s = co*dc-s*ds, s*dc+co*ds
		}
		return sum
	}
	best, top := 0.0, math.Inf(-1)
	for lag := -reach; lag <= reach; lag++ {
		if v := likeness(float64(lag)); v > top {
			best, top = float64(lag), v
		}
	}
	for step := 0.5; step > 0.02; step /= 2 {
		for _, lag := range [2]float64{best - step, best + step} {
			if v := likeness(lag); v > top {
				best, top = lag, v
			}
		}
	}
	d.sure = top / (math.Sqrt(now*then) + 1e-12)
	d.moved = best
	if d.sure < 0.6 || math.Abs(best) >= reach || !c.converged {
		return
	}
	// The path grew longer by so many samples in 2*driftEach frames: the far end is read too fast.
	ppm := best / (2 * driftEach * frame) * 1e6
	d.ppm = min(max(d.ppm-0.25*ppm, -500), 500)
	c.source.ppm = d.ppm
}

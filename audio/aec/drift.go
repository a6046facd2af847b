package aec

import (
	"math"
	"slices"
)

const (
	driftBin  = 128  // bins from lowBin on by which the filter's movement is seen: to 6.3 kHz
	driftEach = 25   // frames between two looks
	changed   = 0.14 // how much of the error goes with the far end where the filter does not fit any more
	reach     = 24   // samples either way a look sees
	near      = 5    // partitions of a fresh path
	freshKept = 5    // of them: the newest and the oldest are compared
)

// pacer measures how fast the echo moves, which in a room that stands still is the difference of the two clocks. The echo
// moves with the weights, those of now against those of a while ago, and as far as they don't follow it moves against
// what they make of the far end: the microphone against the estimate. Either is found as the lag that turns back the phase
// of a cross spectrum.
type pacer struct {
	past         [2][parts]struct{ re, im [driftBin]float32 }
	behind       [2]float64 // lag of the microphone behind the estimate in the last looks, samples
	cross        turned     // of microphone and estimate, since the last look
	turn         turned
	mic          float64 // and their powers
	echo         float64
	valid        int // how many of past hold the weights as they lie now
	count        int
	looks        int              // that were sure
	fresh        [freshKept]fresh // one for each look, newest first
	freshFull    int              // of them
	rough        [5]float64       // as seen, but by the fresh paths
	roughLooks   int
	seen         [5]float64 // the rates of the last looks, ppm
	moved        float64
	sure, likely float64
}

type turned [driftBin]struct{ re, im float64 }

// moment is the mean over a look of the frames since the start, and of the samples by which the resampler had moved the far
// end until then.
type moment struct{ frames, moved, n float64 }

func (m *moment) add(c *Canceller) {
	m.n++
	m.frames += (float64(c.frames) - m.frames) / m.n
	m.moved += (c.source.moved - m.moved) / m.n
}

// fresh is the path as a short while shows it by itself, in the partitions around the direct sound: too rough to cancel with,
// but it has no memory that clings to where the echo was.
type fresh struct {
	path  [near]struct{ re, im, far [driftBin]float32 }
	left  [near]struct{ re, im [driftBin]float32 } // the same for the filter's error
	power [driftBin]float32                        // of the error
	when  moment
}

func (d *pacer) reset() { *d = pacer{} }

// unsettle says that the weights have another place now, and what was kept does not compare with them.
func (d *pacer) unsettle() {
	d.valid, d.freshFull, d.fresh[0] = 0, 0, fresh{}
	d.cross, d.mic, d.echo, d.count = turned{}, 0, 0, 0
}

// follow adds the spectra of a frame of the microphone and of its estimate.
//
//go:norace
func (c *Canceller) follow(mic, echo, left *spectrum) {
	d := &c.pacer
	d.fresh[0].when.add(c)
	for p := range d.fresh[0].path {
		f, x := &d.fresh[0].path[p], c.far(c.offset+p)
		for k := range f.re {
			a, b, r, i := mic.re[lowBin+k], mic.im[lowBin+k], x.re[lowBin+k], x.im[lowBin+k]
			f.re[k] += a*r + b*i
			f.im[k] += b*r - a*i
			f.far[k] += r*r + i*i
		}
		l := &d.fresh[0].left[p]
		for k := range l.re {
			a, b, r, i := left.re[lowBin+k], left.im[lowBin+k], x.re[lowBin+k], x.im[lowBin+k]
			l.re[k] += a*r + b*i
			l.im[k] += b*r - a*i
		}
	}
	for k := range d.fresh[0].power {
		r, i := left.re[lowBin+k], left.im[lowBin+k]
		d.fresh[0].power[k] += r*r + i*i
	}
	for k := range d.cross {
		a, b := float64(mic.re[lowBin+k]), float64(mic.im[lowBin+k])
		r, i := float64(echo.re[lowBin+k]), float64(echo.im[lowBin+k])
		d.cross[k].re += a*r + b*i
		d.cross[k].im += b*r - a*i
		d.mic += a*a + b*b
		d.echo += r*r + i*i
	}
	d.count++
}

// pace looks every driftEach frames and steers the far end's resampler.
func (c *Canceller) pace() {
	d := &c.pacer
	if d.count < driftEach {
		return
	}
	d.likely = 0

	for k := range d.cross {
		d.likely += math.Hypot(d.cross[k].re, d.cross[k].im)
	}
	d.likely /= math.Sqrt(d.mic*d.echo) + 1e-9
	behind, _ := d.cross.lag()
	if d.likely < 0.3 {
		d.valid = 0
	}
	if d.valid >= 2 && c.slow >= 12 {
		c.compare(behind)
	}
	d.behind[0], d.behind[1] = d.behind[1], behind
	c.relearn()
	if c.slow < 12 {
		c.compareFresh()
	}
	copy(d.fresh[1:], d.fresh[:freshKept-1])
	d.fresh[0] = fresh{}
	d.freshFull++
	d.past[0] = d.past[1]
	for p := range d.past[1] {
		to, w := &d.past[1][p], &c.filter.weights[p]
		copy(to.re[:], w.re[lowBin:])
		copy(to.im[:], w.im[lowBin:])
	}
	d.valid = min(d.valid+1, 2)
	d.cross, d.mic, d.echo, d.count = turned{}, 0, 0, 0
}

// compare measures and corrects.
//
//go:norace
func (c *Canceller) compare(behind float64) {
	d := &c.pacer
	d.turn = turned{}
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
	lag, top := d.turn.lag()
	d.sure = top / (math.Sqrt(now*then) + 1e-12)
	d.moved = lag + behind - d.behind[0]
	if d.sure < 0.6 || d.likely < 0.5 || math.Abs(lag) >= reach || math.Abs(behind) >= reach || math.Abs(d.moved) > 14 {
		return
	}
	// The path grew longer by so many samples in 2*driftEach frames: the far end is read too fast. One look may be wrong by
	// a period of the voice, and looks while the filter learns are; so it takes the middle of several.
	c.steer(&d.seen, &d.looks, d.moved, d.fresh[2].when)
}

// relearn makes the filter learn fast again where its error goes with the far end: then the room has changed, or the clocks
// had run apart. An error that is a voice does not go with it.
//
//go:norace
func (c *Canceller) relearn() {
	f := &c.pacer.fresh[0]
	c.left = 0
	for p := range f.left {
		score := float32(0)
		l, far := &f.left[p], &f.path[p].far
		for k := range l.re {
			score += (l.re[k]*l.re[k] + l.im[k]*l.im[k]) / (f.power[k]*far[k] + 1e-9)
		}
		c.left = max(c.left, score/driftBin)
	}
	if c.left < changed || c.erle > 6 || c.learnt < 100 {
		c.misfits = 0
		return
	}
	c.misfits++
	if c.misfits > 1 || c.left > 0.3 {
		c.filter.loosen(1)
		c.suppressor.doubt()
	}
	if c.misfits > 1 && c.left > 0.2 && c.erle < 3 {
		c.suppressor.unsettled = max(c.suppressor.unsettled, 0.5)
	}
}

// compareFresh measures by the paths of now and of a while ago, and corrects.
//
//go:norace
func (c *Canceller) compareFresh() {
	d := &c.pacer
	if d.freshFull < freshKept-1 {
		return
	}
	d.turn = turned{}
	now, then := &d.fresh[0], &d.fresh[freshKept-1]
	var total float64
	for p := range now.path {
		n, o := &now.path[p], &then.path[p]
		for k := range d.turn {
			scale := 1 / math.Sqrt(float64(n.far[k])*float64(o.far[k])+1e-12)
			a, b, r, i := float64(n.re[k]), float64(n.im[k]), float64(o.re[k]), float64(o.im[k])
			d.turn[k].re += (a*r + b*i) * scale
			d.turn[k].im += (b*r - a*i) * scale
		}
	}
	for k := range d.turn {
		size := math.Hypot(d.turn[k].re, d.turn[k].im)
		root := math.Sqrt(size) + 1e-12
		d.turn[k].re /= root
		d.turn[k].im /= root
		total += size / root
	}
	lag, top := d.turn.lag()
	if !(top > 0.4*total) || math.Abs(lag) >= reach {
		return
	}
	c.steer(&d.rough, &d.roughLooks, lag, then.when)
}

// steer takes into account that the echo has grown later by so many samples since then.
func (c *Canceller) steer(seen *[5]float64, looks *int, later float64, then moment) {
	now := c.pacer.fresh[0].when
	span := (now.frames - then.frames) * frame
	if then.n == 0 || span > 2*(freshKept-1)*driftEach*frame { // a long pause: it may have moved out of sight
		return
	}
	seen[*looks%len(seen)] = (now.moved - then.moved - later) / span * 1e6
	*looks++
	n := min(*looks, len(seen))
	if n < 3 {
		return
	}
	sorted := *seen
	slices.Sort(sorted[:n])
	step := sorted[n/2] - c.source.ppm
	gain := 0.1
	if math.Abs(step) > 40 && n > 3 { // no error of measurement any more
		gain = 0.6
	}
	c.source.ppm = min(max(c.source.ppm+gain*step, -500), 500)
}

// lag is by how many samples one signal is later than the other, and how much of the cross spectrum that explains.
func (t *turned) lag() (lag, top float64) {
	top = math.Inf(-1)
	for l := -reach; l <= reach; l++ {
		if v := t.likeness(float64(l)); v > top {
			lag, top = float64(l), v
		}
	}
	for step := 0.5; step > 0.02; step /= 2 {
		for _, l := range [2]float64{lag - step, lag + step} {
			if v := t.likeness(l); v > top {
				lag, top = l, v
			}
		}
	}
	return lag, top
}

// likeness is the real part of the sum, turned back by lag samples.
//
//go:norace
func (t *turned) likeness(lag float64) (sum float64) {
	s, c := math.Sincos(circle * lag * lowBin / size)
	ds, dc := math.Sincos(circle * lag / size)
	for k := range t {
		sum += t[k].re*c - t[k].im*s
		c, s = c*dc-s*ds, s*dc+c*ds
	}
	return sum
}

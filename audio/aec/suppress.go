package aec

import "math"

const (
	delay    = 128 // samples the suppressor's filter adds
	analysis = 768 // samples its gains are made from
	bands    = 12
	voiced   = 1 // bands from there on and below hissing tell whether somebody speaks
	hissing  = 10
	lowest   = -6 // of level
	highest  = 4
)

// suppressor takes what the filter leaves: where the echo that is expected to remain is not far below what there is, the
// band is lowered, and filled with noise like the room's. The gains become a linear-phase filter of 2*delay+1 taps, so
// that no more than delay samples are waited for.
type suppressor struct {
	rest, echo  [size]float32 // the newest of the error and of the estimated echo
	window      [analysis]float32
	fade        [frame]float32 // of the noise, from one block to the next
	taper       [delay + 1]float32
	a, b        spectrum
	restPower   [bins]float32
	gain        [bins]float32
	room        [bins]float32 // power of the room's noise, as in restPower
	quiet       [bins]float32 // restPower, slower
	before, now spectrum      // the filter of the last frame and of this one
	flat        bool          // the last frame's filter let all pass
	noise       [frame]float32
	noiseOn     bool
	seed        uint64
	unsettled   float32 // how much of the far end's level is taken for echo before anything was learnt, 0 to 1
	heard       bool    // room holds something
	out, out2   [size]float32
	presumed    [bins]float32
	shares      [bands]share
	expected    [bins]float32  // residual echo by what the filter may miss, with the room's tail
	level       [bands]float32 // log of what is left against expected
	only        [bands]float32 // how surely there is nothing but echo, 0 to 1
	speaks      [bands]float32 // how surely somebody speaks here, 0 to 1
	talks       float32        // the same, all bands
}

func (s *suppressor) init() {
	for i := range s.window {
		s.window[i] = float32(0.5 - 0.5*math.Cos(circle*(float64(i)+0.5)/analysis))
	}
	for i := range s.fade {
		s.fade[i] = float32(math.Sin(circle / 4 * (float64(i) + 0.5) / frame))
	}
	for i := range s.taper {
		s.taper[i] = float32(0.5 + 0.5*math.Cos(circle/2*float64(i)/(delay+1)))
	}
}

func (s *suppressor) reset() {
	window, fade, taper := s.window, s.fade, s.taper
	*s = suppressor{window: window, fade: fade, taper: taper, flat: true, seed: 1, unsettled: 1}
	for k := range s.gain {
		s.gain[k] = 1
	}
	for b := range s.level {
		s.level[b] = 0.5 // nothing is known yet
	}
}

func push(past *[size]float32, x []float32) {
	copy(past[:], past[frame:])
	copy(past[size-frame:], x)
}

// suppress replaces rest, the filter's error, by what is sent, delay samples later. echo is the filter's estimate.
//
//go:norace
func (c *Canceller) suppress(rest, echo []float32, active bool) {
	s := &c.suppressor
	push(&s.rest, rest)
	push(&s.echo, echo)
	c.windowed(&s.rest, &s.a)
	for k := range s.restPower {
		p := s.a.re[k]*s.a.re[k] + s.a.im[k]*s.a.im[k]
		s.restPower[k] += 0.5 * (p - s.restPower[k])
		s.quiet[k] += 0.1 * (p - s.quiet[k])
		switch {
		case !s.heard:
			s.room[k] = 0.1 * p
		case s.quiet[k] < s.room[k]:
			s.room[k] += 0.3 * (s.quiet[k] - s.room[k])
		default:
			s.room[k] *= 1.002
		}
	}
	s.heard = true
	flat := !active
	if active {
		c.windowed(&s.echo, &s.b)
		flat = s.gains(c.far(0), &c.filter.uncertain)
	} else {
		for k := range s.gain {
			s.gain[k], s.expected[k], s.presumed[k] = 1, 0, 0
		}
	}
	c.apply(rest, flat)
}

// windowed is the spectrum of the newest samples under the window.
//
//go:norace
func (c *Canceller) windowed(x *[size]float32, out *spectrum) {
	clear(c.block[:size-analysis])
	for i, w := range c.suppressor.window {
		c.block[size-analysis+i] = w * x[size-analysis+i]
	}
	c.fft.forward(&c.block, out)
}

// gains sets the gain of each bin, and tells whether all let through what comes.
//
//go:norace
func (s *suppressor) gains(far *spectrum, uncertain *[used]float32) (flat bool) {
	const scale = 0.375 * analysis / size
	s.compare()
	s.expect(uncertain)
	flat = true
	for b := range s.level {
		// A voice is in several bands at once. What is in one alone is what the loudspeaker distorts, or the filter lacks.
		speaks := max(s.speaks[b]*min(0.2+3*s.talks, 1), s.talks)
		over := exp(s.level[b] + strict*(1-speaks) + lenient*speaks)
		least := shut*(1-speaks) + ajar*speaks
		for k := edges[b]; k < edges[b+1]; k++ {
			if k >= used { // the filter knows nothing of these: they go with their neighbours
				s.gain[k] = s.gain[k-8]
				continue
			}
			s.presumed[k] = max(0.95*s.presumed[k], scale*(far.re[k]*far.re[k]+far.im[k]*far.im[k]))
			residual := max(over*s.expected[k], s.unsettled*s.presumed[k])
			g := max(1-residual/(s.restPower[k]+1e-9), least)
			if g < s.gain[k] {
				s.gain[k] = g
			} else {
				s.gain[k] += 0.5 * (g - s.gain[k])
			}
			if s.gain[k] < 0.999 {
				flat = false
			}
		}
	}
	return flat
}

// apply filters the newest frame into out, from the last filter to this one's.
//
//go:norace
func (c *Canceller) apply(out []float32, flat bool) {
	s := &c.suppressor
	if flat && s.flat {
		copy(out, s.rest[size-frame-delay:size-delay])
	} else {
		s.shape(c, flat)
		c.fft.forward(&s.rest, &s.a)
		c.through(&s.before, &s.out)
		c.through(&s.now, &s.out2)
		for i := range out {
			mix := float32(i+1) / frame
			a, b := s.out[size-frame+i], s.out2[size-frame+i]
			out[i] = a + mix*(b-a)
		}
	}
	s.before, s.flat = s.now, flat
	c.comfort(out, flat)
}

// shape makes the filter of this frame out of the gains: their impulse response, cut to 2*delay+1 taps.
func (s *suppressor) shape(c *Canceller, flat bool) {
	if s.flat { // nobody has kept before up to date
		c.delayed(nil, &s.before)
	}
	if flat {
		c.delayed(nil, &s.now)
		return
	}
	s.now.re, s.now.im = s.gain, [bins]float32{}
	c.delayed(&s.now, &s.now)
}

// delayed is the spectrum of gains (nil: 1) as a filter delay samples late.
//
//go:norace
func (c *Canceller) delayed(gains, out *spectrum) {
	if gains == nil {
		clear(c.block[:])
		c.block[delay] = 1
		c.fft.forward(&c.block, out)
		return
	}
	c.fft.inverse(gains, &c.suppressor.out)
	response := &c.suppressor.out
	clear(c.block[:])
	for i, w := range c.suppressor.taper {
		c.block[delay-i] = w * response[i]
		c.block[delay+i] = w * response[i]
	}
	c.fft.forward(&c.block, out)
}

// through filters suppressor.a, the newest samples' spectrum.
//
//go:norace
func (c *Canceller) through(filter *spectrum, out *[size]float32) {
	s, product := &c.suppressor, &c.suppressor.b
	for k := range product.re {
		a, b, r, i := s.a.re[k], s.a.im[k], filter.re[k], filter.im[k]
		product.re[k], product.im[k] = a*r-b*i, a*i+b*r
	}
	c.fft.inverse(product, out)
}

// comfort adds noise of the room's spectrum where the gains took it away.
//
//go:norace
func (c *Canceller) comfort(out []float32, flat bool) {
	s := &c.suppressor
	if s.noiseOn {
		for i := range out {
			out[i] += s.noise[i] * s.fade[frame-1-i]
		}
	}
	s.noiseOn = !flat
	if flat {
		return
	}
	const scale = 2 * size / (0.375 * analysis) // twice, as the least of a noise is less than its mean
	for k := range s.b.re {
		s.seed = s.seed*6364136223846793005 + 1442695040888963407
		amplitude := float32(math.Sqrt(float64(scale * s.room[k] * max(1-s.gain[k]*s.gain[k], 0))))
		// Uniform parts of the right variance serve as well as a random phase: many of them make each sample.
		s.b.re[k] = amplitude * 1.2247449 * float32(int32(s.seed>>32)) / (1 << 31)
		s.b.im[k] = amplitude * 1.2247449 * float32(int32(uint32(s.seed>>13))) / (1 << 31)
	}
	s.b.im[0], s.b.im[half] = 0, 0
	c.fft.inverse(&s.b, &s.out)
	for i := range out {
		out[i] += s.out[i] * s.fade[i]
	}
	copy(s.noise[:], s.out[frame:2*frame])
}

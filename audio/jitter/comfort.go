package jitter

import "math"

// Comfort is the noise that a room has while nobody in it speaks: it learns level and colour from the quietest sound of a speaker,
// and plays the like of it where the speaker sends nothing, so that pauses are not holes. The colour is that of a linear
// prediction, as in RFC 3389. It is used by one goroutine at a time, allocates nothing, and makes the same noise of the same
// sound. The zero value is ready.
type Comfort struct {
	powers [steadyFor]float32 // of the last frames
	at     int
	frames int     // seen in the running window
	lowest float32 // that the last frames were together, in the running window
	before float32 // and in the one before
	learnt int     // 0: nothing
	auto   [order + 1]float32

	model  [order]float32 // y[n] = excite*noise[n] - model[0]*y[n-1] - ...
	excite float32
	state  [order]float32 // newest first
	seed   uint32
	gain   float32
	played int // samples since it began
}

const (
	order       = 12
	hop         = rate48 / 100 // samples in a frame
	rate48      = 48000
	steadyFor   = 4       // frames: what fades out at the end of a talk spurt is no background
	floorWindow = 150     // frames, 1.5 s: the floor is the least of one to two of these
	near        = 4       // times the floor's power is still background: 6 dB
	loudRoom    = 1e-4    // mean square: -40 dBFS; what never falls below is no background
	loudNoise   = 5e-6    // -53 dBFS: no louder noise is made, and it never looks like speech
	nothing     = 1e-8    // -80 dBFS: not worth being made
	smoothing   = 1. / 16 // weight of a new frame
	noiseRise   = 1. / (rate48 / 50)
	noiseFall   = 1. / (rate48 / 100)
	noiseHold   = 3 * rate48 // samples, and then
	noiseEnd    = rate48     // it fades for so long
)

// Learn takes decoded sound.
func (c *Comfort) Learn(pcm []float32) {
	for ; len(pcm) >= hop; pcm = pcm[hop:] {
		c.learn(pcm[:hop])
	}
}

func (c *Comfort) learn(frame []float32) {
	p := power(frame)
	c.powers[c.at%steadyFor] = p
	c.at++
	if c.at < steadyFor {
		return
	}
	c.at = c.at%steadyFor + steadyFor
	steady := p
	for _, q := range c.powers {
		steady = max(steady, q)
	}
	if c.frames == 0 || steady < c.lowest {
		c.lowest = steady
	}
	if c.frames++; c.frames >= floorWindow {
		c.before, c.frames = c.lowest, 0
		if c.learnt == 0 {
			c.learnt = 1 // the floor of a whole window counts
			c.auto = [order + 1]float32{}
		}
	}
	if c.Background(frame) {
		c.colour(frame)
	}
}

// floor is the power of the background, as far as it is known.
func (c *Comfort) floor() float32 {
	if c.frames == 0 {
		return c.before
	}
	return min(c.lowest, c.before)
}

// Background tells whether there is nothing but the room's noise in the sound.
func (c *Comfort) Background(pcm []float32) bool {
	f := c.floor()
	return c.learnt > 0 && f < loudRoom && power(pcm) <= near*f
}

// colour learns from a frame of background.
func (c *Comfort) colour(frame []float32) {
	weight := float32(smoothing)
	if known, f := c.auto[0], c.floor(); known > 2*near*f || known < f/(2*near) {
		weight = 1 // it is another noise
	}
	for k := range c.auto {
		sum := float32(0)
		for i, v := range frame[k:] {
			sum += v * frame[i]
		}
		c.auto[k] += weight * (sum/hop - c.auto[k])
	}
}

// power is the mean square, 1 where it is more, or no number.
func power(pcm []float32) float32 {
	if p := float32(energy(pcm)) / float32(max(len(pcm), 1)); p < 1 {
		return p
	}
	return 1
}

// Mix adds the noise to out while it is on, and while it fades after that. It tells whether there was any.
func (c *Comfort) Mix(out []float32, on bool) (sound bool) {
	if on && c.gain == 0 && c.played == 0 {
		c.begin()
	}
	if c.excite == 0 || !on && c.gain == 0 {
		if !on {
			c.played = 0
		}
		return false
	}
	for i := range out {
		goal := float32(0)
		if on {
			goal = min(max(float32(noiseHold+noiseEnd-c.played)/noiseEnd, 0), 1)
			c.played = min(c.played+1, noiseHold+noiseEnd)
		}
		c.gain = min(max(goal, c.gain-noiseFall), c.gain+noiseRise)
		out[i] += c.gain * c.next()
	}
	return true
}

// next is one sample of noise.
func (c *Comfort) next() float32 {
	c.seed = c.seed*1664525 + 1013904223 // Numerical Recipes, section 7.1
	y := c.excite * (float32(c.seed>>8)/(1<<23) - 1)
	for k, a := range c.model {
		y -= a * c.state[k]
	}
	copy(c.state[1:], c.state[:])
	c.state[0] = y
	return y
}

// begin makes the filter of what was learnt: Levinson and Durbin's recursion.
func (c *Comfort) begin() {
	c.excite, c.state = 0, [order]float32{}
	if !(c.auto[0] >= nothing) {
		return
	}
	var a [order]float64
	left := float64(c.auto[0])*1.0001 + 1e-12 // a little white noise keeps it stable
	for i := range a {
		sum := float64(c.auto[i+1])
		for k := range i {
			sum += a[k] * float64(c.auto[i-k])
		}
		reflection := -sum / left
		if math.Abs(reflection) >= 1 {
			break
		}
		old := a
		for k := range i {
			a[k] += reflection * old[i-1-k]
		}
		a[i] = reflection
		left *= 1 - reflection*reflection
	}
	for k := range a {
		c.model[k] = float32(a[k])
	}
	quieter := math.Min(math.Sqrt(loudNoise/float64(c.auto[0])), 1)
	c.excite = float32(math.Sqrt(3*left) * quieter) // evenly spread noise has a third of its peak's power
}

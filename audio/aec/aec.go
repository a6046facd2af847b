// Package aec takes the sound of the loudspeaker out of the microphone's: an adaptive filter that learns the way from one
// to the other (its delay, its echo in the room, and how far the two devices' clocks run apart), and a suppressor for what
// no linear filter can take away. Mono, 48 kHz, float32 with full scale at 1, frames of 480 samples.
//
// The inner loops are marked go:norace: they touch one Canceller's memory only, and under the race detector they would take
// thirty times as long. Two goroutines that share a Canceller are still found, by what Far, Cancel and Reset touch themselves.
package aec

import "math"

const rate = 48000

// Delay is by how many samples Cancel delays the near voice: 2.7 ms.
func Delay() int { return delay }

// Stats is what a Canceller knows about the echo.
type Stats struct {
	DelayMS    float64 // from Far to the microphone; 0 while it is unknown
	ERLE       float64 // echo return loss enhancement, decibels: by how much the filter alone lowers the microphone now
	DriftPPM   float64 // by how much faster than the microphone's the speaker's clock runs
	Converged  bool    // the filter takes away most of an echo
	DoubleTalk bool    // somebody speaks here while the speaker does
}

// Canceller removes the echo of one speaker from one microphone. It is used by one goroutine at a time, which calls Far
// for each frame that the speaker was given and Cancel for each frame of the microphone, about as often; who is late by
// a few frames does no harm. Neither allocates.
type Canceller struct {
	fft        *transform
	source     farEnd
	filter     filter
	finder     finder
	pacer      pacer
	suppressor suppressor

	spectra [history]spectrum // of the far end, newest at head
	head    int
	past    [size]float32 // the far end's newest samples
	offset  int           // frames of delay before the filter's first partition
	frames  int64         // of the microphone, ever
	missing int           // frames in a row without the far end
	active  int           // frames until the far end's last sound has left the filter

	block            [size]float32
	scratch          spectrum
	error, nearby    spectrum      // of the newest frame of the error and of the microphone
	echo, kept       [size]float32 // by the learning weights, and by those of the foreground
	mic              [frame]float32
	rest, restKept   [frame]float32
	micPower         float64 // smoothed, as are the following
	power, keptPower float64
	blend            float32 // how much of the learning weights' result is taken
	cross, square    float32 // of microphone and estimate, smoothed
	trust            float32 // how much of the estimate is taken off
	sinceCopy        int
	converged        bool
	erle             float64
	slow             float64 // the same, over a second
	doubleTalk       float64
	left             float32 // how much the error goes with the far end, 0 to 1
	misfits          int     // looks in a row at which the filter did not fit
	learnt           int     // frames learnt from
}

// New is a Canceller that knows nothing yet.
func New() *Canceller {
	c := &Canceller{fft: newTransform()}
	c.source.init()
	c.suppressor.init()
	c.Reset()
	return c
}

// Reset forgets everything, as after a change of devices.
func (c *Canceller) Reset() {
	c.source.reset()
	c.filter.reset()
	c.finder.reset()
	c.pacer.reset()
	c.suppressor.reset()
	c.spectra = [history]spectrum{}
	clear(c.past[:])
	c.head, c.offset, c.missing, c.active, c.frames = 0, 0, 0, 0, 0
	c.micPower, c.power, c.keptPower, c.blend, c.trust, c.sinceCopy = 0, 0, 0, 1, 1, 0
	c.cross, c.square = 0, 0
	c.converged, c.erle, c.slow, c.doubleTalk, c.learnt, c.misfits, c.left = false, 0, 0, 0, 0, 0, 1
}

// Far takes the next samples that the speaker is given, a frame as a rule. They are copied.
func (c *Canceller) Far(frame []float32) { c.source.write(frame) }

// Stats of now.
func (c *Canceller) Stats() Stats {
	s := Stats{ERLE: c.erle, DriftPPM: c.source.ppm, Converged: c.converged, DoubleTalk: c.doubleTalk > 0.5}
	if c.finder.found {
		best := 0
		for p, v := range c.filter.peak {
			if v > c.filter.peak[best] {
				best = p
			}
		}
		s.DelayMS = float64((c.offset+best)*frame+c.filter.at[best]+kernel/2+int(max(c.source.lag, 0))) * 1000 / rate
	}
	return s
}

// Cancel removes the echo from a frame of the microphone, in place. A slice of another length than 480 is left alone.
func (c *Canceller) Cancel(near []float32) {
	if len(near) != frame {
		return
	}
	for i, v := range near {
		c.mic[i] = clean(v)
	}
	c.frames++
	c.advance()
	active := c.active > 0
	if active {
		c.active--
		c.place()
		c.subtract()
	} else {
		c.rest = c.mic
		clear(c.echo[:])
	}
	copy(near, c.rest[:])
	c.suppress(near, c.echo[size-frame:], active)
}

// advance reads the far end's next frame, or as many as are due.
func (c *Canceller) advance() {
	n := c.source.due()
	if n == 0 {
		c.missing++
		if c.missing <= 8 { // late: the filter waits with it
			c.slip(-1)
			return
		}
		c.pushFar(nil)
		return
	}
	c.missing = 0
	for range n {
		c.pushFar(c.past[:])
	}
	c.slip(n - 1)
}

// pushFar puts the next frame, nil for silence, at the head of the spectra.
func (c *Canceller) pushFar(past []float32) {
	copy(c.past[:], c.past[frame:])
	newest := c.past[size-frame:]
	if past == nil {
		clear(newest)
	} else {
		c.source.read(newest)
	}
	power := 0.0
	for _, v := range newest {
		power += float64(v) * float64(v)
	}
	if power > 1e-7*frame { // -70 dBFS
		c.active = lags + parts
	}
	c.head = (c.head + history - 1) & (history - 1)
	c.fft.forward(&c.past, &c.spectra[c.head])
}

// slip moves the filter as the far end's time has moved against the microphone's by so many frames.
func (c *Canceller) slip(by int) {
	if by == 0 {
		return
	}
	to := c.offset + by
	if to < 0 {
		c.filter.shift(to)
		c.pacer.unsettle()
		to = 0
	}
	c.offset = min(to, lags)
}

// place looks for the delay and puts the filter where the echo is.
func (c *Canceller) place() {
	clear(c.block[:size-frame])
	copy(c.block[size-frame:], c.mic[:])
	c.fft.forward(&c.block, &c.nearby)
	first := !c.finder.found
	lag, ok := c.findDelay(&c.nearby)
	if !ok {
		return
	}
	to := max(lag-headroom, 0)
	if first {
		c.filter.reset()
		c.offset = to
		level := float32(0.07)
		for p := range c.filter.variance {
			if p > headroom {
				level *= 0.8
			}
			for k := range c.filter.variance[p] {
				c.filter.variance[p][k] = level
			}
		}
		c.pacer.unsettle()
		return
	}
	if to < c.offset || to > c.offset+2 {
		c.filter.shift(c.offset - to)
		c.offset = to
		c.pacer.unsettle()
	}
}

// subtract takes the estimated echo from mic into rest and learns.
//
//go:norace
func (c *Canceller) subtract() {
	c.estimate(&c.scratch, &c.error)
	c.fft.inverse(&c.scratch, &c.echo)
	c.fft.inverse(&c.error, &c.kept)
	var mic, power, kept float64
	for i, v := range c.mic {
		a, b := v-c.echo[size-frame+i], v-c.kept[size-frame+i]
		c.rest[i], c.restKept[i] = a, b
		mic += float64(v) * float64(v)
		power += float64(a) * float64(a)
		kept += float64(b) * float64(b)
	}
	c.micPower += 0.1 * (mic - c.micPower)
	c.power += 0.1 * (power - c.power)
	c.keptPower += 0.1 * (kept - c.keptPower)

	clear(c.block[:size-frame])
	copy(c.block[size-frame:], c.rest[:])
	c.fft.forward(&c.block, &c.error)
	if c.finder.found {
		c.scratch = c.nearby
		for k := range c.scratch.re {
			c.scratch.re[k] -= c.error.re[k]
			c.scratch.im[k] -= c.error.im[k]
		}
		c.follow(&c.nearby, &c.scratch, &c.error)
	}
	c.learn(&c.error)
	c.learnt++
	c.choose()

	best := min(c.power, c.keptPower)
	c.erle = 10 * math.Log10((c.micPower+1e-9)/(best+1e-9))
	speaks := 0.0
	if c.converged && c.suppressor.talks > 0.4 && c.left < changed {
		speaks = 1
	}
	c.doubleTalk += 0.1 * (speaks - c.doubleTalk)
	if c.doubleTalk < 0.3 || c.erle > c.slow { // what somebody says here is no fault of the filter
		c.slow += 0.01 * (c.erle - c.slow)
	}
	c.converged = c.slow > 8
	switch u := &c.suppressor.unsettled; {
	case c.slow > 8, !c.finder.found && c.finder.heard > 100:
		*u *= 0.95
	case c.finder.found && c.left < 0.07: // what remains is no echo
		*u *= 0.95
	default:
		*u *= 0.995
	}
	if c.suppressor.unsettled < 1e-4 {
		c.suppressor.unsettled = 0
	}
	c.pace()
}

// choose mixes the results of the two sets of weights into rest and echo, and copies the better set over the other.
//
//go:norace
func (c *Canceller) choose() {
	to := float32(0)
	if c.power < c.keptPower {
		to = 1
	}
	from := c.blend
	step := (to - from) / frame
	for i := range c.rest {
		mix := from + step*float32(i+1)
		c.rest[i] = c.restKept[i] + mix*(c.rest[i]-c.restKept[i])
		at := size - frame + i
		c.echo[at] = c.kept[at] + mix*(c.echo[at]-c.kept[at])
	}
	c.blend = to
	c.distrust()
	c.sinceCopy++
	switch {
	case c.power < 0.9*c.keptPower && c.sinceCopy >= 10:
		c.filter.kept = c.filter.weights
		c.keptPower, c.sinceCopy = c.power, 0
	case c.power > 4*c.keptPower && c.sinceCopy >= 10:
		c.filter.weights = c.filter.kept
		c.power, c.sinceCopy = c.keptPower, 0
	}
}

// distrust takes less of the estimate off where it has little in common with the microphone, as when the loudspeaker has
// been moved. It looks at a tenth of a second, as within a frame the voices of two people may well be alike.
//
//go:norace
func (c *Canceller) distrust() {
	echo := c.echo[size-frame:]
	var square, cross float32
	for i, v := range c.mic {
		square += echo[i] * echo[i]
		cross += v * echo[i]
	}
	c.square += 0.15 * (square - c.square)
	c.cross += 0.15 * (cross - c.cross)
	share := c.cross / (c.square + 1e-9)
	to := min(max(2.5*(share-0.2), 0), 1)
	from := min(c.trust, to+0.5)
	c.trust = to
	if from == 1 && to == 1 {
		return
	}
	for i := range c.rest {
		c.rest[i] = c.mic[i] - (from+(to-from)*float32(i+1)/frame)*echo[i]
	}
}

package agc

const (
	// Ceiling is what a Limiter never exceeds: -1 dBFS.
	Ceiling float32 = 0.8912509
	// Delay is that of a Limiter, in samples of each channel: 2 ms at 48 kHz.
	Delay = 96

	block     = 16            // samples between two values of the gain
	lookahead = Delay / block // blocks
	// holdBlocks is how long a peak holds the gain down: 10.7 ms, half a period of 47 Hz, so that the gain doesn't follow the
	// wave of a deep voice.
	holdBlocks = 32
	// release is the part of the cut that each block gives back: a time constant of 100 ms.
	release = block / (0.100 * 48000)
	// none is the cut that counts as no cut.
	none = 1e-4
)

// ease has the weights of the last gains in one value of the gain. They are symmetric, so that the gain's slope changes gently.
var ease = [lookahead - 1]float32{1, 2, 3, 2, 1}

const easeSum = 9

// Limiter turns the gain down ahead of what would clip, and slowly up again. Sound below the ceiling comes out as it was, bit for
// bit. The zero value is ready for one channel.
//
// The gain is piecewise linear, with a value at each block's border. Each block needs a gain of at most Ceiling/peak; the mean over
// lookahead-1 blocks of the minimum over at least lookahead blocks is never above what the blocks at either side of the border
// need, so no sample between two borders can exceed the ceiling.
type Limiter struct {
	stereo bool
	delay  [2 * Delay]float32
	at     int // position in delay
	n      int // samples of the block in hand, all channels

	peak  float32             // of the block in hand
	needs [holdBlocks]float32 // cuts, 1 minus the gain, that the last blocks need
	need  int                 // position in needs
	held  float32             // the largest of them
	cut   float32             // the same, decaying
	cuts  [len(ease)]float32  // the last values of cut, oldest first

	gain, step float32 // cut for the sample in hand, as 1 minus the gain, and its change from sample to sample
	next       float32 // cut at the end of the block that comes out
}

// NewLimiter makes a Limiter for 1 channel or 2 interleaved, which share one gain, so that the place of a sound doesn't move. Any
// other number of channels counts as 1.
func NewLimiter(channels int) *Limiter { return &Limiter{stereo: channels == 2} }

// Process limits frame in place. It comes out Delay samples late. Frames may have any length; a stereo one an even one.
func (l *Limiter) Process(frame []float32) {
	if l.stereo {
		l.pairs(frame)
		return
	}
	for len(frame) > 0 {
		n := min(len(frame), block-l.n)
		delay := l.delay[l.at : l.at+n] // Delay is a whole number of blocks
		peak, gain := l.peak, l.gain
		for i, v := range frame[:n] {
			v = clean(v)
			peak = larger(peak, v)
			gain += l.step
			frame[i] = bound(delay[i] * (1 - gain))
			delay[i] = v
		}
		l.peak, l.gain = peak, gain
		l.at = (l.at + n) % Delay
		if l.n += n; l.n == block {
			l.turn()
		}
		frame = frame[n:]
	}
}

// pairs is Process for two channels. A single last sample is silenced.
func (l *Limiter) pairs(frame []float32) {
	for ; len(frame) > 1; frame = frame[2:] {
		left, right := clean(frame[0]), clean(frame[1])
		l.peak = larger(larger(l.peak, left), right)
		l.gain += l.step
		pair := l.delay[2*l.at : 2*l.at+2]
		frame[0], frame[1] = bound(pair[0]*(1-l.gain)), bound(pair[1]*(1-l.gain))
		pair[0], pair[1] = left, right
		l.at = (l.at + 1) % Delay
		if l.n++; l.n == block {
			l.turn()
		}
	}
	clear(frame)
}

// ProcessSides is Process of a Limiter for one channel, for two that come as (L+R)/2 and (L-R)/2, of the same length. The louder of L and
// R is the sum of the two magnitudes: that stays below the ceiling, but for the last digit. With a silent side it does to mid exactly
// what Process does, but slower; the two can take turns when side has been silent for Delay samples.
func (l *Limiter) ProcessSides(mid, side []float32) {
	for i, m := range mid {
		m, s := clean(m), clean(side[i])
		l.peak = larger(l.peak, max(m, -m)+max(s, -s))
		l.gain += l.step
		pair := [2]*float32{&l.delay[l.at], &l.delay[Delay+l.at]}
		mid[i], side[i] = bound(*pair[0]*(1-l.gain)), bound(*pair[1]*(1-l.gain))
		*pair[0], *pair[1] = m, s
		l.at = (l.at + 1) % Delay
		if l.n++; l.n == block {
			l.turn()
		}
	}
}

// bound is for the rounding of the last digit only.
func bound(v float32) float32 {
	if v > Ceiling {
		return Ceiling
	}
	if v < -Ceiling {
		return -Ceiling
	}
	return v
}

// larger is the larger of peak and the magnitude of v. Comparisons are faster than max, which looks for what is not a number.
func larger(peak, v float32) float32 {
	if v > peak {
		return v
	}
	if -v > peak {
		return -v
	}
	return peak
}

// turn ends a block: its peak is known now, and with it the gain at the end of the block that comes out next.
func (l *Limiter) turn() {
	now, gone := 1-Ceiling/max(l.peak, Ceiling), l.needs[l.need]
	l.needs[l.need] = now
	l.need = (l.need + 1) % holdBlocks
	l.peak, l.n = 0, 0

	switch {
	case now >= l.held:
		l.held = now
	case gone == l.held: // the next largest of those still held
		l.held = 0
		for _, v := range l.needs {
			l.held = max(l.held, v)
		}
	}
	if l.cut -= l.cut * release; l.cut < none {
		l.cut = 0
	}
	l.cut = max(l.cut, l.held)
	copy(l.cuts[:], l.cuts[1:])
	l.cuts[len(l.cuts)-1] = l.cut

	sum := float32(0)
	for i, w := range ease {
		sum += w * l.cuts[i]
	}
	l.gain = l.next // exactly: no error adds up
	l.next = sum / easeSum
	l.step = (l.next - l.gain) / block
}

// Reset forgets the sound that waits and the gain.
func (l *Limiter) Reset() { *l = Limiter{stereo: l.stereo} }

package agc

import "math"

const (
	// quietest is the power that counts as silence: -80 dBFS. A converter's own noise is about there.
	quietest = 1e-8
	// leastSpeech is the power below which nothing is speech: -65 dBFS.
	leastSpeech = 3.16e-7
	// aboveNoise is how far speech lies above the noise floor, as a ratio of powers: 9 dB. Steady noise swings by 3 dB from frame to
	// frame, and the floor is a minimum, some 2 dB below the noise's mean.
	aboveNoise = 8
	// voiced is the probability of a voice from which a frame counts as speech.
	voiced = 0.5
	// louder is the ratio of powers that makes a shout of what was normal: 11 dB.
	louder = 12
	// quieter is the ratio that makes a whisper of it, or the end of a word: 14 dB.
	quieter = 25

	floorBlock  = 10  // frames in a block of the floor's minimum: 100 ms
	floorBlocks = 32  // the floor looks 3.2 s back: longer than anybody speaks without a pause
	memory      = 150 // frames of speech that the loudness is a mean of
	known       = 30  // frames of speech from which on a shout is told from a beginning
	hurry       = 10  // frames that a shout has to settle
	lively      = 40  // frames that a syllable's end tells of speech
	anew        = 10  // frames that the first of a shout count as, so that the mean follows the rest soon
	whisper     = 50  // frames of far quieter speech that are the new loudness; above lively, so that noise never gets there
	shortRun    = 3   // frames: what is shorter is a key or a mouse, where nobody knows of voices
)

// meter follows how loud the speech in a sound is, and how loud the noise below it is. Powers are mean squares, full scale is 1.
// The zero value is ready.
//
// Loudness is the mean power of the frames with speech in them, behind the high-pass filter of ITU-R BS.1770-4 (annex 1, stage 2),
// so that rumble and hum below 40 Hz have no part in it.
//
// The floor is the least smoothed power of the last 3.2 s (Martin, "Noise power spectral density estimation based on optimal
// smoothing and minimum statistics", IEEE Trans. Speech Audio Process. 9(5), 2001; here for the whole band at once). Speech has
// pauses, so the minimum is the noise.
type meter struct {
	x1, x2, y1, y2 float64 // state of the high-pass filter

	smooth  float64 // power over about 30 ms
	blocks  [floorBlocks]float64
	block   int // the one being filled, and how many before it, until they wrap
	filled  int // frames in it
	started bool

	peak  float64 // of smooth, decaying: what a syllable's end is below
	alive int     // frames left in which the last syllable's end counts
	run   int     // frames in a row above the noise

	last   [3]float64 // powers of the last frames
	loud   float64    // the estimate
	count  int        // frames of speech it is made of, up to memory
	rush   int        // frames left of a shout
	high   int        // frames of speech in a row that are far louder than loud
	low    int        // and far quieter
	lowSum float64    // their powers
}

// add takes the next frame in, makes silence in it of what is not a number, and tells whether it is speech. voice is the
// probability that it is, below zero where nobody knows.
func (m *meter) add(frame []float32, voice float32) (speech bool) {
	p := m.power(frame)
	m.last[0], m.last[1], m.last[2] = m.last[1], m.last[2], p
	m.follow(p)
	if p < leastSpeech || p < aboveNoise*m.floor() {
		m.run = 0
		return false
	}
	m.run++
	if voice < 0 {
		if m.run < shortRun {
			return false
		}
	} else if !(voice >= voiced) {
		return false
	}
	// Noise that has just begun is above the floor too, for 3.2 s. But no syllable of it ends, so it must not pull the estimate
	// down: that would turn it up.
	if m.alive == 0 && p < m.loud {
		return false
	}
	return m.estimate(p)
}

// power is the mean square of the filtered frame.
func (m *meter) power(frame []float32) float64 {
	const a1, a2 = -1.99004745483398, 0.99007225036621
	x1, x2, y1, y2 := m.x1, m.x2, m.y1, m.y2
	sum := 0.0
	for i, v := range frame {
		v = clean(v)
		frame[i] = v
		x := float64(v)
		y := x - 2*x1 + x2 - a1*y1 - a2*y2
		x1, x2, y1, y2 = x, x1, y, y1
		sum += y * y
	}
	if math.Abs(y1)+math.Abs(y2) < 1e-12 {
		y1, y2 = 0, 0 // no denormal numbers, which are slow
	}
	m.x1, m.x2, m.y1, m.y2 = x1, x2, y1, y2
	return max(sum/float64(len(frame)), quietest)
}

// follow keeps the floor's minima and looks for the ends of syllables.
func (m *meter) follow(p float64) {
	if !m.started {
		m.started, m.smooth, m.peak = true, p, p
		for i := range m.blocks {
			m.blocks[i] = math.Inf(1)
		}
	}
	m.smooth += 0.4 * (p - m.smooth)
	if m.filled == floorBlock {
		m.block, m.filled = (m.block+1)%floorBlocks, 0
		m.blocks[m.block] = math.Inf(1)
	}
	m.filled++
	m.blocks[m.block] = min(m.blocks[m.block], m.smooth)

	m.peak = max(m.smooth, m.peak*0.98)
	m.alive = max(m.alive-1, 0)
	if m.smooth < m.peak/4 {
		m.alive, m.peak = lively, m.smooth // the next one must rise first
	}
}

func (m *meter) floor() float64 {
	least := m.blocks[0]
	for _, v := range m.blocks[1:] {
		least = min(least, v)
	}
	return least
}

// estimate takes the power of a frame of speech into the mean. A talker who has become far louder or quieter isn't waited for. A
// frame that is far quieter than the mean is the end of a word, and doesn't count, or a whisper if there are many in a row.
func (m *meter) estimate(p float64) (counts bool) {
	if m.count >= 2*shortRun && p < m.loud/quieter {
		m.low, m.lowSum = m.low+1, m.lowSum+p
		if m.low == whisper {
			m.loud, m.count = m.lowSum/whisper, whisper
			m.low, m.lowSum = 0, 0
		}
		return false
	}
	m.low, m.lowSum = 0, 0
	m.count = min(m.count+1, memory)
	m.loud += (p - m.loud) / float64(m.count)

	if m.high++; p < louder*m.loud || m.count < known {
		m.high = 0
	}
	if m.high == 2 { // one alone is a knock
		m.rush = hurry
	}
	if m.rush > 0 {
		m.rush--
		if now := (m.last[0] + m.last[1] + m.last[2]) / 3; now > m.loud {
			m.loud, m.count = now, min(m.count, anew)
		}
	}
	return true
}

// dB is a power in decibels of full scale.
func dB(power float64) float64 { return 10 * math.Log10(max(power, quietest)) }

package agc

const (
	// MaxGain and MinGain bound a Control, in decibels.
	MaxGain = 24
	MinGain = -20

	// noiseCeiling is the level in dBFS up to which a Control may bring the noise below the speech.
	noiseCeiling = -45

	enough  = 15 // frames of speech that must be heard before the gain goes up
	few     = 3  // and before it goes down
	near    = 2  // decibels from where the gain goes, within which it goes gently
	settled = 0.3

	// aim makes up for the weakest parts of words, which count as speech for the ear and not for the meter.
	aim = 0.7

	// Changes in decibels a frame of speech. Far is for those who have only just begun, or begun to whisper.
	upFar, upNear = 0.25, 0.06
	downNear      = 0.1
	downMost      = 5 // far: half of what is left, at most this
	downNoise     = 0.06
)

// Control is the gain control of a microphone. It brings speech to Target, whoever speaks and however far from the microphone,
// and leaves all else at the gain that the last speech left. A new talker who is far too quiet comes up by 25 dB a second of
// speech, in the first 1.5 s of it; what changes after that, by 6 dB/s; a shout goes down within 100 ms. The noise below the
// speech bounds the gain: it is not brought above -45 dBFS, and not raised at all where it is louder than that.
//
// The output may exceed full scale while a shout begins, by as much as it is louder than what was before: a Limiter follows.
//
// The zero value is ready, with a gain of 0 dB.
type Control struct {
	meter meter
	fader fader
}

// Process applies the gain to frame, in place and without delay. voice is the probability from 0 to 1 that frame holds a voice, as
// RNNoise gives it, below zero where nobody knows.
func (c *Control) Process(frame []float32, voice float32) {
	if len(frame) == 0 {
		return
	}
	speech := c.meter.add(frame, voice)
	c.move(speech)
	c.fader.apply(frame)
}

// move takes the gain a step to where it should be.
func (c *Control) move(speech bool) {
	most := min(MaxGain, max(0, noiseCeiling-dB(c.meter.floor())))
	gain := &c.fader.dB
	if *gain > most {
		*gain = max(*gain-downNoise, most)
	}
	if !speech {
		return
	}
	want := min(max(Target+aim-dB(c.meter.loud), MinGain), most)
	switch d := want - *gain; {
	case d > settled && c.meter.count >= enough && c.meter.alive > 0:
		if d > near && c.meter.count < memory {
			*gain += upFar
		} else {
			*gain += upNear
		}
	case d < -near && c.meter.count >= few:
		*gain -= min(-d/2, downMost)
	case d < -settled && c.meter.count >= few:
		*gain -= downNear
	}
}

// Gain is the gain in decibels at the end of the last frame. A gate behind the Control adds it to a threshold that is meant for
// the microphone's own level.
func (c *Control) Gain() float32 { return float32(c.fader.dB) }

// Reset forgets the talker, as for another microphone.
func (c *Control) Reset() { *c = Control{} }

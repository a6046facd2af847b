package agc

const (
	// Most is how far a Leveller turns a speaker up or down, in decibels.
	Most = 15

	// Within the window a talker is loud enough and not too loud. Outside it the gain goes on until it is right.
	window = 2.5
	right  = 0.5

	// Changes in decibels a frame of speech: 4 dB/s up, 10 dB/s down.
	rise = 0.04
	fall = 0.1
)

// Leveller brings one speaker's decoded sound to Target, within a few decibels, so that those heard together are equally loud even
// if their programs have no gain control. It is slower than a Control, which it leaves the sudden changes to, and as it has no
// probability of a voice, it knows speech by its level alone: well above the noise, longer than a key's click, in syllables.
//
// The zero value is ready, with a gain of 0 dB.
type Leveller struct {
	meter  meter
	fader  fader
	moving bool
}

// Process applies the gain to a frame in place and without delay. A Limiter should follow.
func (l *Leveller) Process(frame []float32) {
	if len(frame) == 0 {
		return
	}
	if l.meter.add(frame, -1) {
		l.move()
	}
	l.fader.apply(frame)
}

// Again applies the gain of the last Process or Leave to another channel of the same frame.
func (l *Leveller) Again(frame []float32) { l.fader.again(frame) }

// Leave is Process for who is levelled no more: within the first frame the gain comes back to 0 dB, and the speaker is forgotten.
func (l *Leveller) Leave(frame []float32) {
	*l = Leveller{fader: fader{linear: l.fader.linear}}
	if len(frame) > 0 {
		l.fader.apply(frame)
	}
}

func (l *Leveller) move() {
	m := &l.meter
	// A talker who cannot be told from the noise is not raised with it.
	most := min(Most, max(0, noiseCeiling-dB(m.floor()), l.fader.dB))
	d := min(max(Target-dB(m.loud), -Most), most) - l.fader.dB
	switch {
	case d > window || d < -window:
		l.moving = true
	case d < right && d > -right:
		l.moving = false
	}
	switch {
	case !l.moving || m.count < enough:
	case d > 0 && m.alive > 0:
		l.fader.dB += min(d, rise)
	case d < 0:
		l.fader.dB -= min(-d, fall)
	}
}

// Gain is the gain in decibels at the end of the last frame.
func (l *Leveller) Gain() float32 { return float32(l.fader.dB) }

// Reset forgets the speaker.
func (l *Leveller) Reset() { *l = Leveller{} }

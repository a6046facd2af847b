package audio

import "time"

// trial looks, at the first start, whether the device that the system says moves sound at all: a loudspeaker that asks for
// some, a microphone that gives anything but zeros. One that does not is compared with the others, and passed over only for
// one that does. A microphone that is muted by a switch of its own gives zeros for good reasons: that is why nothing
// is passed over but at the first start, never for another that is as silent, and for its zeros never while others listen
// (Follow.SetOnAir).
//
//	waiting ─► (works) over
//	   └────► probing ─► (it works after all, or nothing else does) over
//	             └─────► (another works) pass: that one is taken, and has shown that it works
//
// It is pure: Follow opens and closes.
type trial struct {
	state trialState
	begun time.Time // when the state began
}

type trialState uint8

const (
	trialOver trialState = iota // the zero value tries nothing
	trialWaiting
	trialProbing
)

// trialSeen is what is known of the devices.
type trialSeen struct {
	called bool // it calls
	sounds bool // of a microphone: a sample was not zero
	others bool // there are some
	works  bool // one that is probed does what this one should
}

// trialDoes is what Follow has to do.
type trialDoes uint8

const (
	trialNothing trialDoes = iota
	trialProbe             // open the others beside it
	trialKeep              // close them; it was the last try
	trialPass              // close them, and take one that works
)

const (
	trialCalls  = time.Second             // a device that works has called by then
	trialSounds = 1500 * time.Millisecond // and a microphone has heard some noise
	trialLasts  = 2 * time.Second         // how long others are listened to
)

// begin tries a device that was just opened.
func (t *trial) begin(now time.Time) { *t = trial{trialWaiting, now} }

func (t *trial) step(now time.Time, k Kind, s trialSeen) trialDoes {
	works := s.called && (k == Output || s.sounds)
	since := now.Sub(t.begun)
	switch t.state {
	case trialWaiting:
		switch {
		case works || since >= trialCalls && !s.others:
			return t.end(trialKeep)
		case since >= trialSounds || since >= trialCalls && !s.called:
			t.state, t.begun = trialProbing, now
			return trialProbe
		}
	case trialProbing:
		switch {
		case works:
			return t.end(trialKeep)
		case s.works:
			return t.end(trialPass)
		case since >= trialLasts:
			return t.end(trialKeep)
		}
	}
	return trialNothing
}

func (t *trial) end(d trialDoes) trialDoes {
	t.state = trialOver
	return d
}

package call

import (
	"time"

	"parley/audio"
	"parley/audio/mix"
)

// startEchoTest begins one, outside of a place alone: what is played there would be heard by others, and theirs would be measured.
func (t *turn) startEchoTest() {
	if t.sound.EchoTest.Phase != EchoTestIdle {
		return
	}
	t.endCheck("")
	t.sound.EchoTest = EchoTestState{EchoDBFS: mix.Floor}
	if t.place.phase != Idle {
		t.sound.EchoTest.Failed = "The echo can be tested outside of a channel or call only."
		return
	}
	t.sound.EchoTest.Phase = EchoTestRunning
	t.echoUntil = t.now + echoWithin
	t.do(startEchoTest{})
}

// echoWithin is how long a test may take: the sound, devices that have to open, and some sound servers' notion of a second.
const echoWithin = 20 * time.Second

// endEchoTest ends it, if one runs; failed is a sentence, or empty.
func (t *turn) endEchoTest(failed string) {
	if t.sound.EchoTest.Phase == EchoTestIdle {
		return
	}
	t.sound.EchoTest.Phase, t.sound.EchoTest.Failed = EchoTestIdle, failed
	t.do(stopEchoTest{})
}

func (t *turn) tickEchoTest() {
	if t.sound.EchoTest.Phase != EchoTestIdle && t.now >= t.echoUntil {
		t.endEchoTest(t.noDevice("The test's sound was not played in time: the speaker does not work."))
	}
}

// noDevice says which device there is none of, or else what is given.
func (t *turn) noDevice(failed string) string {
	if t.sound.Mic == "" {
		return "There is no microphone that works: plug one in, or choose another."
	}
	if no := t.noSpeaker(); no != "" {
		return no
	}
	return failed
}

// echoTested takes what the microphone has heard.
func (t *turn) echoTested(ev echoTested) {
	if t.sound.EchoTest.Phase == EchoTestIdle {
		return // stopped since
	}
	switch e := &t.sound.EchoTest; ev.result.Trouble {
	case audio.EchoShort:
		t.endEchoTest(t.noDevice("The microphone delivered too little to test: try again, or choose another."))
	case audio.EchoNone:
		t.endEchoTest(t.noDevice("The microphone does not hear the speakers: headphones? Then there is no echo to take away."))
	case audio.EchoNoise:
		t.endEchoTest("The room is too loud for this test: try again when it is quiet, or turn the speakers up.")
	default:
		e.Done, e.EchoDBFS, e.LeftDB, e.DelayMS = true, ev.result.EchoDBFS, ev.result.LeftDB, ev.delay
		t.endEchoTest("")
	}
}

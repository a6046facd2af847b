package call

import (
	"slices"
	"time"

	"parley/audio/mix"
	"parley/wire"
)

func (t *turn) soundCommand(cmd Command) {
	switch c := cmd.(type) {
	case Watch:
		t.do(setWatch{c.On})
	case Listen:
		t.listen(c.On && t.place.phase == Idle)
	case Check:
		t.startCheck()
	case StopCheck:
		t.endCheck("")
	case EchoTest:
		t.startEchoTest()
	case StopEchoTest:
		t.endEchoTest("")
	case Play:
		t.do(playSound{c.Samples, clampVolume(c.Gain), c.Ring})
	case StopRing:
		t.do(stopRing{})
	case UseRinger:
		t.do(useRinger{c.Device})
	case SetOutputVolume:
		t.do(setOutputVolume{clampVolume(c.Gain)})
	}
}

// listen is the visible local test: nothing of it goes anywhere.
func (t *turn) listen(on bool) {
	if t.sound.Listening != on {
		t.sound.Listening = on
		t.do(setListen{on})
	}
}

func (t *turn) devicesSeen(ev devicesSeen) {
	if !slices.Equal(t.sound.Devices, ev.devices) {
		t.sound.Devices = ev.devices
	}
	t.sound.Mic, t.sound.Speaker = ev.mic, ev.speaker
}

func (t *turn) startCheck() {
	if t.sound.Check.Phase != CheckIdle {
		return
	}
	t.endEchoTest("")
	t.sound.Check = CheckState{Phase: CheckRecording, Heard: mix.Floor}
	t.checkUntil = t.now + CheckTime
	t.do(startCheck{})
}

// endCheck ends it, if one runs; failed is a sentence, or empty.
func (t *turn) endCheck(failed string) {
	if t.sound.Check.Phase == CheckIdle {
		return
	}
	t.sound.Check.Phase, t.sound.Check.Failed = CheckIdle, failed
	t.do(stopCheck{})
}

// tickCheck goes from recording to playing.
func (t *turn) tickCheck() {
	if t.sound.Check.Phase == CheckIdle || t.now < t.checkUntil {
		return
	}
	switch {
	case t.sound.Check.Phase == CheckPlaying:
		t.endCheck("The recording was not played in time: the speaker does not work.")
	case t.sound.Mic == "":
		t.endCheck("There is no microphone that works: plug one in, or choose another.")
	default:
		t.sound.Check.Phase, t.checkUntil = CheckPlaying, t.now+playWithin
		t.do(playCheck{})
	}
}

// playWithin is how long a recording may take to be heard to its end: a loudspeaker that has to open, and some sound servers'
// notion of a second.
const playWithin = CheckTime + 10*time.Second

func (t *turn) checkHeard(ev checkHeard) {
	if t.sound.Check.Phase != CheckPlaying {
		return // stopped since
	}
	t.sound.Check.Heard = ev.level
	if !ev.plays {
		t.endCheck(ev.failed)
	}
}

// noSpeaker says why nothing was heard, if there is a reason.
func (t *turn) noSpeaker() string {
	if t.sound.Speaker == "" {
		return "There is no speaker that works: plug one in, or choose another."
	}
	return ""
}

// setShare takes back at once what outsiders see.
func (t *turn) setShare(on bool) {
	t.share = on
	t.tellSpeaking(t.place.spoken)
}

// tellSpeaking lets the server know when one begins and ends to speak, for those who look at the list of channels. It is called
// by the tick, and so at most four times a second.
func (t *turn) tellSpeaking(on bool) {
	on = on && t.share && !t.quiet() && len(t.self.whisper) == 0 && t.sound.Check.Phase == CheckIdle
	if t.place.phase != Joined || t.place.call != "" || t.link != Online || on == t.place.spoken && !(t.place.unsure && t.share) {
		return
	}
	t.place.spoken, t.place.unsure = on, false
	t.do(tell{&wire.VoiceSpeaking{On: on}})
}

// memberSpeaking has no place in the sequence: one that is lost is mended by the next.
func (t *turn) memberSpeaking(m *wire.MemberSpeaking) {
	list := t.rosters[m.Channel]
	for i := range list {
		if list[i].Address == m.Member && list[i].Speaking != m.On {
			list[i].Speaking = m.On
			t.version++
		}
	}
}

// tests says whether one of them runs.
func (s *state) tests() bool {
	return s.sound.Check.Phase != CheckIdle || s.sound.EchoTest.Phase != EchoTestIdle
}

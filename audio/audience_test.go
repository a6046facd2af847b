package audio_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
	"parley/audio/vad"
)

// Levels of the microphone by whom it is for: what is said for some must be told from the rest in the packets.
const (
	forAll  = 0.1
	forSome = 0.5
	divides = 0.25 // decoded samples above it were for some
)

// loud says how many samples of what was sent for an audience were said for some.
func loud(t *testing.T, packets []audio.Packet, audience uint32) (n int) {
	t.Helper()
	var list []audio.Packet
	for _, p := range packets {
		if p.Audience == audience {
			list = append(list, p)
		}
	}
	for _, v := range decode(t, list) {
		if v > divides {
			n++
		}
	}
	return n
}

// Of what is said for some nothing goes to everybody, however late it comes from the device, and however soon the key is let go of; and
// those some get all of it, with the words of the gate's release.
func TestAudience(t *testing.T) {
	for _, mode := range []vad.Mode{vad.Open, vad.Voice, vad.PTT, vad.Hush} {
		for _, frames := range []int{0, 1, 2, 30} { // of 10 ms that the key is down
			for _, late := range []int{0, 4} { // frames that the device holds
				t.Run(fmt.Sprint(mode, frames, late), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						m := newMic(t, audio.CaptureConfig{Gate: vad.Config{Mode: mode}})
						m.SetDeviceLatency(time.Duration(late) * audio.FrameTime)
						sent := m.speak(20+late, forAll)
						m.SetAudience(1)
						m.SetForce(true)
						if late < frames {
							sent = append(sent, m.speak(late, forAll)...)
							sent = append(sent, m.speak(frames-late, forSome)...)
							m.SetForce(false)
							m.SetAudience(audio.Everybody)
							sent = append(sent, m.speak(late, forSome)...)
						} else {
							sent = append(sent, m.speak(frames, forAll)...)
							m.SetForce(false)
							m.SetAudience(audio.Everybody)
							sent = append(sent, m.speak(late-frames, forAll)...)
							sent = append(sent, m.speak(frames, forSome)...)
						}
						m.SetPTT(mode != vad.Hush)
						sent = append(sent, m.speak(60, forAll)...)
						if n := loud(t, sent, audio.Everybody); n > 0 {
							t.Errorf("%d samples went to everybody", n)
						}
						if n := loud(t, sent, 1); (n > 0) != (frames > 0) || frames == 30 && n < 9*audio.FrameSize {
							t.Errorf("%d samples went to some", n)
						}
						last := sent[len(sent)-1]
						if last.Audience != audio.Everybody {
							t.Error("it does not end")
						}
						for i := 1; i < len(sent); i++ {
							p, q := sent[i-1], sent[i]
							if int32(q.Timestamp-p.Timestamp) < int32(p.Samples) {
								t.Errorf("packet %d begins before the one before it has ended", i)
							}
							if q.Audience == audio.Everybody && p.Audience != q.Audience && !q.Marker && len(q.Payload) > 2 {
								t.Error("no new talk spurt for everybody")
							}
						}
					})
				})
			}
		}
	}
}

// From some to others nothing goes over, and while muted nothing goes to anybody, forced or not.
func TestAudienceToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMic(t, audio.CaptureConfig{Gate: open})
		m.SetDeviceLatency(3 * audio.FrameTime)
		m.SetAudience(1)
		sent := m.speak(20, forSome)
		m.SetAudience(2)
		sent = append(sent, m.speak(3, forSome)...) // said before that
		sent = append(sent, m.speak(20, forAll)...)
		if n := loud(t, sent, 1); n == 0 {
			t.Error("the first heard nothing")
		}
		if n := loud(t, sent, 2); n > 0 {
			t.Errorf("%d samples went to the next", n)
		}
		if p := sent[len(sent)-1]; p.Audience != 2 || m.Speaking() {
			t.Errorf("the last packet is for %d; everybody is told of a voice: %v", p.Audience, m.Speaking())
		}
		m.SetForce(true)
		m.SetMuted(true)
		if sent := m.speak(20, forSome); len(sent) > 0 {
			t.Errorf("%d packets of a muted microphone", len(sent))
		}
		m.SetAudience(audio.Everybody)
		m.SetForce(false)
		m.SetMuted(false)
		sent = m.speak(40, forAll)
		if p := sent[len(sent)-1]; p.Audience != audio.Everybody || !m.Speaking() {
			t.Errorf("the last packet is for %d", p.Audience)
		}
	})
}

// That somebody speaks is not told to everybody of a whisper either, which the gate and the meters remember for a while. What is said
// after it is.
func TestAudienceSpeaking(t *testing.T) {
	for _, mode := range []vad.Mode{vad.Open, vad.Voice} {
		synctest.Test(t, func(t *testing.T) {
			m := newMic(t, audio.CaptureConfig{Gate: vad.Config{Mode: mode, Hold: time.Second}})
			m.SetAudience(1)
			m.SetForce(true)
			m.speak(20, forSome)
			m.SetForce(false)
			m.SetAudience(audio.Everybody)
			for i := range 100 {
				m.speak(1, 0)
				if m.Speaking() {
					t.Fatalf("mode %v: after %d frames everybody is told of a whisper", mode, i)
				}
			}
			if m.speak(10, forAll); !m.Speaking() {
				t.Errorf("mode %v: and then of nothing any more", mode)
			}
		})
	}
}

// With two keys one after the other, nothing of the second whisper goes to the first ones.
func TestAudienceTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMic(t, audio.CaptureConfig{Gate: open})
		m.SetAudience(1)
		sent := m.speak(20, forAll)
		m.SetAudience(audio.Everybody)
		sent = append(sent, m.speak(3, forAll)...) // they are still heard by the first
		m.SetAudience(2)
		sent = append(sent, m.speak(20, forSome)...)
		if a, b, all := loud(t, sent, 1), loud(t, sent, 2), loud(t, sent, audio.Everybody); a > 0 || b == 0 || all > 0 {
			t.Errorf("%d samples to the first, %d to the second, %d to everybody", a, b, all)
		}
	})
}

// What is still said while the gate lets go is for the same people.
func TestAudienceLastWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const late, release = 4, 10 // frames
		m := newMic(t, audio.CaptureConfig{Gate: vad.Config{Mode: vad.PTT}})
		m.SetDeviceLatency(late * audio.FrameTime)
		m.SetAudience(1)
		m.SetForce(true)
		m.speak(20, forSome)
		m.SetForce(false)
		m.SetAudience(audio.Everybody)
		sent := m.speak(release+late, forSome)
		if n := loud(t, sent, 1); n < (release-2)*audio.FrameSize/3 { // a third of a tone is above half of its height
			t.Errorf("%d samples went to some", n)
		}
		m.SetPTT(true)
		if n := loud(t, append(sent, m.speak(20, forAll)...), audio.Everybody); n > 0 {
			t.Errorf("%d samples went to everybody", n)
		}
	})
}

package audio_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
	"parley/audio/aec"
	"parley/audio/audiotest"
	"parley/audio/vad"
)

// TestEchoTape plays the sound of the test into rooms, and lets a microphone hear it that cancels echoes or not.
func TestEchoTape(t *testing.T) {
	sound := audio.EchoSound()
	quiet := func(n int) []float32 { return make([]float32, n) }
	late := append(quiet(audio.SampleRate/4), append(sound, quiet(audio.SampleRate/2)...)...)
	room := audiotest.Convolve(late, audiotest.Room(1, 60*time.Millisecond, 300*time.Millisecond))
	noise := func(dbfs float64) []float32 { return audiotest.ToLevel(audiotest.PinkNoise(3, len(late)), dbfs) }
	for name, c := range map[string]struct {
		heard    []float32
		cancels  bool
		trouble  audio.EchoTrouble
		low, top float32
	}{
		"cancelled":               {plus(room, noise(-70)), true, audio.EchoHeard, 25, 60},
		"cancelled, no noise":     {room, true, audio.EchoHeard, 25, 60},
		"not cancelled":           {plus(room, noise(-70)), false, audio.EchoHeard, -0.5, 0.5},
		"headphones":              {noise(-70), true, audio.EchoNone, 0, 0},
		"headphones, no noise":    {quiet(len(late)), false, audio.EchoNone, 0, 0},
		"headphones and noise":    {noise(-30), true, audio.EchoNoise, 0, 0},
		"an echo below the noise": {plus(room, noise(-18)), true, audio.EchoNoise, 0, 0},
		"the microphone ends":     {room[:3*audio.SampleRate], true, audio.EchoShort, 0, 0},
		"no microphone":           {nil, true, audio.EchoShort, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tape := audio.NewEchoTape()
			record(tape, late, c.heard, c.cancels)
			got := tape.Measure()
			t.Logf("%+v", got)
			if got.Trouble != c.trouble || got.LeftDB < c.low || got.LeftDB > c.top {
				t.Errorf("want trouble %d, %.1f to %.1f dB", c.trouble, c.low, c.top)
			}
			if want := float32(-18); got.Trouble == audio.EchoHeard && math.Abs(float64(got.EchoDBFS-want)) > 3 {
				t.Errorf("an echo at %.1f dBFS, want %.1f", got.EchoDBFS, want)
			}
		})
	}
}

// record fills a tape as a Capture does, without one.
func record(tape *audio.EchoTape, far, near []float32, cancels bool) {
	c := aec.New()
	for at := 0; at+audio.FrameSize <= len(near); at += audio.FrameSize {
		frame := append([]float32(nil), near[at:at+audio.FrameSize]...)
		tape.Before(frame)
		if cancels {
			c.Far(far[at : at+audio.FrameSize])
			c.Cancel(frame)
		}
		tape.After(frame)
	}
}

func plus(a, b []float32) []float32 {
	out := append([]float32(nil), a...)
	for i, v := range b {
		out[i] += v
	}
	return out
}

// TestEchoTapeHostile: whatever is recorded, the figures are numbers.
func TestEchoTapeHostile(t *testing.T) {
	sound := audio.EchoSound()
	for name, v := range map[string]float32{"not a number": float32(math.NaN()), "infinite": float32(math.Inf(1)), "huge": 1e30, "full scale": 1} {
		tape := audio.NewEchoTape()
		frame := make([]float32, audio.FrameSize)
		for at := 0; at+audio.FrameSize <= len(sound); at += audio.FrameSize {
			tape.Before(sound[at : at+audio.FrameSize])
			for i := range frame {
				frame[i] = v
			}
			tape.After(frame)
		}
		if got := tape.Measure(); got.Trouble != audio.EchoHeard || !(got.LeftDB < 0 && got.LeftDB > -400) {
			t.Errorf("%s leaves the canceller: %+v", name, got)
		}
	}
}

// TestCaptureEchoTape: the tape holds what the microphone heard, as long as it is in, and no more than it can.
func TestCaptureEchoTape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMic(t, audio.CaptureConfig{Gate: vad.Config{Mode: vad.Open}})
		tape := audio.NewEchoTape()
		m.speak(5, 0.5)
		m.SetEchoTape(tape)
		m.speak(7, 0.5)
		m.SetEchoTape(nil)
		m.speak(5, 0.5)
		dry, wet := tape.Recorded()
		if len(dry) != 7*audio.FrameSize || len(wet) != len(dry) {
			t.Fatalf("%d and %d samples", len(dry), len(wet))
		}
		for i, want := range tone(200, 0.5, 5*audio.FrameSize, len(dry)) {
			if dry[i] != want || wet[i] != want {
				t.Fatalf("sample %d: %v and %v, want %v", i, dry[i], wet[i], want)
			}
		}
		m.SetEchoTape(tape)
		m.speak(1500, 0.5)
		if dry, _ := tape.Recorded(); len(dry) < len(audio.EchoSound()) || len(dry)%audio.FrameSize != 0 {
			t.Errorf("%d samples in a full one", len(dry))
		}
	})
}

func TestEchoTapeAllocations(t *testing.T) {
	tape, frame := audio.NewEchoTape(), make([]float32, audio.FrameSize)
	if n := testing.AllocsPerRun(2000, func() { tape.Before(frame); tape.After(frame) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

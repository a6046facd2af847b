// Package sound measures what is done to sound with recorded human speech, which synthetic voices are no substitute for.
package sound

import (
	"math"
	"testing"

	"parley/audio"
	"parley/audio/aec"
	"parley/audio/audiotest"
	"parley/test/lab"
)

const (
	second       = audio.SampleRate
	talk, double = 7 * second, 3 * second
)

// heldOut are recordings that the canceller was not tuned with.
var heldOut = []string{
	"vm-options", "conf-adminmenu-162", "screen-callee-options", "priv-callee-options", "vm-instructions",
	"tt-allbusy", "queue-periodic-announce", "vm-newuser", "conf-usermenu", "dir-instr",
}

// TestEcho takes the echo of recorded voices out of ten rooms. The medians are those that were promised.
func TestEcho(t *testing.T) {
	known, err := lab.Voices(10)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := lab.Sentences(10, heldOut...)
	if err != nil {
		t.Fatal(err)
	}
	full, err := lab.Speech(13)
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []struct {
		name   string
		voices [][]float32
	}{{"tuned with", known}, {"held out", fresh}} {
		t.Run(set.name, func(t *testing.T) {
			var all []audiotest.EchoResult
			for i, room := range audiotest.EchoRooms {
				far, near := set.voices[i%len(set.voices)], full[i*second/4:]
				switch i % 3 {
				case 1: // the same voice at both ends, which is the hardest
					near = set.voices[(i+3)%len(set.voices)][second:]
				case 2: // all that there is of a voice, to 24 kHz
					far, near = full, far
				}
				scene := audiotest.NewEchoScene(room, uint64(i), far[:talk+double], near[:double], talk)
				got := scene.Measure(cancel(scene))
				t.Logf("%-12s %v", room.Name, got)
				if got.First < 20 || got.Settled < 20 || got.Double < got.Before+5 {
					t.Errorf("%s: too little", room.Name)
				}
				all = append(all, got)
			}
			median := audiotest.MedianEcho(all)
			t.Logf("%-12s %v", "median", median)
			if median.First < 25 || median.Settled < 40 || median.Double < 12 || math.Abs(median.Near) > 1 {
				t.Error("the median room is too bad")
			}
		})
	}
}

// cancel is what the canceller makes of the scene, in time with its microphone.
func cancel(s *audiotest.EchoScene) []float32 {
	c, out := aec.New(), append([]float32(nil), s.Mic...)
	for at := 0; at+audio.FrameSize <= len(out); at += audio.FrameSize {
		c.Far(s.Far[at : at+audio.FrameSize])
		c.Cancel(out[at : at+audio.FrameSize])
	}
	return append(out[aec.Delay():], make([]float32, aec.Delay())...)
}

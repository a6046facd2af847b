package call

import (
	"math"
	"testing"

	"parley/audio/vad"
)

// A check hears the microphone whatever the key to talk does in that mode, up or down.
func TestCheckNeedsNoKey(t *testing.T) {
	for _, mode := range []string{"vad", "ptt", "open", "ptm"} {
		for _, talk := range []bool{false, true} {
			s := &sound{talk: talk, check: &check{}}
			s.voice.Store(&Voice{Mode: mode})
			g := vad.New(gate(*s.voice.Load()))
			g.Key(s.keyDown())
			frame := make([]float32, 480)
			for i := range frame {
				frame[i] = 0.5 * float32(math.Sin(float64(i)/10))
			}
			if !g.Process(frame, -9, 1) {
				t.Errorf("mode %s, key %v: the check is silent", mode, talk)
			}
			if s.check = nil; s.keyDown() != talk {
				t.Errorf("mode %s: without a check the key is %v", mode, !talk)
			}
		}
	}
}

package audio_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/audio"
)

// TestFarEnd: it holds what the loudspeaker was given, sample by sample, and the silence of a device that asked for more than there
// was: an echo does not come later for the canceller when it comes later for the ear.
func TestFarEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := audio.NewFarEnd()
		r := &room{Playout: audio.NewPlayout(audio.PlayoutConfig{FarEnd: far}), chunk: 10, step: 5}
		t.Cleanup(r.Close)
		a := r.speaker("a", 200)
		var given, got []float32
		frame := make([]float32, audio.FrameSize)
		run := func(d time.Duration) {
			r.run(d, every(20, a.send))
			given = append(given, r.heard...)
			for far.Read(frame) {
				got = append(got, frame...)
			}
		}
		for range 10 {
			run(200 * time.Millisecond)
			hasty := make([]float32, 1700) // all that is there, and more
			r.Read(hasty)
			given = append(given, hasty...)
		}
		run(200 * time.Millisecond)
		if _, missed := r.Playout.Missed(); missed == 0 || len(got) < len(given)-audio.FrameSize || !slices.Equal(got, given[:len(got)]) {
			t.Errorf("%d samples were missed; %d of %d are known, and not the same", missed, len(got), len(given))
		}
	})
}

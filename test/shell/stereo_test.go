package shell_test

import (
	"testing"

	"parley/audio/audiotest"
	"parley/audio/wavdev"
	"parley/test/lab"
)

// TestMusic: with --music what is left and right of the microphone is left and right for who hears it; who has none is in the middle.
func TestMusic(t *testing.T) {
	w := newWorld(t)
	for _, bad := range [][]string{{"--music", "loud"}, {"--music=on", "--bitrate", "64000"}} {
		w.ctl("Ana", append([]string{"join", "--channel", "General"}, bad...)...).ends(usage, "usage")
	}
	const left, right, voice = 440, 660, 1000
	ben := w.sits("Ben", voice)
	say, ear := w.path("music.wav"), w.path("music-ear.wav")
	if err := wavdev.WriteStereo(say, audiotest.Tone(left, 0.25, lab.SampleRate), audiotest.Tone(right, 0.25, lab.SampleRate)); err != nil {
		t.Fatal(err)
	}
	// What a profile does to a voice is not done to music.
	ana := w.joins("Ana", "--processing=on", "--music=on", "--bitrate", "96000", "--play", say, "--loop", "--record", ear)
	ana.tone, ana.ear = left, ear
	hear(ana, ben) // until both are well heard
	for _, p := range []*person{ana, ben} {
		l, r, err := wavdev.ReadStereo(p.ear)
		if err != nil || len(l) < lab.SampleRate {
			t.Fatalf("%s: %d samples, %v", p.name, len(l), err)
		}
		l, r = l[len(l)-lab.SampleRate:], r[len(r)-lab.SampleRate:]
		if p == ana {
			if a, b := toneIn(l, voice), toneIn(r, voice); a < toneLevel-1 || b < toneLevel-1 || a > toneLevel+1 || b > toneLevel+1 {
				t.Errorf("a voice on the left at %.1f dBFS, on the right at %.1f", a, b)
			}
			continue
		}
		for _, side := range []struct {
			name        string
			heard       []float32
			own, beside float64
		}{{"left", l, left, right}, {"right", r, right, left}} {
			own, beside := toneIn(side.heard, side.own), toneIn(side.heard, side.beside)
			if own < toneLevel-1 || own > toneLevel+1 || beside > own-25 {
				t.Errorf("%s: %.1f dBFS of its own, %.1f of the other", side.name, own, beside)
			}
		}
	}
	ben.leaves()
	ana.leaves()
}

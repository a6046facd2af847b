package shell_test

import (
	"math"
	"testing"

	"parley/audio/audiotest"
	"parley/audio/wavdev"
	"parley/test/lab"
)

// What one hears of oneself is what was said, through the codec, at its level and for as long.
func TestCheck(t *testing.T) {
	w := newWorld(t)
	say, ear := w.path("say.wav"), w.path("ear.wav")
	if err := wavdev.WriteFile(say, audiotest.Tone(400, 0.25, lab.SampleRate)); err != nil {
		t.Fatal(err)
	}
	lines := w.run("Ana", nil, "check", "--play", say, "--loop", "--record", ear, "--mode", "open", "--processing=off").done()
	last := lines[len(lines)-1]
	if last.Event != "done" || last.Command != "check" {
		t.Errorf("the last line: %+v", last)
	}
	heard, err := wavdev.ReadFile(ear)
	if err != nil || len(heard) < 5*lab.SampleRate {
		t.Fatalf("%d samples, %v", len(heard), err)
	}
	from, to := 0, len(heard)
	for from < to && heard[from] == 0 {
		from++
	}
	for to > from && heard[to-1] == 0 {
		to--
	}
	if s := float64(to-from) / lab.SampleRate; s < 4 || s > 5.2 {
		t.Errorf("%.2f s were played", s)
	}
	if got := toneIn(heard[from:to], 400); math.Abs(got-toneLevel) > 1 {
		t.Errorf("played at %.1f dBFS, want %.1f", got, toneLevel)
	}
	w.run("Ana", nil, "check", "--mic", "none", "--speaker", "none").ends(refused, "sound")
	w.run("Ana", nil, "check", "--echo", "--mic", "none", "--speaker", "none").ends(refused, "sound")
	w.run("Ana", nil, "check", "--play", say, "--mic", "x").ends(usage, "usage")
	w.run("Ana", nil, "check", "--mode", "loud").ends(usage, "usage")
	w.run("Ana", nil, "check", "me").ends(usage, "usage")
}

// All people together are louder or softer here; presence is what others see.
func TestVolumeOutAndPresence(t *testing.T) {
	w := newWorld(t)
	ana, ben := w.both()
	full := toneIn(hear(ben)[0], ana.tone)
	ben.tell("volume-out 50")
	if half := toneIn(hear(ben)[0], ana.tone); math.Abs(full-half-6) > 1.5 {
		t.Errorf("at 50 %%: %.1f dBFS, %.1f at 100", half, full)
	}
	for _, bad := range []string{"volume-out", "volume-out loud", "volume-out 201", "volume-out NaN", "presence asleep"} {
		ben.untold(bad)
	}
	ben.tell("presence dnd")
	w.owner("Olga")
	if l := find(w.ctl("Olga", "who").done(), named("Ben")); l.Status != "dnd" {
		t.Errorf("Ben is %q", l.Status)
	}
}

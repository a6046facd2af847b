package heard

import (
	"slices"
	"testing"
	"time"

	"parley/audio"
	"parley/bench/internal/measure"
)

// TestStimulus plays the stimulus over a perfect path of a known delay, and over one that loses every chirp.
func TestStimulus(t *testing.T) {
	const count, late = 5, 1234
	x, err := Stimulus(count)
	if err != nil {
		t.Fatal(err)
	}
	ear := make([]float32, len(x)+late)
	for i, v := range x {
		ear[i+late] = v / 3
	}
	got, err := Between(x, ear)
	want := measure.Round(late*1000.0/audio.SampleRate, 1)
	if err != nil || got.Heard != count || got.Missed != 0 || got.Median != want || got.P95 != want {
		t.Errorf("%+v, %v; want %d at %.1f ms", got, err, count, want)
	}
	if got, err := Between(x, make([]float32, len(ear))); err == nil {
		t.Errorf("silence: %+v and no error", got)
	}
}

func TestSilence(t *testing.T) {
	tone := slices.Repeat([]float32{0.1, -0.1}, audio.SampleRate/4) // half a second
	quiet := make([]float32, audio.SampleRate)
	for want, x := range map[time.Duration][]float32{
		0:                      tone,
		300 * time.Millisecond: slices.Concat(tone, quiet[:audio.SampleRate*3/10], tone, quiet[:audio.SampleRate/10], tone),
		time.Second:            slices.Concat(tone, quiet),
		2 * time.Second:        slices.Concat(quiet, quiet),
	} {
		if got := Silence(x); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

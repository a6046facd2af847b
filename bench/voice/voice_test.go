package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/bench/internal/measure"
)

// TestStimulus plays the stimulus over a perfect path of a known delay, and over one that loses every chirp.
func TestStimulus(t *testing.T) {
	const count, late = 5, 1234
	x, err := stimulus(count)
	if err != nil {
		t.Fatal(err)
	}
	ear := make([]float32, len(x)+late)
	for i, v := range x {
		ear[i+late] = v / 3
	}
	found, missed := audiotest.ChirpDelays(x, ear, audiotest.Chirp(), 900*time.Millisecond)
	got, err := summarize(found, missed)
	want := measure.Round(late*1000.0/audio.SampleRate, 1)
	if err != nil || got.Heard != count || got.Missed != 0 || got.Median != want || got.P95 != want {
		t.Errorf("%+v, %v; want %d at %.1f ms", got, err, count, want)
	}
	if got, err := summarize(audiotest.ChirpDelays(x, make([]float32, len(ear)), audiotest.Chirp(), 900*time.Millisecond)); err == nil {
		t.Errorf("silence: %+v and no error", got)
	}
}

func TestReadStats(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stats")
	const lines = `{"event":"stats","capture_ms":9,"peers":[]}
{"event":"stats","capture_ms":10,"peers":[{"name":"b","jb_delay_ms":20,"rtt_ms":1}]}
{"event":"stats","capture_ms":12,"peers":[{"name":"b","jb_delay_ms":24,"rtt_ms":1}]}
{"event":"stats","capture_ms":14,"peers":[{"name":"b","jb_delay_ms":22,"rtt_ms":1}]}
{"event":"stats","capt`
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := readStats(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"capture_ms": 12, "jb_delay_ms": 22, "rtt_ms": 1, "missing": 0} {
		if got := s.median(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if err := os.WriteFile(path, []byte(`{"peers":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readStats(path); err == nil {
		t.Error("statistics without a peer gave no error")
	}
}

package main

import (
	"os"
	"path/filepath"
	"testing"
)

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

package main

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"parley/bench/internal/measure"
)

// TestStalls reads them among other lines, and refuses what is no log.
func TestStalls(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`time=2026-11-22T10:40:00.000+01:00 level=WARN msg="ui stall" ms=400
time=2026-11-22T10:40:02.250+01:00 level=WARN msg="ui stall" ms=154
time=2026-11-22T10:40:02.300+01:00 level=INFO msg="ui stall is no such line" ms=7
time=2026-11-22T09:41:00.000Z level=WARN msg="ui stall" ms=70
`)
	from := time.Date(2026, 11, 22, 9, 40, 1, 0, time.UTC)
	got, earlier, err := stalls(path, from)
	if want := []stall{{154, 1.3}, {70, 59}}; err != nil || earlier != 1 || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v after %d, %v; want %+v after 1", got, earlier, err, want)
	}
	write(`time=then level=WARN msg="ui stall" ms=70`)
	if got, _, err := stalls(path, from); err == nil {
		t.Errorf("no time: %+v and no error", got)
	}
	if _, _, err := stalls(path+"?", from); err == nil {
		t.Error("no file: no error")
	}
}

// TestAbove is the difference of the two programs of one run.
func TestAbove(t *testing.T) {
	l := load{Usage: map[string]measure.Usage{"app": {Cores: 0.25}, "headless": {Cores: 0.1}}}
	if got := l.above(); got != 0.15 {
		t.Errorf("%v, want 0.15", got)
	}
}

func TestAnswers(t *testing.T) {
	if got, want := answersOf([]float64{8, 51, 3, 50, 9}), (answers{Median: 9, P99: 51, Max: 51, Over50: 1, Asked: 5}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := answersOf(nil); got != (answers{}) {
		t.Errorf("none: %+v", got)
	}
}

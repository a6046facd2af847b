package lab

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestFrames reads them among other lines, and refuses what is no log.
func TestFrames(t *testing.T) {
	a := &App{AppConfig: AppConfig{Dir: t.TempDir()}}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(a.Dir, "parley.log"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`time=2026-11-22T10:40:00.000+01:00 level=DEBUG msg="ui frames" ms=99:9 own_ms=1:9 longest_events_ms=99 longest_draw_ms=0
time=2026-11-22T10:40:02.250+01:00 level=DEBUG msg="ui frames" ms="6:2 7:96" own_ms=5:98 longest_events_ms=1 longest_draw_ms=6
time=2026-11-22T10:40:02.300+01:00 level=INFO msg="ui frames are no such line" ms=7:7
time=2026-11-22T09:40:03.000Z level=DEBUG msg="ui frames" ms="7:1 40:1" own_ms="5:1 30:1" longest_events_ms=28 longest_draw_ms=12
`)
	f, err := a.Frames(time.Date(2026, 11, 22, 9, 40, 1, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if f.Longest() != 40 || f.Parts != "longest_events_ms=28 longest_draw_ms=12" || f.Own.Longest() != 30 || f.Own.Len() != 100 {
		t.Errorf("%+v", f)
	}
	if f.Len() != 100 || f.Over(33) != 1 || f.Over(40) != 0 || f.Quantile(0) != 6 || f.Quantile(0.5) != 7 || f.Quantile(0.98) != 7 || f.Quantile(0.99) != 40 || f.Quantile(1) != 40 {
		t.Errorf("%+v", f)
	}
	write(`time=then level=DEBUG msg="ui frames" ms=6:2 own_ms=6:2 longest_events_ms=1`)
	if f, err := a.Frames(time.Time{}); err == nil {
		t.Errorf("no time: %+v and no error", f)
	}
}

package ui

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestFrames drives the meter as Fyne does.
func TestFrames(t *testing.T) {
	var log bytes.Buffer
	var used time.Duration // of the processor
	now := time.Unix(0, 0)
	var asked []func()
	f := &frames{
		clock: func() time.Duration { return used }, do: func(run func()) { asked = append(asked, run) },
		log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), whole: lengths{}, own: lengths{}, told: now,
	}
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	frame := func(events, draw int) {
		used += ms(events)
		f.begin(now)
		now, used = now.Add(ms(draw)), used+ms(draw)/2
		f.end(f.count, now)
		now = now.Add(ms(5)) // idle: the processor is not used
	}
	frame(3, 9)
	frame(0, 0) // nothing was to be drawn
	frame(4, 8)
	frame(30, 11)
	f.begin(now) // and another one before there was time to say that it is over
	now = now.Add(ms(20))
	f.begin(now)
	now = now.Add(ms(1))
	f.end(f.count-1, now) // which is said of the one before, too late
	f.end(f.count, now)
	f.end(f.count, now.Add(time.Second))
	now = now.Add(framesTold)
	f.begin(now)
	if got := log.String(); !strings.Contains(got, `msg="ui frames" ms="1:1 12:2 20:1 41:1" own_ms="0:2 8:2 36:1" longest_events_ms=30 longest_draw_ms=11`) {
		t.Errorf("told: %s", got)
	}
	log.Reset()
	now = now.Add(framesTold)
	f.end(f.count, now.Add(-framesTold))
	f.begin(now)
	if log.Len() > 0 {
		t.Errorf("told of nothing: %s", &log)
	}
	if len(asked) != f.count {
		t.Errorf("%d frames, %d ends", f.count, len(asked))
	}
}

package sound_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/audio"
)

// TestFirstStart: the system's microphone gives nothing, or nothing but zeros; the one beside it, which hears, is taken.
func TestFirstStart(t *testing.T) {
	for name, module := range map[string][]string{
		"zeros": {"module-null-source", "source_name=mic_bad"},
		"dead":  {"module-pipe-source", "source_name=mic_bad", "file=" + filepath.Join(t.TempDir(), "pipe")},
	} {
		t.Run(name, func(t *testing.T) {
			x := sit(t, func(c *audio.FollowConfig) { c.Capture, c.Playout = nil, nil })
			if _, err := x.pulse.Load(t.Context(), module...); err != nil {
				t.Fatal(err)
			}
			if err := x.pulse.SetDefault(t.Context(), "mic_bad"); err != nil {
				t.Fatal(err)
			}
			x.follow.Use(x.capture, nil)
			await(t, "the microphone that works is in use", 20*time.Second, func() bool { return x.uses(audio.Input) == "mic_a" })
			before := x.heard.pieces.Load()
			await(t, "it is heard", 10*time.Second, func() bool { return x.heard.pieces.Load() > before })
			x.mu.Lock()
			defer x.mu.Unlock()
			if said := fmt.Sprint(x.notices); !strings.Contains(said, "0 passed-over ") {
				t.Errorf("said %s", said)
			}
		})
	}
}

// TestUnderruns: the server tells when it had nothing to play.
func TestUnderruns(t *testing.T) {
	_, b := begin(t)
	var slow atomic.Bool
	n := 0
	d := open(t, b, audio.Request{Kind: audio.Output, ID: "spk_a", Period: 5 * time.Millisecond}, func(buf []float32) {
		clear(buf)
		if n++; slow.Load() && n%40 == 0 {
			time.Sleep(60 * time.Millisecond) // as if the machine were busy
		}
	})
	counting, ok := d.(audio.Counting)
	if !ok {
		t.Fatal("the server's word is not passed on")
	}
	time.Sleep(500 * time.Millisecond)
	slow.Store(true)
	before := counting.Underruns()
	await(t, "under-runs are counted", 10*time.Second, func() bool { return counting.Underruns() >= before+3 })
}

package phones

import (
	"reflect"
	"strings"
	"testing"

	"parley/bench/internal/picture"
)

// TestReadStats takes the last line that is whole and has a peer.
func TestReadStats(t *testing.T) {
	s, err := read(strings.NewReader(`{"event":"stats","camera":{"epoch_us":2000},"peers":[{"picture":{"fps_shown":29}}]}
{"event":"stats","camera":{"epoch_us":1000000,"fps":30},"peers":[{"picture":{"fps_shown":30}}]}
{"event":"stats","camera":{"epoch_us":0},"peers":[]}
{"event":"sta`))
	if err != nil || s.Camera.FPS != 30 || !reflect.DeepEqual(s.Peers[0].Picture, map[string]any{"fps_shown": 30.0}) {
		t.Fatalf("%+v %v", s, err)
	}
	got := s.Captured(1095, 1140)
	if len(got) != 3 || got[0] != (picture.Moment{N: 2, MS: 1000 + 2*1000.0/30}) || got[2].N != 4 {
		t.Errorf("captured: %v", got)
	}
	if _, err := read(strings.NewReader(`{"peers":[]}`)); err == nil {
		t.Error("no peer: no error")
	}
}

package audio_test

import (
	"testing"

	"parley/audio"
	"parley/audio/audiotest"
)

// Inputs come from one sound system, outputs from the other; one of them may be missing.
func TestJoin(t *testing.T) {
	left := audiotest.NewBackend(audiotest.Mic("left mic"), audiotest.Speaker("left speaker"))
	right := audiotest.NewBackend(audiotest.Mic("right mic"), audiotest.Speaker("right speaker"))
	both := audio.Join(left, right)
	list, err := both.Devices()
	if err != nil || len(list) != 2 || list[0].ID != "left mic" || list[1].ID != "right speaker" {
		t.Errorf("%+v, %v", list, err)
	}
	for _, k := range []audio.Kind{audio.Input, audio.Output} {
		d, err := both.Open(audio.Request{Kind: k}, func([]float32) {})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
	}
	if left.Using(audio.Input) == "" || left.Using(audio.Output) != "" || right.Using(audio.Input) != "" || right.Using(audio.Output) == "" {
		t.Error("opened on the wrong side")
	}
	deaf := audio.Join(left, nil)
	if list, err := deaf.Devices(); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := deaf.Open(audio.Request{Kind: audio.Output}, nil); err == nil {
		t.Error("a loudspeaker of no backend opened")
	}
}

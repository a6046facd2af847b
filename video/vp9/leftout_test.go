//go:build cgo

package vp9

import (
	"testing"

	"parley/video"
	"parley/video/videotest"
)

// TestLeavingOutEnds: after too much has gone out pictures are left out, but what follows is coded for thirty a second again, not
// for as few as there were meanwhile.
func TestLeavingOutEnds(t *testing.T) {
	e, err := NewEncoder(Config{Kbps: 1500, Level: Levels})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	p, err := videotest.NewPattern(1280, 720, 0)
	if err != nil {
		t.Fatal(err)
	}
	f, err := new(video.Pool).Get(1280, 720)
	if err != nil {
		t.Fatal(err)
	}
	coded, bytes := 0, 0
	for n := range uint32(300) {
		if err := p.Draw(f, n); err != nil {
			t.Fatal(err)
		}
		f.Timestamp = n * video.ClockRate / 30
		if n >= 60 && n < 90 {
			e.excess.bits = 1500_000
		}
		out, err := e.Encode(f)
		if err != nil {
			t.Fatal(err)
		}
		if n >= 210 && len(out.Data) > 0 {
			coded++
			bytes += len(out.Data)
		}
	}
	if coded < 80 {
		t.Errorf("%d of 90 pictures were coded, %d bytes each", coded, bytes/max(coded, 1))
	}
}

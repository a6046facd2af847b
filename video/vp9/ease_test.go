//go:build cgo

package vp9

import (
	"slices"
	"testing"
	"time"

	"parley/video"
)

const easeKbps = 1000

// eased gives pictures that take that share of the rate, and returns how often the way changed.
func eased(e *ease, pictures int, share float64, fine bool) (changes int) {
	for range pictures {
		if e.next(interval) {
			changes++
		}
		if e.coded(int(share*easeKbps*1000*interval.Seconds()), interval, easeKbps, fine, false) {
			changes++
		}
	}
	return changes
}

func TestEaseBeginsLate(t *testing.T) {
	for _, c := range []struct {
		share float64
		fine  bool
		on    bool
	}{
		{0.1, true, true}, {0.1, false, false}, {0.5, true, false}, {1, false, false},
	} {
		e := newEase()
		if eased(&e, int(easePatience/interval)-1, c.share, c.fine) != 0 {
			t.Errorf("%+v: at once", c)
		}
		if eased(&e, 90, c.share, c.fine); e.on != c.on {
			t.Errorf("%+v: %v after three seconds", c, e.on)
		}
	}
}

func TestEaseEndsAtOnce(t *testing.T) {
	for name, end := range map[string]func(*ease) bool{
		"stands still": func(e *ease) bool { return e.next(sharpenedAfter) },
		"coarse":       func(e *ease) bool { return e.coded(100, interval, easeKbps, false, false) },
		"key picture":  func(e *ease) bool { return e.coded(100, interval, easeKbps, true, true) },
		"no time":      func(e *ease) bool { return e.coded(100, 0, easeKbps, true, false) },
		"too many":     func(e *ease) bool { return eased(e, 60, 1, true) == 1 },
	} {
		e := newEase()
		if eased(&e, 90, 0.1, true); !e.on {
			t.Fatal("it never began")
		}
		if !end(&e) || e.on {
			t.Errorf("%s: it goes on", name)
		}
	}
}

// sharpenedAfter is when a picture that stands still is coded again.
const sharpenedAfter = 100 * time.Millisecond

// Where the easy way takes what there is, and the other next to nothing, each try must wait longer.
func TestEaseDoesNotSwing(t *testing.T) {
	e, changes := newEase(), 0
	for range 30 * 60 * 10 {
		share := 0.2
		if e.on {
			share = 1.2
		}
		changes += eased(&e, 1, share, true)
	}
	if changes == 0 || changes > 30 {
		t.Errorf("%d changes in ten minutes", changes)
	}
}

// rolled is a page whose rows have gone up by n, round and round.
func rolled(f *video.Frame, n int) *video.Frame {
	return &video.Frame{
		Width: f.Width, Height: f.Height, YStride: f.YStride, CStride: f.CStride, U: f.U, V: f.V,
		Y: slices.Concat(f.Y[n*f.YStride:], f.Y[:n*f.YStride]),
	}
}

// Text that goes by is coded with ease where the rate is large, not where it is small; it can be read all the time, and what stands still
// is sharp after that.
func TestScrollsWithEase(t *testing.T) {
	p := page(640, textHeight, 5)
	for _, c := range []struct {
		kbps int
		on   bool
		dB   float64 // at least
	}{{6000, true, 38}, {300, false, 0}} {
		e, d := newEncoder(t, Config{Kbps: c.kbps, Layers: 1, Screen: true, now: still}), newDecoder(t, video.VP9)
		on, timestamp, least := 0, uint32(0), 100.0
		show := func(f *video.Frame, later uint32) (quality float64) {
			timestamp += later
			f.Timestamp = timestamp
			out, err := e.Encode(f)
			if err != nil {
				t.Fatal(err)
			}
			if len(out.Data) == 0 {
				return 0
			}
			shown := decode(t, d, out.Data)
			defer shown.Release()
			return textPSNR(f, shown)
		}
		const pictures, learned = 150, 75
		for n := range pictures {
			quality := show(rolled(p, 2*n%textHeight), step)
			if n < learned {
				continue
			}
			if least = min(least, quality); e.ease.on {
				on++
			}
		}
		t.Logf("%d kbit/s: with ease %d of %d, %.1f dB at least", c.kbps, on, pictures-learned, least)
		if c.on && on < (pictures-learned)*9/10 || !c.on && on > 0 || least < c.dB {
			t.Errorf("%d kbit/s: with ease %d of %d, %.1f dB at least", c.kbps, on, pictures-learned, least)
		}
		last, quality := rolled(p, 2*pictures%textHeight), 0.0
		for range 10 {
			quality = show(last, video.ClockRate/9)
		}
		if e.ease.on || c.on && quality < 40 {
			t.Errorf("%d kbit/s: stands still with ease %v, %.1f dB", c.kbps, e.ease.on, quality)
		}
	}
}

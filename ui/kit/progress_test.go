package kit

import (
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestGoldenProgress(t *testing.T) {
	test.NewTempApp(t)
	at := func(share float32, still bool) fyne.CanvasObject {
		p := NewProgress()
		p.Set(share, still)
		return Fixed(200, 0, p)
	}
	golden(t, "progress", grid(line{at(0, false)}, line{at(0.3, false)}, line{at(0.3, true)}, line{at(1, false)}, line{at(7, false)}), 240, 140)
}

// What can't be seen is not drawn.
func TestProgressIsStill(t *testing.T) {
	test.NewTempApp(t)
	p := NewProgress()
	p.Resize(fyne.NewSize(100, 4))
	p.Set(0.5, false)
	p.Set(0.504, false)
	if p.share != 0.5 {
		t.Error("less than half a pixel is drawn")
	}
	for _, share := range []float32{0.6, 0.1, 1, 0, float32(math.NaN()), float32(math.Inf(1))} {
		p.Set(share, false)
		if !(p.share >= 0 && p.share <= 1) {
			t.Errorf("%v of it is done", p.share)
		}
	}
}

func TestBannerWithTwoButtons(t *testing.T) {
	test.NewTempApp(t)
	pressed := ""
	b := NewBanner()
	b.Set("warning", "Server connection lost. Your call goes on. Trying again in 4 s.", Warn, "Try now", func() { pressed += "a" })
	b.SetSecond("Check", func() { pressed += "b" })
	golden(t, "banner-two", Pad(16, 16, 16, 16, b), 560, 84)
	test.Tap(b.second)
	test.Tap(b.button)
	if pressed != "ba" {
		t.Errorf("pressed %q", pressed)
	}
	b.SetSecond("", nil)
	if b.second.Visible() {
		t.Error("no button is still there")
	}
}

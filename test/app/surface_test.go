package app_test

import (
	"image"
	"testing"
	"time"

	"parley/test/lab"
)

// TestPicturesBothWays: pictures are shown past Fyne, in windows within the window, and by Fyne. Either way both can be read, a dialog
// lies over them, they follow the window's size and its fill, and go when the call ends.
func TestPicturesBothWays(t *testing.T) {
	for way, windows := range map[string]int{"on": 2, "off": 0} {
		t.Run(way, func(t *testing.T) {
			w := newWorld(t, 2)
			a, invite := w.called("PARLEY_SURFACE=" + way)
			bo := w.caller(invite, "--video")
			w.await(bo, 0, "call_ringing")
			w.must(a.TakeCall(w.ctx, a.palette, lab.AsAsked))
			a.advances("Bo's picture", lab.CallTile, false)
			a.advances("her own picture", lab.CallOwn, true)
			a.inside("in a call", windows)
			a.mirrored()

			a.key("F1")
			a.see("a dialog over the pictures", lab.Dialog, func(img *image.RGBA) bool {
				return lab.Count(img, lab.Dialog, a.palette.Raised) > lab.Dialog.Dx()*lab.Dialog.Dy()/2
			})
			a.inside("under a dialog", 0)
			a.key("Escape")
			a.picture("Bo's picture without the dialog", lab.CallTile, false, true)
			a.inside("without the dialog", windows)

			a.fill()
			a.picture("Bo's picture all over the window", lab.CallFilled, false, true)
			a.key("Escape")
			a.picture("Bo's picture in the call's view", lab.CallTile, false, true)

			w.must(a.Window.Resize(w.ctx, 1000, 700))
			a.picture("Bo's picture in a smaller window", image.Rect(96, 99, 968, 589), false, true)
			w.must(a.Window.Resize(w.ctx, lab.AppWidth, lab.AppHeight))
			a.picture("Bo's picture in the window as it was", lab.CallTile, false, true)

			w.must(a.Press(w.ctx, "the button to hang up", lab.Dock, a.palette.Leave))
			w.ended(bo, "left")
			a.picture("no picture", lab.CallTile, false, false)
			a.inside("after the call", 0)
		})
	}
}

// inside waits until there are so many windows within the window.
func (a *window) inside(when string, want int) {
	a.w.Helper()
	ctx := a.w.within(10 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		n, err := a.Window.Inside()
		a.w.must(err)
		if n == want {
			return
		}
		select {
		case <-ctx.Done():
			a.w.Fatalf("%s: %d windows within the window, want %d%s", when, n, want, a.Shot("inside"))
		case <-tick.C:
		}
	}
}

package app_test

import (
	"image"
	"strings"
	"testing"
	"time"

	"parley/test/lab"
)

// TestTwoPeopleWhoNeverReadAManual: a name, "Host here", the invite copied, a channel clicked. A friend comes with the invite and
// speaks: the light around who speaks is on while there is speech to hear, and at no other time.
func TestTwoPeopleWhoNeverReadAManual(t *testing.T) {
	w := newWorld(t, 2)
	a := w.app("ada", nil) // follows the system, which has mic_a and spk_a
	a.typeText("Ada")
	a.click(lab.HostButton)
	invite := a.copyInvite()
	a.join()
	if s, err := a.Settings(); err != nil || s.Name != "Ada" || !s.Hosting {
		t.Errorf("kept: name %q, hosting %v: %v", s.Name, s.Hosting, err)
	}

	bo := w.guest(1, "Bo", invite)
	w.await(bo, 0, "peer_connected")
	a.ring("Bo has not said a word", 0, false)
	said := w.saying(1, w.speech(13))
	a.ring("Bo speaks", 0, true)
	a.ring("Ada says nothing", 1, false)
	w.tell(bo, "mute on")
	a.ring("Bo speaks to a muted microphone", 0, false)
	w.tell(bo, "mute off")
	a.ring("Bo speaks again", 0, true)
	said()
	a.ring("Bo is silent", 0, false)

	said = w.saying(0, w.speech(6))
	a.ring("Ada speaks", 1, true)
	a.ring("Bo is silent, Ada speaks", 0, false)
	said()
}

// TestNoMicrophone: a machine without sound has a window all the same, which says what is missing.
func TestNoMicrophone(t *testing.T) {
	w := newWorld(t, 0)
	a := w.app("ada", nil)
	a.see("that there is no microphone", lab.MicBanner, func(img *image.RGBA) bool {
		return lab.Count(img, lab.MicBanner, lab.Dark.WarningGround) > lab.MicBanner.Dx()*lab.MicBanner.Dy()/2
	})
	a.typeText("Ada")
	a.key("Return") // does nothing without an invite
	a.click(lab.HostButton)
	a.copyInvite()
	a.join()
}

// copyInvite takes the invite out of the dialog that a new host sees, by its button and the clipboard, and closes it.
func (a *window) copyInvite() string {
	a.w.Helper()
	a.dialog("with the invite", true)
	a.w.must(a.Press(a.w.ctx, "the button to copy the invite", lab.Dialog, a.palette.Primary))
	var invite string
	a.see("the invite in the clipboard", lab.Dock, func(*image.RGBA) bool {
		invite, _ = a.Display.Clipboard(a.w.ctx)
		return strings.HasPrefix(invite, "parley://")
	})
	a.key("Escape")
	a.dialog("with the invite", false)
	return invite
}

// dialog waits until one floats, or until none does.
func (a *window) dialog(what string, there bool) {
	a.w.Helper()
	no := map[bool]string{true: "the dialog ", false: "no dialog "}[there]
	a.see(no+what, lab.Floating, func(img *image.RGBA) bool { return lab.Floats(img, a.palette) == there })
}

// join clicks on the first channel, and waits until one is in it.
func (a *window) join() {
	a.w.Helper()
	a.see("the first channel's name", lab.List, func(img *image.RGBA) bool {
		r := image.Rectangle{lab.ChannelRow(0), lab.ChannelRow(0)}.Inset(-12).Sub(image.Pt(50, 0))
		return lab.Count(img, r, a.palette.Sidebar) < r.Dx()*r.Dy()-20
	})
	a.click(lab.ChannelRow(0))
	a.inChannel(true)
}

// inChannel waits until one is in a channel, or in none.
func (a *window) inChannel(in bool) {
	a.w.Helper()
	what := map[bool]string{true: "oneself in a channel", false: "oneself in no channel"}[in]
	a.see(what, lab.Dock, func(img *image.RGBA) bool {
		_, ok := lab.Filled(img, lab.Dock, a.palette.Leave)
		return ok == in
	})
}

// ring looks at the light around the i-th of two people for two seconds, once it is as wanted: lit it may flicker with the words,
// dark it is all the time.
func (a *window) ring(why string, i int, lit bool) {
	a.w.Helper()
	r := lab.TileAvatar(i, 2)
	a.see(map[bool]string{true: "a lit ring: ", false: "no lit ring: "}[lit]+why, r, func(img *image.RGBA) bool {
		return lab.Lit(img, r, a.palette) == lit
	})
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	const samples = 20
	n := 0
	for range samples {
		<-tick.C
		img, err := a.Display.Image(r)
		a.w.must(err)
		if lab.Lit(img, r, a.palette) {
			n++
		}
	}
	switch {
	case lit && n < samples*3/4:
		a.w.Errorf("%s: the ring is lit in %d of %d pictures%s", why, n, samples, a.Shot("dark"))
	case !lit && n > 0:
		a.w.Errorf("%s: the ring is lit in %d of %d pictures%s", why, n, samples, a.Shot("lit"))
	}
}

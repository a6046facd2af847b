package app_test

import (
	"image"
	"strings"
	"testing"

	"parley/test/lab"
)

// TestTwoPeopleWhoNeverReadAManual: a name, "Host here", the invite copied, a channel clicked; a friend comes, speaks, and is seen to.
func TestTwoPeopleWhoNeverReadAManual(t *testing.T) {
	w := newWorld(t, 2)
	a := w.app("ada", nil)
	a.typeText("Ada")
	a.hostByClick()
	invite := a.copyInvite()
	a.join()
	guest := w.guest(1, "Bo", invite)
	w.await(guest, 0, "peer_connected")
	a.see("two tiles", lab.Stage, func(img *image.RGBA) bool { return true })
	w.saying(1, w.speech(5))
	t.Log(a.Shot("first"))
	a.ringLit(0, 2)
	t.Log(a.Shot("first"))
}

func (a *window) hostByClick() {
	a.w.Helper()
	a.click(lab.HostButton)
}

// copyInvite takes the invite out of the dialog that a new host sees, by its button and the clipboard, and closes it.
func (a *window) copyInvite() string {
	a.w.Helper()
	a.see("the dialog with the invite", lab.Dialog, func(img *image.RGBA) bool { return lab.Floats(img, lab.Dark) })
	a.w.must(a.Press(a.w.ctx, "the button to copy the invite", lab.Dialog, lab.Dark.Primary))
	var invite string
	a.see("the invite in the clipboard", lab.Dock, func(*image.RGBA) bool {
		invite, _ = a.Display.Clipboard(a.w.ctx)
		return strings.HasPrefix(invite, "parley://")
	})
	a.key("Escape")
	a.see("the dialog gone", lab.Dialog, func(img *image.RGBA) bool { return !lab.Floats(img, lab.Dark) })
	return invite
}

// join clicks on the first channel, and waits until one is in it.
func (a *window) join() {
	a.w.Helper()
	a.click(lab.ChannelRow(0))
	a.see("oneself in the channel", lab.Dock, func(img *image.RGBA) bool {
		_, ok := lab.Filled(img, lab.Dock, lab.Dark.Leave)
		return ok
	})
}

func (a *window) ringLit(i, n int) {
	a.w.Helper()
	r := lab.TileAvatar(i, n)
	a.see("a lit ring", r, func(img *image.RGBA) bool { return lab.Lit(img, r, lab.Dark) })
}

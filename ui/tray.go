package ui

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"runtime"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"parley/assets"
	"parley/ui/model"
)

// tray is the icon beside the clock: it shows whether the microphone is live, and has the switches.
type tray struct {
	w    *Window
	app  desktop.App
	menu *fyne.Menu

	show, mute, deafen, share, leave *fyne.MenuItem
	icon                             string
	hidden                           bool // there is nothing but the icon
}

// startTray makes the icon where there is a place for one.
func (w *Window) startTray() {
	app, ok := w.c.App.(desktop.App)
	if !ok || w.c.Desktop.Tray == nil || !w.c.Desktop.Tray() {
		return
	}
	t := &tray{w: w, app: app}
	t.mute = fyne.NewMenuItem("Mute", w.toggleMute)
	t.deafen = fyne.NewMenuItem("Deafen", w.toggleDeafen)
	t.share = fyne.NewMenuItem("Stop sharing the screen", w.stopShare)
	t.leave = fyne.NewMenuItem("Leave the channel", t.leaves)
	t.show = fyne.NewMenuItem("Show Parley", w.front)
	quit := fyne.NewMenuItem("Quit", w.quit)
	quit.IsQuit = true
	t.menu = fyne.NewMenu("Parley", t.show, fyne.NewMenuItemSeparator(),
		t.mute, t.deafen, t.share, t.leave, fyne.NewMenuItemSeparator(), quit)
	t.leave.Disabled, t.share.Disabled = true, true
	w.tray = t
	t.setIcon("tray")
	app.SetSystemTrayMenu(t.menu)
}

func (t *tray) apply(v *model.View) {
	icon := "tray"
	switch { // whoever is seen is live too
	case v.Dock.InChannel && (!v.Dock.Muted && !v.Dock.Deafened || v.Dock.Camera || v.Dock.Sharing):
		icon = "tray-live"
	case v.Dock.InChannel:
		icon = "tray-muted"
	}
	t.setIcon(icon)
	leave, show := "Leave the channel", "Show Parley"
	switch {
	case v.Dock.InCall:
		leave = "Hang up"
	case v.Dock.Calling && !v.Dock.InChannel:
		leave = "Stop calling"
	}
	if v.Ring != nil && !v.Ring.Out {
		show = "Somebody is calling…"
	}
	nothing := !v.Dock.InChannel && !v.Dock.Calling
	if t.mute.Checked == v.Dock.Muted && t.deafen.Checked == v.Dock.Deafened && t.share.Disabled == !v.Dock.Sharing && t.leave.Disabled == nothing && t.leave.Label == leave && t.show.Label == show {
		return
	}
	t.mute.Checked, t.deafen.Checked, t.leave.Disabled = v.Dock.Muted, v.Dock.Deafened, nothing
	t.share.Disabled = !v.Dock.Sharing
	t.leave.Label, t.show.Label = leave, show
	t.menu.Refresh()
}

// leaves ends the stay in a channel, or else a call.
func (t *tray) leaves() {
	if d := t.w.view.Dock; d.InChannel && !d.InCall {
		t.w.leave()
		return
	}
	t.w.hangUp()
}

func (t *tray) setIcon(name string) {
	if t.icon == name {
		return
	}
	t.icon = name
	data, err := assets.TrayIcon(name, true)
	if err != nil {
		t.w.pump.log.Warn("tray icon", "err", err)
		return
	}
	if runtime.GOOS == "linux" {
		if data, err = trayBitmap(data); err != nil {
			t.w.pump.log.Warn("tray icon", "err", err)
			return
		}
	}
	t.app.SetSystemTrayIcon(fyne.NewStaticResource(name+".png", data))
}

// trayBitmap makes an icon of which fyne.io/systray's bitmap for Linux is right. That takes the low byte of each premultiplied
// 16-bit colour, which is noise where a pixel is half transparent. So the picture becomes one of 16 bits, the colours of which
// come out as the 8-bit ones, not premultiplied, as StatusNotifierItem's IconPixmap has them.
func trayBitmap(icon []byte) ([]byte, error) {
	in, err := png.Decode(bytes.NewReader(icon))
	if err != nil {
		return nil, fmt.Errorf("tray icon: %w", err)
	}
	out := image.NewNRGBA64(in.Bounds())
	for y := in.Bounds().Min.Y; y < in.Bounds().Max.Y; y++ {
		for x := in.Bounds().Min.X; x < in.Bounds().Max.X; x++ {
			c := color.NRGBAModel.Convert(in.At(x, y)).(color.NRGBA)
			if c.A == 0 {
				continue
			}
			alpha := uint32(c.A) * 0x101
			wide := func(v uint8) uint16 { return uint16((uint32(v)*0xFFFF + alpha - 1) / alpha) } // times alpha it is v again
			out.SetNRGBA64(x, y, color.NRGBA64{R: wide(c.R), G: wide(c.G), B: wide(c.B), A: uint16(alpha)})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, out); err != nil {
		return nil, fmt.Errorf("tray icon: %w", err)
	}
	return b.Bytes(), nil
}

// hide leaves the tray's icon to show that one is in a call. The settings close: their meter would keep the microphone open
// unseen. Not every system tells a window that it loses the keyboard by that.
func (w *Window) hide() {
	if w.settings != nil {
		w.closeSettings()
	}
	w.release()
	w.tray.hidden = true
	w.shell.stage.call.look(false)
	w.shell.stage.pictures.look(false)
	w.win.Hide()
}

// watch finds out whether the window can be looked at.
func (w *Window) watch() {
	if w.c.Desktop.Watch == nil {
		return
	}
	w.pump.later(func() { // when there is one
		w.c.Desktop.Watch(w.win, func(seen bool) { w.pump.later(func() { w.away = !seen }) })
	})
}

// settleAfter is more than a slow machine takes to its first pictures.
const settleAfter = 5 * time.Second

// settle tells that the start is over.
func (w *Window) settle() {
	if w.c.Desktop.Settled == nil {
		return
	}
	time.AfterFunc(settleAfter, func() {
		w.pump.later(func() { w.c.Desktop.Settled(w.win) })
	})
}

// seen says whether the window can be looked at.
func (w *Window) seen() bool { return !w.away && (w.tray == nil || !w.tray.hidden) }

// front brings the window before the others.
func (w *Window) front() {
	if w.tray != nil {
		w.tray.hidden = false
	}
	w.pump.wake() // pictures go on
	w.win.Show()
	w.win.RequestFocus()
}

// aside says that the window is not what the person looks at.
func (w *Window) aside() bool { return !w.hasFocus || w.tray != nil && w.tray.hidden }

// alert tells the desktop, where the window is not what the person looks at. The texts are fixed: what others wrote never gets
// to a notification (some systems run what stands in one). A desktop may take its time to answer, or never do, and Fyne waits for it.
func (w *Window) alert(a model.Alert) {
	if w.aside() {
		go w.c.App.SendNotification(fyne.NewNotification(a.Title, a.Text))
	}
}

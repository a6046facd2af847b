package ui

import (
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

	mute, deafen, leave *fyne.MenuItem
	icon                string
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
	t.leave = fyne.NewMenuItem("Leave the channel", w.leave)
	quit := fyne.NewMenuItem("Quit", w.quit)
	quit.IsQuit = true
	t.menu = fyne.NewMenu("Parley", fyne.NewMenuItem("Show Parley", w.front), fyne.NewMenuItemSeparator(),
		t.mute, t.deafen, t.leave, fyne.NewMenuItemSeparator(), quit)
	t.leave.Disabled = true
	w.tray = t
	t.setIcon("tray")
	app.SetSystemTrayMenu(t.menu)
}

func (t *tray) apply(v *model.View) {
	icon := "tray"
	switch {
	case v.Dock.InChannel && !v.Dock.Muted && !v.Dock.Deafened:
		icon = "tray-live"
	case v.Dock.InChannel:
		icon = "tray-muted"
	}
	t.setIcon(icon)
	if t.mute.Checked == v.Dock.Muted && t.deafen.Checked == v.Dock.Deafened && t.leave.Disabled == !v.Dock.InChannel {
		return
	}
	t.mute.Checked, t.deafen.Checked, t.leave.Disabled = v.Dock.Muted, v.Dock.Deafened, !v.Dock.InChannel
	t.menu.Refresh()
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
	t.app.SetSystemTrayIcon(fyne.NewStaticResource(name+".png", data))
}

// front brings the window before the others.
func (w *Window) front() {
	w.win.Show()
	w.win.RequestFocus()
}

// alert tells the desktop, where the window is not what the person looks at. The texts are fixed: what others wrote never gets
// to a notification (some systems run what stands in one).
func (w *Window) alert(a model.Alert) {
	if !w.hasFocus {
		w.c.App.SendNotification(fyne.NewNotification(a.Title, a.Text))
	}
}

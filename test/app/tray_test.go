package app_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"parley/profile"
	"parley/test/lab"
)

// TestTray: a desktop that shows tray icons has one that tells the state of the microphone at all times, with a menu that does what
// the window does. Closing the window in a call hides it, which is explained once, and the call goes on; even where the desktop's
// notifications hang.
func TestTray(t *testing.T) {
	w := newWorld(t, 2)
	bus := w.sessionBus()
	a := w.start(lab.AppConfig{Display: w.display(), Dir: filepath.Join(w.dir, "ada"), Pulse: w.pulse,
		Settings: lab.Person(0, "Ada"), Args: []string{"--host"}, Env: []string{"DBUS_SESSION_BUS_ADDRESS=" + bus.address}})
	icon := bus.trayIcon()
	invite := a.copyInvite()
	icon.shows("tray", true)
	a.join()
	icon.shows("tray-live", false)
	a.switches(icon)
	a.hides(icon)
	w.say(0, w.speech(1.5)) // whoever comes within a second of oneself was there before, and no news
	bo := w.guest(1, "Bo", invite)
	w.await(bo, 0, "peer_connected")
	if text := bus.told(); text != "Parley: Someone joined your voice channel." {
		t.Errorf("the desktop is told %q", text)
	}
	a.talksUnseen(icon)
	a.comesBack(icon)

	mark := bo.Mark()
	icon.click("Leave the channel")
	icon.shows("tray", true)
	w.await(bo, mark, "peer_left")
	icon.click("Quit")
	a.appears("which asks first, as a guest is on this server")
	a.dialog("that asks", true)
	w.must(a.Press(w.ctx, "the button to quit", lab.Dialog, a.palette.Leave))
	if status, err := a.Wait(w.within(20 * time.Second)); err != nil || status != 0 {
		t.Errorf("Quit: %d %v: %s", status, err, a.Stderr())
	}
}

// switches mutes and deafens by key and by menu, and looks at icon, menu and window.
func (a *window) switches(icon *trayIcon) {
	a.w.Helper()
	a.key("ctrl+m")
	icon.shows("tray-muted", false, "Mute")
	icon.click("Mute")
	icon.shows("tray-live", false)
	a.mute(false)
	icon.click("Mute")
	icon.shows("tray-muted", false, "Mute")
	a.mute(true)
	a.key("ctrl+m")
	icon.shows("tray-live", false)
	icon.click("Deafen")
	icon.shows("tray-muted", false, "Deafen")
	icon.click("Deafen")
	icon.shows("tray-live", false)
	a.mute(false)
}

// hides closes the window for the first time, which explains itself.
func (a *window) hides(icon *trayIcon) {
	a.w.Helper()
	a.w.must(a.Window.Close())
	a.dialog("that explains the tray", true)
	a.w.must(a.Press(a.w.ctx, "the button to keep the call", lab.Dialog, a.palette.Primary))
	a.hidden()
	a.settings("it is explained once", func(s profile.Settings) bool { return s.TrayExplained })
	icon.shows("tray-live", false)
}

// hidden waits until there is no window, not even as an icon in a task bar.
func (a *window) hidden() {
	a.w.Helper()
	a.w.must(a.Window.Gone(a.w.within(20 * time.Second)))
	if iconic, err := a.Window.Iconic(); err != nil || iconic {
		a.w.Errorf("the window is minimised, not hidden: %v", err)
	}
}

// talksUnseen has Bo hear what Ada says, but for what lies between two clicks on Mute.
func (a *window) talksUnseen(icon *trayIcon) {
	w := a.w
	w.Helper()
	said := w.saying(0, w.speech(9))
	r := w.record()
	w.hear(r, 2.5)
	icon.click("Mute")
	icon.shows("tray-muted", false, "Mute")
	muted := r.Seconds()
	w.hear(r, 2)
	unmuted := r.Seconds()
	icon.click("Mute")
	icon.shows("tray-live", false)
	live := r.Seconds()
	w.hear(r, 2)
	ear := w.stop(r)[lab.Ear(1)]
	audible(w.T, "hidden", level(ear, 1, 2.5))
	silent(w.T, "hidden, and muted by the tray", level(ear, muted+0.7, unmuted))
	audible(w.T, "hidden, and live again", level(ear, live+0.7, live+2))
	said()
}

// comesBack shows the window by the menu, and hides it again without a word.
func (a *window) comesBack(icon *trayIcon) {
	a.w.Helper()
	icon.click("Show Parley")
	a.appears("after Show Parley")
	a.dialog("of any kind", false)
	a.inChannel(true)
	a.mute(false)
	a.w.must(a.Window.Close())
	a.hidden()
	icon.shows("tray-live", false)
}

// appears waits for the window.
func (a *window) appears(when string) {
	a.w.Helper()
	found, err := a.Display.Window(a.w.within(20*time.Second), lab.OfPID(a.PID()))
	if err != nil {
		a.w.Fatalf("the window %s: %v", when, err)
	}
	a.Window = found
}

// trayLabels is what can be clicked in the menu.
var trayLabels = []string{"Show Parley", "Mute", "Deafen", "Stop sharing the screen", "Leave the channel", "Quit"}

// shows waits for an icon and a menu in which these are checked, and Leave is disabled or not.
func (i *trayIcon) shows(icon string, outside bool, checked ...string) {
	i.w.Helper()
	want := i.pixels(icon)
	i.wait("the icon "+icon, func() (bool, error) {
		got, err := i.pixmap()
		return err == nil && string(got) == string(want), err
	})
	i.wait("the menu with "+icon, func() (bool, error) {
		menu, err := i.menu()
		if err != nil {
			return false, err
		}
		var labels []string
		for _, m := range menu {
			labels = append(labels, m.label)
			off := outside && m.label == "Leave the channel" || m.label == "Stop sharing the screen" // nothing is shared here
			if m.checked != slices.Contains(checked, m.label) || m.enabled == off {
				return false, nil
			}
		}
		return slices.Equal(labels, trayLabels), nil
	})
}

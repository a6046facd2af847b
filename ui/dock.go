package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// dock is the bar at the bottom: oneself, the switches, the connection, the settings.
type dock struct {
	w    *Window
	root *fyne.Container

	me     *pressable
	avatar *kit.Avatar
	name   *kit.Text
	line   *kit.Text

	mic      *kit.MicButton
	deafen   *kit.IconButton
	camera   *kit.IconButton
	devices  *kit.IconButton // the camera's, joined to it
	cameras  *fyne.Container // both
	share    *kit.IconButton
	leave    *kit.Button
	small    *kit.IconButton // leave, in a narrow window
	wide     *fyne.Container // leave, with room around it
	hang     *fyne.Container // the same of a call
	switches *fyne.Container

	quality  *pressable
	bars     *kit.Bars
	delay    *kit.Text
	settings *kit.IconButton
	compact  bool
}

func newDock(w *Window) *dock {
	d := &dock{w: w}
	d.avatar = kit.NewAvatar(38)
	d.name = kit.NewText("", kit.BodyBold, theme.ColorNameForeground)
	d.line = kit.NewText("", kit.Caption, theme.ColorNamePlaceHolder)
	d.me = newPressable(kit.Pad(6, 0, 6, 0, kit.HRow(12, d.avatar, kit.Grow(kit.VCol(0, d.name, d.line)))), 12, nil)
	d.me.tapped = func() { w.presenceMenu(d.me) }

	d.mic = kit.NewMicButton(w.toggleMute)
	d.deafen = kit.NewIconButton("headphones", 44, "Deafen (Ctrl+D)", w.toggleDeafen)
	d.deafen.SetFilled(true)
	d.camera = kit.NewIconButton("camera", 44, cameraLabel(false), w.toggleCamera)
	d.camera.SetFilled(true)
	d.devices = kit.NewIconButton("chevron-down", 24, "Camera, microphone and loudspeaker", func() { w.deviceMenu(d.devices) })
	d.devices.SetFilled(true)
	kit.Join(d.camera, d.devices)
	d.cameras = kit.HRow(1, d.camera, kit.Fixed(24, 44, d.devices))
	d.share = kit.NewIconButton("screen", 44, shareLabel(false), w.toggleShare)
	d.share.SetFilled(true)
	d.leave = kit.NewButton("Leave", "hang-up", kit.DangerButton, w.leave)
	d.small = kit.NewIconButton("hang-up", 44, "Leave", w.leave)
	d.small.SetTone(kit.Bad)
	d.wide = kit.Pad(8, 0, 0, 0, kit.Fixed(104, 44, d.leave))
	d.hang = kit.Pad(8, 0, 0, 0, kit.Fixed(120, 44, kit.NewButton("Hang up", "hang-up", kit.DangerButton, w.hangUp)))
	d.switches = kit.HRow(8, d.mic, d.deafen, d.cameras, d.share, d.wide, d.hang, d.small)

	d.bars = kit.NewBars()
	d.delay = kit.NewText("", kit.Caption, theme.ColorNamePlaceHolder)
	d.quality = newPressable(kit.Pad(8, 0, 8, 0, kit.HRow(8, d.bars, d.delay)), 8, nil)
	d.quality.tapped = func() { w.showQuality(d.quality) }
	d.quality.Hide()
	d.settings = kit.NewIconButton("settings", 44, "Settings (Ctrl+,)", func() { w.showSettings("") })
	d.root = container.New(d, d.me, d.switches, d.quality, d.settings)
	d.small.Hide()
	return d
}

// MinSize implements fyne.Layout.
func (d *dock) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, kit.Px(56)) }

// Layout implements fyne.Layout: oneself left, the switches in the middle of the window, the rest right.
func (d *dock) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	mid := d.switches.MinSize()
	left := max((size.Width-mid.Width)/2, kit.Px(200))
	if d.compact {
		left = kit.Px(252)
	}
	put(d.switches, left, (size.Height-mid.Height)/2, mid.Width, mid.Height)
	put(d.me, kit.Px(6), kit.Px(6), min(left-kit.Px(20), kit.Px(290)), size.Height-kit.Px(12))
	side := kit.Px(44)
	put(d.settings, size.Width-side-kit.Px(16), (size.Height-side)/2, side, side)
	q := kit.Natural(d.quality.content)
	put(d.quality, size.Width-side-kit.Px(24)-q, (size.Height-kit.Px(32))/2, q, kit.Px(32))
}

func (d *dock) resized(m metrics) {
	d.compact = m.compact
	d.hide()
}

func (d *dock) hide() {
	me := d.w.view.Dock
	in, call := me.InChannel || me.Calling, me.InCall || me.Calling
	changed := setHidden(d.wide, !in || call || d.compact)
	changed = setHidden(d.hang, !call || d.compact) || changed
	changed = setHidden(d.small, !in || !d.compact) || changed
	changed = setHidden(d.cameras, !me.InChannel) || changed
	changed = setHidden(d.share, !me.InChannel) || changed
	changed = setHidden(d.quality, !in || !d.w.view.Dock.Bars.Known) || changed
	if changed {
		d.Layout(nil, d.root.Size())
		d.root.Refresh()
	}
}

func (d *dock) apply(v *model.View) {
	me := v.Dock
	d.avatar.SetFace(face(me.Face))
	d.avatar.SetDot(dot(me.Presence), theme.ColorNameHeaderBackground)
	d.name.SetText(me.Name)
	d.line.SetText(me.Line)
	d.mic.Set(me.Muted, me.Mic, me.Open)
	icon, label, deafTone := "headphones", "Deafen (Ctrl+D)", kit.Plain
	if me.Deafened {
		icon, label, deafTone = "headphones-off", "Undeafen (Ctrl+D)", kit.Muted
	}
	d.deafen.SetIcon(icon)
	d.deafen.SetLabel(label)
	d.deafen.SetTone(deafTone)
	d.camera.SetIcon(cameraIcon(me.Camera))
	d.camera.SetLabel(cameraLabel(me.Camera))
	camera := kit.Plain
	if me.Camera {
		camera = kit.Good
	}
	d.camera.SetTone(camera)
	d.devices.SetTone(camera)
	share := kit.Plain
	if me.Sharing {
		share = kit.Good
	}
	d.share.SetTone(share)
	d.share.SetLabel(shareLabel(me.Sharing))
	d.small.SetLabel(leaveLabel(me))
	wide := d.delay.Natural()
	d.delay.SetText(me.Delay)
	good := theme.ColorNameSuccess
	d.bars.Set(me.Bars.Level, me.Bars.Known, good)
	if d.delay.Natural() != wide {
		d.Layout(nil, d.root.Size())
	}
	d.hide()
}

// The switches.

func (w *Window) toggleMute()   { w.do(call.Mute{On: !w.muted()}) }
func (w *Window) toggleDeafen() { w.do(call.Deafen{On: !w.c.Engine.Snapshot().Self.Deafened}) }

// leave ends what the red button is about: the call, the one that is being made, or one's time in a channel.
func (w *Window) leave() {
	if s := w.c.Engine.Snapshot(); s.Place.Call != "" || s.Ring != nil && s.Ring.Out {
		w.hangUp()
		return
	}
	w.do(call.Leave{})
}

func cameraIcon(on bool) string {
	if on {
		return "camera"
	}
	return "camera-off"
}

func cameraLabel(on bool) string {
	if on {
		return "Camera off (Ctrl+E)"
	}
	return "Camera on (Ctrl+E)"
}

func shareLabel(on bool) string {
	if on {
		return "Stop sharing (Ctrl+Shift+E)"
	}
	return "Share a screen or a window (Ctrl+Shift+E)"
}

func leaveLabel(d model.Dock) string {
	if d.InCall || d.Calling {
		return "Hang up"
	}
	return "Leave"
}

// deviceMenu chooses the camera, and leads to the other devices.
func (w *Window) deviceMenu(near fyne.CanvasObject) {
	var items []kit.MenuItem
	s := w.c.Engine.Snapshot().Camera
	for _, c := range s.Cameras {
		items = append(items, kit.MenuItem{Text: model.Inert(c.Name), Icon: "camera", Checked: c.Name == s.Name, Do: func() {
			w.do(call.UseCamera{Camera: c.ID})
			w.change(func(s *profile.Settings) { s.Camera = c.ID })
		}})
	}
	if len(items) > 0 {
		items = append(items, kit.MenuItem{})
	}
	w.layers.MenuBy(append(items, kit.MenuItem{Text: "Microphone and loudspeaker", Icon: "mic", Do: func() { w.showSettings(pageSound) }}), near)
}

// muted is what the microphone's button shows: whoever is deafened is silent too, and a click then ends both.
func (w *Window) muted() bool {
	self := w.c.Engine.Snapshot().Self
	return self.Muted || self.Deafened
}

// presenceMenu chooses how one is to others.
func (w *Window) presenceMenu(near fyne.CanvasObject) {
	set := func(status profile.Status) func() {
		return func() { w.change(func(s *profile.Settings) { s.Status = status }) } // the pump tells the server, when there is one
	}
	chosen := w.c.Profile.Settings().Status
	w.layers.MenuBy([]kit.MenuItem{
		{Text: "Online", Icon: "bell", Checked: chosen == profile.Available, Do: set(profile.Available)},
		{Text: "Do not disturb", Icon: "bell-off", Checked: chosen == profile.DoNotDisturb, Do: set(profile.DoNotDisturb)},
		{Text: "Your name and key", Icon: "key", Do: func() { w.showSettings("You and your key") }},
	}, near)
}

package kit

import (
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// inState brings a control into a state that one would need hands for.
func inState[T interface{ Refresh() }](o T, state func(T)) T {
	state(o)
	o.Refresh()
	return o
}

func grid(rows ...[]fyne.CanvasObject) fyne.CanvasObject {
	var lines []fyne.CanvasObject
	for _, r := range rows {
		lines = append(lines, HRow(16, r...))
	}
	return Pad(16, 16, 16, 16, VCol(16, lines...))
}

type line = []fyne.CanvasObject

func button(text, icon string, k Kind, state func(*Button)) *Button {
	return inState(NewButton(text, icon, k, nil), state)
}

func TestGoldenButtons(t *testing.T) {
	test.NewTempApp(t)
	plain := func(*Button) {}
	hovered := func(b *Button) { b.hovered = true }
	pressed := func(b *Button) { b.hovered, b.pressed = true, true }
	focused := func(b *Button) { b.focused = true }
	off := func(b *Button) { b.Disable() }
	tall := func(b *Button) { b.SetTall(true) }
	var rows []line
	for _, state := range []func(*Button){plain, hovered, pressed, focused, off} {
		rows = append(rows, line{button("Record", "mic", PlainButton, state), button("Copy", "", PlainButton, state),
			button("Join this server", "", PrimaryButton, state), button("Remove", "", DangerButton, state),
			button("Import it", "", TextButton, state)})
	}
	rows = append(rows, line{button("Accept with video", "camera", PrimaryButton, tall), button("Leave", "hang-up", DangerButton, tall)},
		line{Fixed(120, 0, button("A name that is far too long for it", "check", PlainButton, plain))})
	golden(t, "button", grid(rows...), 600, 420)
}

func iconButton(icon string, side float32, filled bool, tone Tone, state func(*IconButton)) *IconButton {
	b := NewIconButton(icon, side, "Do it", nil)
	b.SetFilled(filled)
	b.SetTone(tone)
	if state != nil {
		state(b)
		b.Refresh()
	}
	return b
}

func TestGoldenIconButtons(t *testing.T) {
	test.NewTempApp(t)
	hovered := func(b *IconButton) { b.hovered = true }
	focused := func(b *IconButton) { b.focused = true }
	off := func(b *IconButton) { b.Disable() }
	mic := func(muted bool, lit uint8, open bool) *MicButton {
		m := NewMicButton(nil)
		m.Set(muted, lit, open)
		return m
	}
	golden(t, "iconbutton", grid(
		line{iconButton("headphones", 44, true, Plain, nil), iconButton("headphones-off", 44, true, Muted, nil), iconButton("camera", 44, true, Good, nil),
			iconButton("hang-up", 44, true, Bad, nil), iconButton("settings", 44, false, Plain, nil)},
		line{iconButton("headphones", 44, true, Plain, hovered), iconButton("headphones-off", 44, true, Muted, hovered), iconButton("camera", 44, true, Good, focused),
			iconButton("hang-up", 44, true, Bad, focused), iconButton("settings", 44, false, Plain, off), iconButton("camera", 44, true, Plain, off)},
		line{iconButton("stats", 32, false, Plain, nil), iconButton("search", 32, false, Plain, hovered), iconButton("plus", 32, false, Plain, focused),
			iconButton("close", 32, false, Plain, off), iconButton("new-person", 32, false, Fresh, nil), iconButton("plus", 32, true, Plain, nil)},
		line{mic(false, 0, false), mic(false, 3, true), mic(false, 3, false), mic(true, 3, true)},
		line{inState(mic(false, 5, true), func(m *MicButton) { m.hovered = true }), inState(mic(false, 2, true), func(m *MicButton) { m.focused = true }),
			inState(mic(false, 2, true), func(m *MicButton) { m.Disable() })},
	), 400, 320)
}

func TestGoldenChoices(t *testing.T) {
	test.NewTempApp(t)
	toggle := func(on bool, state func(*Toggle)) *Toggle { return inState(NewToggle(on, nil), state) }
	same := func(*Toggle) {}
	focused := func(x *Toggle) { x.focused = true }
	hovered := func(x *Toggle) { x.hovered = true }
	off := func(x *Toggle) { x.Disable() }
	seg := func(at int, state func(*Segmented)) *Segmented {
		return inState(NewSegmented([]string{"Voice activity", "Push to talk"}, at, nil), state)
	}
	golden(t, "choice", grid(
		line{toggle(true, same), toggle(false, same), toggle(true, focused), toggle(false, focused), toggle(true, hovered), toggle(true, off), toggle(false, off)},
		line{seg(0, func(*Segmented) {}), seg(1, func(s *Segmented) { s.focused = true })},
		line{seg(0, func(s *Segmented) { s.hovered, s.over = true, 1 }), seg(1, func(s *Segmented) { s.Disable() })},
		line{Fixed(360, 0, seg(-1, func(s *Segmented) {}))},
	), 540, 240)
}

func TestGoldenSlider(t *testing.T) {
	test.NewTempApp(t)
	slider := func(v float64, state func(*Slider)) fyne.CanvasObject {
		return Fixed(298, 0, inState(NewSlider(0, 200, 5, v, nil), state))
	}
	golden(t, "slider", grid(
		line{slider(130, func(s *Slider) { s.SetMark(100) })},
		line{slider(0, func(s *Slider) { s.focused = true })},
		line{slider(200, func(s *Slider) { s.hovered = true })},
		line{slider(60, func(s *Slider) { s.Disable() })},
	), 340, 220)
}

func TestGoldenFields(t *testing.T) {
	test.NewTempApp(t)
	entry := func(text string, state func(*Entry)) fyne.CanvasObject {
		e := NewEntry("What belongs here")
		e.SetText(text)
		state(e)
		return Fixed(240, 0, e)
	}
	sel := func(state func(*Select)) fyne.CanvasObject {
		return Fixed(240, 0, inState(NewSelect([]string{"Follow the system: USB headset", "Built-in audio, stereo, with a name that is too long"}, 0, nil), state))
	}
	key := func(name string, state func(*KeyField)) fyne.CanvasObject {
		return Fixed(240, 0, inState(NewKeyField(name, nil), state))
	}
	password := NewPassword("Passphrase")
	password.SetText("secret")
	golden(t, "field", grid(
		line{entry("", func(*Entry) {}), entry("Sam Reyes", func(*Entry) {})},
		line{entry("Sam Reyes", func(e *Entry) { e.ring.show(true) }), entry("Sam Reyes", func(e *Entry) { e.Disable() })},
		line{Fixed(240, 0, password), Fixed(240, 44, NewEntry("44 high"))},
		line{sel(func(*Select) {}), sel(func(s *Select) { s.focused = true })},
		line{sel(func(s *Select) { s.selected = 1; s.hovered = true }), sel(func(s *Select) { s.Disable() })},
		line{key("KeyV", func(*KeyField) {}), key("ControlLeft", func(k *KeyField) { k.waiting, k.focused = true, true })},
		line{key("", func(k *KeyField) { k.hovered = true }), key("Ctrl+Shift+PageUp", func(k *KeyField) { k.Disable() })},
		line{inState(NewKeyField("KeyV", nil), func(k *KeyField) { k.waiting, k.focused = true, true; k.refused = k.problem("Space") })},
	), 540, 500)
}

func TestGoldenMeter(t *testing.T) {
	test.NewTempApp(t)
	now := time.Unix(1, 0)
	meter := func(state func(*Meter)) fyne.CanvasObject { return inState(NewMeter(), state) }
	golden(t, "meter", Pad(16, 16, 16, 16, VCol(16,
		meter(func(m *Meter) { m.SetThreshold(-38, true); m.Set(-14, true, now); m.Set(-24, true, now) }),
		meter(func(m *Meter) { m.SetThreshold(-38, true); m.Set(-42, false, now); m.focused = true }),
		meter(func(m *Meter) { m.SetThreshold(-5, true); m.Set(-3, false, now) }),
		meter(func(m *Meter) { m.Set(-20, true, now) }),
		meter(func(m *Meter) { m.SetThreshold(-60, true) }),
		HRow(0, Fixed(400, 0, meter(func(m *Meter) { m.SetThreshold(-38, true); m.Set(-14, true, now) }))),
	)), 660, 440)
}

// windowGolden draws a whole window, with what floats over it, in both themes.
func windowGolden(t *testing.T, name string, size fyne.Size, open func(l *Layers, behind fyne.CanvasObject)) {
	t.Helper()
	app := test.NewTempApp(t)
	for _, look := range []struct {
		name string
		mode Mode
	}{{"dark", Dark}, {"light", Light}} {
		app.Settings().SetTheme(NewTheme(look.mode, 1))
		w := app.NewWindow("")
		w.SetPadded(false)
		l := NewLayers(w.Canvas())
		behind := NewIconButton("stats", 32, "Quality of the line", nil)
		card := NewCard(NewText("Something behind", Body, ""))
		w.SetContent(l.Root(Pad(20, 20, 20, 20, VCol(20, HRow(8, behind, NewText("Front porch", Header, "")), card))))
		w.Resize(size)
		open(l, behind)
		compare(t, filepath.Join("testdata", name+"-"+look.name+".png"), w.Canvas().Capture())
		w.Close()
	}
}

func person() fyne.CanvasObject {
	s := NewSlider(0, 200, 5, 130, nil)
	s.SetMark(100)
	return VCol(8, NewText("Ines Vidal", Section, ""), HRow(8, Grow(NewButton("Call", "phone", PlainButton, nil)), Grow(NewButton("Video", "camera", PlainButton, nil))),
		HRow(8, Grow(NewText("Volume for you", Body, "")), NewText("130 %", Body, "placeholder")), s,
		HRow(8, Grow(NewText("Mute for you only", Body, "")), NewToggle(false, nil)),
		NewParagraph("Encrypted, identity not verified. Read these aloud to each other, or compare them on paper.", Caption, "placeholder"))
}

func TestGoldenLayers(t *testing.T) {
	size := fyne.NewSize(480, 360)
	windowGolden(t, "popover", size, func(l *Layers, behind fyne.CanvasObject) { l.Popover(person(), behind, 340) })
	windowGolden(t, "dialog", size, func(l *Layers, _ fyne.CanvasObject) { l.Dialog(person(), 340) })
	windowGolden(t, "dialog-scrolls", fyne.NewSize(360, 200), func(l *Layers, _ fyne.CanvasObject) { l.Alert(person(), 400) })
	windowGolden(t, "menu", size, func(l *Layers, behind fyne.CanvasObject) {
		l.MenuBy([]MenuItem{{Icon: "link", Text: "Copy invite"}, {Text: "Online", Checked: true}, {Text: "Rename", Disabled: true}, {}, {Icon: "close", Text: "Remove this server", Danger: true}}, behind)
		l.canvas.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	})
	windowGolden(t, "tooltip", size, func(_ *Layers, behind fyne.CanvasObject) {
		c := fyne.CurrentApp().Driver().CanvasForObject(behind)
		test.MoveMouse(c, fyne.NewPos(30, 30))
	})
}

func TestGoldenSelectMenu(t *testing.T) {
	windowGolden(t, "select-menu", fyne.NewSize(480, 300), func(l *Layers, _ fyne.CanvasObject) {
		s := NewSelect([]string{"Follow the system: USB headset", "USB headset", "Built-in audio, stereo"}, 0, nil)
		l.Dialog(VCol(8, NewText("Device", Section, ""), s), 360)
		test.Tap(s)
		s.SetOptions([]string{"Follow the system: Built-in audio", "Built-in audio, stereo", "A new one"}, 1)
	})
}

func TestGoldenList(t *testing.T) {
	test.NewTempApp(t)
	l := namesList(12)
	l.SetActive(1)
	golden(t, "list", Pad(16, 16, 16, 16, Fixed(240, 260, l)), 272, 292)
	windowGolden(t, "list-focused", fyne.NewSize(320, 320), func(ls *Layers, _ fyne.CanvasObject) {
		l := namesList(12)
		ls.PopoverAt(Fixed(240, 240, l), fyne.NewPos(16, 16), 280)
		l.TypedKey(key(fyne.KeyEnd))
		test.MoveMouse(ls.canvas, fyne.NewPos(100, 200))
	})
}

package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// dialogWidth is that of every dialog but the picker of screens.
const dialogWidth = 440

// dialog shows a titled dialog. build gets the function that closes it.
func (w *Window) dialog(title string, build func(done func()) []fyne.CanvasObject) {
	w.float(w.layers.Dialog, title, dialogWidth, build)
}

func (w *Window) float(open func(fyne.CanvasObject, float32) *kit.Layer, title string, width float32, build func(done func()) []fyne.CanvasObject) *kit.Layer {
	var layer *kit.Layer
	parts := build(func() { layer.Close() })
	all := append([]fyne.CanvasObject{kit.NewText(title, kit.Section, theme.ColorNameForeground)}, parts...)
	layer = open(kit.VCol(14, all...), width)
	return layer
}

// buttons is the last row of a dialog, at its right.
func buttons(all ...fyne.CanvasObject) fyne.CanvasObject {
	return kit.HRow(8, append([]fyne.CanvasObject{kit.Grow(kit.Gap(0, 0))}, all...)...)
}

// paragraph is a dialog's text.
func paragraph(text string) *kit.Paragraph {
	return kit.NewParagraph(text, kit.Body, theme.ColorNamePlaceHolder)
}

// confirm asks before something that can't be taken back. The button says what it does.
func (w *Window) confirm(title, text, button string, do func()) {
	w.dialog(title, func(done func()) []fyne.CanvasObject {
		yes := kit.NewButton(button, "", kit.DangerButton, func() {
			done()
			do()
		})
		return []fyne.CanvasObject{paragraph(text), buttons(kit.NewButton("Cancel", "", kit.PlainButton, done), yes)}
	})
}

// prompt asks for one line. take returns what is to be done with it after the dialog has closed, or what is wrong with it.
func (w *Window) prompt(title, text, label, value, button string, take func(string) (do func(), wrong string)) {
	w.dialog(title, func(done func()) []fyne.CanvasObject {
		entry := kit.NewEntry(label)
		entry.SetText(value)
		wrong := kit.NewParagraph("", kit.Caption, theme.ColorNameError)
		submit := func() {
			do, said := take(entry.Text)
			if said != "" {
				wrong.SetText(said)
				return
			}
			done()
			do()
		}
		entry.OnSubmitted = func(string) { submit() }
		parts := []fyne.CanvasObject{entry, wrong, buttons(kit.NewButton("Cancel", "", kit.PlainButton, done), kit.NewButton(button, "", kit.PrimaryButton, submit))}
		if text != "" {
			parts = append([]fyne.CanvasObject{paragraph(text)}, parts...)
		}
		return parts
	})
}

// explainTray says once where the window goes.
func (w *Window) explainTray() {
	w.dialog("Parley stays in the tray", func(done func()) []fyne.CanvasObject {
		hide := kit.NewButton("Keep the call", "", kit.PrimaryButton, func() {
			w.change(func(s *profile.Settings) { s.TrayExplained = true })
			done()
			w.hide()
		})
		leave := kit.NewButton("Leave and quit", "", kit.PlainButton, func() {
			done()
			w.quit()
		})
		return []fyne.CanvasObject{
			paragraph("You are in a " + w.word("voice channel", "call") + ", so closing the window only hides it. The icon in the tray shows whether your microphone is live, and brings the window back."),
			buttons(leave, hide),
		}
	})
}

// lines shows announcements at the bottom of the window, over everything but what floats.
type lines struct {
	w     *Window
	root  *fyne.Container
	shown []model.Line
}

func newLines(w *Window) *lines {
	l := &lines{w: w}
	l.root = container.New(l)
	return l
}

// MinSize implements fyne.Layout.
func (l *lines) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, 0) }

// Layout implements fyne.Layout: over the dock, centred, the newest lowest.
func (l *lines) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := size.Height - l.w.shell.size.dock - kit.Px(12)
	for i := len(objects) - 1; i >= 0; i-- {
		width := min(size.Width-kit.Px(32), kit.Px(560))
		objects[i].Resize(fyne.NewSize(width, objects[i].MinSize().Height))
		high := objects[i].MinSize().Height
		y -= high
		put(objects[i], (size.Width-width)/2, y, width, high)
		y -= kit.Px(8)
	}
}

func (l *lines) apply(v *model.View) {
	shown := v.Lines
	if l.w.settings == nil {
		shown = slices.DeleteFunc(slices.Clone(shown), func(line model.Line) bool { return line.Stage })
	}
	if l.w.settings != nil && l.w.settings.showsDevices() { // the page says it itself
		shown = slices.DeleteFunc(slices.Clone(shown), func(line model.Line) bool { return line.Device })
	}
	if slices.Equal(l.shown, shown) {
		return
	}
	l.shown = shown
	l.root.Objects = nil
	for _, line := range shown {
		fg, _ := kit.Tone(line.Tone).Colors()
		text := kit.NewParagraph(line.Text, kit.Body, theme.ColorNameForeground)
		panel := kit.NewPanel(kit.ColorRaised, 12, kit.Pad(16, 12, 16, 12, kit.HRow(12, kit.NewIcon(lineIcon(line.Tone), 18, fg), kit.Grow(text))))
		panel.SetLine(kit.ColorFloatLine, 1)
		l.root.Add(panel)
	}
	l.root.Refresh()
}

func lineIcon(t model.Tone) string {
	switch t {
	case model.Good:
		return "check"
	case model.Warn, model.Bad:
		return "warning"
	}
	return "bell"
}

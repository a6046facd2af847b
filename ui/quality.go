package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/ui/kit"
	"parley/ui/model"
)

// showQuality opens what is measured of the connection: round trip, loss, delay by stage, path. It is followed while it is open.
func (w *Window) showQuality(near fyne.CanvasObject) {
	rows := kit.VCol(8)
	values := map[string]*kit.Text{}
	fill := func() {
		grown := false
		for _, d := range model.Details(w.c.Engine.Snapshot(), w.c.Engine.Stats()) {
			t := values[d.Label]
			if t == nil {
				t = kit.NewText("", kit.Body, theme.ColorNameForeground)
				t.Align = fyne.TextAlignTrailing
				values[d.Label] = t
				rows.Add(kit.HRow(8, kit.NewText(d.Label, kit.Body, theme.ColorNamePlaceHolder), kit.Grow(t)))
				grown = true
			}
			t.SetText(d.Value)
		}
		if grown {
			rows.Refresh()
		}
	}
	fill()
	title := kit.NewText("Connection", kit.Section, theme.ColorNameForeground)
	width := float32(340)
	if w.view.Dock.InCall || pictured(w.view) {
		width = 440 // there is more to say of pictures
	}
	layer := w.layers.Popover(kit.VCol(12, title, rows), near, width)
	last := time.Now()
	w.follow = func() {
		if now := time.Now(); now.Sub(last) >= time.Second { // faster, nobody could read it
			last = now
			fill()
		}
	}
	layer.OnClosed = func() { w.follow = nil }
}

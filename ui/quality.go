package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/ui/kit"
	"parley/ui/model"
)

// figures are lines of a label and a value each.
type figures struct {
	rows   *fyne.Container
	shown  []model.Detail
	values []*kit.Text
}

// fill says whether there are other lines than before. Labels may be alike, as names are.
func (f *figures) fill(all []model.Detail) bool {
	same := slices.EqualFunc(all, f.shown, func(a, b model.Detail) bool { return a.Label == b.Label })
	if f.shown = all; !same {
		f.rows.Objects, f.values = nil, nil
		for _, d := range all {
			t := kit.NewText("", kit.Body, theme.ColorNameForeground)
			t.Align = fyne.TextAlignTrailing
			f.values = append(f.values, t)
			f.rows.Objects = append(f.rows.Objects, kit.HRow(8, kit.NewText(d.Label, kit.Body, theme.ColorNamePlaceHolder), kit.Grow(t)))
		}
	}
	for i, d := range all {
		f.values[i].SetText(d.Value)
	}
	if !same {
		f.rows.Refresh()
	}
	return !same
}

// showQuality opens what is measured of the connection: round trip, loss, delay by stage, path. It is followed while it is open.
func (w *Window) showQuality(near fyne.CanvasObject) {
	f := &figures{rows: kit.VCol(8)}
	fill := func() bool { return f.fill(model.Details(w.c.Engine.Snapshot(), w.c.Engine.Stats())) }
	fill()
	title := kit.NewText("Connection", kit.Section, theme.ColorNameForeground)
	width := float32(340)
	if w.view.Dock.InCall || pictured(w.view) {
		width = 440 // there is more to say of pictures
	}
	layer := w.layers.Popover(kit.VCol(12, title, f.rows), near, width)
	last := time.Now()
	w.follow = func() {
		if now := time.Now(); now.Sub(last) >= time.Second { // faster, nobody could read it
			last = now
			if fill() {
				layer.Relayout()
			}
		}
	}
	layer.OnClosed = func() { w.follow = nil }
}

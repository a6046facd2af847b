package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/ui/kit"
	"parley/ui/model"
)

// showSwitcher is Ctrl+K: type a part of a name, and Enter goes to that channel or opens that person.
func (w *Window) showSwitcher() {
	s := &switcher{w: w, finder: &model.Finder{}, parts: map[fyne.CanvasObject]*hitRow{}}
	s.entry = kit.NewEntry("Find a channel or somebody")
	s.list = kit.NewList([]float32{44}, s.create, s.bind)
	s.empty = kit.NewText("Nothing called that.", kit.Body, theme.ColorNamePlaceHolder)
	s.empty.Align = fyne.TextAlignCenter
	s.entry.OnChanged = s.find
	s.entry.OnSubmitted = func(string) { s.choose(s.at) }
	s.entry.OnKey = s.move
	s.list.OnActivate = s.choose
	results := kit.Fixed(0, 44*7, container.NewStack(s.empty, s.list))
	s.find("")
	snapshot := w.c.Engine.Snapshot()
	background(w, func() (*model.Finder, error) { return model.NewFinder(snapshot), nil }, func(f *model.Finder, _ error) { s.finder = f })
	s.layer = w.layers.Dialog(kit.VCol(12, s.entry, results), 480)
	w.win.Canvas().Focus(s.entry)
}

type switcher struct {
	w      *Window
	layer  *kit.Layer
	entry  *kit.Entry
	list   *kit.List
	empty  *kit.Text
	finder *model.Finder
	hits   []model.Hit
	at     int // the one that Enter takes
	parts  map[fyne.CanvasObject]*hitRow
}

type hitRow struct {
	icon *kit.Icon
	name *kit.Text
	line *kit.Text
}

func (s *switcher) find(query string) {
	s.hits = s.finder.Find(s.w.c.Engine.Snapshot(), query)
	setHidden(s.empty, len(s.hits) > 0)
	s.list.SetRows(len(s.hits), func(int) int { return 0 })
	s.mark(0)
}

// move lets the arrows choose while one types.
func (s *switcher) move(e *fyne.KeyEvent) bool {
	switch e.Name {
	case fyne.KeyDown:
		s.mark(s.at + 1)
	case fyne.KeyUp:
		s.mark(s.at - 1)
	default:
		return false
	}
	return true
}

// mark shows which one Enter takes.
func (s *switcher) mark(i int) {
	s.at = max(min(i, len(s.hits)-1), 0)
	if len(s.hits) > 0 {
		s.list.SetActive(s.at)
		s.list.ScrollTo(s.at)
	}
}

func (s *switcher) create(int) fyne.CanvasObject {
	r := &hitRow{
		icon: kit.NewIcon("", 18, theme.ColorNamePlaceHolder),
		name: kit.NewText("", kit.Body, theme.ColorNameForeground), line: kit.NewText("", kit.Caption, theme.ColorNamePlaceHolder),
	}
	o := kit.Pad(12, 2, 12, 2, kit.HRow(12, r.icon, kit.Grow(kit.VCol(0, r.name, r.line))))
	s.parts[o] = r
	return o
}

func (s *switcher) bind(i, _ int, o fyne.CanvasObject) {
	r, hit := s.parts[o], s.hits[i]
	switch {
	case hit.Action == model.SendFile:
		r.icon.SetIcon("file")
	case hit.Action == model.ShareScreen:
		r.icon.SetIcon("screen")
	case hit.Action == model.ShowTexts:
		r.icon.SetIcon("text")
	case hit.Action != model.None:
		r.icon.SetIcon("stats")
	case hit.Call:
		r.icon.SetIcon("phone")
	case hit.User != "":
		r.icon.SetIcon("people")
	default:
		r.icon.SetIcon("speaker-channel")
	}
	r.name.SetText(hit.Name)
	r.line.SetText(hit.Line)
}

func (s *switcher) choose(i int) {
	if i >= len(s.hits) {
		return
	}
	s.layer.Close()
	if s.w.settings != nil {
		s.w.closeSettings()
	}
	switch hit := s.hits[i]; {
	case hit.Action != model.None:
		s.w.act(hit.Action)
	case hit.Call:
		s.w.startCall(hit.User, false)
	case hit.User != "":
		s.w.showPerson(hit.User, s.w.shell.stage.body)
	default:
		s.w.enter(hit.Channel, hit.Name)
	}
}

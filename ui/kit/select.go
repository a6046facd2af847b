package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// Select is a choice out of a list that opens under the field. The options may change while it is open, as devices are plugged in
// and out.
type Select struct {
	control
	options  []string
	selected int
	changed  func(int)

	menu *selectMenu // nil: closed

	fill, over *canvas.Rectangle
	label      *Text
	arrow      *Icon
}

// selectMenu is an open menu. A line of it never becomes another option under the hand of who is about to choose it: what vanishes
// stays, disabled, and what is new comes at the end.
type selectMenu struct {
	layer *Layer
	list  *menuList
	lines []option
}

// option tells options apart by their text, and those with the same text by their order.
type option struct {
	text string
	nth  int
}

func optionsOf(texts []string) []option {
	seen := make(map[string]int, len(texts))
	o := make([]option, len(texts))
	for i, t := range texts {
		o[i] = option{t, seen[t]}
		seen[t]++
	}
	return o
}

// NewSelect returns a choice. Changed hears only of what the person does and may be nil. Selected out of range shows nothing.
func NewSelect(options []string, selected int, changed func(int)) *Select {
	s := &Select{options: options, selected: selected, changed: changed, fill: canvas.NewRectangle(nil), over: canvas.NewRectangle(nil),
		label: NewText("", Body, theme.ColorNameForeground), arrow: NewIcon("chevron-down", 18, theme.ColorNamePlaceHolder)}
	s.extend(s)
	return s
}

// Selected is the index of what is chosen.
func (s *Select) Selected() int { return s.selected }

// SetOptions changes what there is to choose and what is chosen, also while the menu is open, and tells nobody.
func (s *Select) SetOptions(options []string, selected int) {
	if selected == s.selected && equal(options, s.options) {
		return
	}
	s.options = append([]string(nil), options...)
	s.selected = selected
	s.Refresh()
	if s.menu != nil {
		s.menu.update(s)
	}
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Tapped implements fyne.Tappable.
func (s *Select) Tapped(*fyne.PointEvent) {
	s.focusQuietly()
	s.open()
}

// TypedKey implements fyne.Focusable.
func (s *Select) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyDown, fyne.KeyUp:
		s.sawKey()
		s.open()
	default:
		s.typed(ev, s.open)
	}
}

func (s *Select) open() {
	c := fyne.CurrentApp().Driver().CanvasForObject(s)
	if c == nil || s.menu != nil || s.Disabled() || len(s.options) == 0 {
		return
	}
	m := &selectMenu{list: newMenuList(nil)}
	m.update(s)
	m.list.list.OnActivate = func(i int) { s.choose(m, i) }
	if s.selected >= 0 && s.selected < len(s.options) {
		m.list.list.setCurrent(s.selected)
	}
	s.menu = m
	m.layer = (&Layers{canvas: c}).open(&Layer{near: s, fitNear: true, pad: 6}, m.list.list)
	m.layer.OnClosed = func() { s.menu = nil }
	m.list.list.ScrollTo(s.selected)
}

// update brings the lines into step with the options.
func (m *selectMenu) update(s *Select) {
	now := optionsOf(s.options)
	at := make(map[option]int, len(now))
	for i, o := range now {
		at[o] = i
	}
	known := make(map[option]bool, len(m.lines))
	for _, o := range m.lines {
		known[o] = true
	}
	for _, o := range now {
		if !known[o] {
			m.lines = append(m.lines, o)
		}
	}
	items := make([]MenuItem, len(m.lines))
	for i, o := range m.lines {
		j, there := at[o]
		items[i] = MenuItem{Text: o.text, Disabled: !there, Checked: there && j == s.selected}
	}
	m.list.set(items)
	if m.layer != nil {
		m.layer.Relayout()
	}
}

// choose takes line i, if what it says can still be chosen.
func (s *Select) choose(m *selectMenu, line int) {
	o := m.lines[line]
	m.layer.Close()
	for i, now := range optionsOf(s.options) {
		if now != o {
			continue
		}
		if i != s.selected {
			s.selected = i
			s.Refresh()
			if s.changed != nil {
				s.changed(i)
			}
		}
		return
	}
}

// CreateRenderer implements fyne.Widget.
func (s *Select) CreateRenderer() fyne.WidgetRenderer {
	return newDrawing(s, s.fill, s.over, s.label, s.arrow, s.ring.Rectangle)
}

func (s *Select) paint() {
	fg, ic, line := theme.ColorNameForeground, theme.ColorNamePlaceHolder, theme.ColorNameInputBorder
	if s.Disabled() {
		fg, ic, line = theme.ColorNameDisabled, theme.ColorNameDisabled, theme.ColorNameSeparator
	}
	s.fill.FillColor, s.fill.StrokeColor = Color(theme.ColorNameInputBackground), Color(line)
	s.over.FillColor = Color(s.cover())
	text := ""
	if s.selected >= 0 && s.selected < len(s.options) {
		text = s.options[s.selected]
	}
	s.label.SetText(text)
	s.label.SetColor(fg)
	s.arrow.SetColor(ic)
	s.ring.show(s.ringShown())
}

func (s *Select) natural() fyne.Size { return fyne.NewSize(Px(160), Px(40)) }

func (s *Select) arrange(size fyne.Size) {
	for _, r := range []*canvas.Rectangle{s.fill, s.over} {
		r.CornerRadius = Px(8)
		place(r, 0, 0, size.Width, size.Height)
	}
	s.fill.StrokeWidth = 1
	icon := s.arrow.MinSize().Width
	place(s.arrow, size.Width-Px(12)-icon, (size.Height-icon)/2, icon, icon)
	placeText(s.label, Px(12), 0, size.Width-icon-Px(34), size.Height)
	s.ring.around(fyne.Position{}, size, Px(8))
}

package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
)

// Segmented is a choice of a few words side by side, 40 high. It is one stop of the Tab key; arrows move the choice.
type Segmented struct {
	control
	options  []string
	selected int
	over     int // the one under the mouse, or -1
	changed  func(int)

	box, mark, hover *canvas.Rectangle
	labels           []*Text
}

// NewSegmented returns a choice; changed hears only of what the person does and may be nil. Selected out of range means none.
func NewSegmented(options []string, selected int, changed func(int)) *Segmented {
	s := &Segmented{options: options, selected: selected, over: -1, changed: changed,
		box: canvas.NewRectangle(nil), mark: canvas.NewRectangle(nil), hover: canvas.NewRectangle(nil)}
	for _, o := range options {
		t := NewText(o, BodyBold, theme.ColorNamePlaceHolder)
		t.Align = fyne.TextAlignCenter
		s.labels = append(s.labels, t)
	}
	s.extend(s)
	return s
}

// Selected is the index of what is chosen.
func (s *Segmented) Selected() int { return s.selected }

// SetSelected chooses and tells nobody.
func (s *Segmented) SetSelected(i int) {
	if s.selected != i {
		s.selected = i
		s.Refresh()
	}
}

func (s *Segmented) choose(i int) {
	if s.Disabled() || i < 0 || i >= len(s.options) || i == s.selected {
		return
	}
	s.SetSelected(i)
	if s.changed != nil {
		s.changed(i)
	}
}

// Tapped implements fyne.Tappable.
func (s *Segmented) Tapped(ev *fyne.PointEvent) {
	s.focusQuietly()
	s.choose(s.at(ev.Position.X))
}

// TypedKey implements fyne.Focusable.
func (s *Segmented) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyLeft, fyne.KeyUp:
		s.choose(s.selected - 1)
	case fyne.KeyRight, fyne.KeyDown:
		s.choose(s.selected + 1)
	case fyne.KeyHome:
		s.choose(0)
	case fyne.KeyEnd:
		s.choose(len(s.options) - 1)
	default:
		s.typed(ev, func() { s.choose((s.selected + 1) % max(1, len(s.options))) })
		return
	}
	s.sawKey()
}

// MouseMoved implements desktop.Hoverable.
func (s *Segmented) MouseMoved(ev *desktop.MouseEvent) {
	if i := s.at(ev.Position.X); i != s.over {
		s.over = i
		s.Refresh()
	}
}

// MouseIn implements desktop.Hoverable.
func (s *Segmented) MouseIn(ev *desktop.MouseEvent) {
	s.over = s.at(ev.Position.X)
	s.control.MouseIn(ev)
}

// CreateRenderer implements fyne.Widget.
func (s *Segmented) CreateRenderer() fyne.WidgetRenderer {
	parts := []fyne.CanvasObject{s.box, s.hover, s.mark}
	for _, l := range s.labels {
		parts = append(parts, l)
	}
	return newDrawing(s, append(parts, s.ring.Rectangle)...)
}

func (s *Segmented) paint() {
	s.box.FillColor, s.box.StrokeColor = Color(theme.ColorNameInputBackground), Color(theme.ColorNameSeparator)
	mark, fg := theme.ColorNamePrimary, theme.ColorNameForegroundOnPrimary
	if s.Disabled() {
		mark, fg = theme.ColorNameDisabledButton, theme.ColorNameDisabled
	}
	s.mark.FillColor = Color(mark)
	s.hover.FillColor = Color(theme.ColorNameHover)
	for i, l := range s.labels {
		switch {
		case i == s.selected:
			l.SetColor(fg)
		case s.Disabled():
			l.SetColor(theme.ColorNameDisabled)
		default:
			l.SetColor(theme.ColorNamePlaceHolder)
		}
	}
	setShown(s.mark, s.selected >= 0 && s.selected < len(s.options))
	setShown(s.hover, s.hovered && s.over >= 0 && s.over != s.selected && !s.Disabled())
	s.ring.show(s.ringShown())
}

// widths are those of the segments: what each wants, and the rest evenly.
func (s *Segmented) widths(total float32) []float32 {
	w := make([]float32, len(s.labels))
	sum := float32(0)
	for i, l := range s.labels {
		w[i] = l.Natural() + Px(28)
		sum += w[i]
	}
	for i := range w {
		w[i] += (total - sum) / float32(len(w))
	}
	return w
}

func (s *Segmented) at(x float32) int {
	x -= Px(3)
	for i, w := range s.widths(s.Size().Width - Px(6)) {
		if x < w || i == len(s.labels)-1 {
			return i
		}
		x -= w
	}
	return -1
}

func (s *Segmented) natural() fyne.Size {
	w := Px(6)
	for _, l := range s.labels {
		w += l.Natural() + Px(28)
	}
	return fyne.NewSize(w, Px(40))
}

func (s *Segmented) arrange(size fyne.Size) {
	in, y := Px(3), (size.Height-Px(40))/2
	s.box.CornerRadius, s.box.StrokeWidth = Px(10), 1
	place(s.box, 0, y, size.Width, Px(40))
	x := in
	for i, w := range s.widths(size.Width - 2*in) {
		for _, r := range []*canvas.Rectangle{s.mark, s.hover} {
			if r == s.mark && i == s.selected || r == s.hover && i == s.over {
				r.CornerRadius = Px(7)
				place(r, x, y+in, w, Px(34))
			}
		}
		placeText(s.labels[i], x, y, w, Px(40))
		x += w
	}
	s.ring.around(fyne.NewPos(0, y), fyne.NewSize(size.Width, Px(40)), Px(10))
}

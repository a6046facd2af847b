package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// Toggle is a switch, 40 by 24 in a field of 40 by 32.
type Toggle struct {
	control
	on      bool
	changed func(bool)

	track, over *canvas.Rectangle
	knob        *canvas.Circle
}

// NewToggle returns a switch; changed hears only of what the person does and may be nil.
func NewToggle(on bool, changed func(bool)) *Toggle {
	t := &Toggle{on: on, changed: changed, track: canvas.NewRectangle(nil), over: canvas.NewRectangle(nil), knob: canvas.NewCircle(nil)}
	t.extend(t)
	return t
}

// On says how the switch stands.
func (t *Toggle) On() bool { return t.on }

// SetOn sets the switch and tells nobody.
func (t *Toggle) SetOn(on bool) {
	if t.on != on {
		t.on = on
		t.Refresh()
	}
}

// Tapped implements fyne.Tappable.
func (t *Toggle) Tapped(*fyne.PointEvent) {
	if t.Disabled() {
		return
	}
	t.SetOn(!t.on)
	if t.changed != nil {
		t.changed(t.on)
	}
}

// TypedKey implements fyne.Focusable.
func (t *Toggle) TypedKey(ev *fyne.KeyEvent) { t.typed(ev, func() { t.Tapped(nil) }) }

// CreateRenderer implements fyne.Widget.
func (t *Toggle) CreateRenderer() fyne.WidgetRenderer {
	return newDrawing(t, t.track, t.over, t.knob, t.ring.Rectangle)
}

func (t *Toggle) paint() {
	track, knob := theme.ColorNameInputBorder, ColorCard
	switch {
	case t.Disabled():
		track, knob = theme.ColorNameButton, theme.ColorNameDisabled
	case t.on:
		track, knob = theme.ColorNamePrimary, theme.ColorNameForegroundOnPrimary
	}
	t.track.FillColor, t.knob.FillColor, t.over.FillColor = Color(track), Color(knob), Color(t.cover())
	t.ring.show(t.ringShown())
}

func (t *Toggle) natural() fyne.Size { return fyne.NewSize(Px(40), Px(32)) }

func (t *Toggle) arrange(size fyne.Size) {
	w, h := Px(40), Px(24)
	x, y := size.Width-w, (size.Height-h)/2
	for _, r := range []*canvas.Rectangle{t.track, t.over} {
		r.CornerRadius = h / 2
		place(r, x, y, w, h)
	}
	d, in := Px(18), Px(3)
	k := x + in
	if t.on {
		k = x + w - in - d
	}
	place(t.knob, k, y+in, d, d)
	t.ring.around(fyne.NewPos(x, y), fyne.NewSize(w, h), h/2)
}

package kit

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
)

// Slider sets a number by dragging a knob, or by the arrow keys.
type Slider struct {
	control
	// OnReleased hears of where the slider stands once the person lets go of it: after a click, a drag, each key. May be nil.
	OnReleased func(float64)

	low, high, step, value float64
	mark                   float64 // NaN: none
	released               float64 // what OnReleased was told, or was set
	changed                func(float64)

	track, full, tick *canvas.Rectangle
	knob, over        *canvas.Circle
}

// NewSlider returns a slider from low to high in steps. Changed hears only of what the person does, while it is dragged too, and
// may be nil.
func NewSlider(low, high, step, value float64, changed func(float64)) *Slider {
	s := &Slider{low: low, high: high, step: step, mark: math.NaN(), changed: changed,
		track: canvas.NewRectangle(nil), full: canvas.NewRectangle(nil), tick: canvas.NewRectangle(nil),
		knob: canvas.NewCircle(nil), over: canvas.NewCircle(nil)}
	s.value = s.rounded(value)
	s.released = s.value
	s.extend(s)
	return s
}

// Value is where the slider stands.
func (s *Slider) Value() float64 { return s.value }

// SetValue moves the slider and tells nobody.
func (s *Slider) SetValue(v float64) {
	s.show(v)
	s.released = s.value
}

func (s *Slider) show(v float64) {
	if v = s.rounded(v); s.value != v {
		s.value = v
		s.Refresh()
	}
}

// letGo tells OnReleased once, however many events end a drag.
func (s *Slider) letGo() {
	if s.released == s.value {
		return
	}
	s.released = s.value
	if s.OnReleased != nil {
		s.OnReleased(s.value)
	}
}

// SetMark draws a tick at a value of note, such as 100 %.
func (s *Slider) SetMark(v float64) {
	if s.mark != v {
		s.mark = v
		s.Refresh()
	}
}

// rounded is the step of the range next to v.
func (s *Slider) rounded(v float64) float64 {
	if s.step > 0 {
		v = s.low + math.Round((v-s.low)/s.step)*s.step
	}
	if math.IsNaN(v) {
		return s.low
	}
	return math.Min(s.high, math.Max(s.low, v))
}

func (s *Slider) choose(v float64) {
	v = s.rounded(v)
	if s.Disabled() || v == s.value {
		return
	}
	s.show(v)
	if s.changed != nil {
		s.changed(v)
	}
}

// chooseAt moves the middle of the knob to x.
func (s *Slider) chooseAt(x float32) {
	d := Px(16)
	if room := s.Size().Width - d; room > 0 {
		s.choose(s.low + float64((x-d/2)/room)*(s.high-s.low))
	}
}

// Tapped implements fyne.Tappable.
func (s *Slider) Tapped(ev *fyne.PointEvent) {
	s.focusQuietly()
	s.chooseAt(ev.Position.X)
}

// MouseDown implements desktop.Mouseable: the knob comes at once, not when the button is let go.
func (s *Slider) MouseDown(ev *desktop.MouseEvent) {
	s.control.MouseDown(ev)
	if ev.Button == desktop.MouseButtonPrimary {
		s.Tapped(&ev.PointEvent)
	}
}

// MouseUp implements desktop.Mouseable.
func (s *Slider) MouseUp(ev *desktop.MouseEvent) {
	s.control.MouseUp(ev)
	s.letGo()
}

// Dragged implements fyne.Draggable.
func (s *Slider) Dragged(ev *fyne.DragEvent) { s.chooseAt(ev.Position.X) }

// DragEnd implements fyne.Draggable.
func (s *Slider) DragEnd() {
	s.setPressed(false)
	s.letGo()
}

// TypedKey implements fyne.Focusable.
func (s *Slider) TypedKey(ev *fyne.KeyEvent) {
	step := s.step
	if step <= 0 {
		step = (s.high - s.low) / 100
	}
	switch ev.Name {
	case fyne.KeyLeft, fyne.KeyDown:
		s.choose(s.value - step)
	case fyne.KeyRight, fyne.KeyUp:
		s.choose(s.value + step)
	case fyne.KeyPageDown:
		s.choose(s.value - 10*step)
	case fyne.KeyPageUp:
		s.choose(s.value + 10*step)
	case fyne.KeyHome:
		s.choose(s.low)
	case fyne.KeyEnd:
		s.choose(s.high)
	default:
		PassKey(s, ev)
		return
	}
	s.sawKey()
	s.letGo()
}

// CreateRenderer implements fyne.Widget.
func (s *Slider) CreateRenderer() fyne.WidgetRenderer {
	return newDrawing(s, s.track, s.full, s.tick, s.knob, s.over, s.ring.Rectangle)
}

func (s *Slider) paint() {
	fill := theme.ColorNamePrimary
	if s.Disabled() {
		fill = theme.ColorNameDisabled
	}
	s.track.FillColor, s.full.FillColor, s.knob.FillColor = Color(theme.ColorNameButton), Color(fill), Color(fill)
	s.tick.FillColor, s.over.FillColor = Color(theme.ColorNamePlaceHolder), Color(s.cover())
	setShown(s.tick, !math.IsNaN(s.mark))
	s.ring.show(s.ringShown())
}

func (s *Slider) natural() fyne.Size { return fyne.NewSize(Px(100), Px(32)) }

// x is the left edge of a knob that stands at v.
func (s *Slider) x(v float64, width float32) float32 {
	if s.high <= s.low {
		return 0
	}
	return float32(math.Round(float64(width-Px(16)) * (v - s.low) / (s.high - s.low)))
}

func (s *Slider) arrange(size fyne.Size) {
	d, h, mid := Px(16), Px(4), size.Height/2
	x := s.x(s.value, size.Width)
	s.track.CornerRadius, s.full.CornerRadius = h/2, h/2
	place(s.track, 0, mid-h/2, size.Width, h)
	place(s.full, 0, mid-h/2, x+d/2, h)
	if !math.IsNaN(s.mark) {
		place(s.tick, s.x(s.mark, size.Width)+d/2-1, mid-Px(6), Px(2), Px(12))
	}
	place(s.knob, x, mid-d/2, d, d)
	place(s.over, x, mid-d/2, d, d)
	s.ring.around(fyne.NewPos(x, mid-d/2), fyne.NewSquareSize(d), d/2)
}

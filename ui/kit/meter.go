package kit

import (
	"fmt"
	"image/color"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
)

const (
	meterSegments = 44
	meterFloor    = -60 // dBFS, at the left end; 0 is the right one
	peakHold      = time.Second
)

// Meter shows a level in dBFS, and the threshold at which the gate opens, which can be dragged or moved by the arrow keys.
type Meter struct {
	control
	// OnThreshold hears of a threshold that the person moved, in whole dBFS.
	OnThreshold func(dbfs float32)

	lit       int // segments
	open      bool
	peak      int // segment of the tick, or -1
	peakAt    time.Time
	threshold float32
	movable   bool
	levelText string

	segments [meterSegments]*canvas.Rectangle
	tick     *canvas.Rectangle
	line     *canvas.Rectangle
	knob     *canvas.Circle
	opens    *Text
	level    *Text
}

// NewMeter returns a meter at rest without a threshold.
func NewMeter() *Meter {
	m := &Meter{peak: -1, threshold: meterFloor, tick: canvas.NewRectangle(nil), line: canvas.NewRectangle(nil), knob: canvas.NewCircle(nil),
		opens: NewText("", Caption, theme.ColorNamePlaceHolder), level: NewText("", Caption, theme.ColorNamePlaceHolder)}
	m.level.Align = fyne.TextAlignTrailing
	for i := range m.segments {
		m.segments[i] = canvas.NewRectangle(nil)
	}
	m.extend(m)
	return m
}

// Set shows a level in dBFS, and whether the gate is open: only then is what stands above the threshold amber. The time is for the
// tick at the highest level, which holds for a second.
func (m *Meter) Set(level float32, open bool, now time.Time) {
	lit := segmentsAt(level)
	text := decibels(level)
	if level <= meterFloor || level != level {
		text = ""
	}
	peak := m.peak
	if lit-1 >= peak || now.Sub(m.peakAt) >= peakHold {
		peak = lit - 1
		m.peakAt = now
	}
	if lit == m.lit && open == m.open && peak == m.peak && text == m.levelText {
		return
	}
	moved := peak != m.peak
	m.lit, m.open, m.peak, m.levelText = lit, open, peak, text
	m.level.SetText(text)
	m.paintSegments()
	if moved {
		m.arrange(m.Size())
	}
}

// SetThreshold shows where the gate opens, in dBFS, or that there is no threshold to move.
func (m *Meter) SetThreshold(dbfs float32, show bool) {
	dbfs = wholeLevel(dbfs)
	if m.threshold != dbfs || m.movable != show {
		m.threshold, m.movable = dbfs, show
		m.Refresh()
	}
}

// Threshold is where the gate opens, in dBFS.
func (m *Meter) Threshold() float32 { return m.threshold }

// segmentsAt is how many segments are lit at a level.
func segmentsAt(level float32) int {
	if level != level || level <= meterFloor {
		return 0
	}
	return int(math.Ceil(float64(min(level, 0)-meterFloor) * meterSegments / -meterFloor))
}

func wholeLevel(dbfs float32) float32 {
	if dbfs != dbfs {
		return meterFloor
	}
	return float32(math.Round(float64(max(meterFloor, min(0, dbfs)))))
}

// decibels writes a level with a true minus.
func decibels(dbfs float32) string {
	if r := math.Round(float64(dbfs)); r < 0 {
		return fmt.Sprintf("−%.0f dB", -r)
	}
	return "0 dB"
}

func (m *Meter) move(to float32) {
	to = wholeLevel(to)
	if !m.movable || m.Disabled() || to == m.threshold {
		return
	}
	m.SetThreshold(to, true)
	if m.OnThreshold != nil {
		m.OnThreshold(to)
	}
}

func (m *Meter) moveTo(x float32) {
	if w := m.width(m.Size()); w > 0 {
		m.move(meterFloor - x/w*meterFloor)
	}
}

// Tapped implements fyne.Tappable.
func (m *Meter) Tapped(ev *fyne.PointEvent) {
	if m.movable {
		m.focusQuietly()
		m.moveTo(ev.Position.X)
	}
}

// MouseDown implements desktop.Mouseable: the threshold comes at once.
func (m *Meter) MouseDown(ev *desktop.MouseEvent) {
	if ev.Button == desktop.MouseButtonPrimary {
		m.Tapped(&ev.PointEvent)
	}
}

// Dragged implements fyne.Draggable.
func (m *Meter) Dragged(ev *fyne.DragEvent) { m.moveTo(ev.Position.X) }

// DragEnd implements fyne.Draggable.
func (m *Meter) DragEnd() {}

// TypedKey implements fyne.Focusable.
func (m *Meter) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyLeft, fyne.KeyDown:
		m.move(m.threshold - 1)
	case fyne.KeyRight, fyne.KeyUp:
		m.move(m.threshold + 1)
	case fyne.KeyPageDown:
		m.move(m.threshold - 10)
	case fyne.KeyPageUp:
		m.move(m.threshold + 10)
	case fyne.KeyHome:
		m.move(meterFloor)
	case fyne.KeyEnd:
		m.move(0)
	default:
		PassKey(m, ev)
		return
	}
	m.sawKey()
}

// Disabled implements fyne.Disableable: without a threshold there is nothing to focus.
func (m *Meter) Disabled() bool { return !m.movable || m.control.Disabled() }

// CreateRenderer implements fyne.Widget.
func (m *Meter) CreateRenderer() fyne.WidgetRenderer {
	parts := make([]fyne.CanvasObject, 0, meterSegments+6)
	for _, s := range m.segments {
		parts = append(parts, s)
	}
	return newDrawing(m, append(parts, m.tick, m.line, m.knob, m.opens, m.level, m.ring.Rectangle)...)
}

func (m *Meter) paint() {
	for i, s := range m.segments {
		s.FillColor = m.segmentColor(i)
	}
	m.tick.FillColor = Color(theme.ColorNamePlaceHolder)
	m.line.FillColor, m.knob.FillColor = Color(theme.ColorNameForeground), Color(theme.ColorNameForeground)
	m.opens.SetText("Opens at " + decibels(m.threshold))
	setShown(m.tick, m.peak >= 0)
	for _, o := range []fyne.CanvasObject{m.line, m.knob, m.opens} {
		setShown(o, m.movable)
	}
	m.ring.show(m.ringShown())
}

// paintSegments changes only the fills that are others than before.
func (m *Meter) paintSegments() {
	for i, s := range m.segments {
		if c := m.segmentColor(i); s.FillColor != c {
			s.FillColor = c
			canvas.Refresh(s)
		}
	}
	setShown(m.tick, m.peak >= 0)
}

func (m *Meter) segmentColor(i int) color.Color {
	switch {
	case i >= m.lit:
		return Color(theme.ColorNameButton)
	case m.open && (!m.movable || i >= segmentsAt(m.threshold)):
		return Color(ColorVoice)
	}
	return Color(theme.ColorNameInputBorder)
}

// pitch is the width of a segment and the gap after it, in whole units.
func (m *Meter) pitch(size fyne.Size) float32 {
	gap := Px(3)
	return max(gap+1, min(Px(14), float32(math.Floor(float64((size.Width+gap)/meterSegments)))))
}

func (m *Meter) width(size fyne.Size) float32 { return m.pitch(size)*meterSegments - Px(3) }

func (m *Meter) natural() fyne.Size { return fyne.NewSize(Px(8)*meterSegments-Px(3), Px(54)) }

func (m *Meter) arrange(size fyne.Size) {
	pitch, gap, w := m.pitch(size), Px(3), m.width(size)
	for i, s := range m.segments {
		s.CornerRadius = Px(2)
		place(s, float32(i)*pitch, Px(8), pitch-gap, Px(18))
	}
	if m.peak >= 0 {
		m.tick.CornerRadius = 1
		place(m.tick, float32(m.peak)*pitch+(pitch-gap-Px(3))/2, Px(8), Px(3), Px(18))
	}
	x := float32(segmentsAt(m.threshold))*pitch - gap/2
	x = max(0, min(x, w))
	place(m.line, x-Px(1), Px(2), Px(2), Px(30))
	d := Px(14)
	place(m.knob, x-d/2, Px(28), d, d)
	m.ring.around(fyne.NewPos(x-d/2, Px(28)), fyne.NewSquareSize(d), d/2)
	m.arrangeTexts(x, w)
}

// arrangeTexts puts the words of the threshold right of its knob, or left where they would meet the level, which itself makes way
// for the knob.
func (m *Meter) arrangeTexts(x, w float32) {
	h, level, opens := Px(16), Caption.Width("−60 dB"), m.opens.Natural()
	at := x + Px(14)
	if at+opens > w-level-Px(8) {
		at = x - Px(14) - opens
	}
	place(m.opens, at, Px(34), opens, h)
	right := w
	if m.movable && x+Px(8) > w-level {
		right = at - Px(16)
	}
	place(m.level, right-level, Px(34), level, h)
}

package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// numbers of Bars, in units.
const (
	barCount  = 4
	barWidth  = 3
	barGap    = 2
	barHeight = 14 // of the highest
)

// Bars shows how good a connection is: four bars, 4 lit the best, none lit and a slash: nothing gets through.
type Bars struct {
	widget.BaseWidget
	level uint8
	known bool
	good  fyne.ThemeColorName
}

// NewBars makes bars that show nothing: nothing is known yet.
func NewBars() *Bars {
	b := &Bars{good: theme.ColorNamePlaceHolder}
	b.ExtendBaseWidget(b)
	return b
}

// Set shows a level, 0 to 4; what is not known shows nothing, and keeps its room. Good is the colour of the levels 3 and 4: placeholder on
// a tile, success in the dock. 1 and 2 are a warning.
func (b *Bars) Set(level uint8, known bool, good fyne.ThemeColorName) {
	level = min(level, barCount)
	if b.level != level || b.known != known || b.good != good {
		b.level, b.known, b.good = level, known, good
		b.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (b *Bars) CreateRenderer() fyne.WidgetRenderer {
	r := &barsRenderer{bars: b, slash: &canvas.Line{}}
	for n := range r.rects {
		r.rects[n] = &canvas.Rectangle{}
		r.objects = append(r.objects, r.rects[n])
	}
	r.objects = append(r.objects, r.slash)
	r.show()
	return r
}

type barsRenderer struct {
	bars    *Bars
	rects   [barCount]*canvas.Rectangle
	slash   *canvas.Line
	objects []fyne.CanvasObject
}

func (r *barsRenderer) MinSize() fyne.Size {
	return fyne.NewSize(barCount*Px(barWidth)+(barCount-1)*Px(barGap), Px(barHeight))
}

func (r *barsRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *barsRenderer) Destroy()                     {}

func (r *barsRenderer) Layout(size fyne.Size) {
	least := r.MinSize()
	at := middle(size, least.Width, least.Height)
	for n, rect := range r.rects {
		height := Px(barHeight * float32(n+1) / barCount)
		place(rect, at.X+float32(n)*(Px(barWidth)+Px(barGap)), at.Y+least.Height-height, Px(barWidth), height)
	}
	r.slash.Position1 = at.AddXY(0, Px(1))
	r.slash.Position2 = at.AddXY(least.Width-Px(1), least.Height)
}

func (r *barsRenderer) Refresh() {
	r.show()
	r.Layout(r.bars.Size())
	canvas.Refresh(r.bars)
}

func (r *barsRenderer) show() {
	b := r.bars
	lit, poor, unlit := b.good, theme.ColorNameWarning, theme.ColorNameButton
	if b.good == ColorOnBadge { // which is dark in both themes
		poor, unlit = ColorBadgePoor, ColorBadgeUnlit
	}
	if b.level <= 2 {
		lit = poor
	}
	for n, rect := range r.rects {
		rect.Hidden = !b.known
		rect.CornerRadius = 1
		rect.FillColor = Color(unlit)
		if n < int(b.level) {
			rect.FillColor = Color(lit)
		}
	}
	r.slash.Hidden = !b.known || b.level > 0
	r.slash.StrokeColor, r.slash.StrokeWidth = Color(poor), Px(2)
}

package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Outline is a line with round corners around something large. It is put together from strips and quarters of rings: one rectangle
// with a stroke looks the same, but its inside is drawn, too, and around a moving picture that costs more than the picture.
type Outline struct {
	widget.BaseWidget
	color         fyne.ThemeColorName
	radius, width float32

	strips  [4]*canvas.Rectangle
	corners [4]*canvas.Arc
}

// NewOutline makes an outline whose line is so wide, within the size it gets, in units at scale 1.
func NewOutline(color fyne.ThemeColorName, radius, width float32) *Outline {
	o := &Outline{color: color, radius: radius, width: width}
	for i := range o.strips {
		o.strips[i] = canvas.NewRectangle(nil)
		o.corners[i] = canvas.NewArc(float32(90*i), float32(90*i+90), 0, nil)
	}
	o.ExtendBaseWidget(o)
	return o
}

// SetColor draws it in another colour.
func (o *Outline) SetColor(c fyne.ThemeColorName) {
	if o.color != c {
		o.color = c
		o.Refresh()
	}
}

// SetRadius gives it other corners; 0 is none.
func (o *Outline) SetRadius(radius float32) {
	if o.radius != radius {
		o.radius = radius
		o.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (o *Outline) CreateRenderer() fyne.WidgetRenderer {
	parts := make([]fyne.CanvasObject, 0, 8)
	for i := range o.strips {
		parts = append(parts, o.strips[i], o.corners[i])
	}
	return newDrawing(o, parts...)
}

func (o *Outline) natural() fyne.Size { return fyne.Size{} }

func (o *Outline) paint() {
	c := Color(o.color)
	for i := range o.strips {
		o.strips[i].FillColor, o.corners[i].FillColor = c, c
	}
}

// arrange places strips and corners clockwise: top, right, bottom, left, and the corner after each.
func (o *Outline) arrange(size fyne.Size) {
	r, w := min(Px(o.radius), size.Width/2, size.Height/2), Px(o.width)
	place(o.strips[0], r, 0, size.Width-2*r, w)
	place(o.strips[1], size.Width-w, r, w, size.Height-2*r)
	place(o.strips[2], r, size.Height-w, size.Width-2*r, w)
	place(o.strips[3], 0, r, w, size.Height-2*r)
	right, low := size.Width-2*r, size.Height-2*r
	for i, at := range [4]fyne.Position{{X: right}, {X: right, Y: low}, {Y: low}, {}} {
		setShown(o.corners[i], r > w)
		if r > w {
			o.corners[i].CutoutRatio = (r - w) / r
			place(o.corners[i], at.X, at.Y, 2*r, 2*r)
		}
	}
}

package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Panel is a ground of one colour under its content. Depth is one step of lightness and a line: nothing has a shadow.
type Panel struct {
	widget.BaseWidget
	fill, line fyne.ThemeColorName
	lineWidth  float32
	radius     float32
	content    fyne.CanvasObject
}

// NewPanel makes a panel around a content (nil: none), with no padding and no line. No colour is transparent.
func NewPanel(fill fyne.ThemeColorName, radius float32, content fyne.CanvasObject) *Panel {
	p := &Panel{fill: fill, radius: radius, content: content}
	p.ExtendBaseWidget(p)
	return p
}

// NewCard makes a panel as tiles and settings have it: the card's colour, a line around it, and padding.
func NewCard(content fyne.CanvasObject) *Panel {
	p := NewPanel(ColorCard, 16, Pad(20, 20, 20, 20, content))
	p.SetLine(theme.ColorNameSeparator, 1)
	return p
}

// SetFill gives it another colour.
func (p *Panel) SetFill(c fyne.ThemeColorName) {
	if p.fill != c {
		p.fill = c
		p.Refresh()
	}
}

// SetLine draws its outline, so many units wide; 0 is none.
func (p *Panel) SetLine(c fyne.ThemeColorName, width float32) {
	if p.line != c || p.lineWidth != width {
		p.line, p.lineWidth = c, width
		p.Refresh()
	}
}

// Natural returns the width that the content would like to have.
func (p *Panel) Natural() float32 {
	if p.content == nil || !p.content.Visible() {
		return 0
	}
	return Natural(p.content)
}

// CreateRenderer implements fyne.Widget.
func (p *Panel) CreateRenderer() fyne.WidgetRenderer {
	r := &panelRenderer{panel: p, rect: &canvas.Rectangle{}}
	r.objects = []fyne.CanvasObject{r.rect}
	if p.content != nil {
		r.objects = append(r.objects, p.content)
	}
	r.show()
	return r
}

type panelRenderer struct {
	panel   *Panel
	rect    *canvas.Rectangle
	objects []fyne.CanvasObject
}

func (r *panelRenderer) MinSize() fyne.Size {
	if p := r.panel; p.content != nil && p.content.Visible() {
		return p.content.MinSize()
	}
	return fyne.Size{}
}

func (r *panelRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *panelRenderer) Destroy()                     {}
func (r *panelRenderer) Layout(size fyne.Size)        { fill(r.objects, size) }

func (r *panelRenderer) Refresh() {
	r.show()
	r.rect.Refresh()
}

func (r *panelRenderer) show() {
	p := r.panel
	r.rect.FillColor, r.rect.CornerRadius = Color(p.fill), Px(p.radius)
	r.rect.StrokeColor, r.rect.StrokeWidth = nil, 0
	if p.lineWidth > 0 {
		r.rect.StrokeColor, r.rect.StrokeWidth = Color(p.line), p.lineWidth
	}
}

// Line is a separator, one unit thick at any scale.
func Line(vertical bool) fyne.CanvasObject {
	return NewLine(vertical, theme.ColorNameSeparator)
}

// NewLine is Line in a colour of the theme.
func NewLine(vertical bool, color fyne.ThemeColorName) fyne.CanvasObject {
	return &fyne.Container{Layout: thin{vertical}, Objects: []fyne.CanvasObject{NewPanel(color, 0, nil)}}
}

type thin struct{ vertical bool }

func (thin) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSquareSize(1) }

func (l thin) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	if l.vertical {
		size.Width = 1
	} else {
		size.Height = 1
	}
	fill(objects, size)
}

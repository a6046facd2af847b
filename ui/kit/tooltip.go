package kit

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// tipDelay is how long the mouse rests on a button before its label shows.
const tipDelay = 600 * time.Millisecond

// tip is the label of a control that has no words on it.
type tip struct {
	text  string
	timer *fyne.Animation
	on    *plane
}

// start waits on the UI goroutine, by an animation that draws nothing and ends by itself, and then shows the label.
func (t *tip) start(of fyne.CanvasObject) {
	t.stop()
	if t.text == "" {
		return
	}
	var timer *fyne.Animation
	timer = &fyne.Animation{Duration: tipDelay, Curve: fyne.AnimationLinear, Tick: func(done float32) {
		if done >= 1 && t.timer == timer {
			t.timer = nil
			t.show(of)
		}
	}}
	t.timer = timer
	timer.Start()
}

func (t *tip) stop() {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	if t.on != nil {
		t.on.clear(t)
		t.on = nil
	}
}

func (t *tip) show(of fyne.CanvasObject) {
	d := fyne.CurrentApp().Driver()
	c := d.CanvasForObject(of)
	if c == nil || !of.Visible() {
		return
	}
	if p := planeOf(c); p != nil {
		p.show(t, t.text, d.AbsolutePositionForObject(of), of.Size())
		t.on = p
	}
}

// planeOf is where tooltips are drawn now: over the layer on top, or else over the window's content. An overlay of their own would
// take the mouse from what they explain.
func planeOf(c fyne.Canvas) *plane {
	if top, ok := c.Overlays().Top().(*layerRoot); ok {
		return top.tips
	}
	if s, ok := c.Content().(*surface); ok && c.Overlays().Top() == nil {
		return s.tips
	}
	return nil
}

// surface is the window's content with a plane for tooltips over it.
type surface struct {
	widget.BaseWidget
	content fyne.CanvasObject
	tips    *plane
	layers  *Layers // of the window
}

func newSurface(content fyne.CanvasObject) *surface {
	s := &surface{content: content, tips: newPlane()}
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer implements fyne.Widget.
func (s *surface) CreateRenderer() fyne.WidgetRenderer {
	return newDrawing(s, s.content, s.tips)
}

func (s *surface) paint()             {}
func (s *surface) natural() fyne.Size { return s.content.MinSize() }

func (s *surface) arrange(size fyne.Size) {
	place(s.content, 0, 0, size.Width, size.Height)
	place(s.tips, 0, 0, size.Width, size.Height)
}

// plane shows one label at a time and catches nothing.
type plane struct {
	widget.BaseWidget
	of     *tip
	pos    fyne.Position
	beside fyne.Size

	box  *canvas.Rectangle
	text *Text
}

func newPlane() *plane {
	p := &plane{box: canvas.NewRectangle(nil), text: NewText("", Caption, theme.ColorNameForeground)}
	p.ExtendBaseWidget(p)
	p.Hide()
	return p
}

func (p *plane) show(of *tip, text string, pos fyne.Position, beside fyne.Size) {
	p.of, p.pos, p.beside = of, pos, beside
	p.text.SetText(text)
	p.Refresh()
	p.Show()
}

func (p *plane) clear(of *tip) {
	if p.of == of {
		p.of = nil
		p.Hide()
	}
}

// CreateRenderer implements fyne.Widget.
func (p *plane) CreateRenderer() fyne.WidgetRenderer { return newDrawing(p, p.box, p.text) }

func (p *plane) natural() fyne.Size { return fyne.Size{} }

func (p *plane) paint() {
	p.box.FillColor, p.box.StrokeColor = Color(ColorRaised), Color(ColorFloatLine)
}

// arrange puts the label under its button, or over it in the lower half of the window.
func (p *plane) arrange(size fyne.Size) {
	h := Px(28)
	w := min(p.text.Natural()+Px(20), size.Width-Px(16))
	x := p.pos.X + (p.beside.Width-w)/2
	x = max(Px(8), min(x, size.Width-w-Px(8)))
	y := p.pos.Y + p.beside.Height + Px(6)
	if p.pos.Y > size.Height/2 {
		y = p.pos.Y - h - Px(6)
	}
	p.box.CornerRadius, p.box.StrokeWidth = Px(8), 1
	place(p.box, x, y, w, h)
	placeText(p.text, x+Px(10), y, w-Px(20), h)
}

package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"parley/ui/kit"
)

// pressable makes any content something to press: by a click, or by Space and Enter while it has the focus, which is shown.
type pressable struct {
	widget.BaseWidget
	content   fyne.CanvasObject
	plain     bool // no hover fill
	tapped    func()
	double    func() // also what Enter does where tapped is nil
	secondary func(at fyne.Position)

	hover, focus *canvas.Rectangle
}

var (
	_ fyne.Widget       = (*pressable)(nil)
	_ fyne.Focusable    = (*pressable)(nil)
	_ desktop.Hoverable = (*pressable)(nil)
	_ desktop.Keyable   = (*pressable)(nil)
)

func newPressable(content fyne.CanvasObject, radius float32, tapped func()) *pressable {
	p := &pressable{content: content, tapped: tapped}
	p.draw(radius)
	p.ExtendBaseWidget(p)
	return p
}

func (p *pressable) draw(radius float32) {
	p.hover, p.focus = canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	p.hover.CornerRadius, p.focus.CornerRadius = radius, radius+4
	p.hover.Hidden, p.focus.Hidden = true, true
}

func (p *pressable) CreateRenderer() fyne.WidgetRenderer { return &pressableRenderer{p} }

func (p *pressable) Tapped(*fyne.PointEvent) {
	if p.tapped != nil {
		p.tapped()
	}
}

func (p *pressable) TappedSecondary(e *fyne.PointEvent) {
	if p.secondary != nil {
		p.secondary(e.AbsolutePosition)
	}
}

func (p *pressable) FocusGained() { p.show(p.focus, true) }
func (p *pressable) FocusLost()   { p.show(p.focus, false) }

func (p *pressable) TypedRune(rune) {}
func (p *pressable) TypedKey(e *fyne.KeyEvent) {
	if (e.Name == desktop.KeyMenu || e.Name == fyne.KeyF10) && p.secondary != nil {
		p.secondary(fyne.CurrentApp().Driver().AbsolutePositionForObject(p.content).AddXY(0, p.content.Size().Height))
		return
	}
	if e.Name != fyne.KeySpace && e.Name != fyne.KeyReturn && e.Name != fyne.KeyEnter {
		kit.PassKey(p.content, e)
		return
	}
	if p.tapped != nil {
		p.tapped()
	} else if p.double != nil {
		p.double()
	}
}

// KeyDown and KeyUp implement desktop.Keyable: Fyne tells the window of a key only where nothing has the focus, and the key to talk
// must not stick because the focus went here while it was held.
func (p *pressable) KeyDown(e *fyne.KeyEvent) { kit.PassDown(p.content, e) }
func (p *pressable) KeyUp(e *fyne.KeyEvent)   { kit.PassUp(p.content, e) }

func (p *pressable) MouseIn(*desktop.MouseEvent)    { p.show(p.hover, !p.plain) }
func (p *pressable) MouseMoved(*desktop.MouseEvent) {}
func (p *pressable) MouseOut()                      { p.show(p.hover, false) }

func (p *pressable) show(r *canvas.Rectangle, on bool) {
	if r.Hidden == on {
		r.Hidden = !on
		p.Refresh()
	}
}

type pressableRenderer struct{ p *pressable }

func (r *pressableRenderer) Destroy()           {}
func (r *pressableRenderer) MinSize() fyne.Size { return r.p.content.MinSize() }
func (r *pressableRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.p.content, r.p.hover, r.p.focus}
}

func (r *pressableRenderer) Layout(size fyne.Size) {
	r.p.content.Resize(size)
	r.p.hover.Resize(size)
	r.p.focus.Move(fyne.NewPos(-2, -2))
	r.p.focus.Resize(size.AddWidthHeight(4, 4))
}

func (r *pressableRenderer) Refresh() {
	r.p.hover.FillColor = kit.Color(theme.ColorNameHover)
	r.p.focus.StrokeColor, r.p.focus.StrokeWidth = kit.Color(theme.ColorNamePrimary), 2
	r.p.hover.Refresh()
	r.p.focus.Refresh()
	canvas.Refresh(r.p)
}

// twice is a pressable that a double click or Enter presses.
type twice struct{ pressable }

func newTwice(content fyne.CanvasObject, radius float32, double func()) *twice {
	t := &twice{pressable{content: content, double: double}}
	t.draw(radius)
	t.ExtendBaseWidget(t)
	return t
}

// DoubleTapped implements fyne.DoubleTappable.
func (t *twice) DoubleTapped(*fyne.PointEvent) { t.double() }

// relayout places a row's parts anew, after one of them has got another text.
func relayout(c *fyne.Container) { c.Layout.Layout(c.Objects, c.Size()) }

// scrolled lets an object be higher than the room it gets: so many units at scale 1, or what there is.
func scrolled(o fyne.CanvasObject, height float32) fyne.CanvasObject {
	s := container.NewVScroll(o)
	if height > 0 {
		return kit.Fixed(0, height, s)
	}
	return s
}

package ui

import (
	"fmt"
	"image"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// closer lies over the picture that fills the window. Wheel, + and - look closer, a double click goes to one pixel for each and back,
// dragging and the arrows move what is seen. It draws nothing.
type closer struct {
	widget.BaseWidget
	stage *pictureStage
}

var (
	_ fyne.Scrollable        = (*closer)(nil)
	_ fyne.Draggable         = (*closer)(nil)
	_ fyne.DoubleTappable    = (*closer)(nil)
	_ fyne.SecondaryTappable = (*closer)(nil)
)

func newCloser(s *pictureStage) *closer {
	c := &closer{stage: s}
	c.Hide()
	c.ExtendBaseWidget(c)
	return c
}

// CreateRenderer implements fyne.Widget.
func (c *closer) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(&fyne.Container{})
}

// change zooms the picture that fills the window. What it gets besides are the picture's size and the window's, in pixels.
func (c *closer) change(to func(z zoom, src, box image.Point) zoom) {
	t := c.stage.large
	if !c.stage.solo() || !t.picture.seen() {
		return
	}
	t.picture.zoom(to(t.picture.zoomed, t.picture.shape, t.picture.pixels()))
	c.stage.arrange()
	t.tell()
	c.stage.past()
}

// reset shows all of it again.
func (c *closer) reset() {
	for _, t := range c.stage.tiles {
		t.picture.zoom(zoom{})
		t.tell()
	}
}

// fromMiddle is how many pixels a place is from the middle.
func (c *closer) fromMiddle(at fyne.Position) image.Point {
	size := c.Size()
	return c.inPixels(at.X-size.Width/2, at.Y-size.Height/2)
}

// inPixels is a way in the window as one in the picture: one's own is shown as by a mirror.
func (c *closer) inPixels(x, y float32) image.Point {
	if t := c.stage.large; t != nil && t.picture.mirrored {
		x = -x
	}
	canvas := c.stage.w.win.Canvas()
	px, py := canvas.PixelCoordinateForPosition(fyne.NewPos(float32(math.Abs(float64(x))), float32(math.Abs(float64(y)))))
	if x < 0 {
		px = -px
	}
	if y < 0 {
		py = -py
	}
	return image.Pt(px, py)
}

// Scrolled implements fyne.Scrollable.
func (c *closer) Scrolled(e *fyne.ScrollEvent) {
	switch {
	case e.Scrolled.DY > 0:
		c.step(zoomStep, c.fromMiddle(e.Position))
	case e.Scrolled.DY < 0:
		c.step(1/zoomStep, c.fromMiddle(e.Position))
	}
}

func (c *closer) step(factor float64, at image.Point) {
	c.change(func(z zoom, src, box image.Point) zoom { return z.by(factor, at, src, box) })
}

// DoubleTapped implements fyne.DoubleTappable.
func (c *closer) DoubleTapped(e *fyne.PointEvent) {
	at := c.fromMiddle(e.Position)
	c.change(func(z zoom, src, box image.Point) zoom {
		if z != (zoom{}) {
			return zoom{}
		}
		return z.to(1, at, src, box)
	})
}

// TappedSecondary implements fyne.SecondaryTappable.
func (c *closer) TappedSecondary(e *fyne.PointEvent) {
	if t := c.stage.large; t != nil {
		t.menu(e.AbsolutePosition)
	}
}

// Dragged implements fyne.Draggable.
func (c *closer) Dragged(e *fyne.DragEvent) { c.move(e.Dragged.DX, e.Dragged.DY) }

// DragEnd implements fyne.Draggable.
func (c *closer) DragEnd() {}

// move moves the picture by so many units.
func (c *closer) move(x, y float32) {
	c.change(func(z zoom, src, box image.Point) zoom { return z.moved(c.inPixels(x, y), src, box) })
}

// typed takes a key of the window, and says whether it was one for a picture that fills it.
func (c *closer) typed(e *fyne.KeyEvent) bool {
	if !c.stage.solo() {
		return false
	}
	far := c.Size().Height / 8
	switch e.Name {
	case fyne.KeyPlus, fyne.KeyEqual:
		c.step(zoomStep, image.Point{})
	case fyne.KeyMinus:
		c.step(1/zoomStep, image.Point{})
	case fyne.Key0:
		c.change(func(zoom, image.Point, image.Point) zoom { return zoom{} })
	case fyne.Key1:
		c.change(func(z zoom, src, box image.Point) zoom { return z.to(1, image.Point{}, src, box) })
	case fyne.KeyLeft:
		c.move(far, 0)
	case fyne.KeyRight:
		c.move(-far, 0)
	case fyne.KeyUp:
		c.move(0, far)
	case fyne.KeyDown:
		c.move(0, -far)
	default:
		return false
	}
	return true
}

// tell has the badge say how much closer one looks.
func (t *pictureTile) tell() {
	if t.badge.apply(t.badged()) {
		t.Layout(nil, t.inside.Size())
	}
}

// badged is what the badge says now: whose picture it is, and how much closer one looks, where one does.
func (t *pictureTile) badged() badged {
	b := badgeOfTile(t.shown)
	if z := t.picture.zoomed; z.scale > 0 {
		b.line = fmt.Sprintf("%.0f %%", 100*z.scale)
	}
	return b
}

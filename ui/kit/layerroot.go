package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// layerRoot is as large as the window: it takes the clicks outside, dims or not, and places the panel.
type layerRoot struct {
	widget.BaseWidget
	layer   *Layer
	content fyne.CanvasObject
	tips    *plane

	scrim, panel *canvas.Rectangle
	shield       *shield
	scroll       *container.Scroll
	fitted       float32 // height that the content wanted when the panel was placed
	placing      bool
}

// growth has the panel grow and shrink with its content: a scroller alone would keep its size.
type growth struct {
	pad
	root *layerRoot
}

func (g *growth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	g.pad.Layout(objects, size)
	if r := g.root; !r.placing && g.MinSize(objects).Height != r.fitted {
		r.arrange(r.Size())
	}
}

func newLayerRoot(y *Layer, content fyne.CanvasObject) *layerRoot {
	r := &layerRoot{layer: y, tips: newPlane(), scrim: canvas.NewRectangle(nil), panel: canvas.NewRectangle(nil), shield: newShield()}
	r.content = &fyne.Container{Layout: &growth{pad{y.pad, y.pad, y.pad, y.pad}, r}, Objects: []fyne.CanvasObject{content}}
	r.scroll = container.NewVScroll(r.content)
	r.ExtendBaseWidget(r)
	return r
}

// Tapped implements fyne.Tappable: only clicks beside the panel come here.
func (r *layerRoot) Tapped(*fyne.PointEvent) {
	if !r.layer.Modal {
		r.layer.Close()
	}
}

// TappedSecondary implements fyne.SecondaryTappable.
func (r *layerRoot) TappedSecondary(ev *fyne.PointEvent) { r.Tapped(ev) }

// CreateRenderer implements fyne.Widget.
func (r *layerRoot) CreateRenderer() fyne.WidgetRenderer {
	return newDrawing(r, r.scrim, r.panel, r.shield, r.scroll, r.tips)
}

func (r *layerRoot) natural() fyne.Size { return fyne.Size{} }

func (r *layerRoot) paint() {
	r.scrim.FillColor = Color(ColorScrim)
	r.panel.FillColor, r.panel.StrokeColor = Color(ColorRaised), Color(ColorFloatLine)
	setShown(r.scrim, r.layer.dim)
}

func (r *layerRoot) arrange(size fyne.Size) {
	if size.IsZero() {
		return
	}
	r.placing = true
	defer func() { r.placing = false }()
	place(r.scrim, 0, 0, size.Width, size.Height)
	place(r.tips, 0, 0, size.Width, size.Height)
	margin := Px(8)
	room := size.SubtractWidthHeight(2*margin, 2*margin)
	w := Px(r.layer.width)
	if w == 0 {
		w = Natural(r.content) + 2
	}
	if r.layer.fitNear {
		w = max(w, r.layer.near.Size().Width)
	}
	w = min(w, room.Width)
	const line = 1 // the outline, over which nothing scrolls
	r.fitted = FitHeight(r.content, w-2*line)
	h := min(r.fitted+2*line, room.Height)
	at := r.layer.place(size, fyne.NewSize(w, h))
	at.X = max(margin, min(at.X, size.Width-margin-w))
	at.Y = max(margin, min(at.Y, size.Height-margin-h))
	r.panel.CornerRadius, r.panel.StrokeWidth = Px(16), line
	if r.layer.pad < 20 {
		r.panel.CornerRadius = Px(12)
	}
	place(r.panel, at.X, at.Y, w, h)
	place(r.shield, at.X, at.Y, w, h)
	place(r.scroll, at.X+line, at.Y+line, w-2*line, h-2*line)
}

// place is where the panel should stand: in the middle; at its position; or beside what was pressed, which for small things and
// menus means under or over it, for tiles right or left of it.
func (y *Layer) place(window, panel fyne.Size) fyne.Position {
	switch {
	case y.dim:
		return fyne.NewPos((window.Width-panel.Width)/2, (window.Height-panel.Height)/2)
	case y.near == nil:
		return y.pos
	}
	at, near := fyne.CurrentApp().Driver().AbsolutePositionForObject(y.near), y.near.Size()
	gap := Px(8)
	if y.fitNear {
		gap = Px(4)
	}
	if y.fitNear || near.Height <= Px(64) {
		below, above := at.Y+near.Height+gap, at.Y-gap-panel.Height
		if below+panel.Height <= window.Height-gap || above < gap {
			return fyne.NewPos(at.X, below)
		}
		return fyne.NewPos(at.X, above)
	}
	gap = Px(16)
	x := at.X + near.Width + gap
	if left := at.X - gap - panel.Width; x+panel.Width > window.Width-Px(8) && left >= Px(8) {
		x = left
	}
	return fyne.NewPos(x, at.Y+(near.Height-panel.Height)/2)
}

// shield lies under the content of a panel, so that clicks between its controls do not fall through to the root.
type shield struct{ widget.BaseWidget }

func newShield() *shield {
	s := &shield{}
	s.ExtendBaseWidget(s)
	return s
}

// Tapped implements fyne.Tappable.
func (*shield) Tapped(*fyne.PointEvent) {}

// TappedSecondary implements fyne.SecondaryTappable.
func (*shield) TappedSecondary(*fyne.PointEvent) {}

// CreateRenderer implements fyne.Widget.
func (*shield) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(&fyne.Container{})
}

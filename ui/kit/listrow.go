package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// listRow is the place of a row: its fill, its ring and the content that was made for its kind. It serves one row after the other.
type listRow struct {
	widget.BaseWidget
	list    *List
	i, kind int
	content fyne.CanvasObject
	hovered bool
	due     bool // it shows what row i was

	fill *canvas.Rectangle
	ring *focusRing
	// what is drawn, so that nothing is drawn twice
	fillName  fyne.ThemeColorName
	ringShown bool
}

func newListRow(l *List, kind int) *listRow {
	r := &listRow{list: l, i: -1, kind: kind, content: l.create(kind), fill: canvas.NewRectangle(nil), ring: newFocusRing()}
	r.ExtendBaseWidget(r)
	return r
}

// MouseIn implements desktop.Hoverable.
func (r *listRow) MouseIn(*desktop.MouseEvent) { r.setHovered(true) }

// MouseMoved implements desktop.Hoverable. Scrolling takes the hover off a row that then stands under the mouse again.
func (r *listRow) MouseMoved(*desktop.MouseEvent) { r.setHovered(true) }

// MouseOut implements desktop.Hoverable.
func (r *listRow) MouseOut() { r.setHovered(false) }

func (r *listRow) setHovered(on bool) {
	if r.hovered != on {
		r.hovered = on
		r.show()
	}
}

// show repaints the row if its state looks otherwise than before.
func (r *listRow) show() {
	fill, ring := r.state()
	if fill != r.fillName || ring != r.ringShown {
		r.Refresh()
	}
}

func (r *listRow) state() (fill fyne.ThemeColorName, ring bool) {
	switch {
	case r.i == r.list.active:
		fill = theme.ColorNameSelection
	case r.hovered && r.list.enabled(r.i):
		fill = theme.ColorNameHover
	}
	return fill, r.list.ringShown() && r.i == r.list.current
}

// CreateRenderer implements fyne.Widget.
func (r *listRow) CreateRenderer() fyne.WidgetRenderer {
	return newDrawing(r, r.fill, r.content, r.ring.Rectangle)
}

func (r *listRow) paint() {
	r.fillName, r.ringShown = r.state()
	r.fill.FillColor = Color(r.fillName)
	r.ring.show(r.ringShown)
}

func (r *listRow) natural() fyne.Size { return fyne.Size{} }

func (r *listRow) arrange(size fyne.Size) {
	r.fill.CornerRadius = Px(8)
	place(r.fill, 0, 0, size.Width, size.Height)
	place(r.content, 0, 0, size.Width, size.Height)
	r.ring.within(size, Px(3), Px(6))
}

// listBody is what the rows stand on: as high as all of them.
type listBody struct {
	widget.BaseWidget
	list *List
	rows []fyne.CanvasObject
}

func newListBody(l *List) *listBody {
	b := &listBody{list: l}
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer implements fyne.Widget.
func (b *listBody) CreateRenderer() fyne.WidgetRenderer { return (*bodyDrawing)(b) }

type bodyDrawing listBody

func (d *bodyDrawing) Destroy()                     {}
func (d *bodyDrawing) Objects() []fyne.CanvasObject { return d.rows }
func (d *bodyDrawing) MinSize() fyne.Size           { return fyne.NewSize(0, d.list.total()) }
func (d *bodyDrawing) Layout(fyne.Size)             { d.list.place(false) }

// Refresh does nothing: each row repaints itself, also when the theme changes, and the scroller calls this at every turn.
func (d *bodyDrawing) Refresh() {}

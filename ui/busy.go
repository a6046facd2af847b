package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"parley/ui/kit"
)

// busyRing says that something is under way: a ring that grows in three steps. It is moved by the pump's turns, and has no
// animation of its own, which would repaint the window for ever.
type busyRing struct {
	widget.BaseWidget
	ring  *canvas.Circle
	step  int
	still bool // for pictures
}

const busyStep = 400 * time.Millisecond

func newBusyRing() *busyRing {
	b := &busyRing{ring: canvas.NewCircle(nil)}
	b.ExtendBaseWidget(b)
	return b
}

// run shows the step of this moment.
func (b *busyRing) run(working bool) {
	step := int(time.Now().UnixMilli()/busyStep.Milliseconds()) % 3
	if !working || b.still || step == b.step {
		return
	}
	b.step = step
	b.Refresh()
}

func (b *busyRing) CreateRenderer() fyne.WidgetRenderer { return &busyRenderer{b} }

type busyRenderer struct{ b *busyRing }

func (r *busyRenderer) Destroy()                     {}
func (r *busyRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(kit.Px(92)) }
func (r *busyRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.b.ring} }
func (r *busyRenderer) Layout(size fyne.Size)        { r.b.ring.Resize(size) }
func (r *busyRenderer) Refresh() {
	r.b.ring.StrokeColor = kit.Color(theme.ColorNamePrimary)
	r.b.ring.StrokeWidth = kit.Px(2 + 2*float32(r.b.step))
	r.b.ring.Refresh()
}

package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// progressHeight is that of a Progress, in units.
const progressHeight = 4

// Progress shows how much of something is done: a line that fills from the left.
type Progress struct {
	widget.BaseWidget
	share float32
	still bool // nothing moves on
}

// NewProgress makes a line that nothing is done of.
func NewProgress() *Progress {
	p := &Progress{}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows a share, 0 to 1; still: it does not grow at the moment. Less than half a pixel more draws nothing.
func (p *Progress) Set(share float32, still bool) {
	if share = max(0, min(share, 1)); share != share {
		share = 0
	}
	little := share > p.share && share < 1 && p.share > 0 && (share-p.share)*p.Size().Width < 0.5
	if p.still == still && (share == p.share || little) {
		return
	}
	p.share, p.still = share, still
	p.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (p *Progress) CreateRenderer() fyne.WidgetRenderer {
	r := &progressRenderer{progress: p, ground: &canvas.Rectangle{}, done: &canvas.Rectangle{}}
	r.show()
	return r
}

type progressRenderer struct {
	progress     *Progress
	ground, done *canvas.Rectangle
}

func (r *progressRenderer) MinSize() fyne.Size { return fyne.NewSize(Px(24), Px(progressHeight)) }
func (r *progressRenderer) Destroy()           {}

func (r *progressRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.done}
}

func (r *progressRenderer) Layout(size fyne.Size) {
	height := Px(progressHeight)
	y := (size.Height - height) / 2
	place(r.ground, 0, y, size.Width, height)
	place(r.done, 0, y, size.Width*r.progress.share, height)
	r.ground.CornerRadius, r.done.CornerRadius = height/2, height/2
}

func (r *progressRenderer) Refresh() {
	r.show()
	r.Layout(r.progress.Size())
	canvas.Refresh(r.progress)
}

func (r *progressRenderer) show() {
	r.ground.FillColor = Color(theme.ColorNameButton)
	r.done.FillColor = Color(theme.ColorNamePrimary)
	if r.progress.still {
		r.done.FillColor = Color(theme.ColorNameInputBorder)
	}
	r.done.Hidden = r.progress.share == 0
}

package ui

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"parley/call"
	"parley/ui/kit"
	"parley/ui/model"
)

// callStage is the middle of the window in a call: the other one's picture, or their face, as large as it goes, and one's own picture
// in a corner of it. A double click has it fill the window.
//
// Nothing as large as the picture is painted with it, neither a ground nor a frame: with software drawing each costs as much.
type callStage struct {
	w    *Window
	root *fyne.Container

	shown  model.Call
	small  bool // the window is
	speaks bool

	theirs  *picture
	bars    [2]*canvas.Rectangle // beside a picture that does not fill the window
	line    *kit.Outline         // of the tile, while there is no picture
	voice   *kit.Outline         // while they speak
	face    *callFace
	touch   *doubled
	badge   *callBadge
	own     *selfView
	corner  corner
	hideOwn bool
}

func newCallStage(w *Window) *callStage {
	c := &callStage{w: w, corner: lowerRight}
	c.line = kit.NewOutline(theme.ColorNameSeparator, 16, 1)
	c.voice = kit.NewOutline(kit.ColorVoice, 16, 3)
	c.face, c.badge = newCallFace(), newCallBadge(false)
	c.touch = newDoubled(func() { w.fill(!w.shell.stage.filled) })
	c.own = newSelfView(c)
	for i := range c.bars {
		c.bars[i] = canvas.NewRectangle(kit.Color(kit.ColorBars))
	}
	c.theirs = c.follow("")
	c.root = &fyne.Container{Layout: c}
	c.show("")
	return c
}

// follow makes the picture of a person, which places everything anew when its shape changes.
func (c *callStage) follow(user string) *picture {
	p := newPicture(c.w, user, call.CameraTrack)
	p.mirrored, p.patient = false, false
	p.changed = func() { c.arrange() }
	return p
}

// show changes to somebody else's picture.
func (c *callStage) show(user string) {
	c.theirs.on(false)
	if user != "" {
		c.theirs = c.follow(user)
	}
	c.root.Objects = []fyne.CanvasObject{c.bars[0], c.bars[1], c.theirs.root, c.line, c.face.root, c.touch, c.voice, c.badge.root, c.own}
}

// apply brings it to a view: who it is, and how they are.
func (c *callStage) apply(v *model.View) {
	if v.Stage.Kind != model.StageCall {
		c.look(false)
		return
	}
	other, step := *v.Stage.Call, v.Rings[v.Stage.Call.User]
	if other.User != c.shown.User {
		c.show(other.User)
	}
	new := other != c.shown
	c.shown = other
	c.look(c.w.seen() && c.w.settings == nil)
	c.face.apply(other, step)
	c.badge.apply(callBadgeOf(other))
	c.own.apply(other)
	if c.speaks != (step > 0) {
		c.speaks = step > 0
		setHidden(c.voice, !c.speaks || !c.theirs.seen())
	}
	if new {
		c.arrange()
	}
	c.past()
}

// look starts and ends the pictures. What nobody can see costs nothing.
func (c *callStage) look(visible bool) {
	c.theirs.on(visible && c.shown.Camera && c.shown.User != "")
	c.own.picture.on(visible && c.shown.OwnCamera && !c.hideOwn && c.shown.OwnLine == "")
}

// arrange places everything, after a picture came or went.
func (c *callStage) arrange() { c.Layout(nil, c.root.Size()) }

// MinSize implements fyne.Layout. It is also how Fyne says that it is about to paint.
func (c *callStage) MinSize([]fyne.CanvasObject) fyne.Size {
	c.past()
	return fyne.Size{}
}

// Layout implements fyne.Layout.
func (c *callStage) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	at, tile := c.tile(size)
	radius := float32(16)
	filled := c.w.shell.stage.filled
	if filled {
		radius = 0
	}
	c.theirs.round(kit.Px(radius))
	for _, o := range []*kit.Outline{c.line, c.voice} {
		o.SetRadius(radius)
	}
	for _, o := range []fyne.CanvasObject{c.theirs.root, c.line, c.face.root, c.touch, c.voice} {
		put(o, at.X, at.Y, tile.Width, tile.Height)
	}
	seen := c.theirs.seen()
	setHidden(c.line, seen || filled)
	setHidden(c.face.root, seen)
	setHidden(c.badge.root, !seen)
	setHidden(c.voice, !seen || !c.speaks)
	c.beside(size, seen && filled)
	if over := (tile.Height - tile.Width/c.theirs.aspect()) / 2; over > 0 { // what stands on the picture does not stand beside it
		at.Y += over
		tile.Height -= 2 * over
	}
	badge := c.badge.root.MinSize()
	badge.Width = min(kit.Natural(c.badge.root), tile.Width-kit.Px(32))
	left := kit.Px(16)
	if c.corner == lowerLeft && c.own.Visible() { // that is there
		left = tile.Width - badge.Width - kit.Px(16)
	}
	put(c.badge.root, at.X+left, at.Y+tile.Height-kit.Px(16)-badge.Height, badge.Width, badge.Height)
	c.placeOwn(at, tile)
}

// tile is where the picture stands: of 16 to 9, or the whole window.
func (c *callStage) tile(size fyne.Size) (fyne.Position, fyne.Size) {
	if c.w.shell.stage.filled {
		return fyne.Position{}, size
	}
	edge := fyne.NewSize(kit.Px(32), kit.Px(16))
	if c.small {
		edge = fyne.NewSize(kit.Px(16), kit.Px(12))
	}
	tile := fyne.NewSize(max(size.Width-2*edge.Width, 0), max(size.Height-2*edge.Height, 0))
	if wide := tile.Height * 16 / 9; wide < tile.Width {
		tile.Width = wide
	} else {
		tile.Height = tile.Width * 9 / 16
	}
	tile = fyne.NewSize(whole(tile.Width), whole(tile.Height))
	return fyne.NewPos(whole((size.Width-tile.Width)/2), whole((size.Height-tile.Height)/2)), tile
}

// whole keeps edges sharp.
func whole(x float32) float32 { return float32(math.Floor(float64(x))) }

// beside darkens what a picture of another shape leaves of the window.
func (c *callStage) beside(size fyne.Size, filled bool) {
	aspect := c.theirs.aspect()
	side, over := (size.Width-size.Height*aspect)/2, (size.Height-size.Width/aspect)/2
	for i, bar := range c.bars {
		setHidden(bar, !filled || side < 1 && over < 1)
		if side > over {
			put(bar, float32(i)*(size.Width-side), 0, side, size.Height)
		} else {
			put(bar, 0, float32(i)*(size.Height-over), size.Width, max(over, 0))
		}
	}
}

// fill has the pictures fill the window, or gives the window back.
func (w *Window) fill(on bool) {
	s := w.shell.stage
	if on == s.filled || on && (!pictured(w.view) || w.settings != nil) {
		return
	}
	s.filled = on
	s.pictures.closer.reset()
	if !on && w.win.FullScreen() {
		w.win.SetFullScreen(false)
	}
	w.shell.refit()
}

// pictured says whether the stage is one with pictures.
func pictured(v *model.View) bool {
	return v.Stage.Kind == model.StageCall || v.Stage.Kind == model.StagePictures
}

// doubled takes double clicks for what has no need of a focus. It draws nothing.
type doubled struct {
	widget.BaseWidget
	tapped func()
}

func newDoubled(tapped func()) *doubled {
	d := &doubled{tapped: tapped}
	d.ExtendBaseWidget(d)
	return d
}

// DoubleTapped implements fyne.DoubleTappable.
func (d *doubled) DoubleTapped(*fyne.PointEvent) { d.tapped() }

// CreateRenderer implements fyne.Widget.
func (d *doubled) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(&fyne.Container{})
}

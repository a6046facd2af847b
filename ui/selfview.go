package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"parley/call"
	"parley/ui/kit"
	"parley/ui/model"
)

// corner is where one's own picture stands on the other one's.
type corner uint8

const (
	upperLeft corner = iota
	upperRight
	lowerLeft
	lowerRight
)

var cornerNames = [...]string{"Top left", "Top right", "Bottom left", "Bottom right"}

// selfView is one's own picture, as a mirror shows it. It can be dragged to any corner.
type selfView struct {
	widget.BaseWidget
	call    *callStage
	picture *picture
	ground  *kit.Panel     // while there is no picture
	failed  *kit.Paragraph // why there is none
	edge    *kit.Outline
	badge   fyne.CanvasObject
	content *fyne.Container
	drawn   bool // it is being dragged
}

var _ fyne.Draggable = (*selfView)(nil)

func newSelfView(c *callStage) *selfView {
	s := &selfView{call: c, picture: newPicture(c.w, "", call.CameraTrack)}
	s.picture.round(kit.Px(12))
	s.picture.changed = s.settle
	s.failed = kit.NewParagraph("", kit.Caption, theme.ColorNamePlaceHolder)
	s.failed.Align = fyne.TextAlignCenter
	s.ground = kit.NewPanel(kit.ColorCard, 12, nil)
	s.edge = kit.NewOutline(theme.ColorNameBackground, 12, 2)
	s.badge = badge(28, kit.NewText("You", kit.Caption, kit.ColorOnBadge))
	s.content = container.New(selfLayout{s}, s.ground, s.failed, s.picture.root, s.edge, s.badge)
	s.Hide()
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer implements fyne.Widget.
func (s *selfView) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(s.content) }

// side is how large it is.
func (s *selfView) side() fyne.Size {
	if s.call.small {
		return fyne.NewSize(kit.Px(160), kit.Px(90))
	}
	return fyne.NewSize(kit.Px(240), kit.Px(135))
}

// selfLayout places what is in it.
type selfLayout struct{ *selfView }

// MinSize implements fyne.Layout.
func (l selfLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// Layout implements fyne.Layout.
func (l selfLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	for _, o := range []fyne.CanvasObject{l.ground, l.picture.root, l.edge} {
		put(o, 0, 0, size.Width, size.Height)
	}
	wide := size.Width - kit.Px(24)
	high := kit.FitHeight(l.failed, wide)
	put(l.failed, kit.Px(12), (size.Height-high)/2, wide, high)
	you := l.badge.MinSize()
	put(l.badge, kit.Px(8), size.Height-kit.Px(8)-you.Height, kit.Natural(l.badge), you.Height)
}

func (s *selfView) apply(c model.Call) {
	s.failed.SetText(c.OwnLine)
	setHidden(s, !c.OwnCamera || s.call.hideOwn)
	s.settle()
}

// settle shows the ground where there is no picture.
func (s *selfView) settle() {
	setHidden(s.ground, s.picture.seen())
	setHidden(s.failed, s.picture.seen())
	setHidden(s.badge, !s.picture.seen())
}

// Dragged implements fyne.Draggable.
func (s *selfView) Dragged(e *fyne.DragEvent) {
	s.drawn = true
	s.Move(s.Position().AddXY(e.Dragged.DX, e.Dragged.DY))
}

// DragEnd implements fyne.Draggable: it goes to the corner that is next.
func (s *selfView) DragEnd() {
	s.drawn = false
	at, tile := s.call.tile(s.call.root.Size())
	x, y := s.Position().X+s.Size().Width/2-at.X, s.Position().Y+s.Size().Height/2-at.Y
	to := upperLeft
	if x > tile.Width/2 {
		to |= upperRight
	}
	if y > tile.Height/2 {
		to |= lowerLeft
	}
	s.call.moveOwn(to)
}

// TappedSecondary implements fyne.SecondaryTappable.
func (s *selfView) TappedSecondary(e *fyne.PointEvent) {
	s.call.w.layers.Menu(s.call.ownMenu(), e.AbsolutePosition)
}

// moveOwn puts one's own picture into a corner.
func (c *callStage) moveOwn(to corner) {
	c.corner = to
	c.arrange()
}

// showOwn hides one's own picture, for oneself alone, or brings it back.
func (c *callStage) showOwn(on bool) {
	c.hideOwn = !on
	c.apply(c.w.view)
	c.arrange()
}

// ownMenu is what can be done with one's own picture.
func (c *callStage) ownMenu() []kit.MenuItem {
	items := []kit.MenuItem{{Text: "Hide your picture", Icon: "eye-off", Do: func() { c.showOwn(false) }}, {}}
	if c.hideOwn {
		items[0] = kit.MenuItem{Text: "Show your picture", Icon: "camera", Do: func() { c.showOwn(true) }}
	}
	for i, name := range cornerNames {
		items = append(items, kit.MenuItem{Text: name, Checked: c.corner == corner(i), Disabled: c.hideOwn, Do: func() { c.moveOwn(corner(i)) }})
	}
	return items
}

// placeOwn puts one's own picture into its corner of the tile.
func (c *callStage) placeOwn(at fyne.Position, tile fyne.Size) {
	size, gap := c.own.side(), kit.Px(16)
	if c.corner&upperRight != 0 {
		at.X += tile.Width - size.Width - gap
	} else {
		at.X += gap
	}
	if c.corner&lowerLeft != 0 {
		at.Y += tile.Height - size.Height - gap
	} else {
		at.Y += gap
	}
	if c.own.drawn {
		at = c.own.Position()
	}
	put(c.own, at.X, at.Y, size.Width, size.Height)
}

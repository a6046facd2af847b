package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/ui/kit"
	"parley/ui/model"
)

// pictureTile is one of a pictureStage's: a person with the picture of their camera, or their face, or a screen that is shared.
type pictureTile struct {
	stage *pictureStage
	id    model.PictureID
	shown model.Tile
	step  uint8

	touch   *tileTouch
	inside  *fyne.Container
	picture *picture
	ground  *kit.Panel   // while the picture does not fill the tile
	line    *kit.Outline // around it
	voice   *kit.Outline // while they speak
	avatar  *kit.Avatar
	side    float32 // the avatar's
	screen  *kit.Icon
	why     *kit.Paragraph // why there is no picture
	badge   *callBadge
	radius  float32
}

func newPictureTile(s *pictureStage, v model.Tile) *pictureTile {
	t := &pictureTile{stage: s, id: v.ID(), radius: 12, side: 52}
	user, track := v.User, call.CameraTrack
	if v.Self {
		user = ""
	}
	if v.Screen {
		track = call.ScreenTrack
	}
	t.picture = newPicture(s.w, user, track)
	t.picture.changed = func() {
		t.Layout(nil, t.inside.Size())
		s.arrange()
	}
	t.ground = kit.NewPanel(kit.ColorCard, 12, nil)
	t.line = kit.NewOutline(theme.ColorNameSeparator, 12, 1)
	t.voice = kit.NewOutline(kit.ColorVoice, 12, 3)
	t.avatar = kit.NewAvatar(t.side)
	t.screen = kit.NewIcon("screen", 40, theme.ColorNamePlaceHolder)
	t.why = kit.NewParagraph("", kit.Caption, theme.ColorNamePlaceHolder)
	t.why.Align = fyne.TextAlignCenter
	t.badge = newCallBadge(false)
	t.inside = container.New(t, t.ground, t.avatar, t.screen, t.why, t.picture.root, t.line, t.voice, t.badge.root)
	t.touch = newTileTouch(t)
	return t
}

// apply says whether the picture came or went, so that everything has to be placed anew.
func (t *pictureTile) apply(v model.Tile, step uint8) bool {
	came := v.Picture != t.shown.Picture || v.Hidden != t.shown.Hidden
	why := v.Failed
	if v.Screen && v.Picture && !v.Hidden {
		why = "The picture is coming."
	}
	changed := came || why != t.why.Text() || (step > 0) != (t.step > 0)
	t.shown, t.step = v, step
	changed = t.badge.apply(t.badged()) || changed
	t.why.SetText(why)
	t.avatar.SetFace(face(v.Face))
	t.avatar.SetDim(v.Dim)
	t.avatar.SetStep(step)
	if changed {
		t.Layout(nil, t.inside.Size())
	}
	return came
}

// badgeOfTile names whose picture it is, and says how they are.
func badgeOfTile(v model.Tile) badged {
	b := badged{name: v.Name, bars: v.Bars}
	if v.Self {
		b.name, b.bars = "You", model.Bars{}
	}
	if c := v.Chip; c != nil {
		b.icon = c.Icon
		if c.Tone == model.Warn {
			b.line = c.Text
		}
	} else if v.New {
		b.icon = "new-person"
	}
	if v.Web && b.line == "" {
		b.icon, b.line = "globe", "Browser guest"
	}
	if v.Hidden {
		b.icon = "eye-off"
	}
	return b
}

// look starts and ends the picture.
func (t *pictureTile) look(visible bool) {
	on := visible && t.shown.Picture && !t.shown.Hidden && t.shown.Failed == ""
	was := t.picture.seen()
	t.picture.on(on)
	if was != t.picture.seen() {
		t.Layout(nil, t.inside.Size())
	}
}

// fit gives it corners.
func (t *pictureTile) fit(radius float32) {
	if t.radius == radius {
		return
	}
	t.radius = radius
	t.line.SetRadius(radius)
	t.voice.SetRadius(radius)
}

// MinSize implements fyne.Layout.
func (t *pictureTile) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// Layout implements fyne.Layout.
func (t *pictureTile) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	solo, seen := t.radius == 0, t.picture.seen()
	t.picture.round(kit.Px(t.radius))
	for _, o := range []fyne.CanvasObject{t.ground, t.picture.root, t.line, t.voice} {
		put(o, 0, 0, size.Width, size.Height)
	}
	at, shown := t.picture.spot()
	filled := seen && at.X < 2 && at.Y < 2
	if seen && !filled { // a picture of another shape has edges of its own
		t.picture.round(0)
	}
	setHidden(t.ground, filled || solo)
	setHidden(t.line, filled && !t.shown.Screen || solo) // a white page would have no edge on a white ground
	setHidden(t.voice, !seen || t.step == 0 || solo)
	setHidden(t.avatar, seen || t.shown.Screen)
	setHidden(t.screen, seen || !t.shown.Screen)
	t.resize(size)
	setHidden(t.badge.root, solo && t.shown.Screen && seen && t.picture.zoomed == zoom{}) // it would stand on what one reads
	t.layoutFace(size)
	if !solo { // what stands on the picture does not stand beside it
		at, shown = fyne.Position{}, size
	}
	gap := kit.Px(6)
	if !t.badge.small {
		gap = kit.Px(12)
	}
	badge := t.badge.root.MinSize()
	badge.Width = min(kit.Natural(t.badge.root), max(shown.Width-2*gap, 0))
	put(t.badge.root, max(at.X, 0)+gap, min(at.Y+shown.Height, size.Height)-gap-badge.Height, badge.Width, badge.Height)
}

// The places of what is made anew in another size, in a tile.
const (
	tileAvatar = 1
	tileBadge  = 7
)

// resize makes face and badge of the size that there is room for.
func (t *pictureTile) resize(size fyne.Size) {
	if d := avatarFor(size); t.side != d {
		t.side = d
		hidden := !t.avatar.Visible()
		t.avatar = kit.NewAvatar(d)
		t.avatar.SetFace(face(t.shown.Face))
		t.avatar.SetDim(t.shown.Dim)
		t.avatar.SetStep(t.step)
		t.avatar.Hidden = hidden
		t.inside.Objects[tileAvatar] = t.avatar
	}
	if small := size.Width < kit.Px(240); t.badge.small != small {
		t.badge = newCallBadge(small)
		t.badge.apply(t.badged())
		t.inside.Objects[tileBadge] = t.badge.root
	}
}

// layoutFace places what stands in a tile without a picture, over the badge where there is little room.
func (t *pictureTile) layoutFace(size fyne.Size) {
	d := kit.Px(t.side)
	y := (size.Height - d) / 2
	if t.badge.small {
		y = (size.Height - kit.Px(24) - d) / 2
	}
	text := t.why.Text() != "" && !t.picture.seen() && size.Height >= kit.Px(150)
	setHidden(t.why, !text)
	if text {
		wide := max(size.Width-kit.Px(24), 0)
		high := kit.FitHeight(t.why, wide)
		y -= (high + kit.Px(12)) / 2
		put(t.why, kit.Px(12), y+d+kit.Px(12), wide, high)
	}
	put(t.avatar, (size.Width-d)/2, y, d, d)
	put(t.screen, (size.Width-d)/2, y, d, d)
}

// avatarFor is the largest face that a tile has room for.
func avatarFor(size fyne.Size) float32 {
	for _, d := range []float32{112, 92, 72, 52, 38} {
		if kit.Px(d) <= size.Height*0.45 {
			return d
		}
	}
	return 30
}

// past has the picture shown past Fyne.
func (t *pictureTile) past() {
	w := t.stage.w
	from := w.c.App.Driver().AbsolutePositionForObject(t.inside)
	pixels := func(o fyne.CanvasObject, radius float32) block {
		return w.pixels(from.Add(o.Position()), o.Size(), radius)
	}
	radius := t.radius
	if t.picture.image.CornerRadius == 0 {
		radius = 0
	}
	tile := pixels(t.picture.root, radius)
	within := tile
	if t.voice.Visible() {
		within = w.inset(pixels(t.voice, t.radius), 3)
	} else if t.line.Visible() {
		within = w.inset(pixels(t.line, t.radius), 1)
	}
	over := w.over()
	if t.badge.root.Visible() {
		over = append(over, pixels(t.badge.root, 10))
	}
	t.picture.place(placing{tile: tile, within: within, over: over, of: t.picture.shape, zoomed: t.picture.zoomed})
}

// menu is what one can do with a picture.
func (t *pictureTile) menu(at fyne.Position) {
	w, s := t.stage.w, t.stage
	items := []kit.MenuItem{{Text: "Large", Icon: "one-large", Do: func() { w.choose(w.looks().Enlarge(t.id)) }}}
	if t == s.large {
		items[0] = kit.MenuItem{Text: "All alike", Icon: "grid", Do: w.toggleSight}
	}
	items = append(items, kit.MenuItem{Text: "Fill the window", Icon: "full-screen", Do: func() {
		w.choose(w.looks().Enlarge(t.id))
		w.fill(true)
	}})
	if s.solo() {
		items[1] = kit.MenuItem{Text: "Leave the whole window", Icon: "full-screen", Do: func() { w.fill(false) }}
	}
	if t.shown.Picture {
		hide := kit.MenuItem{Text: "Hide this picture", Icon: "eye-off", Do: func() { w.choose(w.looks().Hide(t.id, true)) }}
		if t.shown.Hidden {
			hide = kit.MenuItem{Text: "Show this picture", Icon: "camera", Do: func() { w.choose(w.looks().Hide(t.id, false)) }}
		}
		items = append(items, hide)
	}
	if !t.shown.Self {
		items = append(items, kit.MenuItem{}, kit.MenuItem{Text: "Volume, safety number and more", Icon: "people", Do: func() { w.showPerson(t.id.User, t.touch) }})
	}
	w.layers.Menu(items, at)
}

// tileTouch is what one presses of a tile.
type tileTouch struct {
	pressable
	tile *pictureTile
}

func newTileTouch(t *pictureTile) *tileTouch {
	p := &tileTouch{pressable{content: t.inside, plain: true}, t}
	p.draw(12)
	p.tapped = func() { t.stage.pressed(t) }
	p.secondary = t.menu
	p.ExtendBaseWidget(p)
	return p
}

// FocusGained implements fyne.Focusable: what the keyboard comes to is brought into sight.
func (p *tileTouch) FocusGained() {
	p.tile.stage.reveal(p.tile)
	p.pressable.FocusGained()
}

// TypedKey implements fyne.Focusable: Enter on the large one has it fill the window.
func (p *tileTouch) TypedKey(e *fyne.KeyEvent) {
	if s := p.tile.stage; (e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter || e.Name == fyne.KeySpace) && p.tile == s.large {
		s.w.fill(!s.w.shell.stage.filled)
		return
	}
	p.pressable.TypedKey(e)
}

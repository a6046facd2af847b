package ui

import (
	"math"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"parley/ui/kit"
	"parley/ui/model"
)

// pictureStage is the middle of the window where people have pictures: all alike, or one large and the others in a strip beside or
// under it. The small ones scroll where there are many. A double click has the large one fill the window, where it can be looked at
// closely (closer).
//
//	┌────┐ ┌────┐ ┌────┐        ┌───────────────┐ ┌──┐        ┌───────────────┐
//	│    │ │    │ │    │        │               │ └──┘        │               │
//	└────┘ └────┘ └────┘        │               │ ┌──┐        │               │
//	┌────┐ ┌────┐               │               │ └──┘        ├──┐ ┌──┐ ┌──┐  │
//	└────┘ └────┘               └───────────────┘             └──┘ └──┘ └──┘──┘
//
// Who is large, and whose picture nobody wants to see, the model says (model.Looks). What of them can't be seen is not asked for.
type pictureStage struct {
	w    *Window
	root *fyne.Container

	tiles  map[model.PictureID]*pictureTile
	order  []*pictureTile
	large  *pictureTile // nil: all are alike
	small  bool         // the window is
	inner  *fyne.Container
	scroll *container.Scroll       // the small ones, in inner
	bars   [4]*canvas.Rectangle    // beside a picture that does not fill the window
	closer *closer                 // over the one that fills the window
	places map[*pictureTile]bounds // of the small ones in inner

	clicked time.Time
	now     func() time.Time
}

// bounds is where something stands.
type bounds struct {
	fyne.Position
	fyne.Size
}

// The numbers of the tiles, in units.
const (
	pictureGap   = 8
	gridLeast    = 200                    // a tile is no narrower where all are alike, and
	gridSmall    = 150                    // in a small window
	stripWide    = 176                    // beside a large one, and
	stripSmall   = 128                    // in a small window, or where there are many
	doubleClicks = 400 * time.Millisecond // apart, at most
)

func newPictureStage(w *Window) *pictureStage {
	s := &pictureStage{w: w, tiles: map[model.PictureID]*pictureTile{}, places: map[*pictureTile]bounds{}, now: time.Now}
	s.inner = container.New(&innerLayout{s: s})
	s.scroll = container.NewScroll(s.inner)
	s.scroll.OnScrolled = func(fyne.Position) { s.look(s.looking()) }
	for i := range s.bars {
		s.bars[i] = canvas.NewRectangle(kit.Color(kit.ColorBars))
	}
	s.closer = newCloser(s)
	s.root = &fyne.Container{Layout: s}
	return s
}

// apply brings it to a view.
func (s *pictureStage) apply(v *model.View) {
	if v.Stage.Kind != model.StagePictures {
		s.empty()
		return
	}
	var large *pictureTile
	order := make([]*pictureTile, 0, len(v.Stage.Tiles))
	fresh := false
	for i, shown := range v.Stage.Tiles {
		t := s.tiles[shown.ID()]
		if t == nil {
			t = newPictureTile(s, shown)
			s.tiles[shown.ID()] = t
		}
		fresh = t.apply(shown, v.Rings[shown.User]) || fresh
		if order = append(order, t); i == v.Stage.Large {
			large = t
		}
	}
	if large != s.large || !slices.Equal(order, s.order) {
		if large != s.large {
			s.closer.reset()
		}
		s.order, s.large = order, large
		s.sweep()
		s.assemble()
	}
	s.look(s.looking())
	if fresh {
		s.arrange()
	}
	s.past()
}

// looking says whether anybody can see it.
func (s *pictureStage) looking() bool {
	return s.w.view.Stage.Kind == model.StagePictures && s.w.seen() && s.w.settings == nil
}

// empty is for a place without pictures.
func (s *pictureStage) empty() {
	if len(s.order) == 0 {
		return
	}
	s.order, s.large = nil, nil
	s.sweep()
	s.assemble()
}

// sweep ends the pictures of those who are not there any more.
func (s *pictureStage) sweep() {
	for id, t := range s.tiles {
		if !slices.Contains(s.order, t) {
			t.picture.on(false)
			delete(s.tiles, id)
		}
	}
}

// assemble takes the tiles to where they belong.
func (s *pictureStage) assemble() {
	s.inner.Objects = nil
	for _, t := range s.order {
		if t != s.large {
			s.inner.Objects = append(s.inner.Objects, t.touch)
		}
	}
	s.root.Objects = []fyne.CanvasObject{s.scroll}
	for _, b := range s.bars {
		s.root.Objects = append(s.root.Objects, b)
	}
	if s.large != nil {
		s.root.Objects = append(s.root.Objects, s.large.touch)
	}
	s.root.Objects = append(s.root.Objects, s.closer)
	s.arrange()
	s.root.Refresh()
}

// look starts and ends pictures: what nobody can see is not asked for, and costs nothing.
func (s *pictureStage) look(visible bool) {
	for _, t := range s.order {
		t.look(visible && s.inSight(t))
	}
}

// inSight says whether some of a tile can be seen in the window.
func (s *pictureStage) inSight(t *pictureTile) bool {
	if t == s.large {
		return true
	}
	if s.solo() {
		return false
	}
	at, room := s.places[t], s.scroll.Size()
	x, y := at.X-s.scroll.Offset.X, at.Y-s.scroll.Offset.Y
	return x < room.Width && x+at.Width > 0 && y < room.Height && y+at.Height > 0
}

// solo says that one picture has all of the window.
func (s *pictureStage) solo() bool { return s.large != nil && s.w.shell.stage.filled }

// arrange places everything, after a picture came, went or got another shape.
func (s *pictureStage) arrange() { s.Layout(nil, s.root.Size()) }

// MinSize implements fyne.Layout. It is also how Fyne says that it is about to paint.
func (s *pictureStage) MinSize([]fyne.CanvasObject) fyne.Size {
	s.past()
	return fyne.Size{}
}

// Layout implements fyne.Layout.
func (s *pictureStage) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	if size.Width < 1 || size.Height < 1 {
		return
	}
	solo := s.solo()
	setHidden(s.scroll, solo || len(s.inner.Objects) == 0)
	setHidden(s.closer, !solo)
	if solo {
		s.layoutSolo(size)
	} else {
		for _, b := range s.bars {
			setHidden(b, true)
		}
		s.layoutTiles(size)
	}
	s.look(s.looking())
}

// edge is what stays free around the tiles.
func (s *pictureStage) edge() float32 {
	if s.small {
		return kit.Px(8)
	}
	return kit.Px(16)
}

// layoutTiles places the large one, and the small ones within what can be scrolled.
func (s *pictureStage) layoutTiles(size fyne.Size) {
	edge, gap := s.edge(), kit.Px(pictureGap)
	room := fyne.NewSize(max(size.Width-2*edge, 1), max(size.Height-2*edge, 1))
	n := len(s.inner.Objects)
	if s.large == nil {
		least := kit.Px(gridLeast)
		if s.small {
			least = kit.Px(gridSmall)
		}
		put(s.scroll, 0, 0, size.Width, size.Height)
		s.layoutGrid(room, edge, gap, least)
		return
	}
	wide := kit.Px(stripWide)
	if s.small {
		wide = kit.Px(stripSmall)
	}
	long := wide
	if n > 0 { // rather a bit smaller than out of sight
		long = max(min(wide, whole((room.Width-float32(n-1)*gap)/float32(n))), kit.Px(stripSmall))
	}
	high := whole(long * 9 / 16)
	beside, under := room, room
	if n > 0 {
		beside.Width, under.Height = max(room.Width-wide-gap, 1), max(room.Height-high-gap, 1)
	}
	if n > 0 && area(contained(beside, 16./9)) > area(contained(under, 16./9)) {
		s.placeLarge(edge, edge, beside)
		put(s.scroll, edge+beside.Width+gap, 0, size.Width-edge-beside.Width-gap, size.Height)
		high = whole(wide * 9 / 16)
		s.layoutStrip(fyne.NewSize(wide, high), fyne.NewPos(0, edge), fyne.NewDelta(0, high+gap), size.Height)
		return
	}
	s.placeLarge(edge, edge, under)
	put(s.scroll, 0, edge+under.Height+gap, size.Width, size.Height-edge-under.Height-gap)
	s.layoutStrip(fyne.NewSize(long, high), fyne.NewPos(edge, 0), fyne.NewDelta(long+gap, 0), size.Width)
}

// placeLarge gives the large one what its shape takes of a room.
func (s *pictureStage) placeLarge(x, y float32, room fyne.Size) {
	size := contained(room, s.large.picture.aspect())
	s.large.fit(16)
	put(s.large.touch, whole(x+(room.Width-size.Width)/2), whole(y+(room.Height-size.Height)/2), size.Width, size.Height)
}

// layoutGrid places tiles that are all alike in centred rows.
func (s *pictureStage) layoutGrid(room fyne.Size, edge, gap, least float32) {
	n := len(s.order)
	columns, tile := gridOf(n, room, gap, least)
	rows := (n + columns - 1) / max(columns, 1)
	high := float32(rows)*tile.Height + float32(max(rows-1, 0))*gap
	top := edge + max((room.Height-high)/2, 0)
	for i, t := range s.order {
		row, inRow := i/columns, columns
		if rest := n - row*columns; rest < inRow {
			inRow = rest
		}
		wide := float32(inRow)*tile.Width + float32(inRow-1)*gap
		x := edge + (room.Width-wide)/2 + float32(i%columns)*(tile.Width+gap)
		s.place(t, whole(x), whole(top+float32(row)*(tile.Height+gap)), tile)
	}
	s.within(fyne.NewSize(0, high+2*edge))
}

// layoutStrip places the small ones one after the other, in the middle of what there is, or from its beginning where they are more.
func (s *pictureStage) layoutStrip(tile fyne.Size, from fyne.Position, step fyne.Delta, room float32) {
	n := float32(len(s.inner.Objects))
	long := n*(step.DX+step.DY) - kit.Px(pictureGap)
	edge := s.edge()
	if spare := (room - long) / 2; spare > edge {
		if step.DX > 0 {
			from.X = whole(spare)
		} else {
			from.Y = whole(spare)
		}
	}
	for _, t := range s.order {
		if t != s.large {
			s.place(t, from.X, from.Y, tile)
			from = from.Add(step)
		}
	}
	if step.DX > 0 {
		s.within(fyne.NewSize(long+2*edge, 0))
	} else {
		s.within(fyne.NewSize(0, long+2*edge))
	}
}

// place puts a small one into its place in what can be scrolled.
func (s *pictureStage) place(t *pictureTile, x, y float32, size fyne.Size) {
	t.fit(12)
	s.places[t] = bounds{fyne.NewPos(x, y), size}
	put(t.touch, x, y, size.Width, size.Height)
}

// within says how large all of the small ones are, where that may be more than there is room for.
func (s *pictureStage) within(size fyne.Size) {
	for t := range s.places {
		if t == s.large || !slices.Contains(s.order, t) {
			delete(s.places, t)
		}
	}
	if l := s.inner.Layout.(*innerLayout); l.size != size {
		l.size = size
		s.scroll.Refresh()
	}
}

// layoutSolo gives all of the window to the large one.
func (s *pictureStage) layoutSolo(size fyne.Size) {
	s.large.fit(0)
	put(s.large.touch, 0, 0, size.Width, size.Height)
	put(s.closer, 0, 0, size.Width, size.Height)
	at, shown := s.large.picture.spot()
	right, low := size.Width-at.X-shown.Width, size.Height-at.Y-shown.Height
	put(s.bars[0], 0, 0, size.Width, at.Y)
	put(s.bars[1], 0, at.Y+shown.Height, size.Width, low)
	put(s.bars[2], 0, at.Y, at.X, shown.Height)
	put(s.bars[3], at.X+shown.Width, at.Y, right, shown.Height)
	for i, gap := range []float32{at.Y, low, at.X, right} {
		setHidden(s.bars[i], gap < 1 || !s.large.picture.seen())
	}
}

// innerLayout says how large what is scrolled is; where things are in it is pictureStage's.
type innerLayout struct {
	s    *pictureStage
	size fyne.Size
}

// MinSize implements fyne.Layout.
func (l *innerLayout) MinSize([]fyne.CanvasObject) fyne.Size { return l.size }

// Layout implements fyne.Layout.
func (l *innerLayout) Layout([]fyne.CanvasObject, fyne.Size) {}

// gridOf is how n tiles of 16 to 9 become as large as they can in a room: in how many columns, and how large. Where they would be
// narrower than least there are as many columns as can be, and more rows than there is room for.
func gridOf(n int, room fyne.Size, gap, least float32) (columns int, tile fyne.Size) {
	columns = 1
	for c := 1; c <= n; c++ {
		rows := (n + c - 1) / c
		size := contained(fyne.NewSize((room.Width-float32(c-1)*gap)/float32(c), (room.Height-float32(rows-1)*gap)/float32(rows)), 16./9)
		if size.Width > tile.Width {
			columns, tile = c, size
		}
	}
	if tile.Width < least {
		columns = max(int((room.Width+gap)/(least+gap)), 1)
		tile = contained(fyne.NewSize((room.Width-float32(columns-1)*gap)/float32(columns), math.MaxFloat32), 16./9)
	}
	return columns, tile
}

// contained is the largest size of a shape in a room, in whole units.
func contained(room fyne.Size, aspect float32) fyne.Size {
	room.Width, room.Height = max(room.Width, 0), max(room.Height, 0)
	if wide := room.Height * aspect; wide < room.Width {
		room.Width = wide
	} else {
		room.Height = room.Width / aspect
	}
	return fyne.NewSize(whole(room.Width), whole(room.Height))
}

func area(s fyne.Size) float32 { return s.Width * s.Height }

// past has the pictures shown past Fyne: see callStage.past.
func (s *pictureStage) past() {
	w := s.w
	if w.c.Desktop.Surface == nil || len(s.order) == 0 {
		return
	}
	floating := w.floating()
	for _, t := range s.order {
		if t.picture.quit == nil {
			continue
		}
		if floating || t != s.large && !s.wholly(t) {
			t.picture.place(placing{})
			continue
		}
		t.past()
	}
}

// wholly says whether all of a small tile can be seen: one that is cut off is Fyne's.
func (s *pictureStage) wholly(t *pictureTile) bool {
	at, room := s.places[t], s.scroll.Size()
	x, y := at.X-s.scroll.Offset.X, at.Y-s.scroll.Offset.Y
	return x >= 0 && y >= 0 && x+at.Width <= room.Width && y+at.Height <= room.Height
}

// reveal scrolls as far as it takes to see all of a small tile.
func (s *pictureStage) reveal(t *pictureTile) {
	at, small := s.places[t]
	if !small || s.wholly(t) {
		return
	}
	room, edge := s.scroll.Size(), s.edge()
	into := func(offset, from, length, room float32) float32 {
		return max(min(offset, from-edge), from+length+edge-room, 0)
	}
	s.scroll.ScrollToOffset(fyne.NewPos(into(s.scroll.Offset.X, at.X, at.Width, room.Width), into(s.scroll.Offset.Y, at.Y, at.Height, room.Height)))
	s.look(s.looking())
}

// tileAt is whose tile is at a place of the window; nil: nobody's.
func (s *pictureStage) tileAt(at fyne.Position) *pictureTile {
	for _, t := range s.order {
		if s.inSight(t) && within(t.touch, at) {
			return t
		}
	}
	return nil
}

// pressed is a click on a tile. The second of two has what the first has enlarged fill the window.
func (s *pictureStage) pressed(t *pictureTile) {
	now := s.now()
	if now.Sub(s.clicked) < doubleClicks {
		s.clicked = time.Time{}
		s.w.fill(true)
		return
	}
	s.clicked = now
	if t != s.large {
		s.w.choose(s.w.looks().Enlarge(t.id))
	}
}

// looks is how one wants to see pictures.
func (w *Window) looks() model.Looks {
	if l := w.pump.looks.Load(); l != nil {
		return *l
	}
	return model.Looks{}
}

// choose wants to see them in another way from now on.
func (w *Window) choose(l model.Looks) {
	w.pump.looks.Store(&l)
	w.pump.wake()
}

// toggleSight makes all alike, or one large.
func (w *Window) toggleSight() {
	if w.view.Stage.Kind != model.StagePictures {
		return
	}
	if w.shell.stage.pictures.large != nil {
		w.fill(false)
		w.choose(w.looks().See(model.Alike))
		return
	}
	w.choose(w.looks().See(model.OneLarge))
}

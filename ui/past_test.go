package ui

import (
	"errors"
	"image"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"parley/ui/model"
	"parley/video"
)

// Every pixel that should be seen is in one of the rectangles, in one alone, and no other is.
func TestUncovered(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	some := func() block {
		x, y := rnd.IntN(80)-10, rnd.IntN(60)-10
		r := image.Rect(x, y, x+rnd.IntN(60), y+rnd.IntN(60))
		return block{r, rnd.IntN(min(r.Dx(), r.Dy())/2 + 1)}
	}
	for range 2000 {
		b, within, over := some(), some(), []block{some(), some(), some()}[:rnd.IntN(4)]
		got := map[image.Point]int{}
		for _, r := range uncovered(b, within, over) {
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					got[image.Pt(x, y)]++
				}
			}
		}
		in := func(b block, p image.Point) bool {
			s := b.span(p.Y)
			return s[0] <= p.X && p.X < s[1]
		}
		for y := -12; y < 120; y++ {
			for x := -12; x < 140; x++ {
				p, want := image.Pt(x, y), 0
				if in(b, p) && in(within, p) && !slices.ContainsFunc(over, func(o block) bool { return in(o, p) }) {
					want = 1
				}
				if got[p] != want {
					t.Fatalf("%v within %v under %v: %v is in %d, want %d", b, within, over, p, got[p], want)
				}
			}
		}
	}
}

func TestRoundCorners(t *testing.T) {
	b := block{image.Rect(10, 10, 110, 60), 16}
	if got := uncovered(b, b, nil); len(got) < 10 || len(got) > 40 {
		t.Errorf("%d rectangles", len(got))
	}
	for y, want := range map[int][2]int{9: {}, 10: {22, 98}, 26: {10, 110}, 40: {10, 110}, 59: {22, 98}, 60: {}} {
		if got := b.span(y); got != want {
			t.Errorf("row %d: %v, want %v", y, got, want)
		}
	}
}

// stand is a surface that keeps what it was last asked for.
type stand struct {
	t      *testing.T
	mu     sync.Mutex
	at     image.Rectangle
	seen   []image.Rectangle
	level  byte
	there  bool
	closed bool
	fails  bool
}

func (s *stand) Show(at image.Rectangle, seen []image.Rectangle, draw func(*image.RGBA) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails {
		return errors.New("the display is gone")
	}
	m := image.NewRGBA(image.Rectangle{Max: at.Size()})
	if err := draw(m); err != nil {
		return err
	}
	s.at, s.seen, s.level, s.there = at, seen, m.RGBAAt(m.Rect.Dx()/2, m.Rect.Dy()/2).R, true
	return nil
}

func (s *stand) Hide() {
	s.mu.Lock()
	s.there = false
	s.mu.Unlock()
}

func (s *stand) Close() {
	s.mu.Lock()
	s.there, s.closed = false, true
	s.mu.Unlock()
}

// until waits for something to be true of the surface.
func (s *stand) until(ok func() bool) {
	s.t.Helper()
	spin(s.t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return ok()
	})
}

// spin waits for something that another goroutine does.
func spin(t testing.TB, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("it has not come about in 20 s")
		}
	}
}

// bypass is a call whose pictures can be shown past Fyne: theirs on the first surface, one's own on the second.
type bypass struct {
	*Window
	t      *testing.T
	view   *model.View
	stands []*stand
	pool   video.Pool
}

func newBypass(t *testing.T, v *model.View) *bypass {
	t.Helper()
	b := &bypass{Window: callWindow(t, harbour(), fyne.NewSize(1280, 800), nil), t: t, view: v}
	p := newPainter()
	b.c.NewConverter = func() Converter { return p }
	b.c.Desktop.Surface = func(fyne.Window) Surface {
		b.stands = append(b.stands, &stand{t: t})
		return b.stands[len(b.stands)-1]
	}
	b.apply(v)
	return b
}

func (b *bypass) put(p *picture, width, height int, level byte) {
	b.t.Helper()
	f, err := b.pool.Get(width, height)
	if err != nil {
		b.t.Fatal(err)
	}
	f.Y[0] = level
	p.slot.Put(f)
}

// drawn waits until Fyne has something to draw, and has it drawn.
func (b *bypass) drawn(p *picture) {
	b.t.Helper()
	b.asked()
	p.draw()
}

// asked waits until Fyne is to draw.
func (b *bypass) asked() {
	b.t.Helper()
	select {
	case <-b.pump.ready:
	case <-time.After(20 * time.Second):
		b.t.Fatal("Fyne is not asked to draw")
	}
}

// bare waits until Fyne has nothing to paint.
func (b *bypass) bare(p *picture) {
	for p.image.Image != nil || p.image.Visible() {
		b.drawn(p)
	}
}

// begin has a picture shown by Fyne, as the first one is, and then past it.
func (b *bypass) begin(p *picture, level byte) *stand {
	b.t.Helper()
	s := b.stands[len(b.stands)-1]
	b.put(p, 1280, 720, level)
	b.drawn(p)
	if p.image.Image == nil || s.there {
		b.t.Error("the first picture is not Fyne's")
	}
	b.apply(b.view)
	s.until(func() bool { return s.there })
	b.bare(p)
	if !p.seen() {
		b.t.Error("no picture is taken to be seen")
	}
	return s
}

// pixelsOf is where something is painted, at scale 1.
func pixelsOf(o fyne.CanvasObject) image.Rectangle {
	pos, size := fyne.CurrentApp().Driver().AbsolutePositionForObject(o), o.Size()
	return image.Rect(int(pos.X), int(pos.Y), int(pos.X+size.Width), int(pos.Y+size.Height))
}

// lone is a call with their picture alone.
func lone() *model.View {
	v := inCall()
	v.Stage.Call.OwnCamera = false
	return v
}

// Pictures go past Fyne, to where Fyne would have painted them; a dialog brings them back, and the surface goes when Fyne has one.
func TestPastFyne(t *testing.T) {
	b := newBypass(t, lone())
	p := b.shell.stage.call.theirs
	s := b.begin(p, 1)
	if want := pixelsOf(p.root); s.at != want {
		t.Errorf("it is shown at %v, want %v", s.at, want)
	}
	b.put(p, 1280, 720, 2)
	s.until(func() bool { return s.level == 2 })
	select {
	case <-b.pump.ready:
		t.Error("Fyne is to draw what is past it")
	default:
	}

	b.showKeys()
	b.apply(b.view)
	b.asked() // the last picture, anew
	if !s.there {
		t.Error("the surface went before Fyne has drawn")
	}
	p.draw()
	s.until(func() bool { return !s.there })
	if !p.image.Visible() {
		t.Error("and Fyne does not show it")
	}
	b.put(p, 1280, 720, 3)
	b.drawn(p)
	if s.there {
		t.Error("a picture lies on a dialog")
	}
	b.layers.CloseAll()
	b.apply(b.view)
	s.until(func() bool { return s.there && s.level == 3 })
	b.bare(p)
	p.on(false)
	s.until(func() bool { return s.closed })
}

// Whatever lies on a picture is left out of it.
func TestNothingIsCovered(t *testing.T) {
	b := newBypass(t, inCall())
	c := b.shell.stage.call
	own := b.begin(c.own.picture, 1)
	theirs := b.stands[0]
	b.put(c.theirs, 1280, 720, 2)
	b.drawn(c.theirs)
	holes := func(s *stand, o fyne.CanvasObject) (n int) {
		for _, seen := range s.seen {
			seen = seen.Intersect(pixelsOf(o).Inset(5)) // but for its corners
			n += seen.Dx() * seen.Dy()
		}
		return n
	}
	b.apply(b.view)
	theirs.until(func() bool { return theirs.there })
	if n := holes(theirs, c.badge.root); n > 0 {
		t.Errorf("%d pixels of the name are covered", n)
	}
	if n := holes(theirs, c.own); n > 0 {
		t.Errorf("%d pixels of one's own picture are covered", n)
	}
	if n := holes(own, c.own); n == 0 {
		t.Error("nothing is seen of one's own picture")
	}
	if n := holes(theirs, c.theirs.root); n < 500_000 {
		t.Errorf("%d pixels are seen of theirs", n)
	}

	loud := inCall()
	loud.Rings = map[string]uint8{"Mara Lind": 3}
	loud.Lines = []model.Line{{Text: "Somebody came."}}
	b.apply(loud)
	c.root.MinSize() // as before it is painted
	edge := pixelsOf(c.theirs.root).Min.X + 3
	theirs.until(func() bool { return leftmost(theirs.seen) == edge }) // beside the line of who speaks
	theirs.until(func() bool { return holes(theirs, b.shell.lines.root.Objects[0]) == 0 })
	c.moveOwn(upperLeft)
	b.apply(loud)
	theirs.until(func() bool { return holes(theirs, c.own) == 0 })
	own.until(func() bool { return own.at == pixelsOf(c.own) })
}

// Files that come lie on a picture that fills the window.
func TestFilesAreNotCovered(t *testing.T) {
	b := newBypass(t, lone())
	p := b.shell.stage.call.theirs
	s := b.begin(p, 1)
	b.view = lone()
	b.view.Transfers, b.view.TransfersVersion = sending().Transfers, 1
	b.apply(b.view)
	b.fill(true)
	b.apply(b.view)
	files := pixelsOf(b.shell.stage.files.root).Inset(5) // but for its corners
	s.until(func() bool {
		return s.at.Overlaps(files) && !slices.ContainsFunc(s.seen, func(seen image.Rectangle) bool { return seen.Overlaps(files) })
	})
	p.on(false)
}

func leftmost(all []image.Rectangle) int {
	x := all[0].Min.X
	for _, r := range all {
		x = min(x, r.Min.X)
	}
	return x
}

// A surface that fails is done without, from the picture on that it failed with; another call has another.
func TestSurfaceFails(t *testing.T) {
	b := newBypass(t, lone())
	p := b.shell.stage.call.theirs
	s := b.begin(p, 1)
	s.mu.Lock()
	s.fails = true
	s.mu.Unlock()
	b.put(p, 1280, 720, 2)
	b.drawn(p)
	if p.image.Image == nil || !s.closed {
		t.Error("the picture went with its surface")
	}
	p.on(false)
	p.on(true)
	if len(b.stands) != 2 {
		t.Errorf("%d surfaces", len(b.stands))
	}
	b.c.Desktop.Surface = func(fyne.Window) Surface { return nil }
	p.on(false)
	p.on(true)
	b.put(p, 1280, 720, 3)
	b.drawn(p)
	b.apply(b.view)
	b.put(p, 1280, 720, 4)
	b.drawn(p)
	if p.image.Image == nil {
		t.Error("without a surface nothing is shown")
	}
	p.on(false)
}

// Pictures of another shape are Fyne's until the window has found a place for them; a tile of another size has the last one anew.
func TestShapesPastFyne(t *testing.T) {
	b := newBypass(t, lone())
	p := b.shell.stage.call.theirs
	s := b.begin(p, 1)
	b.put(p, 640, 480, 2)
	b.drawn(p)
	b.apply(b.view)
	s.until(func() bool { return s.level == 2 && s.at.Dx()*3 == s.at.Dy()*4 })
	b.bare(p)
	b.fill(true)
	b.apply(b.view)
	s.until(func() bool { return s.at.Dy() == 800 })
	if s.level != 2 {
		t.Error("it is not the last one")
	}
	p.on(false)
}

// stageStands is a stage with pictures on surfaces, each of which has shown one.
func stageStands(t *testing.T, v *model.View, size fyne.Size) (*bypass, map[*picture]*stand) {
	t.Helper()
	w := testWindow(t, nil)
	w.resizeForTest(size.Width, size.Height)
	b := &bypass{Window: w, t: t, view: v}
	p := newPainter()
	b.c.NewConverter = func() Converter { return p }
	b.c.Desktop.Surface = func(fyne.Window) Surface {
		b.stands = append(b.stands, &stand{t: t})
		return b.stands[len(b.stands)-1]
	}
	b.apply(v)
	t.Cleanup(func() { w.shell.stage.pictures.look(false) })
	all := map[*picture]*stand{}
	for i, p := range b.pump.pictures {
		all[p] = b.stands[i]
	}
	for p := range all {
		b.put(p, 1280, 720, 1)
		awaitReady(t, p)
		p.draw()
	}
	b.apply(v)
	return b, all
}

// Tiles go past Fyne, each to its place less its badge; one that is scrolled half out of sight is Fyne's, and so are all under a menu.
func TestTilesPastFyne(t *testing.T) {
	b, all := stageStands(t, crewShown(), fyne.NewSize(1280, 800))
	s := b.shell.stage.pictures
	if len(all) != 4 {
		t.Fatalf("%d pictures", len(all))
	}
	for _, tile := range s.order {
		on := all[tile.picture]
		if on == nil {
			continue
		}
		on.until(func() bool { return on.there })
		if want := pixelsOf(tile.picture.root); on.at.Dx() < want.Dx()-1 || on.at.Dy() < want.Dy()-1 || !on.at.In(want) {
			t.Errorf("%v is shown at %v, want %v", tile.id, on.at, want)
		}
		for _, seen := range on.seen {
			if over := seen.Intersect(pixelsOf(tile.badge.root).Inset(5)); !over.Empty() {
				t.Errorf("%v lies on its name at %v", tile.id, over)
			}
		}
	}
	s.order[1].menu(fyne.NewPos(400, 400))
	b.apply(b.view)
	for p, on := range all {
		awaitReady(t, p)
		p.draw()
		on.until(func() bool { return !on.there })
	}
}

func TestHalfATileIsFynes(t *testing.T) {
	b, all := stageStands(t, many(14), fyne.NewSize(800, 500))
	s := b.shell.stage.pictures
	before := map[*pictureTile]bool{}
	for _, tile := range s.order {
		if before[tile] = tile.picture.quit != nil && s.wholly(tile); before[tile] {
			all[tile.picture].until(func() bool { return all[tile.picture].there })
		}
	}
	s.scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -30)})
	b.apply(b.view)
	half, whole := 0, 0
	for _, tile := range s.order {
		on := all[tile.picture]
		switch {
		case tile.picture.quit == nil || !before[tile]:
		case s.wholly(tile):
			whole++
			on.until(func() bool { return on.there && on.at.Min.Y == pixelsOf(tile.picture.root).Min.Y })
		default:
			half++
			awaitReady(t, tile.picture)
			tile.picture.draw()
			on.until(func() bool { return !on.there })
		}
	}
	if half == 0 || whole == 0 {
		t.Errorf("%d are cut, %d are not", half, whole)
	}
}

// What is looked at closely is past Fyne, too, pixel for pixel.
func TestCloserPastFyne(t *testing.T) {
	b, all := stageStands(t, crewShown(), fyne.NewSize(800, 500))
	s := b.shell.stage.pictures
	p := s.large.picture
	on := all[p]
	b.fill(true)
	b.apply(b.view)
	s.root.MinSize()
	whole := pixelsOf(s.root)
	on.until(func() bool { return on.there && on.at == image.Rect(0, 25, 800, 475).Add(whole.Min) })
	s.closer.DoubleTapped(&fyne.PointEvent{Position: fyne.NewPos(400, 250)})
	s.root.MinSize()
	on.until(func() bool { return on.at == whole })
}

package ui

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/profile"
	"parley/ui/model"
	"parley/video"
)

// crewFilmed is harbour with cameras of Mara, Ines and oneself.
func crewFilmed() *model.View {
	v := harbour()
	v.Stage.Kind, v.Stage.Large, v.Stage.Version = model.StagePictures, -1, 2
	for _, i := range []int{0, 3, 4} {
		v.Stage.Tiles[i].Picture = true
	}
	v.Stage.Tiles[4].Self = true
	v.Dock.Camera = true
	return v
}

// crewShown is crewFilmed with Teo's screen, which is large.
func crewShown() *model.View {
	v := crewFilmed()
	screen := model.Tile{User: "Teo Okafor", Name: "Teo Okafor's screen", Face: sampleFace("Teo Okafor"), Screen: true, Picture: true}
	v.Stage.Tiles = append([]model.Tile{screen}, v.Stage.Tiles...)
	v.Stage.Large, v.Stage.Version = 0, 3
	return v
}

// shown is a view in which one shares a window oneself.
func shown(v *model.View) *model.View {
	v.Share = model.Share{On: true, Text: "You are sharing the window Tide tables", Line: "1280 × 720, up to 15 a second", Picture: true}
	v.Dock.Sharing = true
	return v
}

// callShown is a call in which Mara shares a screen.
func callShown() *model.View {
	v := inCall()
	mara := model.Tile{User: "Mara Lind", Name: "Mara Lind", Face: sampleFace("Mara Lind"), Picture: true, Bars: model.Bars{Level: 4, Known: true}}
	screen := model.Tile{User: "Mara Lind", Name: "Mara Lind's screen", Face: mara.Face, Screen: true, Picture: true}
	own := model.Tile{User: "Sam Reyes", Name: "Sam Reyes", Face: sampleFace("Sam Reyes"), Self: true, Picture: true}
	v.Stage.Kind, v.Stage.Version, v.Stage.Tiles = model.StagePictures, 4, []model.Tile{screen, mara, own}
	return v
}

// documents is a converter that paints a page with lines for a screen, else a room.
type documents struct{ scenery }

func (d documents) Convert(dst *image.RGBA, src *video.Frame) error {
	if src.Y[0] < 2 {
		return d.scenery.Convert(dst, src)
	}
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	for y := range h {
		for x := range w {
			o := dst.PixOffset(x, y)
			level := byte(0xFA)
			if line := y * 40 / h; line > 2 && line < 37 && y*40*3/h%3 == 1 && x*24/w > 2 && x*24/w < 14+line*7%8 {
				level = 0x30
			}
			dst.Pix[o], dst.Pix[o+1], dst.Pix[o+2], dst.Pix[o+3] = level, level, level, 255
		}
	}
	return nil
}

func (d documents) ConvertBGRA(dst *image.RGBA, src *video.Frame) error { return d.Convert(dst, src) }

// pictureWindow is a window with pictures, of which each that is on shows one, of one colour.
func pictureWindow(t testing.TB, v *model.View, size fyne.Size, edit func(*profile.Settings)) *Window {
	t.Helper()
	p := newPainter()
	return paintedWindow(t, v, size, p, edit)
}

// paintedWindow is one with pictures of a painter.
func paintedWindow(t testing.TB, v *model.View, size fyne.Size, by Converter, edit func(*profile.Settings)) *Window {
	t.Helper()
	w := testWindow(t, edit)
	w.c.NewConverter = func() Converter { return by }
	w.resizeForTest(size.Width, size.Height)
	w.apply(&model.View{Stage: model.Stage{Version: 99}})
	w.apply(v)
	t.Cleanup(func() {
		w.shell.stage.pictures.look(false)
		w.shell.stage.call.look(false)
		w.shell.share.picture.on(false)
	})
	played(t, w)
	return w
}

// played has each picture that is on show a new one: a page for screens, a room for people, a wall for oneself.
func played(t testing.TB, w *Window) {
	t.Helper()
	var pool video.Pool
	for _, p := range slices.Clone(w.pump.pictures) {
		f, err := pool.Get(1280, 720)
		if err != nil {
			t.Fatal(err)
		}
		f.Y[0] = 0
		switch {
		case p.stands:
			f.Y[0] = 2
		case p.mirrored:
			f.Y[0] = 1
		}
		p.slot.Put(f)
		awaitReady(t, p)
		p.draw()
		for p.image.Image.Bounds().Size() != fit(image.Pt(1280, 720), p.pixels()) { // one that stands was made anew while its tile grew
			awaitReady(t, p)
			p.draw()
		}
	}
}

// awaitReady waits until there is something to draw.
func awaitReady(t testing.TB, p *picture) {
	t.Helper()
	spin(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.ready != nil
	})
}

func dark(t *testing.T, run func(*testing.T, profile.Theme))  { run(t, profile.DarkTheme) }
func light(t *testing.T, run func(*testing.T, profile.Theme)) { run(t, profile.LightTheme) }

func TestPicturesLook(t *testing.T) {
	big, small := fyne.NewSize(1280, 800), fyne.NewSize(800, 500)
	hidden := crewFilmed()
	hidden.Stage.Tiles[0].Hidden = true
	hidden.Stage.Tiles[4].Failed = "Another program is using the camera."
	hidden.Stage.Tiles[1].Chip = &model.Chip{Icon: "warning", Text: "Reconnecting", Tone: model.Warn}
	hidden.Stage.Tiles[1].Dim = true
	for _, c := range []struct {
		name string
		view *model.View
		size fyne.Size
		do   func(*Window)
		in   func(*testing.T, func(*testing.T, profile.Theme)) // which themes
	}{
		{"grid", crewFilmed(), big, nil, both},
		{"sharing", shown(crewShown()), big, nil, both},
		{"compact", shown(crewShown()), small, nil, light},
		{"hidden", hidden, small, nil, dark},
		{"call", shown(callShown()), small, nil, dark},
		{"filled", shown(crewShown()), small, func(w *Window) { w.fill(true) }, dark},
		{"settings", shown(crewShown()), small, func(w *Window) { w.showSettings("Look") }, dark},
		{"menu", crewShown(), small, func(w *Window) { w.shell.stage.pictures.order[1].menu(fyne.NewPos(300, 200)) }, dark},
	} {
		c.in(t, func(t *testing.T, theme profile.Theme) {
			w := paintedWindow(t, c.view, c.size, documents{}, func(s *profile.Settings) { s.Theme = theme })
			if c.do != nil {
				c.do(w)
				played(t, w)
			}
			golden(t, w, "pictures-"+c.name+"-"+string(theme))
		})
	}
}

// sampleThings are what there is to share.
func sampleThings() []model.Shareable {
	return []model.Shareable{
		{ID: "screen:1", Name: "Screen HDMI-1", Line: "2560 × 1440, the main one"}, {ID: "screen:2", Name: "Screen DP-2", Line: "1920 × 1080"},
		{ID: "window:1", Name: "Tide tables", Line: "Calc, 1280 × 720", Window: true}, {ID: "window:2", Name: "Mail: to the crew of the Harbour", Line: "Thunderbird, 1024 × 768", Window: true},
		{ID: "window:3", Name: "Terminal", Line: "xterm, 800 × 600", Window: true}, {ID: "window:4", Name: "Minutes", Line: "Writer, 800 × 600", Window: true},
	}
}

// picking is a window that asks what to share; small pictures come of all but one.
func picking(t *testing.T, size fyne.Size, edit func(*profile.Settings)) (*Window, *picker) {
	t.Helper()
	w := testWindow(t, edit)
	w.thumbnail = func(_ context.Context, id string, width, height int) (*image.RGBA, error) {
		if id == "window:4" {
			return nil, errors.New("it was closed in this moment")
		}
		m := image.NewRGBA(image.Rect(0, 0, width, height))
		return m, documents{}.Convert(m, &video.Frame{Y: []byte{2}})
	}
	w.resizeForTest(size.Width, size.Height)
	w.apply(harbour())
	p := newPicker(w)
	p.offer(sampleThings(), "")
	return w, p
}

func TestPickerLooks(t *testing.T) {
	for _, c := range []struct {
		name string
		size fyne.Size
		do   func(*Window, *picker)
		in   func(*testing.T, func(*testing.T, profile.Theme))
	}{
		{"picker", fyne.NewSize(1280, 800), nil, both},
		{"picker-compact", fyne.NewSize(800, 500), nil, light},
		{"picker-none", fyne.NewSize(800, 500), func(_ *Window, p *picker) {
			p.offer(nil, "On Wayland Parley can't show screens yet. Log in to an X11 session to share one.")
		}, dark},
	} {
		c.in(t, func(t *testing.T, theme profile.Theme) {
			w, p := picking(t, c.size, func(s *profile.Settings) { s.Theme = theme })
			for _, row := range p.rows {
				if row.Shareable != nil {
					if m, err := p.thumbnail(row.ID, 0, image.Pt(p.pixels())); err == nil {
						p.pictures[row.ID] = m
					}
				}
			}
			p.choose(4)
			p.list.SetRows(len(p.rows), p.kind)
			if c.do != nil {
				c.do(w, p)
			}
			golden(t, w, c.name+"-"+string(theme))
		})
	}
}

// Tiles that are all alike are as large as they go, none covers another, and none is left out; more than there is room for scroll.
func TestGridOf(t *testing.T) {
	for n := 1; n <= 40; n++ {
		for _, room := range []fyne.Size{fyne.NewSize(944, 652), fyne.NewSize(532, 384), fyne.NewSize(300, 900), fyne.NewSize(1568, 300), fyne.NewSize(10, 10)} {
			columns, tile := gridOf(n, room, 8, 150)
			rows := (n + columns - 1) / columns
			wide, high := float32(columns)*(tile.Width+8)-8, float32(rows)*(tile.Height+8)-8
			if wide > room.Width+1 {
				t.Errorf("%d in %v: %d columns of %v", n, room, columns, tile)
			}
			if room.Width > 150 && tile.Width < 149 {
				t.Errorf("%d in %v: only %v large", n, room, tile)
			}
			if ratio := tile.Width / tile.Height; room.Width > 100 && (ratio < 1.75 || ratio > 1.81) {
				t.Errorf("%d in %v: %v is not of 16 to 9", n, room, tile)
			}
			if high <= room.Height && room.Width > 150 {
				better := contained(fyne.NewSize((room.Width-float32(columns)*8)/float32(columns+1), (room.Height-float32((n-1)/(columns+1))*8)/float32((n+columns)/(columns+1))), 16./9)
				if columns < n && better.Width > tile.Width+1 {
					t.Errorf("%d in %v: %v, but %v was possible", n, room, tile, better)
				}
			}
		}
	}
}

// lit are the pictures that are asked for.
func lit(w *Window) (all []string) {
	for _, t := range w.shell.stage.pictures.order {
		if t.picture.quit != nil {
			name := t.id.User
			if t.id.Screen {
				name += "'s screen"
			}
			all = append(all, name)
		}
	}
	return all
}

func asked(t *testing.T, w *Window, what string, want ...string) {
	t.Helper()
	if got := lit(w); !slices.Equal(got, want) {
		t.Errorf("%s: %q are asked for, want %q", what, got, want)
	}
}

// What nobody can see is not asked for: behind the settings, in an icon, hidden, without a picture, beside one that fills the window.
func TestUnseenTiles(t *testing.T) {
	w := pictureWindow(t, crewShown(), fyne.NewSize(1280, 800), nil)
	all := []string{"Teo Okafor's screen", "Mara Lind", "Ines Vidal", "Sam Reyes"}
	asked(t, w, "all in sight", all...)
	w.showSettings("")
	asked(t, w, "behind the settings")
	w.apply(crewShown())
	asked(t, w, "still behind the settings")
	w.closeSettings()
	w.apply(crewShown())
	asked(t, w, "the settings are closed", all...)
	w.away = true
	w.apply(crewShown())
	asked(t, w, "the window is an icon")
	w.away = false
	w.apply(crewShown())
	w.fill(true)
	asked(t, w, "one fills the window", "Teo Okafor's screen")
	w.fill(false)
	asked(t, w, "and gives it back", all...)
	v := crewShown()
	v.Stage.Tiles[1].Hidden, v.Stage.Tiles[4].Picture, v.Stage.Tiles[5].Failed = true, false, "No camera."
	w.apply(v)
	asked(t, w, "hidden, switched off and failed", "Teo Okafor's screen")
	w.apply(crewFilmed())
	asked(t, w, "nobody shares any more", all[1:]...)
	w.apply(harbour())
	if asked(t, w, "no pictures"); len(w.shell.stage.pictures.tiles) != 0 || len(w.pump.pictures) != 0 {
		t.Errorf("%d tiles and %d pictures are kept", len(w.shell.stage.pictures.tiles), len(w.pump.pictures))
	}
}

// many is a channel with so many cameras, more than there is room for.
func many(n int) *model.View {
	v := crewFilmed()
	v.Stage.Tiles = nil
	for i := range n {
		name := fmt.Sprint("P", i)
		v.Stage.Tiles = append(v.Stage.Tiles, model.Tile{User: name, Name: name, Face: sampleFace(name), Picture: true})
	}
	return v
}

// What is scrolled out of sight is not asked for until it comes back.
func TestScrolledAway(t *testing.T) {
	for _, large := range []int{-1, 0} {
		v := many(60)
		v.Stage.Large = large
		w := pictureWindow(t, v, fyne.NewSize(800, 500), nil)
		s := w.shell.stage.pictures
		first := lit(w)
		if len(first) == 0 || len(first) > 30 || first[0] != "P0" {
			t.Fatalf("large %d: %d are asked for: %q", large, len(first), first)
		}
		for range 500 {
			s.scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -40)})
		}
		last := lit(w)
		if len(last) == 0 || len(last) > 30 || last[len(last)-1] != "P59" || slices.Contains(last, "P5") {
			t.Errorf("large %d: at the end %q are asked for", large, last)
		}
		for range 500 {
			s.scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 40)})
		}
		if back := lit(w); !slices.Equal(back, first) {
			t.Errorf("large %d: scrolled back, %q are asked for, were %q", large, back, first)
		}
	}
}

// The keyboard brings into sight what it comes to.
func TestTabScrollsTiles(t *testing.T) {
	for _, large := range []int{-1, 0} {
		v := many(30)
		v.Stage.Large = large
		w := pictureWindow(t, v, fyne.NewSize(800, 500), nil)
		s := w.shell.stage.pictures
		for _, i := range []int{29, 12, 1} {
			w.win.Canvas().Focus(s.order[i].touch)
			if !s.wholly(s.order[i]) || s.order[i].picture.quit == nil {
				t.Errorf("large %d: tile %d has the keyboard, and can't be seen", large, i)
			}
		}
	}
}

// A click makes one large; the second one of two has it fill the window, and Escape gives that back.
func TestTilesArePressed(t *testing.T) {
	w := pictureWindow(t, crewFilmed(), fyne.NewSize(1280, 800), nil)
	s := w.shell.stage.pictures
	now := time.Now()
	s.now = func() time.Time { return now }
	mara := model.PictureID{User: "Mara Lind"}
	test.Tap(s.tiles[mara].touch)
	if got := w.looks().Large; got != mara || w.shell.stage.filled {
		t.Fatalf("%v is to be large", got)
	}
	large := crewFilmed()
	large.Stage.Large, large.Stage.Version = 0, 7
	w.apply(large)
	now = now.Add(time.Second)
	test.Tap(s.tiles[mara].touch)
	if w.shell.stage.filled {
		t.Error("one click fills the window")
	}
	now = now.Add(doubleClicks / 2)
	test.Tap(s.tiles[model.PictureID{User: "Ines Vidal"}].touch) // whatever came to be under the mouse
	if !w.shell.stage.filled || w.looks().Large != mara {
		t.Errorf("two clicks do not fill the window with Mara: %v", w.looks())
	}
	pos, size := at(w, s.large.touch)
	if pos != (fyne.Position{}) || size != fyne.NewSize(1280, 800) {
		t.Errorf("it is at %v, %v large", pos, size)
	}
	w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.shell.stage.filled {
		t.Error("Escape does not give the window back")
	}
	press(w, fyne.KeyG)
	if l := w.looks(); l.Sight != model.Alike || l.Large != (model.PictureID{}) {
		t.Errorf("all alike: %+v", l)
	}
	w.apply(crewFilmed())
	press(w, fyne.KeyG)
	if l := w.looks(); l.Sight != model.OneLarge {
		t.Errorf("one large: %+v", l)
	}
}

// By keys: Tab comes to each tile, Enter makes it large and then fills the window, the menu hides its picture.
func TestTilesByKeys(t *testing.T) {
	w := pictureWindow(t, crewFilmed(), fyne.NewSize(1280, 800), nil)
	s := w.shell.stage.pictures
	mara := s.tiles[model.PictureID{User: "Mara Lind"}]
	w.win.Canvas().Focus(mara.touch)
	typed(w, fyne.KeyReturn)
	if w.looks().Large != mara.id {
		t.Error("Enter does not make it large")
	}
	large := crewFilmed()
	large.Stage.Large, large.Stage.Version = 0, 7
	w.apply(large)
	w.win.Canvas().Focus(mara.touch)
	typed(w, fyne.KeyReturn)
	if !w.shell.stage.filled {
		t.Error("Enter again does not fill the window")
	}
	typed(w, fyne.KeyReturn)
	if w.shell.stage.filled {
		t.Error("and once more does not give it back")
	}
	w.win.Canvas().Focus(mara.touch)
	mara.touch.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF10})
	if w.layers.Top() == nil {
		t.Fatal("the menu did not open")
	}
	typed(w, fyne.KeyDown)
	typed(w, fyne.KeyDown)
	typed(w, fyne.KeyReturn)
	if !w.looks().Hides(mara.id) {
		t.Errorf("her picture is not hidden: %+v", w.looks())
	}
}

// Wheel, keys and mouse look closer at the picture that fills the window, and at no other.
func TestLookCloser(t *testing.T) {
	w := pictureWindow(t, crewShown(), fyne.NewSize(1280, 800), nil)
	s := w.shell.stage.pictures
	key := w.win.Canvas().OnTypedKey()
	p := s.large.picture
	key(&fyne.KeyEvent{Name: fyne.KeyPlus})
	if p.zoomed != (zoom{}) {
		t.Error("it is zoomed where it does not fill the window")
	}
	w.fill(true)
	played(t, w)
	for _, c := range []struct {
		name string
		do   func()
		want float64
	}{
		{"+", func() { key(&fyne.KeyEvent{Name: fyne.KeyPlus}) }, 1.25}, // 1280 wide in a window of 1280: it fits at 1
		{"=", func() { key(&fyne.KeyEvent{Name: fyne.KeyEqual}) }, 1.5625},
		{"wheel", func() { s.closer.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 10)}) }, 1.953125},
		{"-", func() { key(&fyne.KeyEvent{Name: fyne.KeyMinus}) }, 1.5625},
		{"0", func() { key(&fyne.KeyEvent{Name: fyne.Key0}) }, 0},
		{"wheel back", func() { s.closer.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -10)}) }, 0},
	} {
		if c.do(); p.zoomed.scale != c.want {
			t.Errorf("%s: %v for each pixel, want %v", c.name, p.zoomed.scale, c.want)
		}
	}
	key(&fyne.KeyEvent{Name: fyne.KeyPlus})
	for _, when := range []string{"closer", "at the next view"} {
		if text := s.large.badge.line.Text(); text != "125 %" || !s.large.badge.line.Visible() || !s.large.badge.root.Visible() {
			t.Errorf("%s: the badge says %q", when, text)
		}
		w.apply(crewShown())
	}
	middle := p.zoomed
	s.closer.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(-50, 20)})
	if p.zoomed.x <= middle.x || p.zoomed.y >= middle.y {
		t.Errorf("dragged to the left and down it shows %+v, before %+v", p.zoomed, middle)
	}
	key(&fyne.KeyEvent{Name: fyne.KeyRight})
	key(&fyne.KeyEvent{Name: fyne.KeyRight})
	key(&fyne.KeyEvent{Name: fyne.KeyRight})
	if part, _ := p.zoomed.part(p.shape, p.pixels()); part.Max.X != 1280 {
		t.Errorf("at its right end %v is seen", part)
	}
	key(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.shell.stage.filled || p.zoomed != (zoom{}) {
		t.Errorf("after Escape: filled %v, %+v", w.shell.stage.filled, p.zoomed)
	}
}

// A picture that is larger than the window: a double click shows it pixel for pixel, where it was clicked, and sharp; another all of it.
func TestPixelForPixel(t *testing.T) {
	w := pictureWindow(t, crewShown(), fyne.NewSize(800, 500), nil)
	s := w.shell.stage.pictures
	w.fill(true)
	played(t, w)
	p := s.large.picture
	s.closer.DoubleTapped(&fyne.PointEvent{Position: fyne.NewPos(10, 10)})
	if p.zoomed.scale != 1 {
		t.Fatalf("it is zoomed to %+v", p.zoomed)
	}
	for p.image.Image.Bounds().Dx() != 800 || p.image.Image.Bounds().Dy() != 500 { // the last one, anew: a screen may stand still
		awaitReady(t, p)
		p.draw()
	}
	if got := p.image.Image.Bounds().Size(); got != image.Pt(800, 500) {
		t.Errorf("%v of the picture are shown, want as many pixels as there are", got)
	}
	if part, _ := p.zoomed.part(p.shape, p.pixels()); part.Min.X > 40 || part.Min.Y > 40 {
		t.Errorf("%v is seen after a click at the top left", part)
	}
	s.closer.DoubleTapped(&fyne.PointEvent{Position: fyne.NewPos(10, 10)})
	if p.zoomed != (zoom{}) {
		t.Errorf("another double click: %+v", p.zoomed)
	}
}

// One's own picture is shown as by a mirror: what is under the mouse stays there all the same, and goes along with it.
func TestLookCloserAtOneself(t *testing.T) {
	v := crewFilmed()
	v.Stage.Large = 4
	w := pictureWindow(t, v, fyne.NewSize(800, 500), nil)
	s := w.shell.stage.pictures
	w.fill(true)
	played(t, w)
	p := s.large.picture
	s.closer.DoubleTapped(&fyne.PointEvent{Position: fyne.NewPos(790, 250)})
	if part, _ := p.zoomed.part(p.shape, p.pixels()); !p.mirrored || part.Min.X > 40 {
		t.Fatalf("%v is seen after a click at the right, mirrored: %v", part, p.mirrored)
	}
	s.closer.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(100, 0)})
	if part, _ := p.zoomed.part(p.shape, p.pixels()); part.Min.X < 90 {
		t.Errorf("%v is seen after it was dragged to the right", part)
	}
}

// A screen that stands still is shown anew in the size that its tile has got.
func TestStillScreenFollowsItsTile(t *testing.T) {
	w := pictureWindow(t, crewShown(), fyne.NewSize(1280, 800), nil)
	p := w.shell.stage.pictures.large.picture
	before := p.image.Image.Bounds().Dx()
	w.resizeForTest(1000, 640)
	for range 2 { // the place may change twice
		if p.image.Image.Bounds().Dx() < before-100 {
			break
		}
		awaitReady(t, p)
		p.draw()
	}
	if after := p.image.Image.Bounds().Dx(); after >= before || after < p.pixels().X-1 {
		t.Errorf("it was %d wide and is %d, on a tile of %d", before, after, p.pixels().X)
	}
}

// While one shares something it is said on every screen, with a button that ends it.
func TestSharingIsAlwaysSaid(t *testing.T) {
	w := pictureWindow(t, shown(harbour()), fyne.NewSize(1280, 800), nil)
	b := w.shell.share
	said := func(where string) {
		t.Helper()
		pos, size := at(w, b.stop)
		if !w.shell.slots[slotShare].Visible() || pos.X < 0 || pos.Y < 0 || pos.X+size.Width > w.win.Canvas().Size().Width || size.Height < 30 || b.text.Text() != "You are sharing the window Tide tables" {
			t.Errorf("%s: the button to stop is at %v, %v large, beside %q", where, pos, size, b.text.Text())
		}
	}
	said("in a channel")
	w.showSettings("")
	said("in the settings")
	w.closeSettings()
	w.apply(shown(crewShown()))
	said("with pictures")
	w.fill(true)
	said("with one that fills the window")
	w.fill(false)
	for _, v := range []*model.View{shown(inCall()), shown(callShown()), shown(quiet(model.StageMessage, model.Note{}))} {
		w.apply(v)
		said("elsewhere")
	}
	w.resizeForTest(800, 500)
	said("in a small window")
	if title := w.win.Title(); title != "Parley, screen shared" {
		t.Errorf("the title is %q", title)
	}
	test.Tap(b.stop)
	if got := notices(t, w); len(got) > 0 {
		t.Errorf("to stop is refused: %q", got)
	}
	w.apply(harbour())
	if w.shell.slots[slotShare].Visible() || b.picture.quit != nil {
		t.Error("it is said although nothing is shared")
	}
	if pos, _ := at(w, w.shell.stage.root); pos.Y != 0 {
		t.Errorf("the stage stays %v down", pos.Y)
	}
}

// What is picked is shared: by Enter, by a double click and by the button; what goes away is not chosen any more.
func TestPicker(t *testing.T) {
	w, p := picking(t, fyne.NewSize(1280, 800), nil)
	if p.list.Current() != 1 || p.chosen != "" || !p.share.Disabled() {
		t.Errorf("at first the keys are at %d, %q is chosen", p.list.Current(), p.chosen)
	}
	p.choose(4)
	if p.chosen != "window:1" || p.share.Disabled() {
		t.Errorf("a click chose %q", p.chosen)
	}
	p.choose(0) // a heading
	p.offer(slices.Delete(sampleThings(), 2, 3), "")
	if p.chosen != "" || !p.share.Disabled() {
		t.Errorf("the window was closed, but %q is chosen", p.chosen)
	}
	p.offer(nil, "It can't be.")
	if len(p.rows) != 0 || p.why.Text() != "It can't be." || !p.why.Visible() {
		t.Errorf("%d rows beside %q", len(p.rows), p.why.Text())
	}
	p.layer.Close()
	for i, way := range []struct {
		name string
		do   func(*picker)
	}{
		{"Enter", func(p *picker) {
			w.win.Canvas().Focus(p.list)
			typed(w, fyne.KeyDown)
			typed(w, fyne.KeyReturn)
		}},
		{"a double click", func(p *picker) { p.list.OnDouble(2) }},
		{"the button", func(p *picker) {
			p.choose(4)
			test.Tap(p.share)
		}},
	} {
		p := newPicker(w)
		w.follow = p.follow
		p.offer(sampleThings(), "")
		way.do(p)
		if p.layer.Open() || p.closed.Err() == nil || w.follow != nil {
			t.Errorf("it stays open, or goes on, after %s", way.name)
		}
		if told := notices(t, w); len(told) != i+1 || !strings.Contains(told[i], "call or a voice channel only") { // there is none here
			t.Errorf("after %s the engine was asked to share %d times, want %d: %q", way.name, len(told), i+1, told)
		}
	}
}

// Where nobody is to see it, the key to share says so.
func TestNobodyToShareWith(t *testing.T) {
	w := testWindow(t, nil)
	w.shareKey()
	if lines := w.pump.lines; w.floating() || len(lines) != 1 || !strings.Contains(lines[0].Text, "nobody to see it") {
		t.Errorf("it asks what to share: %v; said is %v", w.floating(), lines)
	}
}

// Small pictures come one after the other for as long as it is open.
func TestPickerPictures(t *testing.T) {
	w, p := picking(t, fyne.NewSize(1280, 800), nil)
	var asked []string
	inner := w.thumbnail
	done := make(chan struct{}, 64)
	w.thumbnail = func(ctx context.Context, id string, width, height int) (*image.RGBA, error) {
		asked = append(asked, id)
		done <- struct{}{}
		return inner(ctx, id, width, height)
	}
	w.win.Canvas().Capture()
	p.picture()
	in := len(p.inSight())
	for range in {
		<-done
		spin(t, func() bool {
			w.pump.mu.Lock()
			defer w.pump.mu.Unlock()
			return len(w.pump.calls) > 0
		})
		w.pump.settle()
	}
	if in < 4 || !slices.Equal(asked, p.inSight()) {
		t.Errorf("pictures of %q, in sight are %q", asked, p.inSight())
	}
	for _, r := range p.shown {
		if r.id != "" && (r.picture.Image == nil) != (r.id == "window:4") {
			t.Errorf("%q has a picture: %v", r.id, r.picture.Image != nil)
		}
	}
	p.layer.Close()
	select {
	case <-p.closed.Done():
	default:
		t.Error("it goes on")
	}
}

// What a bad neighbour calls themselves, or another program its windows, stays within its place.
func TestHostilePictures(t *testing.T) {
	for _, size := range []fyne.Size{fyne.NewSize(1280, 800), fyne.NewSize(800, 500)} {
		w := pictureWindow(t, crewShown(), size, nil)
		for i, name := range hostileNames {
			v := shown(crewShown())
			v.Share.Text, v.Share.Line, v.Stage.Version = name, name, uint64(20+i)
			for i := range v.Stage.Tiles {
				v.Stage.Tiles[i].Name, v.Stage.Tiles[i].Failed = name, name
				v.Stage.Tiles[i].Chip = &model.Chip{Icon: "warning", Text: name, Tone: model.Warn}
			}
			w.apply(v)
			w.shell.root.Refresh()
			for _, tile := range w.shell.stage.pictures.order {
				pos, wide := at(w, tile.badge.root)
				base, all := at(w, tile.touch)
				if pos.X < base.X || pos.X+wide.Width > base.X+all.Width || pos.Y+wide.Height > base.Y+all.Height {
					t.Errorf("%.10q is %v at %v, on %v at %v", name, wide, pos, all, base)
				}
			}
			if pos, wide := at(w, w.shell.share.stop); pos.X+wide.Width > size.Width {
				t.Errorf("%.10q pushes the button to %v", name, pos)
			}
			p := newPicker(w)
			p.offer([]model.Shareable{{ID: "1", Name: name, Line: name}, {ID: "2", Name: name, Line: name, Window: true}}, "")
			if p.share.Size().Width < 40 || p.layer != w.layers.Top() {
				t.Errorf("%.10q leaves no room for the button", name)
			}
			p.layer.Close()
		}
		w.win.Canvas().Capture()
	}
}

// The light of a voice is around a picture, and around a face where there is none.
func TestVoicesInTiles(t *testing.T) {
	v := crewFilmed()
	v.Rings = map[string]uint8{"Mara Lind": 3, "Teo Okafor": 3}
	w := pictureWindow(t, v, fyne.NewSize(1280, 800), nil)
	lit := func(when, want string) {
		t.Helper()
		got := ""
		for _, tile := range w.shell.stage.pictures.order {
			if tile.voice.Visible() {
				got += tile.id.User + ";"
			}
			if seen := tile.picture.seen(); tile.avatar.Visible() == seen || tile.ground.Visible() == seen {
				t.Errorf("%s: %s has a picture: %v, and a face: %v", when, tile.id.User, seen, tile.avatar.Visible())
			}
		}
		if got != want {
			t.Errorf("%s: %q are lit, want %q", when, got, want)
		}
	}
	lit("two talk", "Mara Lind;")
	v = crewFilmed()
	v.Rings = nil
	w.apply(v)
	lit("nobody talks", "")
	v = crewFilmed()
	v.Stage.Tiles[0].Picture, v.Stage.Version = false, 9
	w.apply(v)
	lit("her camera is off, and she talks", "")
}

// A picture that comes changes itself and nothing else; pictures in which nothing happens are not drawn again.
func TestStillPictures(t *testing.T) {
	w := pictureWindow(t, shown(crewShown()), fyne.NewSize(1280, 800), nil)
	if drawn := drawings(t, w, func() { w.apply(shown(crewShown())) }); len(drawn) > 0 {
		t.Errorf("a view that says the same: %v", drawn)
	}
	w.shell.share.picture.on(false)
	if drawn := drawings(t, w, func() { played(t, w) }); len(drawn) != 4 {
		t.Errorf("a picture of each of four: %v", drawn)
	}
}

package ui

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/profile"
	"parley/ui/model"
	"parley/video"
)

// scenery is a converter that paints a room, or a wall for oneself.
type scenery struct{}

func (s scenery) ConvertBGRA(dst *image.RGBA, src *video.Frame) error { return s.Convert(dst, src) }

func (scenery) Convert(dst *image.RGBA, src *video.Frame) error {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	for y := range h {
		for x := range w {
			c := color.RGBA{R: 0x5C, G: 0x70, B: 0x66, A: 255}
			dx, dy := 2*(x-w/2), 2*(y-2*h/5)
			switch {
			case src.Y[0] == 1:
				c = color.RGBA{R: uint8(0x40 + 0x30*x/w), G: 0x58, B: 0x66, A: 255}
			case dx*dx+dy*dy < h*h/9:
				c = color.RGBA{R: 0xB9, G: 0x82, B: 0x62, A: 255}
			case dx*dx < h*h/3 && y > 3*h/4:
				c = color.RGBA{R: 0x27, G: 0x48, B: 0x4E, A: 255}
			case x*8/w%4 == 1 && y*8/h > 0 && y*8/h < 4:
				c = color.RGBA{R: 0xE8, G: 0xEE, B: 0xE4, A: 255}
			}
			dst.SetRGBA(x, y, c)
		}
	}
	return nil
}

// callWindow is a window in a call, with both pictures if they are on.
func callWindow(t testing.TB, v *model.View, size fyne.Size, edit func(*profile.Settings)) *Window {
	t.Helper()
	w := testWindow(t, edit)
	w.c.NewConverter = func() Converter { return scenery{} }
	w.resizeForTest(size.Width, size.Height)
	w.apply(v)
	t.Cleanup(func() { w.shell.stage.call.look(false) })
	filmed(t, w, 160, 90)
	return w
}

// filmed has the pictures that are on show a new one.
func filmed(t testing.TB, w *Window, width, height int) {
	t.Helper()
	c := w.shell.stage.call
	var pool video.Pool
	for level, p := range []*picture{c.theirs, c.own.picture} {
		if p.quit == nil {
			continue
		}
		f, err := pool.Get(width, height)
		if err != nil {
			t.Fatal(err)
		}
		f.Y[0] = byte(level)
		p.slot.Put(f)
		awaitReady(t, p)
		p.draw()
	}
}

// voiceCall is a call without pictures.
func voiceCall() *model.View {
	v := inCall()
	v.Stage.Subtitle, v.Stage.Call.Camera, v.Stage.Call.OwnCamera = "Call, 0:41", false, false
	v.Rings = map[string]uint8{"Mara Lind": 3}
	v.Dock.Camera, v.Dock.Delay = false, "31 ms"
	return v
}

func speakingCall() *model.View {
	v := inCall()
	v.Rings = map[string]uint8{"Mara Lind": 3}
	return v
}

func brokenCall() *model.View {
	v := inCall()
	v.Stage.Call.Dim, v.Stage.Call.Line, v.Stage.Call.Bars.Level, v.Stage.Call.Muted = true, "Reconnecting", 0, true
	v.Stage.Call.OwnLine = "Another program is using the camera."
	v.Stage.Banner = &model.Banner{Icon: "mic-off", Text: "You are muted, but talking. Nobody hears you.", Tone: model.Warn, Button: "Unmute", Action: model.Unmute}
	v.Dock.Muted = true
	return v
}

func TestCallLooks(t *testing.T) {
	big, small := fyne.NewSize(1280, 800), fyne.NewSize(800, 500)
	both(t, func(t *testing.T, theme profile.Theme) {
		for _, c := range []struct {
			name string
			view *model.View
			size fyne.Size
			do   func(*Window)
		}{
			{"call", speakingCall(), big, nil},
			{"call-voice", voiceCall(), big, nil},
			{"call-broken", brokenCall(), big, nil},
			{"call-compact", speakingCall(), small, nil},
			{"call-filled", speakingCall(), big, func(w *Window) { w.fill(true) }},
			{"call-menu", inCall(), big, func(w *Window) { w.deviceMenu(w.shell.dock.devices) }},
		} {
			w := callWindow(t, c.view, c.size, func(s *profile.Settings) { s.Theme = theme })
			if c.do != nil {
				c.do(w)
			}
			filmed(t, w, 1280, 720)
			golden(t, w, c.name+"-"+string(theme))
		}
	})
}

// at is where something stands in the window.
func at(w *Window, o fyne.CanvasObject) (fyne.Position, fyne.Size) {
	d := fyne.CurrentApp().Driver()
	return d.AbsolutePositionForObject(o).Subtract(d.AbsolutePositionForObject(w.shell.root)), o.Size()
}

// The tile is of 16 to 9, as large as it goes, in any window; double click and Escape change between that and all of the window.
func TestCallFillsTheWindow(t *testing.T) {
	for _, size := range []fyne.Size{fyne.NewSize(800, 500), fyne.NewSize(1000, 600), fyne.NewSize(1280, 800), fyne.NewSize(1920, 1080), fyne.NewSize(900, 1200)} {
		w := callWindow(t, inCall(), size, nil)
		c := w.shell.stage.call
		pos, tile := at(w, c.theirs.root)
		if ratio := tile.Width / tile.Height; ratio < 1.77 || ratio > 1.78 || pos.X < w.shell.size.rail || pos.X+tile.Width > size.Width || pos.Y+tile.Height > size.Height-w.shell.size.dock {
			t.Errorf("in a window of %v the tile is %v at %v", size, tile, pos)
		}
		if tile.Width < size.Width-w.shell.size.rail-80 && tile.Height < size.Height-w.shell.size.dock-w.shell.size.header-60 {
			t.Errorf("in a window of %v the tile is only %v", size, tile)
		}
		test.DoubleTap(c.touch)
		if pos, tile := at(w, c.theirs.root); pos != (fyne.Position{}) || tile != size {
			t.Errorf("filled, the picture is %v at %v in a window of %v", tile, pos, size)
		}
		w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if _, again := at(w, c.theirs.root); again != tile || !w.shell.slots[slotDock].Visible() {
			t.Errorf("after Escape the tile is %v, was %v", again, tile)
		}
	}
}

// Full screen is the picture's in a call, and is left with it.
func TestCallFullScreen(t *testing.T) {
	w := callWindow(t, inCall(), fyne.NewSize(1280, 800), nil)
	c := w.shell.stage.call
	for _, leave := range []func(){
		w.toggleFullScreen, w.escape, func() { test.DoubleTap(c.touch) }, func() { w.apply(harbour()); w.apply(inCall()) }, func() { w.showSettings(""); w.closeSettings() },
	} {
		w.keyDown(&fyne.KeyEvent{Name: fyne.KeyF11})
		if !w.shell.stage.filled || !w.win.FullScreen() {
			t.Fatal("F11 does not give the screen to the picture")
		}
		leave()
		if w.shell.stage.filled || w.win.FullScreen() {
			t.Errorf("filled %v, full screen %v", w.shell.stage.filled, w.win.FullScreen())
		}
	}
}

// Nobody looks at a picture that is covered, hidden or over: it is off.
func TestUnseenPictures(t *testing.T) {
	w := callWindow(t, inCall(), fyne.NewSize(1280, 800), nil)
	c := w.shell.stage.call
	on := func(what string, theirs, own bool) {
		t.Helper()
		if c.theirs.quit != nil != theirs || c.own.picture.quit != nil != own {
			t.Errorf("%s: theirs %v, one's own %v", what, c.theirs.quit != nil, c.own.picture.quit != nil)
		}
	}
	on("both cameras", true, true)
	w.showSettings("")
	on("behind the settings", false, false)
	w.apply(inCall())
	on("still behind the settings", false, false)
	w.closeSettings()
	w.apply(inCall())
	on("the settings are closed", true, true)
	c.showOwn(false)
	on("one's own is hidden", true, false)
	c.showOwn(true)
	w.away = true
	w.apply(inCall())
	on("the window is an icon", false, false)
	w.away = false
	v := inCall()
	v.Stage.Call.Camera = false
	w.apply(v)
	on("their camera is off", false, true)
	w.apply(harbour())
	on("the call is over", false, false)
}

// One's own picture goes to the corner that it is dragged to, and the name makes room.
func TestOwnPictureIsDragged(t *testing.T) {
	w := callWindow(t, inCall(), fyne.NewSize(1280, 800), nil)
	c := w.shell.stage.call
	_, tile := at(w, c.theirs.root)
	for _, to := range []corner{upperRight, upperLeft, lowerLeft, lowerRight} {
		var x, y float32
		if to&upperRight != 0 {
			x = tile.Width * .7
		}
		if to&lowerLeft != 0 {
			y = tile.Height * .7
		}
		base, _ := at(w, c.theirs.root)
		pos, _ := at(w, c.own)
		c.own.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(base.X+x-pos.X, base.Y+y-pos.Y)})
		w.apply(inCall()) // it stays where the hand is
		if held, _ := at(w, c.own); held.X != base.X+x {
			t.Errorf("in the hand it is at %v", held)
		}
		c.own.DragEnd()
		if c.corner != to {
			t.Errorf("it went to %v, want %v", cornerNames[c.corner], cornerNames[to])
		}
		own, size := at(w, c.own)
		name, wide := at(w, c.badge.root)
		if own.X < base.X || own.X+size.Width > base.X+tile.Width || own.Y < base.Y || own.Y+size.Height > base.Y+tile.Height {
			t.Errorf("%v: it is at %v", cornerNames[to], own)
		}
		if name.X < own.X+size.Width && own.X < name.X+wide.Width && name.Y < own.Y+size.Height && own.Y < name.Y+wide.Height {
			t.Errorf("%v: it covers the name", cornerNames[to])
		}
	}
}

// A picture that comes changes itself and nothing else; a call in which nothing happens is not drawn again.
func TestStillCall(t *testing.T) {
	w := callWindow(t, inCall(), fyne.NewSize(1280, 800), nil)
	if drawn := drawings(t, w, func() { w.apply(inCall()) }); len(drawn) > 0 {
		t.Errorf("a view that says the same: %v", drawn)
	}
	if drawn := drawings(t, w, func() { filmed(t, w, 160, 90) }); len(drawn) != 2 {
		t.Errorf("a picture of each: %v", drawn)
	}
	clock := inCall()
	clock.Stage.Subtitle = "Video call, 4:13"
	if drawn := drawings(t, w, func() { w.apply(clock) }); len(drawn) == 0 || len(drawn) > 3 {
		t.Errorf("a second later: %v", drawn)
	}
}

// What a bad neighbour calls themselves stays within its place.
func TestHostileCall(t *testing.T) {
	for _, size := range []fyne.Size{fyne.NewSize(1280, 800), fyne.NewSize(800, 500)} {
		for _, name := range hostileNames {
			v := inCall()
			v.Stage.Title, v.Stage.Call.Name, v.Stage.Call.Line, v.Stage.Call.OwnLine = name, name, name, name
			w := callWindow(t, v, size, nil)
			w.win.Canvas().Capture()
			base, tile := at(w, w.shell.stage.call.theirs.root)
			if pos, wide := at(w, w.shell.stage.call.badge.root); pos.X+wide.Width > base.X+tile.Width {
				t.Errorf("%.10q is %v wide at %v", name, wide.Width, pos)
			}
		}
	}
}

// The desktop tells when nobody can see the window.
func TestDesktopTellsOfAnIcon(t *testing.T) {
	w := callWindow(t, inCall(), fyne.NewSize(1280, 800), nil)
	c := w.shell.stage.call
	var tell func(bool)
	w.c.Desktop.Watch = func(_ fyne.Window, seen func(bool)) { tell = seen }
	w.watch()
	w.pump.settle()
	for _, seen := range []bool{false, true} {
		tell(seen)
		w.pump.settle()
		w.apply(inCall())
		if on := c.theirs.quit != nil; on != seen {
			t.Errorf("seen %v, but the picture is on: %v", seen, on)
		}
	}
}

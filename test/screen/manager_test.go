package screen_test

import (
	"image"
	"image/color"
	"testing"

	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/xproto"

	"parley/test/lab"
	"parley/xserver"
)

// TestFrameHides: managers such as i3 hide the frame around a window and not the window, which is told nothing then.
func TestFrameHides(t *testing.T) {
	w := bare(t, "640x400x24")
	w.cursor(w.root, 0, false)
	outer := w.show(noise(240, 180, 1), image.Pt(30, 20), "Outer", true)
	frame := w.show(noise(220, 160, 1), image.Point{}, "Frame", true)
	win := w.show(noise(200, 100, 2), image.Point{}, "Noise", false)
	w.must(xproto.ReparentWindowChecked(w.conn, frame.id, outer.id, 5, 5).Check())
	w.must(xproto.ReparentWindowChecked(w.conn, win.id, frame.id, 10, 20).Check())
	s := w.open(win.name(), full)
	w.await("within its frames", s, win.want())
	for i, hides := range []*window{outer, frame, outer} {
		w.must(xproto.UnmapWindowChecked(w.conn, hides.id).Check())
		w.eventually("it is hidden", s.Hidden)
		w.must(xproto.MapWindowChecked(w.conn, hides.id).Check())
		w.eventually("it is seen", func() bool { return !s.Hidden() })
		win.put(noise(20, 10, uint64(3+i)), image.Pt(5*i, 5))
		w.await("seen again", s, win.want())
	}
}

// TestManyWindows: a program that makes windows by the thousand does not keep others from being listed, nor are all of them listed.
func TestManyWindows(t *testing.T) {
	w := bare(t, "640x400x24")
	add := func(n int, seen bool) {
		for range n {
			id, err := xproto.NewWindowId(w.conn)
			w.must(err)
			xproto.CreateWindow(w.conn, w.depth, id, w.root, 0, 0, 20, 20, 0, xproto.WindowClassInputOutput, 0, 0, nil)
			if seen {
				xproto.MapWindow(w.conn, id)
			}
		}
		w.conn.Sync()
	}
	add(2000, false)
	win := w.show(noise(100, 80, 1), image.Pt(3, 4), "Noise", false)
	if list := w.list(); len(list) != 2 || list[win.name()].Name != "Noise" {
		t.Errorf("among windows that are not seen: %+v", list)
	}
	add(300, true)
	if n := len(w.list()); n != 257 { // and the screen
		t.Errorf("%d are listed", n)
	}
}

// TestCompositor: where a compositor draws the desktop, in a window that covers all and lets the mouse through, a window is shown
// and pointed at as without one, within its frame or alone.
func TestCompositor(t *testing.T) {
	w := bare(t, "640x400x24")
	for _, name := range []string{"Composite", "SHAPE"} {
		if !xserver.Extend(w.conn, name) {
			t.Fatal("no", name)
		}
	}
	_, err := composite.QueryVersion(w.conn, 0, 4).Reply()
	w.must(err)
	w.cursor(w.root, 0, false)
	w.must(composite.RedirectSubwindowsChecked(w.conn, w.root, composite.RedirectManual).Check())
	amber := color.RGBA{0xFF, 0xC2, 0x4B, 0xFF}
	frame := w.show(noise(220, 160, 1), image.Pt(100, 50), "Frame", true)
	win := w.show(flat(200, 100, amber), image.Point{}, "Amber", false)
	win.configure(xproto.ConfigWindowBorderWidth, 3)
	w.must(xproto.ReparentWindowChecked(w.conn, win.id, frame.id, 7, 17).Check())
	over := w.show(noise(640, 400, 3), image.Point{}, "Overlay", true)
	w.must(shape.RectanglesChecked(w.conn, shape.SoSet, shape.SkInput, 0, over.id, 0, 0, nil).Check())
	for _, alone := range []bool{false, true} {
		if alone {
			w.must(xproto.ReparentWindowChecked(w.conn, win.id, w.root, 100, 50).Check())
			over.configure(xproto.ConfigWindowStackMode, xproto.StackModeAbove)
		}
		w.eventually("it is drawn", func() bool {
			m, err := w.screens.Thumbnail(w.ctx, win.name(), 160, 120)
			w.must(err)
			return m.Rect.Size() == image.Pt(160, 80) && lab.Near(m.RGBAAt(1, 1), amber, 4) && lab.Near(m.RGBAAt(158, 78), amber, 4)
		})
		s := w.open(win.name(), full)
		w.await("below the overlay", s, win.want())
		w.cursor(win.id, 0xFFFF, true)
		w.point(150, 100)
		inside := image.Pt(150, 100).Sub(image.Pt(100, 50)).Sub(image.Pt(3, 3))
		if !alone {
			inside = inside.Sub(image.Pt(7, 17))
		}
		pointed := win.p.sub(image.Rectangle{Max: win.p.size})
		pointed.paste(flat(16, 16, color.RGBA{255, 255, 255, 255}), inside.Sub(image.Pt(8, 8)))
		w.await("pointed at", s, pointed.frame(t))
		s.Close()
		w.point(5, 5)
	}
}

// TestShadow: the shadow that a program draws around its window is not shown, whatever it says of it.
func TestShadow(t *testing.T) {
	w := bare(t, "640x400x24")
	w.cursor(w.root, 0, false)
	win := w.show(noise(200, 120, 1), image.Pt(30, 20), "Noise", false)
	win.configure(xproto.ConfigWindowBorderWidth, 2)
	s := w.open(win.name(), full)
	w.await("without a shadow", s, win.want())
	whole := image.Rect(0, 0, 200, 120)
	body := func(r image.Rectangle) *picture {
		win.mu.Lock()
		defer win.mu.Unlock()
		return win.p.sub(r)
	}
	for i, c := range []struct {
		extents []uint32
		want    image.Rectangle
	}{
		{[]uint32{26, 25, 23, 29}, image.Rect(26, 23, 175, 91)},
		{[]uint32{26, 25, 23}, whole},
		{[]uint32{0, 0, 0, 104}, image.Rect(0, 0, 200, 16)},
		{[]uint32{0, 0, 0, 105}, whole},
		{[]uint32{190, 190, 0, 0}, whole},
		{[]uint32{0xFFFFFFFF, 1, 1, 1}, whole},
		{[]uint32{0x80000000, 0x80000000, 0, 0}, whole},
		{[]uint32{11, 0, 0, 8}, image.Rect(11, 0, 200, 112)},
	} {
		win.setNumbers("_GTK_FRAME_EXTENTS", "CARDINAL", c.extents...)
		w.await("with a shadow", s, body(c.want).frame(t))
		win.put(noise(40, 20, uint64(2+i)), image.Pt(5+i, 5))
		w.await("a part changed", s, body(c.want).frame(t))
		if got := w.list()[win.name()]; image.Pt(got.Width, got.Height) != c.want.Size() {
			t.Errorf("%v: listed as %+v", c.extents, got)
		}
		m, err := w.screens.Thumbnail(w.ctx, win.name(), 400, 400)
		w.must(err)
		if image.Pt(m.Rect.Dx()|1, m.Rect.Dy()) != image.Pt(c.want.Dx()|1, c.want.Dy()) {
			t.Errorf("%v: a thumbnail of %v", c.extents, m.Rect)
		}
	}
	w.cursor(win.id, 0xFFFF, true)
	w.point(30+2+50, 20+2+40) // of the last body it is at 39, 40
	pointed := body(image.Rect(11, 0, 200, 112))
	pointed.paste(flat(16, 16, color.RGBA{255, 255, 255, 255}), image.Pt(39-8, 40-8))
	w.await("pointed at", s, pointed.frame(t))
	w.point(600, 300)
	win.resize(noise(300, 200, 20))
	w.await("of another size", s, body(image.Rect(11, 0, 300, 192)).frame(t))
}

// TestBusyWindow: a program that does nothing but change what is told of its window neither stops the stream nor ends it.
func TestBusyWindow(t *testing.T) {
	w := bare(t, "640x400x24")
	w.cursor(w.root, 0, false)
	win := w.show(noise(200, 120, 1), image.Pt(30, 20), "Noise", false)
	busy, title, quit, ended := w.connect(), w.atom("_NET_WM_NAME"), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-quit:
				return
			default:
			}
			for range 20_000 {
				xproto.ChangeProperty(busy, xproto.PropModeReplace, win.id, title, xproto.AtomString, 8, 1, []byte{'x'})
			}
			busy.Sync()
		}
	}()
	for range 3 {
		_, err := w.screens.Thumbnail(w.ctx, win.name(), 100, 100)
		w.must(err)
	}
	s := w.open(win.name(), full)
	for i := range 10 {
		win.put(noise(40, 20, uint64(2+i)), image.Pt(10*i, 5*i))
		w.await("while it is busy", s, win.want())
	}
	close(quit)
	<-ended
}

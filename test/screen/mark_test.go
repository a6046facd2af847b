package screen_test

import (
	"encoding/binary"
	"image"
	"image/color"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"parley/test/lab"
	"parley/video/screen"
)

// coral is the colour of the marks here, and thick how wide they are, in pixels.
var coral = color.RGBA{0xFF, 0x7A, 0x85, 0xFF}

const thick = 4

// pixels are those of a part of the display as it is seen, all windows and marks.
func (w *world) pixels(r image.Rectangle) *image.RGBA {
	w.Helper()
	m := image.NewRGBA(r)
	got, err := xproto.GetImage(w.conn, xproto.ImageFormatZPixmap, xproto.Drawable(w.root), int16(r.Min.X), int16(r.Min.Y),
		uint16(r.Dx()), uint16(r.Dy()), ^uint32(0)).Reply()
	w.must(err)
	for i := 0; i < len(m.Pix); i += 4 {
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = got.Data[i+2], got.Data[i+1], got.Data[i], 0xFF
	}
	return m
}

// screenSize is the whole display.
func (w *world) screenSize() image.Rectangle {
	w.Helper()
	g, err := xproto.GetGeometry(w.conn, xproto.Drawable(w.root)).Reply()
	w.must(err)
	return image.Rect(0, 0, int(g.Width), int(g.Height))
}

// marked waits until what is marked are exactly the edges of that, which is the mark's own outer edge.
func (w *world) marked(what string, outer image.Rectangle) {
	w.Helper()
	w.eventually(what, func() bool { return w.marks(outer) })
}

// marked waits until the window is marked where it is then, outside of it, as far as there is room.
func (win *window) marked(what string) {
	win.w.Helper()
	win.w.eventually(what, func() bool { return win.w.marks(win.place().Inset(-thick).Intersect(win.w.screenSize())) })
}

func (w *world) marks(outer image.Rectangle) bool {
	w.Helper()
	m, inner := w.pixels(w.screenSize()), outer.Inset(thick)
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
			p := image.Pt(x, y)
			if (m.RGBAAt(x, y) == coral) != (p.In(outer) && !p.In(inner)) {
				return false
			}
		}
	}
	return true
}

// place is where a window is on the display.
func (win *window) place() image.Rectangle {
	win.w.Helper()
	g, err := xproto.GetGeometry(win.conn, xproto.Drawable(win.id)).Reply()
	win.w.must(err)
	at, err := xproto.TranslateCoordinates(win.conn, win.id, win.w.root, 0, 0).Reply()
	win.w.must(err)
	return image.Rect(0, 0, int(g.Width), int(g.Height)).Add(image.Pt(int(at.DstX), int(at.DstY)))
}

// tops counts the windows at the top of the display.
func (w *world) tops() int {
	w.Helper()
	tree, err := xproto.QueryTree(w.conn, w.root).Reply()
	w.must(err)
	return len(tree.Children)
}

// TestMark: a mark is around what is shared, goes where that goes, is hidden with it and ends with it; and it is none of what is
// listed or of a window's own pictures.
func TestMark(t *testing.T) {
	w := bare(t, "640x400x24")
	w.cursor(w.root, 0, false)
	win := w.show(noise(200, 120, 1), image.Pt(100, 80), "Noise", false)
	before, tops := w.list(), w.tops()
	m := w.screens.Mark(win.name(), coral)
	defer m.Close()
	win.marked("around the window")
	if after := w.list(); len(after) != len(before) {
		t.Errorf("listed with a mark: %+v", after)
	}
	s := w.open(win.name(), full)
	w.await("the window's own picture", s, win.want())

	win.move(300, 200)
	win.marked("it was moved")
	win.resize(noise(150, 90, 2))
	win.marked("it is smaller")
	win.move(-50, 330)
	w.marked("partly outside", image.Rect(0, 326, 104, 400))
	win.move(640, 100)
	w.marked("outside", image.Rectangle{})
	win.resize(noise(640, 400, 3))
	win.move(0, 0)
	w.marked("as large as the screen", w.screenSize())
	w.await("the window's own picture below its mark", s, win.want())
	win.resize(noise(240, 150, 4))
	win.setNumbers("_GTK_FRAME_EXTENTS", "CARDINAL", 20, 21, 10, 30)
	win.move(50, 40)
	w.marked("without its shadow", image.Rect(50+20, 40+10, 50+240-21, 40+150-30).Inset(-thick))

	win.setAtom("_NET_WM_STATE", "_NET_WM_STATE_HIDDEN") // as some managers minimise, and no more
	w.marked("said to be minimised", image.Rectangle{})
	win.set("_NET_WM_STATE", "ATOM", 32, nil)
	w.marked("no more", image.Rect(70, 50, 269, 160).Inset(-thick))
	desktop := func(n uint32) {
		w.must(xproto.ChangePropertyChecked(w.conn, xproto.PropModeReplace, w.root, w.atom("_NET_CURRENT_DESKTOP"), xproto.AtomCardinal, 32, 1,
			binary.LittleEndian.AppendUint32(nil, n)).Check())
	}
	desktop(0)
	win.setNumbers("_NET_WM_DESKTOP", "CARDINAL", 1)
	w.marked("on another desktop", image.Rectangle{})
	desktop(1)
	w.marked("on this desktop", image.Rect(70, 50, 269, 160).Inset(-thick))
	desktop(0)
	w.marked("on another desktop again", image.Rectangle{})
	win.setNumbers("_NET_WM_DESKTOP", "CARDINAL", 0xFFFFFFFF)
	w.marked("on all desktops", image.Rect(70, 50, 269, 160).Inset(-thick))
	w.must(xproto.UnmapWindowChecked(w.conn, win.id).Check())
	w.marked("hidden", image.Rectangle{})
	w.must(xproto.MapWindowChecked(w.conn, win.id).Check())
	w.marked("seen again", image.Rect(70, 50, 269, 160).Inset(-thick))

	cover := w.show(flat(640, 400, color.RGBA{0, 0, 0xFF, 0xFF}), image.Point{}, "Cover", false)
	w.marked("above what has come over it", image.Rect(70, 50, 269, 160).Inset(-thick))
	cover.close()
	win.close()
	w.eventually("nothing is left of it", func() bool { return w.tops() == tops-1 })
	w.marked("closed", image.Rectangle{})
}

// TestMarkScreen: a screen's mark is within its edges, and in its pictures, which stand still all the same.
func TestMarkScreen(t *testing.T) {
	w := bare(t, "320x200x24")
	w.cursor(w.root, 0, false)
	ground := w.show(noise(320, 200, 1), image.Point{}, "Ground", true)
	tops := w.tops()
	m := w.screens.Mark("screen:screen", coral)
	defer m.Close()
	w.marked("within the screen", w.screenSize())
	all := noise(320, 200, 1)
	for _, r := range []image.Rectangle{{Max: image.Pt(320, thick)}, {image.Pt(0, 200-thick), image.Pt(320, 200)}} {
		all.paste(flat(r.Dx(), r.Dy(), coral), r.Min)
	}
	all.paste(flat(thick, 200, coral), image.Point{})
	all.paste(flat(thick, 200, coral), image.Pt(320-thick, 0))
	s := w.open("screen:screen", full)
	w.await("with its mark", s, all.frame(t))
	m.Close()
	w.eventually("nothing is left of it", func() bool { return w.tops() == tops })
	w.await("without", s, ground.want())
}

// TestMarkWithManager: a mark follows a window that a manager frames, moves and minimises, is never listed and takes neither its
// focus nor its clicks.
func TestMarkWithManager(t *testing.T) {
	w := managed(t, 640, 400)
	w.cursor(w.root, 0, false)
	win := w.show(noise(200, 120, 1), image.Point{}, "Noise", false)
	focused := func() xproto.Window {
		f, err := xproto.GetInputFocus(w.conn).Reply()
		w.must(err)
		return f.Focus
	}
	focus, listed := focused(), w.list()
	m := w.screens.Mark(win.name(), coral)
	defer m.Close()
	win.marked("around the window")
	if f := focused(); f != focus {
		t.Errorf("the focus has gone from %x to %x", focus, f)
	}
	if now := w.list(); len(now) != len(listed) {
		t.Errorf("listed: %+v", now)
	}
	win.move(300, 150)
	w.eventually("it has moved", func() bool { return win.place().Min.X > 250 })
	win.marked("it was moved")

	// What is at a place of the mark is what would be there without it: for a click, and for who asks.
	under := w.show(flat(640, 400, color.RGBA{0, 0, 0xFF, 0xFF}), image.Point{}, "Ground", true)
	win.marked("above that, too")
	clicks := make(chan image.Point, 8)
	listener := w.connect()
	w.must(xproto.ChangeWindowAttributesChecked(listener, under.id, xproto.CwEventMask, []uint32{xproto.EventMaskButtonPress}).Check())
	go func() {
		for {
			event, err := listener.WaitForEvent()
			if event == nil && err == nil {
				return
			}
			if n, ok := event.(xproto.ButtonPressEvent); ok {
				clicks <- image.Pt(int(n.RootX), int(n.RootY))
			}
		}
	}()
	at := win.place().Min.Sub(image.Pt(2, 2))
	if got := w.pixels(image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))}).RGBAAt(at.X, at.Y); got != coral {
		t.Fatalf("at %v there is %v and no mark", at, got)
	}
	w.must(w.display.Click(w.ctx, at, lab.LeftButton))
	select {
	case got := <-clicks:
		if got != at {
			t.Errorf("a click at %v came through at %v", at, got)
		}
	case <-time.After(10 * time.Second):
		t.Error("no click comes through")
	}
	under.close()
	win.minimise()
	w.marked("minimised", image.Rectangle{})
	w.must(xproto.MapWindowChecked(w.conn, win.id).Check())
	win.marked("seen again")
}

// TestMarkRival: two marks that want to be above all, or a program that does, take turns only now and then.
func TestMarkRival(t *testing.T) {
	w := bare(t, "320x200x24")
	win := w.show(noise(100, 80, 1), image.Pt(50, 40), "Noise", false)
	var turns int
	listener := w.connect()
	w.must(xproto.ChangeWindowAttributesChecked(listener, w.root, xproto.CwEventMask, []uint32{xproto.EventMaskSubstructureNotify}).Check())
	one, two := w.screens.Mark(win.name(), coral), w.screens.Mark(win.name(), coral)
	defer one.Close()
	defer two.Close()
	win.marked("marked twice")
	quit := time.After(2 * time.Second)
	told := make(chan bool)
	go func() {
		defer close(told)
		for {
			event, err := listener.WaitForEvent()
			if event == nil && err == nil {
				return
			}
			if _, ok := event.(xproto.ConfigureNotifyEvent); ok {
				told <- true
			}
		}
	}()
	for on := true; on; {
		select {
		case <-told:
			turns++
		case <-quit:
			on = false
		}
	}
	listener.Close()
	for range told {
	}
	if most := 2 * 4 * (2*1000/400 + 3); turns > most { // of two marks four sides each, and those that were placed first
		t.Errorf("%d windows were placed or raised in two seconds, want at most %d", turns, most)
	}
}

// TestMarkOfNothing: where there is nothing to mark, or no display, there is no mark, and nothing is left of it; nor of one that
// was closed.
func TestMarkOfNothing(t *testing.T) {
	w := bare(t, "320x200x24")
	win := w.show(noise(100, 80, 1), image.Pt(50, 40), "Noise", false)
	open := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		w.must(err)
		return len(list)
	}
	routines, descriptors, tops := runtime.NumGoroutine(), open(), w.tops()
	nothing := func() bool { return runtime.NumGoroutine() <= routines && open() <= descriptors && w.tops() == tops }
	for _, id := range []string{"window:0x1", "window:0x7fffffff", "window:0x" + strconv.FormatUint(uint64(w.root), 16), "screen:none", "", "screen:",
		"nonsense\x1b\u202E"} {
		m := w.screens.Mark(id, coral)
		w.eventually("it has ended by itself", nothing)
		m.Close()
	}
	for _, id := range []string{win.name(), "screen:screen"} {
		m := w.screens.Mark(id, coral)
		w.eventually("it is marked", func() bool { return w.tops() == tops+4 })
		m.Close()
		m.Close()
		w.screens.Mark(id, coral).Close() // at once
		w.eventually("all have ended", nothing)
	}
	lost := screen.New(screen.Config{Display: ":none"}).Mark("screen:screen", coral)
	defer lost.Close()
	w.eventually("there is no display", nothing)
}

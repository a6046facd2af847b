package screen_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"parley/test/lab"
	"parley/video"
	"parley/video/screen"
	"parley/video/yuv"
	"parley/xserver"
)

var full = video.Format{FPS: 30}

// TestWindow: a window's picture is its own, to the last bit, whatever lies over it, wherever it is, and of whatever size; and the
// stream ends with it.
func TestWindow(t *testing.T) {
	w := bare(t, "640x400x24")
	w.cursor(w.root, 0, false)
	win := w.show(noise(321, 243, 1), image.Pt(37, 21), "Noise", false)
	s := w.open(win.name(), full)
	w.await("as it is", s, win.want())
	win.put(noise(40, 30, 2), image.Pt(101, 57))
	win.put(noise(3, 5, 3), image.Pt(318, 238))
	w.await("a part of it changed", s, win.want())

	over := w.show(noise(640, 400, 4), image.Point{}, "Over", false)
	win.put(noise(50, 20, 5), image.Pt(9, 9))
	w.await("covered", s, win.want())
	over.close()
	w.await("uncovered", s, win.want())

	win.move(-100, 300)
	win.put(noise(50, 20, 6), image.Pt(0, 200))
	w.await("for the most part outside of the screen", s, win.want())
	win.move(10, 10)

	for seed, size := range []image.Point{{200, 150}, {639, 399}, {17, 16}, {700, 500}} {
		win.resize(noise(size.X, size.Y, uint64(7+seed)))
		w.await("of another size", s, win.want())
	}
	win.close()
	if err := w.ends(s); !errors.Is(err, video.ErrWindowClosed) || errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if _, err := w.screens.Thumbnail(w.ctx, win.name(), 100, 100); !errors.Is(err, video.ErrNoSubject) {
		t.Error("a thumbnail of what is closed:", err)
	}
	for _, id := range []string{win.name(), "window:0x1", "window:0x7fffffff", "screen:none", "", "screen:", "nonsense\x1b\u202E"} {
		if _, _, err := w.screens.Open(id, full); !errors.Is(err, video.ErrNoSubject) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// TestScreen: a whole screen is what is on it.
func TestScreen(t *testing.T) {
	w := bare(t, "641x400x24")
	w.cursor(w.root, 0, false)
	testScreen(t, w)
}

// TestPoorDisplays: a display that lacks extensions shows its screen all the same. XFIXES is not among them, as Xvfb breaks down
// without it when its first client leaves.
func TestPoorDisplays(t *testing.T) {
	for _, extension := range []string{"MIT-SHM", "DAMAGE", "RANDR", "Composite"} {
		t.Run(extension, func(t *testing.T) {
			w := bare(t, "320x200x24", "-extension", extension)
			w.cursor(w.root, 0, false)
			testScreen(t, w)
			win := w.show(noise(100, 80, 1), image.Pt(3, 4), "Noise", false)
			if _, listed := w.list()[win.name()]; listed != (extension != "Composite") {
				t.Errorf("a window is listed: %v", listed)
			}
			if extension == "Composite" {
				if _, _, err := w.screens.Open(win.name(), full); !errors.Is(err, video.ErrNoScreen) {
					t.Error(err)
				}
				return
			}
			w.await("a window", w.open(win.name(), full), win.want())
		})
	}
}

func testScreen(t *testing.T, w *world) {
	list, err := w.screens.List(w.ctx)
	w.must(err)
	if len(list) != 1 || list[0].Window || list[0].ID != "screen:"+list[0].Name || list[0].Width < 320 {
		t.Fatalf("%+v", list)
	}
	size := image.Pt(list[0].Width, list[0].Height)
	ground := w.show(noise(size.X, size.Y, 1), image.Point{}, "Ground", true)
	s := w.open(list[0].ID, full)
	w.await("the ground", s, ground.want())
	win := w.show(noise(61, 43, 2), image.Pt(33, 21), "Noise", true)
	all := noise(size.X, size.Y, 1)
	all.paste(win.p, image.Pt(33, 21))
	w.await("with a window", s, all.frame(t))
	win.close()
	w.await("without it", s, ground.want())
}

// TestCursor: it is where the mouse points, over the window that it points at and over no other.
func TestCursor(t *testing.T) {
	w := bare(t, "640x400x24")
	w.cursor(w.root, 0, false)
	ground := w.show(&picture{image.Pt(640, 400), make([]byte, 4*640*400)}, image.Point{}, "Ground", true)
	win := w.show(&picture{image.Pt(200, 100), make([]byte, 4*200*100)}, image.Pt(50, 40), "Window", false)
	w.cursor(win.id, 0xFFFF, true)
	w.cursor(ground.id, 0xFFFF, true)
	dot := &picture{image.Pt(16, 16), []byte(strings.Repeat("\xFF", 4*16*16))}
	black := func(size, at image.Point, seen bool) *video.Frame {
		p := &picture{size, make([]byte, 4*size.X*size.Y)}
		if seen {
			p.paste(dot, at.Sub(image.Pt(8, 8))) // the cursor's own point is its middle
		}
		return p.frame(t)
	}
	one, all := w.open(win.name(), full), w.open("screen:screen", full)
	for _, at := range []image.Point{{100, 80}, {101, 83}, {50, 40}, {249, 139}, {400, 300}, {639, 399}, {0, 0}, {120, 90}} {
		w.point(at.X, at.Y)
		within := at.In(image.Rect(50, 40, 250, 140))
		w.await("in the window", one, black(image.Pt(200, 100), at.Sub(image.Pt(50, 40)), within))
		w.await("on the screen", all, black(image.Pt(640, 400), at, true))
	}
	over := w.show(&picture{image.Pt(200, 100), make([]byte, 4*200*100)}, image.Pt(50, 40), "Over", true)
	w.cursor(over.id, 0xFFFF, true)
	w.await("over another window", one, black(image.Pt(200, 100), image.Point{}, false))
	over.close()
	w.await("without the other window", one, black(image.Pt(200, 100), image.Pt(70, 50), true))
	win.move(60, 50)
	w.await("the window was moved below it", one, black(image.Pt(200, 100), image.Pt(60, 40), true))
}

// TestStandsStill: what does not change is given once a second, and costs no picture besides.
func TestStandsStill(t *testing.T) {
	w := bare(t, "640x400x24")
	s := w.open("screen:screen", full)
	w.point(5, 5)
	count := 0
	for begin := time.Now(); time.Since(begin) < 3500*time.Millisecond; count++ {
		f, err := s.Read()
		w.must(err)
		f.Release()
	}
	if count < 3 || count > 7 {
		t.Errorf("%d pictures in three and a half seconds", count)
	}
}

// TestMonitors: each monitor is a screen by itself, and ends when it is switched off.
func TestMonitors(t *testing.T) {
	w := bare(t, "640x400x24")
	if !xserver.Extend(w.conn, "RANDR") {
		t.Fatal("no RANDR")
	}
	_, err := randr.QueryVersion(w.conn, 1, 5).Reply()
	w.must(err)
	w.cursor(w.root, 0, false)
	ground := w.show(noise(640, 400, 1), image.Point{}, "Ground", true)
	right := image.Rect(301, 11, 640, 400)
	w.must(randr.SetMonitorChecked(w.conn, w.root, randr.MonitorInfo{
		Name: w.atom("RIGHT\u202E\x07"), X: int16(right.Min.X), Y: int16(right.Min.Y), Width: uint16(right.Dx()), Height: uint16(right.Dy()),
	}).Check())
	list := w.list()
	const id = "screen:RIGHT\uFFFD\uFFFD"
	if got := list[id]; got.Width != right.Dx() || got.Height != right.Dy() || got.Window || got.Name != id[len("screen:"):] {
		t.Fatalf("%+v", list)
	}
	s := w.open(id, full)
	want := func() *video.Frame {
		ground.mu.Lock()
		defer ground.mu.Unlock()
		return ground.p.sub(right).frame(t)
	}
	w.await("its part", s, want())
	ground.put(noise(60, 40, 2), image.Pt(280, 1)) // half of it is the other's
	w.await("a change", s, want())
	w.must(randr.DeleteMonitorChecked(w.conn, w.root, w.atom("RIGHT\u202E\x07")).Check())
	if err := w.ends(s); !errors.Is(err, video.ErrScreenGone) {
		t.Error(err)
	}
}

// TestWayland: an X server of a Wayland session has windows to show but no screen, and it is said.
func TestWayland(t *testing.T) {
	w := bare(t, "640x400x24")
	w.cursor(w.root, 0, false)
	win := w.show(noise(100, 80, 1), image.Pt(3, 4), "Noise", false)
	check := func(screens *screen.Screens) {
		t.Helper()
		list, err := screens.List(w.ctx)
		if !errors.Is(err, video.ErrWayland) || errors.Is(err, video.ErrNoScreen) || len(list) != 1 || list[0].ID != win.name() {
			t.Errorf("%+v, %v", list, err)
		}
		if _, _, err := screens.Open("screen:screen", full); !errors.Is(err, video.ErrWayland) {
			t.Error(err)
		}
		if _, err := screens.Thumbnail(w.ctx, "screen:XWAYLAND0", 100, 100); !errors.Is(err, video.ErrWayland) {
			t.Error(err)
		}
		s, _, err := screens.Open(win.name(), full)
		w.must(err)
		defer s.Close()
		w.await("the window", s, win.want())
	}
	t.Setenv("DISPLAY", w.name)
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	check(screen.New(screen.Config{}))
	if list := w.list(); len(list) != 2 { // who names a display means it
		t.Errorf("%+v", list)
	}
	t.Setenv("WAYLAND_DISPLAY", "")
	if !xserver.Extend(w.conn, "RANDR") {
		t.Fatal("no RANDR")
	}
	_, err := randr.QueryVersion(w.conn, 1, 5).Reply()
	w.must(err)
	w.must(randr.SetMonitorChecked(w.conn, w.root, randr.MonitorInfo{Name: w.atom("XWAYLAND0"), Width: 640, Height: 400}).Check())
	check(screen.New(screen.Config{})) // a sandbox tells programs of X11 nothing of Wayland
}

// TestList: what people know as windows, by names that do no harm, whatever programs write.
func TestList(t *testing.T) {
	w := managed(t, 800, 500)
	plain := w.show(noise(300, 200, 1), image.Point{}, "Zoë – 你好", false)
	evil := w.show(noise(301, 201, 2), image.Point{}, "invoice\u202Egpj.exe\x1b[2J\n"+strings.Repeat("x", 60_000), false)
	latin := w.show(noise(64, 64, 3), image.Point{}, "", false)
	latin.set("WM_NAME", "STRING", 8, []byte("Gr\xfc\xdfe"))
	lying := w.show(noise(64, 64, 3), image.Point{}, "Lying", false)
	lying.set("WM_CLASS", "STRING", 32, []byte("12341234"))
	lying.set("_NET_WM_WINDOW_TYPE", "ATOM", 32, []byte(strings.Repeat("\xff", 4000)))
	menu := w.show(noise(64, 64, 4), image.Point{}, "Menu", true)
	desk := w.show(noise(64, 64, 5), image.Point{}, "Desk", false)
	desk.setAtom("_NET_WM_WINDOW_TYPE", "_NET_WM_WINDOW_TYPE_DESKTOP")
	tiny := w.show(noise(8, 8, 6), image.Point{}, "Tiny", false)
	list := w.list()
	want := map[string]video.Subject{
		"screen:screen": {ID: "screen:screen", Name: "screen", Width: 800, Height: 500, Primary: list["screen:screen"].Primary},
		plain.name():    {ID: plain.name(), Window: true, Name: "Zoë – 你好", Application: "Pictures", Width: 300, Height: 200},
		evil.name():     {ID: evil.name(), Window: true, Name: list[evil.name()].Name, Application: "Pictures", Width: 301, Height: 201},
		latin.name():    {ID: latin.name(), Window: true, Name: "Grüße", Application: "Pictures", Width: 64, Height: 64},
		lying.name():    {ID: lying.name(), Window: true, Name: "Lying", Width: 64, Height: 64},
	}
	for id, s := range want {
		if list[id] != s {
			t.Errorf("%s is %+v, want %+v", id, list[id], s)
		}
	}
	if len(list) != len(want) {
		t.Errorf("listed: %+v; the menu is %s, the desktop %s, the tiny one %s", list, menu.name(), desk.name(), tiny.name())
	}
	if name := list[evil.name()].Name; !strings.HasPrefix(name, "invoice\uFFFDgpj.exe\uFFFD[2J\uFFFDxxx") || len(name) > 200 {
		t.Errorf("%q", name)
	}
	plain.close()
	if _, there := w.list()[plain.name()]; there {
		t.Error("a window that was closed is listed")
	}
}

// TestListWithoutManager: all windows at the top are windows then, but menus; the list that a manager has left is not believed.
func TestListWithoutManager(t *testing.T) {
	w := bare(t, "640x400x24")
	win := w.show(noise(100, 80, 1), image.Pt(3, 4), "Noise", false)
	menu := w.show(noise(64, 64, 4), image.Point{}, "Menu", true)
	set := func(property string, value uint32) {
		w.must(xproto.ChangePropertyChecked(w.conn, xproto.PropModeReplace, w.root, w.atom(property), xproto.AtomWindow, 32, 1,
			binary.LittleEndian.AppendUint32(nil, value)).Check())
	}
	check := func(when string) {
		t.Helper()
		list := w.list()
		if _, there := list[win.name()]; !there || len(list) != 2 {
			t.Errorf("%s: %+v; the menu is %s", when, list, menu.name())
		}
	}
	check("no list")
	// A manager of old puts a frame around a window, and marks the window. Frames may pass the manager by.
	frame := w.show(noise(120, 110, 5), image.Pt(300, 200), "Frame", true)
	framed := w.show(noise(100, 80, 6), image.Pt(5, 5), "Framed", false)
	w.must(xproto.ReparentWindowChecked(w.conn, framed.id, frame.id, 10, 20).Check())
	framed.setNumbers("WM_STATE", "WM_STATE", 1, 0)
	if list := w.list(); len(list) != 3 || list[framed.name()].Name != "Framed" || list[framed.name()].Width != 100 {
		t.Errorf("a frame of %s and %s: %+v", frame.name(), framed.name(), list)
	}
	w.await("within a frame", w.open(framed.name(), full), framed.want())
	framed.close()
	frame.close()
	set("_NET_CLIENT_LIST", uint32(menu.id))
	check("a list that is nobody's")
	set("_NET_SUPPORTING_WM_CHECK", 0x1FFFFFF)
	check("a list that was left")
	set("_NET_SUPPORTING_WM_CHECK", uint32(w.root)) // and a root that names itself is a manager, which lists the root and a menu
	set("_NET_CLIENT_LIST", uint32(w.root))
	if list := w.list(); len(list) != 1 {
		t.Errorf("the root as a window: %+v", list)
	}
}

// TestMinimised: a window that is minimised stands still, and says so, until it is there again.
func TestMinimised(t *testing.T) {
	w := managed(t, 640, 400)
	w.cursor(w.root, 0, false)
	win := w.show(noise(200, 100, 1), image.Point{}, "Noise", false)
	w.cursor(win.id, 0, false)
	s := w.open(win.name(), full)
	w.await("as it is", s, win.want())
	if s.Hidden() {
		t.Error("it is hidden")
	}
	win.minimise()
	w.eventually("it is hidden", s.Hidden)
	w.await("hidden", s, win.want())
	w.await("still hidden", s, win.want())
	if _, listed := w.list()[win.name()]; listed {
		t.Error("it is listed")
	}
	if _, err := w.screens.Thumbnail(w.ctx, win.name(), 100, 100); err == nil || !strings.Contains(err.Error(), "minimised") {
		t.Error("a thumbnail:", err)
	}
	late := w.open(win.name(), full)
	if f, err := late.Read(); err != nil || !late.Hidden() || f.Width != 200 || f.Height != 100 || f.Y[0] != 16 {
		t.Errorf("opened meanwhile: %+v, %v", f, err)
	}
	w.must(xproto.MapWindowChecked(w.conn, win.id).Check())
	w.eventually("it is seen", func() bool { return !s.Hidden() })
	win.put(noise(20, 10, 2), image.Pt(5, 5))
	w.await("seen again", s, win.want())
	w.await("seen for the first time", late, win.want())
}

// TestThumbnails: they fit, and are of the window, not of what covers it.
func TestThumbnails(t *testing.T) {
	w := bare(t, "640x400x24")
	amber := color.RGBA{0xFF, 0xC2, 0x4B, 0xFF}
	win := w.show(flat(400, 200, amber), image.Pt(10, 10), "Amber", false)
	w.show(flat(640, 400, color.RGBA{0, 0, 80, 255}), image.Point{}, "Over", false)
	for id, want := range map[string]struct {
		size   image.Point
		colour color.RGBA
	}{
		win.name():      {image.Pt(160, 80), amber},
		"screen:screen": {image.Pt(160, 100), color.RGBA{0, 0, 80, 255}},
	} {
		m, err := w.screens.Thumbnail(w.ctx, id, 160, 120)
		w.must(err)
		if got := lab.Average(m, m.Rect); m.Rect.Size() != want.size || !lab.Near(got, want.colour, 4) {
			t.Errorf("%s: %v of %v", id, m.Rect, got)
		}
	}
}

// TestServerEnds: who watched a display that was killed is told. (One that is asked to end closes its windows first.)
func TestServerEnds(t *testing.T) {
	w := bare(t, "640x400x24")
	win := w.show(noise(200, 100, 1), image.Point{}, "Noise", false)
	streams := []*screen.Stream{w.open(win.name(), full), w.open("screen:screen", full)}
	w.must(w.server.Signal(syscall.SIGKILL))
	for _, s := range streams {
		if err := w.ends(s); !errors.Is(err, video.ErrScreenGone) || errors.Is(err, io.EOF) {
			t.Error(err)
		}
	}
	if _, err := w.screens.List(w.ctx); !errors.Is(err, video.ErrNoScreen) {
		t.Error(err)
	}
}

// TestServerHangs: who asks a display that hangs, or leaves it, is not held up; who watches sees it go on when it does.
func TestServerHangs(t *testing.T) {
	w := bare(t, "640x400x24")
	w.cursor(w.root, 0, false)
	ground := w.show(noise(640, 400, 1), image.Point{}, "Ground", true)
	s, left := w.open("screen:screen", full), w.open("screen:screen", full)
	w.await("before", s, ground.want())
	w.must(w.server.Signal(syscall.SIGSTOP))
	defer func() { _ = w.server.Signal(syscall.SIGCONT) }()
	ctx, cancel := context.WithTimeout(w.ctx, 300*time.Millisecond)
	defer cancel()
	if list, err := w.screens.List(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%+v, %v", list, err)
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		left.Close()
	}()
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Fatal("closing waits for the display")
	}
	w.must(w.server.Signal(syscall.SIGCONT))
	ground.put(noise(90, 70, 2), image.Pt(100, 100))
	w.await("after", s, ground.want())
}

// TestFormats: rates and sizes are the nearest that there are.
func TestFormats(t *testing.T) {
	w := bare(t, "1600x900x24")
	for want, got := range map[video.Format]video.Format{
		{}:                                   {Width: 1600, Height: 900, FPS: 15},
		{FPS: 1}:                             {Width: 1600, Height: 900, FPS: 5},
		{FPS: 60}:                            {Width: 1600, Height: 900, FPS: 30},
		{Width: 1280, Height: 720, FPS: 10}:  {Width: 1280, Height: 720, FPS: 10},
		{Width: 9999, Height: 9999, FPS: 10}: {Width: 1600, Height: 900, FPS: 10},
		{Width: -4, Height: 7, FPS: -1}:      {Width: 1600, Height: 900, FPS: 15},
	} {
		s, agreed, err := w.screens.Open("screen:screen", want)
		w.must(err)
		f, err := s.Read()
		if err != nil || agreed != got || f.Width != got.Width || f.Height != got.Height {
			t.Errorf("%+v: %+v, a picture %+v, %v", want, agreed, f, err)
		}
		s.Close()
		if _, err := s.Read(); err != io.EOF {
			t.Error(err)
		}
	}
}

// TestHuge: a screen of 8K is scaled to 1080p, or on wish to the largest picture that there is.
func TestHuge(t *testing.T) {
	w := bare(t, "7680x4320x24")
	w.cursor(w.root, 0, false)
	w.must(xproto.ChangeWindowAttributesChecked(w.conn, w.root, xproto.CwBackPixel, []uint32{0xFFFFFF}).Check())
	xproto.ClearArea(w.conn, false, w.root, 0, 0, 0, 0)
	win, at := noise(601, 403, 1), image.Pt(4003, 2117)
	w.show(win, at, "Noise", true)
	all := &picture{image.Pt(7680, 4320), bytes.Repeat([]byte{0xFF}, 4*7680*4320)}
	all.paste(win, at)
	whole := all.huge(t)
	for _, c := range []struct{ want, got video.Format }{
		{video.Format{FPS: 30}, video.Format{Width: 1920, Height: 1080, FPS: 30}},
		{video.Format{Width: 7680, Height: 4320, FPS: 30}, video.Format{Width: video.MaxWidth, Height: video.MaxHeight, FPS: 30}},
	} {
		s, format, err := w.screens.Open("screen:screen", c.want)
		w.must(err)
		if format != c.got {
			t.Errorf("%+v: %+v, want %+v", c.want, format, c.got)
		}
		want, err := new(video.Pool).Get(c.got.Width, c.got.Height)
		w.must(err)
		w.must(yuv.NewConverter().Scale(want, whole))
		w.await("scaled", s, want)
		s.Close()
	}
}

// TestOtherPixels: a display whose pixels are others says so.
func TestOtherPixels(t *testing.T) {
	w := bare(t, "640x400x16")
	if _, err := w.screens.List(w.ctx); !errors.Is(err, video.ErrNoScreen) || !strings.Contains(err.Error(), "32 bits") {
		t.Error(err)
	}
}

// TestSeveral: what is looked at by several at once is the same for all of them.
func TestSeveral(t *testing.T) {
	w := bare(t, "640x400x24")
	w.cursor(w.root, 0, false)
	ground := w.show(noise(640, 400, 1), image.Point{}, "Ground", false)
	streams := []*screen.Stream{w.open("screen:screen", full), w.open(ground.name(), full), w.open(ground.name(), full)}
	quit := make(chan struct{})
	var listeners sync.WaitGroup
	listeners.Go(func() {
		for {
			select {
			case <-quit:
				return
			default:
			}
			if _, err := w.screens.List(w.ctx); err != nil {
				t.Error(err)
				return
			}
			if _, err := w.screens.Thumbnail(w.ctx, ground.name(), 160, 100); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for i := range 10 {
		ground.put(noise(90, 70, uint64(2+i)), image.Pt(50*i, 30*i))
		for _, s := range streams {
			w.await("a change", s, ground.want())
		}
	}
	close(quit)
	listeners.Wait()
}

// TestNothingIsLeft: who has looked leaves no goroutine, no descriptor and no memory that is shared.
func TestNothingIsLeft(t *testing.T) {
	w := bare(t, "640x400x24")
	win := w.show(noise(200, 100, 1), image.Point{}, "Noise", false)
	shared := func() int {
		maps, err := os.ReadFile("/proc/self/maps")
		w.must(err)
		return bytes.Count(maps, []byte("/SYSV"))
	}
	open := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		w.must(err)
		return len(list)
	}
	routines, descriptors, segments := runtime.NumGoroutine(), open(), shared()
	for range 5 {
		w.list()
		_, err := w.screens.Thumbnail(w.ctx, win.name(), 100, 100)
		w.must(err)
		s, _, err := w.screens.Open(win.name(), full)
		w.must(err)
		if shared() == segments {
			t.Error("no memory is shared")
		}
		if _, _, err := w.screens.Open("window:0x7fffffff", full); err == nil {
			t.Error("no such window")
		}
		s.Close()
	}
	w.eventually("all have ended", func() bool {
		return runtime.NumGoroutine() <= routines && open() <= descriptors && shared() == segments
	})
}

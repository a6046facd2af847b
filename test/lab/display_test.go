package lab

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

var (
	amber = color.RGBA{0xFF, 0xC2, 0x4B, 0xFF}
	ink   = color.RGBA{0x15, 0x1F, 0x24, 0xFF}
)

// A painter is an X client of a few lines: an ink window with an amber square at lamp, which tells what happens to it.
type painter struct {
	conn   *xgb.Conn
	id     xproto.Window
	gc     xproto.Gcontext
	events chan string
}

var lamp = image.Rect(100, 50, 140, 90)

func newPainter(t *testing.T, d *Display, title string) *painter {
	t.Helper()
	conn, err := xgb.NewConnDisplay(d.name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	p := &painter{conn: conn, events: make(chan string, 64)}
	if p.id, err = xproto.NewWindowId(conn); err != nil {
		t.Fatal(err)
	}
	if p.gc, err = xproto.NewGcontextId(conn); err != nil {
		t.Fatal(err)
	}
	screen := xproto.Setup(conn).DefaultScreen(conn)
	mask := uint32(xproto.EventMaskKeyPress | xproto.EventMaskKeyRelease | xproto.EventMaskButtonPress |
		xproto.EventMaskButtonRelease | xproto.EventMaskExposure)
	xproto.CreateWindow(conn, screen.RootDepth, p.id, screen.Root, 0, 0, 400, 300, 0, xproto.WindowClassInputOutput,
		screen.RootVisual, xproto.CwBackPixel|xproto.CwEventMask, []uint32{pixel(ink), mask})
	xproto.CreateGC(conn, p.gc, xproto.Drawable(p.id), xproto.GcForeground, []uint32{pixel(amber)})
	p.set(t, d, "_NET_WM_NAME", "UTF8_STRING", 8, []byte(title))
	p.set(t, d, "_NET_WM_PID", "CARDINAL", 32, binary.LittleEndian.AppendUint32(nil, uint32(os.Getpid())))
	closing, err := d.atom("WM_DELETE_WINDOW")
	if err != nil {
		t.Fatal(err)
	}
	p.set(t, d, "WM_PROTOCOLS", "ATOM", 32, binary.LittleEndian.AppendUint32(nil, uint32(closing)))
	if err := xproto.MapWindowChecked(conn, p.id).Check(); err != nil {
		t.Fatal(err)
	}
	go p.run()
	return p
}

func pixel(c color.RGBA) uint32 { return uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B) }

func (p *painter) set(t *testing.T, d *Display, name, kind string, bits byte, value []byte) {
	t.Helper()
	property, err := d.atom(name)
	if err != nil {
		t.Fatal(err)
	}
	of, err := d.atom(kind)
	if err != nil {
		t.Fatal(err)
	}
	xproto.ChangeProperty(p.conn, xproto.PropModeReplace, p.id, property, of, bits, uint32(len(value)*8/int(bits)), value)
}

// run paints when it is asked to and tells the rest, until the connection ends.
func (p *painter) run() {
	defer close(p.events)
	for {
		event, err := p.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		switch e := event.(type) {
		case xproto.ExposeEvent:
			xproto.PolyFillRectangle(p.conn, xproto.Drawable(p.id), p.gc,
				[]xproto.Rectangle{{X: int16(lamp.Min.X), Y: int16(lamp.Min.Y), Width: uint16(lamp.Dx()), Height: uint16(lamp.Dy())}})
		case xproto.KeyPressEvent:
			p.events <- fmt.Sprintf("down %d %d", e.Detail, e.State)
		case xproto.KeyReleaseEvent:
			p.events <- fmt.Sprintf("up %d", e.Detail)
		case xproto.ButtonPressEvent:
			p.events <- fmt.Sprintf("press %d at %d,%d", e.Detail, e.EventX, e.EventY)
		case xproto.ButtonReleaseEvent:
			p.events <- fmt.Sprintf("release %d at %d,%d", e.Detail, e.EventX, e.EventY)
		case xproto.ClientMessageEvent:
			p.events <- "close"
			xproto.DestroyWindow(p.conn, p.id)
		}
	}
}

// want waits for events one after the other.
func (p *painter) want(ctx context.Context, t *testing.T, events ...string) {
	t.Helper()
	for _, want := range events {
		select {
		case got := <-p.events:
			if got != want {
				t.Fatalf("got event %q, want %q", got, want)
			}
		case <-ctx.Done():
			t.Fatalf("no event %q", want)
		}
	}
}

// TestDisplay shows a window, looks at it, and reaches it by keyboard, mouse and clipboard, as this user and, where this
// is root, as one without rights.
func TestDisplay(t *testing.T) {
	users := map[string]*syscall.Credential{"me": nil}
	if os.Getuid() == 0 {
		cred, err := Nobody()
		if err != nil {
			t.Fatal(err)
		}
		users["nobody"] = cred
	}
	for name, cred := range users {
		t.Run(name, func(t *testing.T) { testDisplay(t, cred) })
	}
}

func testDisplay(t *testing.T, cred *syscall.Credential) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d, err := StartDisplay(ctx, 800, 500, cred)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	p := newPainter(t, d, "Lamp")
	w := theWindow(ctx, t, d)
	t.Run("look", func(t *testing.T) { testLook(ctx, t, d) })
	if err := w.Focus(ctx); err != nil {
		t.Fatal(err)
	}
	t.Run("mouse", func(t *testing.T) { testMouse(ctx, t, d, p) })
	t.Run("keys", func(t *testing.T) { testKeys(ctx, t, d, p) })
	t.Run("clipboard", func(t *testing.T) { testClipboard(ctx, t, d) })
	t.Run("window", func(t *testing.T) { testWindow(ctx, t, d, w, p) })
}

// theWindow finds the window by title and by process, and where it should be.
func theWindow(ctx context.Context, t *testing.T, d *Display) *Window {
	t.Helper()
	w, err := d.Window(ctx, Titled("Lamp"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := d.Window(ctx, OfPID(os.Getpid())); err != nil || again.ID != w.ID {
		t.Fatalf("by process: %+v, %v; by title: %+v", again, err, w)
	}
	if r, err := w.Bounds(); err != nil || r != image.Rect(0, 0, 400, 300) {
		t.Fatalf("window at %v, %v", r, err)
	}
	short, stop := context.WithTimeout(ctx, 50*time.Millisecond)
	defer stop()
	if _, err := d.Window(short, Titled("Nothing")); err == nil || !strings.Contains(err.Error(), `"Lamp"`) {
		t.Errorf("a window that there is not: %v", err)
	}
	return w
}

func testLook(ctx context.Context, t *testing.T, d *Display) {
	img, err := d.WaitFor(ctx, d.Bounds(), func(img *image.RGBA) bool { return img.RGBAAt(120, 70) == amber })
	if err != nil {
		t.Fatal(err)
	}
	if n, box := Find(img, img.Rect, amber, 4); n != 1600 || box != lamp {
		t.Errorf("found %d amber pixels in %v", n, box)
	}
	if n, box := Find(img, image.Rect(0, 0, 120, 500), amber, 4); n != 800 || box.Max.X != 120 {
		t.Errorf("found %d amber pixels in the left half, in %v", n, box)
	}
	if got := Average(img, lamp.Inset(-2)); !Near(got, color.RGBA{0xD5, 0xA6, 0x46, 0xFF}, 12) || Near(got, amber, 12) {
		t.Errorf("the lamp and a margin are %v on average", got)
	}
	part, err := d.WaitStill(ctx, lamp.Inset(10), 2*frame)
	if err != nil {
		t.Fatal(err)
	}
	if got := Average(part, part.Rect); part.Rect != lamp.Inset(10) || got != amber {
		t.Errorf("a part: %v is %v", part.Rect, got)
	}
	if _, err := d.Image(image.Rect(-20, -20, 0, 0)); err == nil {
		t.Error("grabbed what is not on the screen")
	}
	short, stop := context.WithTimeout(ctx, 2*frame)
	defer stop()
	if img, err := d.WaitFor(short, lamp, func(*image.RGBA) bool { return false }); err == nil || img == nil {
		t.Errorf("waiting in vain: %v", err)
	}
}

func testMouse(ctx context.Context, t *testing.T, d *Display, p *painter) {
	if err := d.Click(ctx, image.Pt(120, 70), LeftButton); err != nil {
		t.Fatal(err)
	}
	p.want(ctx, t, "press 1 at 120,70", "release 1 at 120,70")
	if err := d.DoubleClick(ctx, image.Pt(10, 20)); err != nil {
		t.Fatal(err)
	}
	p.want(ctx, t, "press 1 at 10,20", "release 1 at 10,20", "press 1 at 10,20", "release 1 at 10,20")
	if err := d.Drag(ctx, image.Pt(10, 20), image.Pt(210, 40)); err != nil {
		t.Fatal(err)
	}
	p.want(ctx, t, "press 1 at 10,20", "release 1 at 210,40")
	if err := d.Wheel(ctx, image.Pt(5, 6), -1); err != nil {
		t.Fatal(err)
	}
	p.want(ctx, t, "press 4 at 5,6", "release 4 at 5,6")
}

func testKeys(ctx context.Context, t *testing.T, d *Display, p *painter) {
	const control, m, a, shift, held = 37, 58, 38, 50, 4 // keycodes of a PC keyboard, and the mask of control
	if err := d.Key(ctx, "ctrl+m"); err != nil {
		t.Fatal(err)
	}
	p.want(ctx, t, fmt.Sprintf("down %d 0", control), fmt.Sprintf("down %d %d", m, held),
		fmt.Sprintf("up %d", control), fmt.Sprintf("up %d", m)) // xdotool lets go in the order of the chord
	if err := d.Type(ctx, "aM"); err != nil {
		t.Fatal(err)
	}
	p.want(ctx, t, fmt.Sprintf("down %d 0", a), fmt.Sprintf("up %d", a),
		fmt.Sprintf("down %d 0", shift), fmt.Sprintf("down %d 1", m), fmt.Sprintf("up %d", shift), fmt.Sprintf("up %d", m))
	if err := d.KeyDown(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	p.want(ctx, t, fmt.Sprintf("down %d 0", a))
	if err := d.KeyUp(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	// A held key repeats, as the keyboard's setting says: only that it ends is certain.
	for up := fmt.Sprintf("up %d", a); ; {
		select {
		case got := <-p.events:
			if got != up {
				continue
			}
		case <-ctx.Done():
			t.Fatal("a key stays held")
		}
		return
	}
}

func testClipboard(ctx context.Context, t *testing.T, d *Display) {
	for _, text := range []string{"parley://127.0.0.1:7440/#k", "Zoë → 你好\n"} {
		if err := d.SetClipboard(ctx, text); err != nil {
			t.Fatal(err)
		}
		if got, err := d.Clipboard(ctx); err != nil || got != text {
			t.Errorf("clipboard holds %q, %v", got, err)
		}
	}
}

func testWindow(ctx context.Context, t *testing.T, d *Display, w *Window, p *painter) {
	if err := w.Resize(ctx, 640, 400); err != nil {
		t.Fatal(err)
	}
	other := newPainter(t, d, "Other")
	if _, err := d.Window(ctx, Titled("Other")); err != nil {
		t.Fatal(err)
	}
	if err := w.Focus(ctx); err != nil {
		t.Fatal(err)
	}
	if err := d.Key(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	drain(ctx, t, p, "down 38 0")
	if len(other.events) > 0 {
		t.Errorf("a key went to the window without focus: %q", <-other.events)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	drain(ctx, t, p, "close")
	if err := w.Gone(ctx); err != nil {
		t.Fatal(err)
	}
}

// drain waits for one event, whatever comes before it.
func drain(ctx context.Context, t *testing.T, p *painter, want string) {
	t.Helper()
	for {
		select {
		case got := <-p.events:
			if got == want {
				return
			}
		case <-ctx.Done():
			t.Fatalf("no event %q", want)
		}
	}
}

// TestNoDisplay is told why there is none.
func TestNoDisplay(t *testing.T) {
	if d, err := StartDisplay(t.Context(), -1, 500, nil); err == nil {
		t.Error("a screen of less than nothing", d.Close())
	} else if !strings.Contains(err.Error(), "Xvfb") {
		t.Errorf("error says %v", err)
	}
}

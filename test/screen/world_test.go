// Package screen_test looks at real X11 displays, with and without a window manager: what is drawn there has to come out as it was.
package screen_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"parley/test/lab"
	"parley/video"
	"parley/video/screen"
	"parley/video/yuv"
)

// world is a display and who looks at it.
type world struct {
	testing.TB
	ctx     context.Context
	name    string
	conn    *xgb.Conn
	root    xproto.Window
	depth   byte
	screens *screen.Screens
	server  *lab.Process // of a bare one
	display *lab.Display // of a managed one
}

// bare starts a display without a window manager: windows are where they want to be.
func bare(t testing.TB, geometry string, args ...string) *world {
	t.Helper()
	w := &world{TB: t}
	w.server, w.name = start(t, geometry, args...)
	w.begin()
	return w
}

// start starts a server on a free display, which it writes to a pipe when it takes connections.
func start(t testing.TB, geometry string, args ...string) (*lab.Process, string) {
	t.Helper()
	ready, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Close()
	server, err := lab.Start(lab.Command{
		Path:  "Xvfb",
		Args:  append([]string{"-displayfd", "3", "-screen", "0", geometry, "-nolisten", "tcp", "-noreset", "-ac", "-s", "0"}, args...),
		Files: []*os.File{write},
	}, nil, nil)
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	if err := ready.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	number, err := io.ReadAll(ready)
	if err != nil || len(bytes.TrimSpace(number)) == 0 {
		t.Fatalf("wait for Xvfb: %v\n%s", err, server.Stderr())
	}
	return server, ":" + string(bytes.TrimSpace(number))
}

// managed starts one with openbox.
func managed(t testing.TB, width, height int) *world {
	t.Helper()
	d, err := lab.StartDisplay(t.Context(), width, height, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{TB: t, display: d}
	for _, pair := range d.Env() {
		if name, ok := strings.CutPrefix(pair, "DISPLAY="); ok {
			w.name = name
		}
	}
	w.begin()
	return w
}

func (w *world) begin() {
	w.Helper()
	var cancel context.CancelFunc
	w.ctx, cancel = context.WithTimeout(w.Context(), time.Minute)
	w.Cleanup(cancel)
	w.conn = w.connect()
	setup := xproto.Setup(w.conn).DefaultScreen(w.conn)
	w.root, w.depth = setup.Root, setup.RootDepth
	w.screens = screen.New(screen.Config{Display: w.name})
}

func (w *world) connect() *xgb.Conn {
	w.Helper()
	xgb.Logger.SetOutput(io.Discard)
	conn, err := xgb.NewConnDisplay(w.name)
	w.must(err)
	w.Cleanup(conn.Close)
	return conn
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// atom is a name's number.
func (w *world) atom(name string) xproto.Atom {
	w.Helper()
	r, err := xproto.InternAtom(w.conn, false, uint16(len(name)), name).Reply()
	w.must(err)
	return r.Atom
}

// cursor makes one of 16 x 16 pixels, all of a colour or, with no pixels, transparent, and has it used all over a window.
func (w *world) cursor(window xproto.Window, colour uint16, seen bool) {
	w.Helper()
	mask, err := xproto.NewPixmapId(w.conn)
	w.must(err)
	xproto.CreatePixmap(w.conn, 1, mask, xproto.Drawable(w.root), 16, 16)
	gc, err := xproto.NewGcontextId(w.conn)
	w.must(err)
	bit := uint32(0)
	if seen {
		bit = 1
	}
	xproto.CreateGC(w.conn, gc, xproto.Drawable(mask), xproto.GcForeground, []uint32{bit})
	xproto.PolyFillRectangle(w.conn, xproto.Drawable(mask), gc, []xproto.Rectangle{{Width: 16, Height: 16}})
	c, err := xproto.NewCursorId(w.conn)
	w.must(err)
	w.must(xproto.CreateCursorChecked(w.conn, c, mask, mask, colour, colour, colour, colour, colour, colour, 8, 8).Check())
	w.must(xproto.ChangeWindowAttributesChecked(w.conn, window, xproto.CwCursor, []uint32{uint32(c)}).Check())
}

// point puts the mouse's pointer at a place of the screen.
func (w *world) point(x, y int) {
	w.Helper()
	w.must(xproto.WarpPointerChecked(w.conn, 0, w.root, 0, 0, 0, 0, int16(x), int16(y)).Check())
}

// open opens a subject, until the test's end.
func (w *world) open(id string, want video.Format) *screen.Stream {
	w.Helper()
	s, _, err := w.screens.Open(id, want)
	w.must(err)
	w.Cleanup(s.Close)
	return s.(*screen.Stream)
}

// list lists the subjects by id.
func (w *world) list() map[string]video.Subject {
	w.Helper()
	list, err := w.screens.List(w.ctx)
	w.must(err)
	all := map[string]video.Subject{}
	for _, s := range list {
		if _, again := all[s.ID]; again {
			w.Errorf("%s is there twice", s.ID)
		}
		all[s.ID] = s
	}
	return all
}

// eventually asks until it is so.
func (w *world) eventually(what string, ok func() bool) {
	w.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			w.Fatalf("never: %s", what)
		}
	}
}

// picture is pixels as X has them: blue first.
type picture struct {
	size image.Point
	rows []byte
}

func noise(w, h int, seed uint64) *picture {
	p := &picture{size: image.Pt(w, h), rows: make([]byte, 4*w*h)}
	rnd := rand.New(rand.NewPCG(seed, 1))
	for i := range p.rows {
		p.rows[i] = byte(rnd.Uint32())
	}
	return p
}

func flat(w, h int, c color.RGBA) *picture {
	return &picture{size: image.Pt(w, h), rows: bytes.Repeat([]byte{c.B, c.G, c.R, 0}, w*h)}
}

// frame is the picture as it has to come.
func (p *picture) frame(t testing.TB) *video.Frame {
	t.Helper()
	f, err := new(video.Pool).Get(p.size.X&^1, p.size.Y&^1)
	if err == nil {
		err = yuv.NewConverter().FromBGRA(f, p.rows, 4*p.size.X)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// huge is the picture, of even size, as it is before it is scaled.
func (p *picture) huge(t testing.TB) *video.Frame {
	t.Helper()
	pixels := p.size.X * p.size.Y
	memory := make([]byte, pixels*3/2)
	f := &video.Frame{
		Y: memory[:pixels], U: memory[pixels : pixels*5/4], V: memory[pixels*5/4:],
		YStride: p.size.X, CStride: p.size.X / 2, Width: p.size.X, Height: p.size.Y,
	}
	if err := yuv.NewConverter().FromBGRA(f, p.rows, 4*p.size.X); err != nil {
		t.Fatal(err)
	}
	return f
}

// paste puts another picture into it.
func (p *picture) paste(o *picture, at image.Point) {
	for y := range o.size.Y {
		for x := range o.size.X {
			if q := at.Add(image.Pt(x, y)); q.In(image.Rectangle{Max: p.size}) {
				copy(p.rows[4*(q.Y*p.size.X+q.X):][:4], o.rows[4*(y*o.size.X+x):])
			}
		}
	}
}

// sub is a part of it.
func (p *picture) sub(r image.Rectangle) *picture {
	o := &picture{size: r.Size(), rows: make([]byte, 4*r.Dx()*r.Dy())}
	for y := range r.Dy() {
		copy(o.rows[4*y*r.Dx():][:4*r.Dx()], p.rows[4*((r.Min.Y+y)*p.size.X+r.Min.X):])
	}
	return o
}

// differ counts the samples that are not the same; all, in pictures of different sizes.
func differ(a, b *video.Frame) (n int) {
	if a.Width != b.Width || a.Height != b.Height {
		return a.Width * a.Height * 3 / 2
	}
	cw, ch := a.ChromaSize()
	plane := func(p, q []byte, ps, qs, w, h int) {
		for y := range h {
			for x := range w {
				if p[y*ps+x] != q[y*qs+x] {
					n++
				}
			}
		}
	}
	plane(a.Y, b.Y, a.YStride, b.YStride, a.Width, a.Height)
	plane(a.U, b.U, a.CStride, b.CStride, cw, ch)
	plane(a.V, b.V, a.CStride, b.CStride, cw, ch)
	return n
}

// await reads until a picture is as wanted.
func (w *world) await(what string, s video.Source, want *video.Frame) {
	w.Helper()
	n := -1
	var size image.Point
	limit := time.Now().Add(10 * time.Second)
	for time.Now().Before(limit) {
		f, err := s.Read()
		if err != nil {
			w.Fatalf("%s: %v", what, err)
		}
		n, size = differ(f, want), image.Pt(f.Width, f.Height)
		f.Release()
		if n == 0 {
			return
		}
	}
	w.Fatalf("%s: a picture of %v, of which %d samples are others; want one of %dx%d", what, size, n, want.Width, want.Height)
}

// ends reads until there is an error.
func (w *world) ends(s video.Source) error {
	w.Helper()
	limit := time.Now().Add(10 * time.Second)
	for time.Now().Before(limit) {
		f, err := s.Read()
		if err != nil {
			return err
		}
		f.Release()
	}
	w.Fatal("it goes on")
	return nil
}

// window is a program of one window that shows a picture, and again when the server wants it.
type window struct {
	w    *world
	conn *xgb.Conn
	id   xproto.Window
	gc   xproto.Gcontext

	mu sync.Mutex
	p  *picture
}

// show makes a window of the picture's size at a place and waits until it is there.
func (w *world) show(p *picture, at image.Point, title string, passing bool) *window {
	w.Helper()
	win := &window{w: w, conn: w.connect(), p: p}
	var err error
	win.id, err = xproto.NewWindowId(win.conn)
	w.must(err)
	win.gc, err = xproto.NewGcontextId(win.conn)
	w.must(err)
	pass := uint32(0)
	if passing { // the window manager by
		pass = 1
	}
	w.must(xproto.CreateWindowChecked(win.conn, w.depth, win.id, w.root, int16(at.X), int16(at.Y), uint16(p.size.X), uint16(p.size.Y), 0,
		xproto.WindowClassInputOutput, 0, xproto.CwBackPixel|xproto.CwOverrideRedirect|xproto.CwEventMask,
		[]uint32{0x00FF00, pass, xproto.EventMaskExposure}).Check())
	xproto.CreateGC(win.conn, win.gc, xproto.Drawable(win.id), 0, nil)
	win.set("_NET_WM_NAME", "UTF8_STRING", 8, []byte(title))
	win.set("WM_CLASS", "STRING", 8, []byte("picture\x00Pictures\x00"))
	w.must(xproto.MapWindowChecked(win.conn, win.id).Check())
	go win.run()
	w.eventually("the window is seen", func() bool {
		a, err := xproto.GetWindowAttributes(w.conn, win.id).Reply()
		return err == nil && a.MapState == xproto.MapStateViewable
	})
	return win
}

func (win *window) name() string { return fmt.Sprintf("window:0x%x", uint32(win.id)) }

func (win *window) set(property, kind string, bits byte, value []byte) {
	win.w.Helper()
	win.w.must(xproto.ChangePropertyChecked(win.conn, xproto.PropModeReplace, win.id, win.w.atom(property), win.w.atom(kind), bits,
		uint32(len(value)*8/int(bits)), value).Check())
}

func (win *window) setAtom(property, value string) {
	win.setNumbers(property, "ATOM", uint32(win.w.atom(value)))
}

func (win *window) setNumbers(property, kind string, numbers ...uint32) {
	var value []byte
	for _, n := range numbers {
		value = binary.LittleEndian.AppendUint32(value, n)
	}
	win.set(property, kind, 32, value)
}

// run paints, until the connection ends.
func (win *window) run() {
	for {
		event, err := win.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		if _, ok := event.(xproto.ExposeEvent); ok {
			win.paint()
		}
	}
}

// paint draws all of it, in as many requests as it takes: one has 256 KiB.
func (win *window) paint() {
	win.mu.Lock()
	defer win.mu.Unlock()
	p, rows := win.p, max(200_000/(4*win.p.size.X), 1)
	for y := 0; y < p.size.Y; y += rows {
		n := min(rows, p.size.Y-y)
		xproto.PutImage(win.conn, xproto.ImageFormatZPixmap, xproto.Drawable(win.id), win.gc, uint16(p.size.X), uint16(n), 0, int16(y), 0,
			win.w.depth, p.rows[4*y*p.size.X:][:4*n*p.size.X])
	}
}

// put draws a part.
func (win *window) put(o *picture, at image.Point) {
	win.w.Helper()
	win.mu.Lock()
	defer win.mu.Unlock()
	win.p.paste(o, at)
	win.w.must(xproto.PutImageChecked(win.conn, xproto.ImageFormatZPixmap, xproto.Drawable(win.id), win.gc, uint16(o.size.X), uint16(o.size.Y),
		int16(at.X), int16(at.Y), 0, win.w.depth, o.rows).Check())
}

// want is the picture that has to come of the window.
func (win *window) want() *video.Frame {
	win.w.Helper()
	win.mu.Lock()
	defer win.mu.Unlock()
	return win.p.frame(win.w)
}

func (win *window) configure(mask uint16, values ...uint32) {
	win.w.Helper()
	win.w.must(xproto.ConfigureWindowChecked(win.conn, win.id, mask, values).Check())
}

func (win *window) move(x, y int) {
	win.configure(xproto.ConfigWindowX|xproto.ConfigWindowY, uint32(int32(x)), uint32(int32(y)))
}

// resize gives it another picture, and its size.
func (win *window) resize(p *picture) {
	win.mu.Lock()
	win.p = p
	win.mu.Unlock()
	win.configure(xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, uint32(p.size.X), uint32(p.size.Y))
	win.paint()
}

// minimise asks the window manager to.
func (win *window) minimise() {
	win.w.Helper()
	const iconic = 3 // ICCCM 4.1.3.1
	message := xproto.ClientMessageEvent{
		Format: 32, Window: win.id, Type: win.w.atom("WM_CHANGE_STATE"),
		Data: xproto.ClientMessageDataUnionData32New([]uint32{iconic, 0, 0, 0, 0}),
	}
	win.w.must(xproto.SendEventChecked(win.w.conn, false, win.w.root, xproto.EventMaskSubstructureRedirect|xproto.EventMaskSubstructureNotify,
		string(message.Bytes())).Check())
}

func (win *window) close() {
	win.w.Helper()
	win.w.must(xproto.DestroyWindowChecked(win.conn, win.id).Check())
}

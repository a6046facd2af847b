package test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"parley/test/lab"
)

// page is a window full of text, which the X server draws anew by itself wherever it was covered.
type page struct {
	t             testing.TB
	conn          *xgb.Conn
	id            xproto.Window
	screen        *xproto.ScreenInfo
	width, height int
}

// newPage opens a window and waits until it is to be seen.
func newPage(t testing.TB, d *lab.Display, title string, width, height int) *page {
	t.Helper()
	name := ""
	for _, pair := range d.Env() {
		if v, ok := strings.CutPrefix(pair, "DISPLAY="); ok {
			name = v
		}
	}
	conn, err := xgb.NewConnDisplay(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	p := &page{t: t, conn: conn, screen: xproto.Setup(conn).DefaultScreen(conn), width: width, height: height}
	p.id, err = xproto.NewWindowId(conn)
	p.must(err)
	p.must(xproto.CreateWindowChecked(conn, p.screen.RootDepth, p.id, p.screen.Root, 40, 40, uint16(width), uint16(height), 0,
		xproto.WindowClassInputOutput, p.screen.RootVisual, xproto.CwEventMask, []uint32{xproto.EventMaskExposure}).Check())
	p.must(xproto.ChangePropertyChecked(conn, xproto.PropModeReplace, p.id, xproto.AtomWmName, xproto.AtomString, 8, uint32(len(title)), []byte(title)).Check())
	p.write(0)
	p.must(xproto.MapWindowChecked(conn, p.id).Check())
	for {
		ev, err := conn.WaitForEvent()
		if err != nil || ev == nil {
			t.Fatalf("the window does not come: %v", err)
		}
		if _, ok := ev.(xproto.ExposeEvent); ok {
			return p
		}
	}
}

func (p *page) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// write fills it with other words.
func (p *page) write(n uint64) {
	p.t.Helper()
	pixmap, err := xproto.NewPixmapId(p.conn)
	p.must(err)
	p.must(xproto.CreatePixmapChecked(p.conn, p.screen.RootDepth, pixmap, xproto.Drawable(p.id), uint16(p.width), uint16(p.height)).Check())
	font, err := xproto.NewFontId(p.conn)
	p.must(err)
	p.must(xproto.OpenFontChecked(p.conn, font, 5, "fixed").Check())
	gc, err := xproto.NewGcontextId(p.conn)
	p.must(err)
	p.must(xproto.CreateGCChecked(p.conn, gc, xproto.Drawable(pixmap), xproto.GcForeground, []uint32{p.screen.WhitePixel}).Check())
	p.must(xproto.PolyFillRectangleChecked(p.conn, xproto.Drawable(pixmap), gc, []xproto.Rectangle{{Width: uint16(p.width), Height: uint16(p.height)}}).Check())
	p.must(xproto.ChangeGCChecked(p.conn, gc, xproto.GcForeground|xproto.GcBackground|xproto.GcFont,
		[]uint32{p.screen.BlackPixel, p.screen.WhitePixel, uint32(font)}).Check())
	random := rand.New(rand.NewPCG(n, 7))
	for y := 20; y < p.height; y += 15 {
		line := make([]byte, min(p.width/6-3, 200))
		for i := range line {
			line[i] = " abcdefghijklmnopqrstuvwxyz,.(){}=ABCDEFGHIJ0123456789"[random.IntN(54)]
			if random.IntN(6) == 0 {
				line[i] = ' '
			}
		}
		p.must(xproto.ImageText8Checked(p.conn, byte(len(line)), xproto.Drawable(pixmap), gc, 8, int16(y), string(line)).Check())
	}
	p.must(xproto.ChangeWindowAttributesChecked(p.conn, p.id, xproto.CwBackPixmap, []uint32{uint32(pixmap)}).Check())
	p.must(xproto.ClearAreaChecked(p.conn, false, p.id, 0, 0, 0, 0).Check())
	xproto.FreePixmap(p.conn, pixmap)
	xproto.FreeGC(p.conn, gc)
	xproto.CloseFont(p.conn, font)
}

// resize asks the window manager for another size.
func (p *page) resize(width, height int) {
	p.t.Helper()
	p.width, p.height = width, height
	p.must(xproto.ConfigureWindowChecked(p.conn, p.id, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, []uint32{uint32(width), uint32(height)}).Check())
	p.write(99)
}

// minimise asks the window manager for it (ICCCM, section 4.1.4).
func (p *page) minimise() {
	p.t.Helper()
	const name, iconic = "WM_CHANGE_STATE", 3
	atom, err := xproto.InternAtom(p.conn, false, uint16(len(name)), name).Reply()
	p.must(err)
	ev := xproto.ClientMessageEvent{
		Format: 32, Window: p.id, Type: atom.Atom, Data: xproto.ClientMessageDataUnionData32New([]uint32{iconic, 0, 0, 0, 0}),
	}
	p.must(xproto.SendEventChecked(p.conn, false, p.screen.Root,
		xproto.EventMaskSubstructureNotify|xproto.EventMaskSubstructureRedirect, string(ev.Bytes())).Check())
}

// show takes that back.
func (p *page) show() { p.t.Helper(); p.must(xproto.MapWindowChecked(p.conn, p.id).Check()) }

func (p *page) close() { p.t.Helper(); p.must(xproto.DestroyWindowChecked(p.conn, p.id).Check()) }

// readIVF reads the coded pictures of a file that is still being written; a last one that is cut is left out.
func readIVF(data []byte) (coded [][]byte, err error) {
	const header, frame = 32, 12
	if len(data) < header || string(data[:4]) != "DKIF" {
		return nil, fmt.Errorf("no IVF file of %d bytes", len(data))
	}
	for data = data[header:]; len(data) >= frame; {
		n := int(binary.LittleEndian.Uint32(data))
		if data = data[frame:]; n > len(data) {
			return coded, nil
		}
		coded, data = append(coded, data[:n]), data[n:]
	}
	return coded, nil
}

package main

import (
	"image"
	"image/color"
	"testing"

	"github.com/jezek/xgb/xproto"

	"parley/cmd/internal/surface"
)

// A picture lies in a window as far as it shall be seen, moves, grows and goes; the mouse is the window's throughout.
func TestSurface(t *testing.T) {
	d, conn := onScreen(t)
	t.Setenv(surface.Variable, "")
	window := plain(t, conn, 300)
	ground := color.RGBA{R: 200, G: 100, B: 50, A: 255}
	xproto.ChangeWindowAttributes(conn, window, xproto.CwBackPixel, []uint32{200<<16 | 100<<8 | 50})
	if err := xproto.MapWindowChecked(conn, window).Check(); err != nil {
		t.Fatal(err)
	}
	s := surface.New(uintptr(window))
	defer s.Close()
	blue := color.RGBA{R: 1, G: 2, B: 250, A: 255}
	show := func(at image.Rectangle, seen ...image.Rectangle) {
		t.Helper()
		err := s.Show(at, seen, func(m *image.RGBA) error {
			for i := 0; i < len(m.Pix); i += 4 {
				m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = blue.B, blue.G, blue.R, 255
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what string, lies func(image.Point) bool) {
		t.Helper()
		img, err := d.Image(image.Rect(0, 0, 300, 300))
		if err != nil {
			t.Fatal(err)
		}
		for y := range 300 {
			for x := range 300 {
				want := ground
				if lies(image.Pt(x, y)) {
					want = blue
				}
				if got := img.RGBAAt(x, y); got != want {
					t.Fatalf("%s: %d,%d is %v, want %v", what, x, y, got, want)
				}
			}
		}
	}
	// paint has the window paint its ground, as the toolkit does.
	paint := func() {
		t.Helper()
		if err := xproto.ClearAreaChecked(conn, false, window, 0, 0, 0, 0).Check(); err != nil {
			t.Fatal(err)
		}
	}
	in := func(all ...image.Rectangle) func(image.Point) bool {
		return func(p image.Point) bool {
			for _, r := range all {
				if p.In(r) {
					return true
				}
			}
			return false
		}
	}
	at := image.Rect(20, 30, 120, 90)
	show(at, at)
	expect("shown", in(at))
	paint()
	expect("painted under", in(at))
	upper, lower := image.Rect(20, 30, 120, 50), image.Rect(50, 50, 300, 80)
	show(at, upper, lower)
	paint()
	expect("with holes", in(upper, lower.Intersect(at)))
	at = image.Rect(-10, 100, 290, 350) // larger than the window and than the memory before
	show(at, at)
	paint()
	expect("moved and grown", in(at))

	if err := xproto.WarpPointerChecked(conn, 0, window, 0, 0, 0, 0, 150, 150).Check(); err != nil {
		t.Fatal(err)
	}
	if r, err := xproto.QueryPointer(conn, window).Reply(); err != nil || r.Child != 0 {
		t.Errorf("the mouse is over %d in the window: %v", r.Child, err)
	}

	s.Hide()
	paint()
	expect("hidden", in())
	show(at, at)
	expect("shown again", in(at))
	s.Close()
	for { // until the display has seen the connection's end
		paint()
		if tree, err := xproto.QueryTree(conn, window).Reply(); err != nil || len(tree.Children) == 0 {
			break
		}
	}
	expect("closed", in())
}

// Nothing is shown in a window that is gone, and that is said.
func TestSurfaceOfNoWindow(t *testing.T) {
	_, conn := onScreen(t)
	t.Setenv(surface.Variable, "")
	window := plain(t, conn, 100)
	s, at := surface.New(uintptr(window)), image.Rect(0, 0, 10, 10)
	defer s.Close()
	draw := func(*image.RGBA) error { return nil }
	if err := s.Show(at, []image.Rectangle{at}, draw); err != nil {
		t.Fatal(err)
	}
	if err := xproto.DestroyWindowChecked(conn, window).Check(); err != nil {
		t.Fatal(err)
	}
	if err := s.Show(at, []image.Rectangle{at}, draw); err == nil {
		t.Error("shown in a window that is gone")
	}
	other := surface.New(uintptr(window))
	defer other.Close()
	if err := other.Show(at, []image.Rectangle{at}, draw); err == nil {
		t.Error("shown in no window")
	}
}

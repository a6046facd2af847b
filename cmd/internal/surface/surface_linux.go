package surface

import (
	"errors"
	"fmt"
	"image"
	"slices"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"

	"parley/xserver"
)

// x11 is a window within an X11 window, on a connection of its own: the toolkit's is not to be had. It takes no events and no
// input, so that the mouse and the keys are the window's below it; it has no background, so that nothing flashes when it comes,
// goes or grows.
type x11 struct {
	conn   *xgb.Conn
	window xproto.Window
	pen    xproto.Gcontext
	depth  byte

	shared xserver.Memory
	size   image.Point // of the picture in it

	mapped bool
	at     image.Rectangle
	seen   []image.Rectangle
}

// maxRectangles is how many go into one request of 64 KiB and more; a shape has far fewer.
const maxRectangles = 8000

var errPixels = errors.New("the window's pixels are not of 32 bits, blue first")

func open(window uintptr, force bool) (_ backend, err error) {
	if window == 0 {
		return nil, errors.New("no X11 window")
	}
	conn, err := xgb.NewConn()
	if err != nil {
		return nil, fmt.Errorf("connect to the display: %w", err)
	}
	x := &x11{conn: conn}
	if err := x.make(xproto.Window(window), force); err != nil {
		x.close()
		return nil, err
	}
	return x, nil
}

func (x *x11) make(parent xproto.Window, force bool) error {
	if !force && accelerated(x.conn) {
		return errCard
	}
	for _, name := range []string{"MIT-SHM", "SHAPE"} {
		if !xserver.Extend(x.conn, name) {
			return fmt.Errorf("the display has no %s", name)
		}
	}
	geometry, err := xproto.GetGeometry(x.conn, xproto.Drawable(parent)).Reply()
	if err != nil {
		return fmt.Errorf("ask for the window: %w", err)
	}
	attributes, err := xproto.GetWindowAttributes(x.conn, parent).Reply()
	if err != nil {
		return fmt.Errorf("ask for the window: %w", err)
	}
	if !xserver.BlueFirst(x.conn, geometry.Depth, attributes.Visual) {
		return errPixels
	}
	x.depth = geometry.Depth
	if x.window, err = xproto.NewWindowId(x.conn); err != nil {
		return err
	}
	// Depth and visual 0 are the parent's.
	err = xproto.CreateWindowChecked(x.conn, 0, x.window, parent, 0, 0, 1, 1, 0, xproto.WindowClassInputOutput, 0,
		xproto.CwBackPixmap, []uint32{xproto.BackPixmapNone}).Check()
	if err != nil {
		return fmt.Errorf("make a window: %w", err)
	}
	// An input shape (SHAPE 1.1) of nothing: else the window below would be told that the mouse left it.
	if err := shape.RectanglesChecked(x.conn, shape.SoSet, shape.SkInput, 0, x.window, 0, 0, nil).Check(); err != nil {
		return fmt.Errorf("make a window that takes no input: %w", err)
	}
	if x.pen, err = xproto.NewGcontextId(x.conn); err != nil {
		return err
	}
	return xproto.CreateGCChecked(x.conn, x.pen, xproto.Drawable(x.window), 0, nil).Check()
}

// frame has as much memory as a picture needs, and keeps it while sizes are alike.
func (x *x11) frame(size image.Point) (*image.RGBA, error) {
	need := 4 * size.X * size.Y
	if size.X < 1 || size.Y < 1 || size.X > 1<<14 || size.Y > 1<<14 {
		return nil, fmt.Errorf("a picture of %v", size)
	}
	if have := len(x.shared.Bytes); have < need || have > 4*need+1<<20 {
		x.shared.Free(x.conn)
		var err error
		if x.shared, err = xserver.Share(x.conn, need, true); err != nil {
			return nil, err
		}
	}
	x.size = size
	return &image.RGBA{Pix: x.shared.Bytes[:need:need], Stride: 4 * size.X, Rect: image.Rectangle{Max: size}}, nil
}

func (x *x11) put(at image.Rectangle, seen []image.Rectangle) error {
	for event, err := x.conn.PollForEvent(); event != nil || err != nil; event, err = x.conn.PollForEvent() {
		// Those that every program gets, such as of another keyboard.
	}
	if at != x.at || !slices.Equal(seen, x.seen) {
		x.place(at, seen)
	}
	if !x.mapped {
		xproto.MapWindow(x.conn, x.window)
		x.mapped = true
	}
	w, h := uint16(x.size.X), uint16(x.size.Y)
	return shm.PutImageChecked(x.conn, xproto.Drawable(x.window), x.pen, w, h, 0, 0, w, h, 0, 0, x.depth, xproto.ImageFormatZPixmap, 0, x.shared.ID, 0).Check()
}

func (x *x11) place(at image.Rectangle, seen []image.Rectangle) {
	rects := make([]xproto.Rectangle, 0, len(seen))
	for _, r := range seen[:min(len(seen), maxRectangles)] {
		if r = r.Intersect(at).Sub(at.Min); !r.Empty() {
			rects = append(rects, xproto.Rectangle{X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy())})
		}
	}
	shape.Rectangles(x.conn, shape.SoSet, shape.SkBounding, 0, x.window, 0, 0, rects)
	const where = xproto.ConfigWindowX | xproto.ConfigWindowY | xproto.ConfigWindowWidth | xproto.ConfigWindowHeight
	xproto.ConfigureWindow(x.conn, x.window, where, []uint32{uint32(int32(at.Min.X)), uint32(int32(at.Min.Y)), uint32(at.Dx()), uint32(at.Dy())})
	x.at, x.seen = at, slices.Clone(seen)
}

func (x *x11) hide() {
	if x.mapped {
		xproto.UnmapWindow(x.conn, x.window)
		x.mapped = false
	}
}

// close ends the connection, and with it all that was made on it.
func (x *x11) close() {
	x.shared.Free(nil)
	x.conn.Close()
}

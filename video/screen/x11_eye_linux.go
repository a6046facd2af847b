package screen

import (
	"errors"
	"fmt"
	"image"
	"io"
	"time"

	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"parley/video"
	"parley/xserver"
)

// x11 is an eye on a screen or a window. It is told of a window's changes of size, of its end and that it may be minimised; what has
// been drawn, and the cursor, it asks for at each look.
type x11 struct {
	d      *display
	told   events
	window xproto.Window // a screen's is the root
	output string        // a screen's id; empty: it is a window

	from    xproto.Drawable // whose pixels are copied: the root's, or the window's own picture, which lies nowhere on the screen
	at      image.Point     // where the subject begins in it
	size    image.Point
	origin  image.Point   // where it begins in the window: at a monitor's place, or within a shadow
	top     xproto.Window // the window, or the one around it that the window manager has made, at the top of the tree
	hidden  bool
	stale   bool      // all of this is to be asked anew
	whole   bool      // nothing is known of what has changed
	checked time.Time // when a screen was asked for last

	damage damage.Damage
	region xfixes.Region
	memory xserver.Memory
}

// settle is what a program gets to draw a window that was covered, before a thumbnail is made of it.
const settle = 100 * time.Millisecond

func (d *display) look(id string, brief bool) (eye, error) {
	x := &x11{d: d, stale: true}
	if w, ok := numbered(id); ok {
		x.window = w
	} else if d.rootless {
		return nil, video.ErrWayland
	} else {
		x.window, x.output = d.root.Root, id
	}
	err := x.begin(brief)
	if err == nil {
		return x, nil
	}
	x.memory.Free(nil)
	if !errors.Is(err, errDisplay) && (errors.Is(err, video.ErrWindowClosed) || errors.Is(err, video.ErrScreenGone)) {
		return nil, video.ErrNoSubject
	}
	return nil, err
}

// begin asks the server to keep the subject's picture and to tell of what becomes of it.
func (x *x11) begin(brief bool) error {
	conn := x.d.conn
	extents, err := got(xproto.InternAtom(conn, false, uint16(len(frameExtents)), frameExtents).Reply())
	if err != nil {
		return x.lost(err)
	}
	go x.told.hear(conn, x.window, extents.Atom)
	told := uint32(xproto.EventMaskStructureNotify)
	if x.output == "" {
		told |= xproto.EventMaskPropertyChange
	}
	err = xproto.ChangeWindowAttributesChecked(conn, x.window, xproto.CwEventMask, []uint32{told}).Check()
	if err != nil {
		return x.lost(err)
	}
	if x.output == "" {
		if err := x.beginWindow(brief); err != nil {
			return err
		}
	}
	if x.d.damage && !brief {
		if x.damage, err = damage.NewDamageId(conn); err != nil {
			return x.lost(err)
		}
		if x.region, err = xfixes.NewRegionId(conn); err != nil {
			return x.lost(err)
		}
		if err = xfixes.CreateRegionChecked(conn, x.region, nil).Check(); err != nil {
			return x.lost(err)
		}
		if err = damage.CreateChecked(conn, x.damage, xproto.Drawable(x.window), damage.ReportLevelNonEmpty).Check(); err != nil {
			return x.lost(err)
		}
	}
	if x.d.shared {
		x.memory, _ = xserver.Share(conn, 4*maxGrab, false) // else pictures come over the connection, which costs several times as much
	}
	if x.stale {
		return x.arrange()
	}
	return nil
}

// beginWindow has the window draw itself into memory of its own, from where the server brings it to the screen. So what covers it
// is not in its picture, and its program notices nothing (Composite, section 3: automatic updates). It ends with the connection.
func (x *x11) beginWindow(brief bool) error {
	if !x.d.windows {
		return fmt.Errorf("%w: the display can't show windows by themselves", video.ErrNoScreen)
	}
	a, err := got(xproto.GetWindowAttributes(x.d.conn, x.window).Reply())
	if err != nil {
		return x.lost(err)
	}
	g, err := got(xproto.GetGeometry(x.d.conn, xproto.Drawable(x.window)).Reply())
	if err != nil {
		return x.lost(err)
	}
	if x.window == x.d.root.Root || a.Class != xproto.WindowClassInputOutput {
		return video.ErrNoSubject
	}
	if !xserver.BlueFirst(x.d.conn, g.Depth, a.Visual) {
		return errPixels
	}
	seen := a.MapState == xproto.MapStateViewable
	if brief && seen && x.borrow() {
		return nil
	}
	err = composite.RedirectWindowChecked(x.d.conn, x.window, composite.RedirectAutomatic).Check()
	if err != nil {
		return x.lost(err)
	}
	if brief && seen {
		time.Sleep(settle)
	}
	return nil
}

// borrow takes the picture that the desktop's compositor has of the window at the top, if there is a compositor: nothing is drawn
// anew for it. For a stream it will not do, as the compositor changes it when it likes.
func (x *x11) borrow() bool {
	if x.findTop() != nil {
		return false
	}
	around, err := got(xproto.GetGeometry(x.d.conn, xproto.Drawable(x.top)).Reply())
	if err != nil {
		return false
	}
	inside, err := got(xproto.TranslateCoordinates(x.d.conn, x.window, x.top, 0, 0).Reply())
	if err != nil {
		return false
	}
	own, err := got(xproto.GetGeometry(x.d.conn, xproto.Drawable(x.window)).Reply())
	if err != nil {
		return false
	}
	edge := int(around.BorderWidth)
	at := x.d.body(x.window, image.Pt(int(own.Width), int(own.Height))).Add(image.Pt(int(inside.DstX)+edge, int(inside.DstY)+edge))
	if !at.In(image.Rect(0, 0, int(around.Width)+2*edge, int(around.Height)+2*edge)) || x.name(x.top) != nil {
		return false
	}
	x.at, x.size, x.stale = at.Min, at.Size(), false
	return true
}

// name gets hold of the picture that a window has now. It stays as it is when the window gets another.
func (x *x11) name(w xproto.Window) error {
	picture, err := xproto.NewPixmapId(x.d.conn)
	if err != nil {
		return err
	}
	if err := composite.NameWindowPixmapChecked(x.d.conn, w, picture).Check(); err != nil {
		return err
	}
	if x.from != 0 {
		xproto.FreePixmap(x.d.conn, xproto.Pixmap(x.from))
	}
	x.from = xproto.Drawable(picture)
	return nil
}

// look implements eye.
func (x *x11) look() (sight, error) {
	if err := x.events(); err != nil {
		return sight{}, err
	}
	// A monitor can move while the size of all stays.
	if x.hidden || x.output != "" && time.Since(x.checked) > time.Second {
		x.stale = true
	}
	if x.stale {
		if err := x.arrange(); err != nil {
			return sight{}, err
		}
	}
	s := sight{size: x.size, hidden: x.hidden}
	if x.hidden {
		return s, nil
	}
	var err error
	if s.dirty, err = x.changes(); err != nil {
		return sight{}, err
	}
	if x.d.cursor {
		s.cursor, err = x.mouse()
	}
	return s, err
}

// events takes what the server has told since the last look.
func (x *x11) events() error {
	switch {
	case x.told.closed.Load():
		return video.ErrWindowClosed
	case x.told.ended.Load():
		return errDisplay
	}
	x.stale = x.told.changed.Swap(false) || x.stale
	return nil
}

// arrange asks where the subject is and how large.
func (x *x11) arrange() error {
	x.stale = false
	if x.output != "" {
		return x.arrangeScreen()
	}
	return x.arrangeWindow()
}

func (x *x11) arrangeScreen() error {
	outputs, err := x.d.outputs()
	if err != nil {
		return x.lost(err)
	}
	x.checked = time.Now()
	for _, o := range outputs {
		if o.id == x.output {
			moved := x.at != o.at.Min || x.size != o.at.Size() || x.from == 0
			x.from, x.at, x.origin, x.size, x.whole = xproto.Drawable(x.window), o.at.Min, o.at.Min, o.at.Size(), x.whole || moved
			return nil
		}
	}
	return fmt.Errorf("%w: it was switched off", video.ErrScreenGone)
}

// arrangeWindow gets hold of the window's picture of its present size. Without one, because it is minimised, it stands still.
func (x *x11) arrangeWindow() error {
	if err := x.findTop(); err != nil { // first, so that nothing is missed that happens to it from here on
		return x.lost(err)
	}
	a, err := got(xproto.GetWindowAttributes(x.d.conn, x.window).Reply())
	if err != nil {
		return x.lost(err)
	}
	g, err := got(xproto.GetGeometry(x.d.conn, xproto.Drawable(x.window)).Reply())
	if err != nil {
		return x.lost(err)
	}
	if x.size == (image.Point{}) {
		x.size = x.d.body(x.window, image.Pt(int(g.Width), int(g.Height))).Size()
	}
	if x.hidden = a.MapState != xproto.MapStateViewable; x.hidden {
		return nil
	}
	if err := x.name(x.window); err != nil { // it was minimised just now, and an event comes; or there is an answer to the next question
		x.hidden, x.stale = true, true
		return nil
	}
	// It may have another size since it was asked.
	picture, err := got(xproto.GetGeometry(x.d.conn, x.from).Reply())
	if err != nil {
		return x.lost(err)
	}
	edge := int(g.BorderWidth)
	body := x.d.body(x.window, image.Pt(max(int(picture.Width)-2*edge, 1), max(int(picture.Height)-2*edge, 1)))
	x.at, x.origin, x.size, x.whole = body.Min.Add(image.Pt(edge, edge)), body.Min, body.Size(), true
	return nil
}

// findTop looks for what the window is in, at the top of the tree, see mouse.
func (x *x11) findTop() (err error) {
	x.top, err = x.d.findTop(x.window)
	return err
}

// findTop is the window, or the one that it is in at the top of the tree. It has the server tell of each that is around it, too: a
// manager such as i3 minimises what is around a window and not the window, which has another picture after that.
func (d *display) findTop(window xproto.Window) (xproto.Window, error) {
	const deepest = 32
	top := window
	for range deepest {
		tree, err := got(xproto.QueryTree(d.conn, top).Reply())
		if err != nil {
			return top, err
		}
		if tree.Parent == d.root.Root || tree.Parent == 0 {
			break
		}
		top = tree.Parent
		xproto.ChangeWindowAttributes(d.conn, top, xproto.CwEventMask, []uint32{xproto.EventMaskStructureNotify})
	}
	return top, nil
}

// changes says what was drawn since it was called last; all, if the server does not tell. What is drawn from now on is told the
// next time, though it may be copied this time.
func (x *x11) changes() ([]image.Rectangle, error) {
	all := []image.Rectangle{{Max: x.size}}
	if x.damage == 0 {
		return all, nil
	}
	damage.Subtract(x.d.conn, x.damage, 0, x.region)
	r, err := got(xfixes.FetchRegion(x.d.conn, x.region).Reply())
	if err != nil {
		return nil, x.lost(err)
	}
	if x.whole {
		x.whole = false
		return all, nil
	}
	dirty := make([]image.Rectangle, 0, len(r.Rectangles))
	for _, rect := range r.Rectangles {
		at := image.Pt(int(rect.X), int(rect.Y)).Sub(x.origin)
		dirty = append(dirty, image.Rectangle{Min: at, Max: at.Add(image.Pt(int(rect.Width), int(rect.Height)))})
	}
	return dirty, nil
}

// mouse is the cursor, if it is over the subject: over another window that covers this one, it is not.
func (x *x11) mouse() (cursor, error) {
	r, err := got(xfixes.GetCursorImage(x.d.conn).Reply())
	if err != nil {
		return cursor{}, x.lost(err)
	}
	origin := x.origin
	if x.output == "" {
		place, err := got(xproto.TranslateCoordinates(x.d.conn, x.window, x.d.root.Root, 0, 0).Reply())
		if err != nil {
			return cursor{}, x.lost(err)
		}
		origin = origin.Add(image.Pt(int(place.DstX), int(place.DstY)))
	}
	hot := image.Pt(int(r.X), int(r.Y))
	at := image.Rect(0, 0, int(r.Width), int(r.Height)).Add(hot).Sub(image.Pt(int(r.Xhot), int(r.Yhot))).Sub(origin)
	if !at.Overlaps(image.Rectangle{Max: x.size}) {
		return cursor{}, nil
	}
	if x.output == "" {
		under, err := got(xproto.TranslateCoordinates(x.d.conn, x.d.root.Root, x.d.root.Root, r.X, r.Y).Reply())
		if err != nil {
			return cursor{}, x.lost(err)
		}
		if under.Child != x.top {
			return cursor{}, nil
		}
	}
	return cursor{at: at, pixels: r.CursorImage, serial: r.CursorSerial}, nil
}

// grab implements eye.
func (x *x11) grab(part image.Rectangle) ([]byte, error) {
	left, above := int16(x.at.X+part.Min.X), int16(x.at.Y+part.Min.Y)
	w, h := uint16(part.Dx()), uint16(part.Dy())
	need := 4 * part.Dx() * part.Dy()
	if need <= len(x.memory.Bytes) {
		r, err := got(shm.GetImage(x.d.conn, x.from, left, above, w, h, ^uint32(0), xproto.ImageFormatZPixmap, x.memory.ID, 0).Reply())
		if err != nil {
			return nil, x.lost(err)
		}
		if int(r.Size) != need {
			return nil, fmt.Errorf("%d bytes for %v", r.Size, part)
		}
		return x.memory.Bytes[:need], nil
	}
	r, err := got(xproto.GetImage(x.d.conn, xproto.ImageFormatZPixmap, x.from, left, above, w, h, ^uint32(0)).Reply())
	if err != nil {
		return nil, x.lost(err)
	}
	if len(r.Data) < need {
		return nil, fmt.Errorf("%d bytes for %v", len(r.Data), part)
	}
	return r.Data[:need], nil
}

// lost finds out what an error means. After any other the subject is asked for anew.
func (x *x11) lost(err error) error {
	var window xproto.WindowError
	var drawable xproto.DrawableError
	if x.output == "" && (errors.As(err, &window) && window.BadValue == uint32(x.window) || errors.As(err, &drawable) && drawable.BadValue == uint32(x.window)) {
		return video.ErrWindowClosed
	}
	if errors.Is(err, io.EOF) {
		return errDisplay
	}
	x.stale, x.whole = true, true
	return err
}

// close ends the connection, and with it all that was made on it.
func (x *x11) close() {
	x.d.close()
	x.memory.Free(nil)
}

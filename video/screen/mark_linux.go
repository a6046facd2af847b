package screen

import (
	"errors"
	"image"
	"image/color"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/xproto"

	"parley/video"
)

const (
	// followEvery is how often a mark is put to another place at most, and raiseEvery how often it is brought above what has come
	// over it: another program may want to be above all, too, and the two must not take turns all the time.
	followEvery = 30 * time.Millisecond
	raiseEvery  = 400 * time.Millisecond
	// checkEvery is how often it is asked where the subject is: a server does not tell of monitors, nor every manager of all it does.
	checkEvery = time.Second
)

var errShape = errors.New("the display has no windows that clicks go through")

// marker is a mark on a display: four windows that the window manager passes by, and so neither frames nor lists nor gives the focus.
type marker struct {
	d      *display
	window xproto.Window // a screen's is the root
	output string        // a screen's id; empty: it is a window
	sides  [4]xproto.Window
	at     sides         // where they are; those that are hidden are empty
	atoms  []xproto.Atom // of the properties that say how a window is seen

	wake    chan struct{} // the server has told something
	ended   chan struct{} // closed with the connection
	closed  atomic.Bool   // the window was
	moved   atomic.Bool   // the subject may be elsewhere
	covered atomic.Bool   // something may be over the mark
}

// mark marks a subject until quit is closed or the subject ends. It has a connection of its own, and with that all of it goes.
func (s *Screens) mark(id string, c color.Color, quit <-chan struct{}) error {
	sys, err := connect(s.config)
	if err != nil {
		return err
	}
	defer sys.close()
	d, ok := sys.(*display)
	if !ok {
		return errScreen
	}
	m := &marker{d: d, window: d.root.Root, output: id, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	if w, ok := numbered(id); ok {
		m.window, m.output = w, ""
	} else if d.rootless {
		return video.ErrWayland
	}
	if err := m.begin(c); err != nil {
		return err
	}
	return m.run(quit)
}

// begin makes the windows, which are not seen yet, and has the server tell of the subject and of what comes over it.
func (m *marker) begin(c color.Color) error {
	conn, root := m.d.conn, m.d.root.Root
	if !m.d.speaks("SHAPE", 1, 1, func() (uint32, uint32, error) {
		r, err := got(shape.QueryVersion(conn).Reply())
		return uint32(r.MajorVersion), uint32(r.MinorVersion), err
	}) {
		return errShape
	}
	red, green, blue, _ := c.RGBA()
	pixel := 0xFF<<24 | red>>8<<16 | green>>8<<8 | blue>>8
	for i := range m.sides {
		var err error
		if m.sides[i], err = xproto.NewWindowId(conn); err != nil {
			return err
		}
		if err = xproto.CreateWindowChecked(conn, m.d.root.RootDepth, m.sides[i], root, 0, 0, 1, 1, 0, xproto.WindowClassInputOutput,
			m.d.root.RootVisual, xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{pixel, 1}).Check(); err != nil {
			return err
		}
		if err = shape.RectanglesChecked(conn, shape.SoSet, shape.SkInput, 0, m.sides[i], 0, 0, nil).Check(); err != nil {
			return err
		}
	}
	for _, name := range []string{"_NET_WM_STATE", "_NET_WM_DESKTOP", "_NET_CURRENT_DESKTOP", frameExtents} {
		r, err := got(xproto.InternAtom(conn, false, uint16(len(name)), name).Reply())
		if err != nil {
			return err
		}
		m.atoms = append(m.atoms, r.Atom)
	}
	go m.hear()
	told := uint32(xproto.EventMaskStructureNotify | xproto.EventMaskPropertyChange)
	if err := xproto.ChangeWindowAttributesChecked(conn, root, xproto.CwEventMask, []uint32{told | xproto.EventMaskSubstructureNotify}).Check(); err != nil {
		return err
	}
	if m.output != "" {
		return nil
	}
	if m.window == root {
		return video.ErrNoSubject
	}
	return xproto.ChangeWindowAttributesChecked(conn, m.window, xproto.CwEventMask, []uint32{told}).Check()
}

// hear takes what the server tells, until the connection ends, see events.
func (m *marker) hear() {
	defer close(m.ended)
	for {
		event, err := m.d.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		switch n := event.(type) { // a nil one is of an error that nobody waits for
		case xproto.DestroyNotifyEvent:
			if n.Window != m.window {
				continue
			}
			m.closed.Store(true)
		case xproto.PropertyNotifyEvent:
			if !slices.Contains(m.atoms, n.Atom) {
				continue
			}
			m.moved.Store(true)
		case xproto.ConfigureNotifyEvent:
			m.told(n.Event, n.Window)
		case xproto.MapNotifyEvent:
			m.told(n.Event, n.Window)
		case xproto.UnmapNotifyEvent:
			m.told(n.Event, n.Window)
		case xproto.ReparentNotifyEvent:
			m.told(n.Event, n.Window)
		case xproto.CirculateNotifyEvent:
			m.told(n.Event, n.Window)
		default:
			continue
		}
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}
}

// told is told of a window, by itself or by what it is in. Of all at the top the root tells, and whatever happens to one of them, it
// may be above the mark after that. What happens to the mark itself is our own doing.
func (m *marker) told(by, window xproto.Window) {
	switch {
	case slices.Contains(m.sides[:], window):
	case by == m.d.root.Root && window != by:
		m.covered.Store(true)
	default:
		m.moved.Store(true)
	}
}

// run keeps the mark where it has to be.
func (m *marker) run(quit <-chan struct{}) error {
	check, pause := time.NewTimer(0), time.NewTimer(0)
	defer check.Stop()
	defer pause.Stop()
	var raised time.Time
	for {
		select {
		case <-quit:
			return nil
		case <-m.ended:
			return errDisplay
		case <-m.wake:
		case <-check.C:
			m.moved.Store(true)
		}
		if m.closed.Load() {
			return video.ErrWindowClosed
		}
		if m.moved.Swap(false) {
			at, err := m.look()
			if errors.Is(err, video.ErrScreenGone) {
				return err
			}
			m.put(at) // nowhere, if it was just being changed
		}
		next := checkEvery
		if m.covered.Load() {
			if next = raiseEvery - time.Since(raised); next <= 0 {
				m.raise()
				raised, next = time.Now(), checkEvery
			}
		}
		check.Reset(next)
		pause.Reset(followEvery)
		select {
		case <-quit:
			return nil
		case <-pause.C:
		}
	}
}

// look says where the mark has to be now, or nowhere.
func (m *marker) look() (sides, error) {
	outputs, err := m.d.outputs()
	if err != nil {
		return sides{}, err
	}
	var screens []image.Rectangle
	for _, o := range outputs {
		if o.id == m.output {
			return along(o.at), nil
		}
		screens = append(screens, o.at)
	}
	if m.output != "" {
		return sides{}, video.ErrScreenGone
	}
	outline, err := m.outline()
	if err != nil || outline.Empty() {
		return sides{}, err
	}
	return around(outline, screens), nil
}

// outline is where the window is on the screen, as others see it: without its manager's frame and without its shadow. It is empty
// while the window can't be seen.
func (m *marker) outline() (none image.Rectangle, err error) {
	if _, err := m.d.findTop(m.window); err != nil { // first, so that nothing is missed that happens from here on
		return none, err
	}
	a, err := got(xproto.GetWindowAttributes(m.d.conn, m.window).Reply())
	if err != nil {
		return none, err
	}
	if a.MapState != xproto.MapStateViewable || m.d.minimised(m.window) || m.d.elsewhere(m.window) {
		return none, nil
	}
	g, err := got(xproto.GetGeometry(m.d.conn, xproto.Drawable(m.window)).Reply())
	if err != nil {
		return none, err
	}
	place, err := got(xproto.TranslateCoordinates(m.d.conn, m.window, m.d.root.Root, 0, 0).Reply())
	if err != nil {
		return none, err
	}
	return m.d.body(m.window, image.Pt(int(g.Width), int(g.Height))).Add(image.Pt(int(place.DstX), int(place.DstY))), nil
}

// put puts the sides where they have to be, and hides those that are empty. Those that come are above all.
func (m *marker) put(at sides) {
	for i, r := range at {
		was, w := m.at[i], m.sides[i]
		if r.Empty() {
			r = image.Rectangle{}
		}
		m.at[i] = r
		switch {
		case r == was:
			continue
		case r.Empty():
			xproto.UnmapWindow(m.d.conn, w)
			continue
		}
		xproto.ConfigureWindow(m.d.conn, w, xproto.ConfigWindowX|xproto.ConfigWindowY|xproto.ConfigWindowWidth|xproto.ConfigWindowHeight,
			[]uint32{uint32(r.Min.X), uint32(r.Min.Y), uint32(r.Dx()), uint32(r.Dy())})
		if was.Empty() {
			xproto.MapWindow(m.d.conn, w)
			m.covered.Store(true)
		}
	}
}

// raise brings the mark above all other windows.
func (m *marker) raise() {
	m.covered.Store(false)
	for _, w := range m.sides {
		xproto.ConfigureWindow(m.d.conn, w, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
	}
}

package screen

import (
	"os"
	"slices"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Watch tells whether a window can be seen, each time that changes: an icon can't, nor what others cover as a whole, where the
// display says so. It ends with stop, or when the display does.
func Watch(window uintptr, seen func(bool)) (stop func()) {
	if window == 0 || os.Getenv("DISPLAY") == "" {
		return func() {}
	}
	conn, err := connect(time.Second)
	if err != nil {
		return func() {}
	}
	w := &watch{conn: conn, window: xproto.Window(window), mapped: true, was: true}
	const events = xproto.EventMaskStructureNotify | xproto.EventMaskVisibilityChange | xproto.EventMaskPropertyChange
	if w.names() != nil || xproto.ChangeWindowAttributesChecked(conn, w.window, xproto.CwEventMask, []uint32{events}).Check() != nil {
		conn.Close()
		return func() {}
	}
	go w.run(seen)
	return conn.Close
}

// watch is what is known of a window.
type watch struct {
	conn                    *xgb.Conn
	window                  xproto.Window
	state, hidden           xproto.Atom // _NET_WM_STATE and its _NET_WM_STATE_HIDDEN (EWMH 1.5)
	mapped, covered, iconic bool
	was                     bool // told last
}

func (w *watch) names() error {
	for name, atom := range map[string]*xproto.Atom{"_NET_WM_STATE": &w.state, "_NET_WM_STATE_HIDDEN": &w.hidden} {
		r, err := xproto.InternAtom(w.conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			return err
		}
		*atom = r.Atom
	}
	return nil
}

func (w *watch) run(seen func(bool)) {
	for {
		event, err := w.conn.WaitForEvent()
		if event == nil && err == nil {
			return // it was closed
		}
		switch e := event.(type) {
		case xproto.MapNotifyEvent:
			w.mapped = true
		case xproto.UnmapNotifyEvent:
			w.mapped = false
		case xproto.DestroyNotifyEvent:
			return
		case xproto.VisibilityNotifyEvent:
			w.covered = e.State == xproto.VisibilityFullyObscured
		case xproto.PropertyNotifyEvent:
			if e.Atom == w.state {
				w.iconic = w.isIconic()
			}
		}
		if now := w.mapped && !w.covered && !w.iconic; now != w.was {
			w.was = now
			seen(now)
		}
	}
}

// isIconic: a window manager that keeps the pictures of icons does not unmap them, but says so.
func (w *watch) isIconic() bool {
	const most = 64
	r, err := xproto.GetProperty(w.conn, false, w.window, w.state, xproto.AtomAtom, 0, most).Reply()
	if err != nil || r.Format != 32 {
		return false
	}
	var atoms []uint32
	for i := 0; i+4 <= len(r.Value); i += 4 {
		atoms = append(atoms, xgb.Get32(r.Value[i:]))
	}
	return slices.Contains(atoms, uint32(w.hidden))
}

package screen

import (
	"sync/atomic"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// events are what an X server has told of a subject. A goroutine of their own hears them: xgb keeps a few thousand, and while it can
// keep no more no answer comes, so that who takes them between two questions would wait for ever if a program does nothing but
// change its window.
type events struct {
	changed atomic.Bool // the subject is to be asked for anew; who does so takes it back
	closed  atomic.Bool // the window was
	ended   atomic.Bool // the connection has
}

// hear takes what is told of a window, and of those around it, until the connection ends. extents: the property of its shadow.
func (e *events) hear(conn *xgb.Conn, window xproto.Window, extents xproto.Atom) {
	var last xproto.ConfigureNotifyEvent
	for {
		event, err := conn.WaitForEvent()
		if event == nil && err == nil {
			e.ended.Store(true)
			return
		}
		switch n := event.(type) { // a nil one is of an error that nobody waits for
		case xproto.DestroyNotifyEvent:
			if n.Window == window {
				e.closed.Store(true)
			}
		case xproto.ConfigureNotifyEvent:
			if n.Window != window {
				continue
			}
			if n.Width != last.Width || n.Height != last.Height || n.BorderWidth != last.BorderWidth { // that it was moved changes nothing
				e.changed.Store(true)
			}
			last = n
		case xproto.PropertyNotifyEvent:
			if n.Atom == extents {
				e.changed.Store(true)
			}
		case xproto.UnmapNotifyEvent, xproto.MapNotifyEvent, xproto.ReparentNotifyEvent:
			e.changed.Store(true)
		}
	}
}

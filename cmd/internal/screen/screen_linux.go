package screen

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

const patience = 3 * time.Second // a display over a network is slow, one that hangs is none

// Check connects to the X server (or Wayland's bridge to it) and leaves again: the toolkit has no error for its absence, but
// a panic. It also keeps package xgb from telling the terminal of every connection without a cookie; its errors say enough.
func Check() error {
	xgb.Logger.SetOutput(io.Discard)
	if os.Getenv("DISPLAY") == "" {
		return ErrNone
	}
	conn, err := connect(patience)
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrNone, err)
	}
	conn.Close()
	return nil
}

// Minimize asks the window manager to make an icon of an X11 window (ICCCM 4.1.4). It is false where there is no such window
// or nobody to ask, not where the manager does as it likes.
func Minimize(window uintptr) bool {
	if window == 0 || os.Getenv("DISPLAY") == "" {
		return false
	}
	conn, err := connect(time.Second)
	if err != nil {
		return false
	}
	done := make(chan bool, 1)
	go func() {
		defer conn.Close()
		done <- iconify(conn, xproto.Window(window))
	}()
	return within(time.Second, done)
}

const iconicState = 3 // ICCCM 4.1.3.1

func iconify(conn *xgb.Conn, window xproto.Window) bool {
	const name = "WM_CHANGE_STATE"
	atom, err := xproto.InternAtom(conn, false, uint16(len(name)), name).Reply()
	if err != nil || atom == nil {
		return false
	}
	if _, err := xproto.GetGeometry(conn, xproto.Drawable(window)).Reply(); err != nil {
		return false
	}
	message := xproto.ClientMessageEvent{
		Format: 32, Window: window, Type: atom.Atom,
		Data: xproto.ClientMessageDataUnionData32New([]uint32{iconicState, 0, 0, 0, 0}),
	}
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	const toManager = xproto.EventMaskSubstructureRedirect | xproto.EventMaskSubstructureNotify
	return xproto.SendEventChecked(conn, false, root, toManager, string(message.Bytes())).Check() == nil
}

// connect opens a connection of our own: the toolkit's is not to be had.
func connect(limit time.Duration) (*xgb.Conn, error) {
	type result struct {
		conn *xgb.Conn
		err  error
	}
	done := make(chan result, 1)
	go func() {
		conn, err := xgb.NewConn()
		done <- result{conn, err}
	}()
	select {
	case r := <-done:
		return r.conn, r.err
	case <-time.After(limit):
		go func() { // whenever it comes
			if r := <-done; r.err == nil {
				r.conn.Close()
			}
		}()
		return nil, fmt.Errorf("the display %.80q does not answer", os.Getenv("DISPLAY"))
	}
}

func within(limit time.Duration, done <-chan bool) bool {
	select {
	case ok := <-done:
		return ok
	case <-time.After(limit):
		return false
	}
}

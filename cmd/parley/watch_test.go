package main

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"parley/cmd/internal/screen"
	"parley/test/lab"
)

// A window that is an icon, or that another covers as a whole, can't be seen.
func TestWatch(t *testing.T) {
	_, conn := onScreen(t)
	window := plain(t, conn, 100)
	seen := make(chan bool, 16)
	xproto.MapWindow(conn, window)
	stop := screen.Watch(uintptr(window), func(on bool) { seen <- on })
	defer stop()
	expect := func(what string, want bool) {
		t.Helper()
		select {
		case got := <-seen:
			if got != want {
				t.Errorf("%s: %v", what, got)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: nothing was told", what)
		}
	}
	cover := plain(t, conn, 300)
	xproto.MapWindow(conn, cover)
	expect("covered", false)
	xproto.UnmapWindow(conn, cover)
	expect("uncovered", true)
	xproto.UnmapWindow(conn, window)
	expect("an icon", false)
	xproto.MapWindow(conn, window)
	expect("no icon any more", true)
	state, hidden := atom(t, conn, "_NET_WM_STATE"), atom(t, conn, "_NET_WM_STATE_HIDDEN")
	value := binary.LittleEndian.AppendUint32(nil, uint32(hidden))
	xproto.ChangeProperty(conn, xproto.PropModeReplace, window, state, xproto.AtomAtom, 32, 1, value)
	expect("an icon that keeps its picture", false)
	xproto.DeleteProperty(conn, window, state)
	expect("that no more", true)
}

// onScreen has the test, and what it starts, show windows on a screen of its own.
func onScreen(t *testing.T) (*lab.Display, *xgb.Conn) {
	t.Helper()
	d, err := lab.StartDisplay(t.Context(), 640, 480, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	for _, v := range d.Env() {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	conn, err := xgb.NewConn()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return d, conn
}

// plain makes a window that no window manager has a say in.
func plain(t *testing.T, conn *xgb.Conn, side uint16) xproto.Window {
	t.Helper()
	id, err := xproto.NewWindowId(conn)
	if err != nil {
		t.Fatal(err)
	}
	s := xproto.Setup(conn).DefaultScreen(conn)
	err = xproto.CreateWindowChecked(conn, s.RootDepth, id, s.Root, 0, 0, side, side, 0, xproto.WindowClassInputOutput, s.RootVisual,
		xproto.CwOverrideRedirect, []uint32{1}).Check()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func atom(t *testing.T, conn *xgb.Conn, name string) xproto.Atom {
	t.Helper()
	r, err := xproto.InternAtom(conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		t.Fatal(err)
	}
	return r.Atom
}

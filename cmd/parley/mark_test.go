package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"parley/video"
	"parley/video/screen"
)

// What is open is marked, until it is closed, and says the same of itself as without a mark.
func TestOpenIsMarked(t *testing.T) {
	_, conn := onScreen(t)
	window := plain(t, conn, 100)
	xproto.MapWindow(conn, window)
	screens := markedScreens{screen.New(screen.Config{})}
	id := fmt.Sprintf("window:0x%x", uint32(window))
	tops := topWindows(t, conn)
	source, format, err := screens.Open(id, video.Format{FPS: 10})
	if err != nil {
		t.Fatal(err)
	}
	await := func(what string, n int) {
		t.Helper()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		limit := time.After(10 * time.Second)
		for topWindows(t, conn) != n {
			select {
			case <-tick.C:
			case <-limit:
				t.Fatalf("%s: %d windows, want %d", what, topWindows(t, conn), n)
			}
		}
	}
	await("open", tops+4)
	if format.Width != 100 || format.Height != 100 {
		t.Errorf("opened as %+v", format)
	}
	if h, ok := source.(interface{ Hidden() bool }); !ok || h.Hidden() {
		t.Errorf("it says whether it is hidden: %v", ok)
	}
	f, err := source.Read()
	if err != nil {
		t.Fatal(err)
	}
	f.Release()
	source.Close()
	await("closed", tops)
	if source, _, err := screens.Open("window:0x7fffffff", video.Format{}); err == nil || source != nil {
		t.Errorf("what is not there: %v, %v", source, err)
	}
	await("nothing was opened", tops)
}

// topWindows counts the windows at the top of the display, seen or not.
func topWindows(t *testing.T, conn *xgb.Conn) int {
	t.Helper()
	tree, err := xproto.QueryTree(conn, xproto.Setup(conn).DefaultScreen(conn).Root).Reply()
	if err != nil {
		t.Fatal(err)
	}
	return len(tree.Children)
}

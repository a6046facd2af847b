package idle

import (
	"fmt"
	"os"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/screensaver"
	"github.com/jezek/xgb/xproto"

	"parley/xserver"
)

// display is a connection to an X server with the MIT-SCREEN-SAVER extension.
type display struct {
	conn *xgb.Conn
	root xproto.Drawable
}

func openSource() (source, error) {
	if os.Getenv("DISPLAY") == "" || os.Getenv("WAYLAND_DISPLAY") != "" {
		return nil, errUnknown
	}
	conn, err := xgb.NewConn()
	if err != nil {
		return nil, fmt.Errorf("connect to the display: %w", err)
	}
	if !xserver.Extend(conn, "MIT-SCREEN-SAVER") {
		conn.Close()
		return nil, errUnknown
	}
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	return &display{conn, xproto.Drawable(root)}, nil
}

func (d *display) idle() (time.Duration, error) {
	info, err := screensaver.QueryInfo(d.conn, d.root).Reply()
	if err != nil {
		return 0, fmt.Errorf("ask the display: %w", err)
	}
	if info == nil { // the connection ended under the question
		return 0, errUnknown
	}
	return time.Duration(info.MsSinceUserInput) * time.Millisecond, nil
}

func (d *display) close() { d.conn.Close() }

package lab

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Display is a screen in memory: Xvfb on a free display with openbox as the window manager. Windows have no decoration
// and begin at the top left corner, so that a window's pixels and the screen's are the same ones until it is moved.
type Display struct {
	name    string // ":1"
	dir     string
	cred    *syscall.Credential
	server  *Process
	manager *Process
	clip    *Process // owns the clipboard's content; nil: an app does, or nobody
	conn    *xgb.Conn
	screen  *xproto.ScreenInfo
}

// StartDisplay starts a screen of that many pixels as cred (nil: this user), and waits until it manages windows.
func StartDisplay(ctx context.Context, width, height int, cred *syscall.Credential) (*Display, error) {
	dir, err := TempDir(cred)
	if err != nil {
		return nil, err
	}
	d := &Display{dir: dir, cred: cred}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	err = d.startServer(ctx, width, height)
	if err == nil {
		err = d.startManager(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start display: %w", err), d.Close())
	}
	return d, nil
}

// startServer lets Xvfb take a free number, which it writes to a pipe when it takes connections.
func (d *Display) startServer(ctx context.Context, width, height int) error {
	ready, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ready.Close()
	d.server, err = Start(Command{
		Path: "Xvfb",
		// -ac: whoever runs as another user has no cookie. -s 0: no screen saver.
		Args: []string{"-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", width, height), "-dpi", "96",
			"-nolisten", "tcp", "-noreset", "-ac", "-s", "0"},
		Cred:  d.cred,
		Files: []*os.File{write},
	}, nil, nil)
	write.Close()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { ready.Close() })
	defer stop()
	number, err := io.ReadAll(ready)
	if err != nil || len(bytes.TrimSpace(number)) == 0 {
		return fmt.Errorf("wait for Xvfb: %w\n%s", errors.Join(err, ctx.Err()), d.server.Stderr())
	}
	d.name = ":" + string(bytes.TrimSpace(number))
	xgb.Logger.SetOutput(io.Discard) // it complains that there is no cookie, and none is needed
	if d.conn, err = xgb.NewConnDisplay(d.name); err != nil {
		return fmt.Errorf("connect to %s: %w", d.name, err)
	}
	d.screen = xproto.Setup(d.conn).DefaultScreen(d.conn)
	return nil
}

const openboxConf = `<?xml version="1.0"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
<theme><keepBorder>no</keepBorder></theme>
<focus><focusNew>yes</focusNew></focus>
<desktops><number>1</number></desktops>
<applications><application type="normal"><decor>no</decor><focus>yes</focus>
<position force="yes"><x>0</x><y>0</y></position></application></applications>
</openbox_config>
`

// startManager waits for what openbox runs when it has started. It says earlier that it manages windows, and forgets those
// that come in between.
func (d *Display) startManager(ctx context.Context) error {
	conf := filepath.Join(d.dir, "rc.xml")
	if err := os.WriteFile(conf, []byte(openboxConf), 0o644); err != nil {
		return err
	}
	var err error
	d.manager, err = Start(Command{
		Path: "openbox", Args: []string{"--sm-disable", "--config-file", conf, "--startup", "touch started"},
		Env: append(d.Env(), "HOME="+d.dir), Dir: d.dir, Cred: d.cred,
	}, nil, nil)
	if err != nil {
		return err
	}
	err = poll(ctx, func() bool {
		_, err := os.Stat(filepath.Join(d.dir, "started"))
		return err == nil
	})
	if err != nil {
		return fmt.Errorf("wait for openbox: %w\n%s", err, d.manager.Stderr())
	}
	return nil
}

// Env is what a program needs in its environment to show itself here, drawn by software.
func (d *Display) Env() []string {
	return []string{"DISPLAY=" + d.name, "WAYLAND_DISPLAY=", "XDG_SESSION_TYPE=x11", "LIBGL_ALWAYS_SOFTWARE=1"}
}

// Close ends the screen and all that shows itself there.
func (d *Display) Close() error {
	if d.conn != nil {
		d.conn.Close()
	}
	var errs []error
	for _, p := range []*Process{d.clip, d.manager, d.server} {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	return errors.Join(append(errs, os.RemoveAll(d.dir))...)
}

// Window is a top-level window that openbox manages.
type Window struct {
	ID    uint32
	PID   int // of the program that it says it belongs to, or 0
	Title string
	d     *Display
}

// Windows lists the windows that are to be seen now, the oldest first.
func (d *Display) Windows() ([]*Window, error) {
	list, err := d.property(d.screen.Root, "_NET_CLIENT_LIST")
	if err != nil {
		return nil, err
	}
	var windows []*Window
	for ; len(list) >= 4; list = list[4:] {
		id := binary.LittleEndian.Uint32(list)
		state, err := xproto.GetWindowAttributes(d.conn, xproto.Window(id)).Reply()
		if err != nil || state.MapState != xproto.MapStateViewable {
			continue // closed since, minimised, or about to come
		}
		w := &Window{ID: id, d: d}
		if title, err := d.property(xproto.Window(id), "_NET_WM_NAME"); err == nil {
			w.Title = string(title)
		}
		if pid, err := d.property(xproto.Window(id), "_NET_WM_PID"); err == nil && len(pid) == 4 {
			w.PID = int(binary.LittleEndian.Uint32(pid))
		}
		windows = append(windows, w)
	}
	return windows, nil
}

// Window waits for a window that match says yes to. It is mapped then, and perhaps not yet drawn.
func (d *Display) Window(ctx context.Context, match func(*Window) bool) (found *Window, err error) {
	var seen []string
	err = poll(ctx, func() bool {
		windows, err := d.Windows()
		if err != nil {
			return false
		}
		seen = seen[:0]
		for _, w := range windows {
			if match(w) {
				found = w
				return true
			}
			seen = append(seen, fmt.Sprintf("%q of %d", w.Title, w.PID))
		}
		return false
	})
	if err != nil {
		return nil, fmt.Errorf("wait for a window: %w; there are: %s", err, strings.Join(seen, ", "))
	}
	return found, nil
}

// OfPID matches the windows of a process.
func OfPID(pid int) func(*Window) bool { return func(w *Window) bool { return w.PID == pid } }

// Titled matches the windows with that title.
func Titled(title string) func(*Window) bool { return func(w *Window) bool { return w.Title == title } }

// Bounds is where the window is on the screen, in pixels.
func (w *Window) Bounds() (image.Rectangle, error) {
	g, err := xproto.GetGeometry(w.d.conn, xproto.Drawable(w.ID)).Reply()
	if err != nil {
		return image.Rectangle{}, fmt.Errorf("get window size: %w", err)
	}
	at, err := xproto.TranslateCoordinates(w.d.conn, xproto.Window(w.ID), w.d.screen.Root, 0, 0).Reply()
	if err != nil {
		return image.Rectangle{}, fmt.Errorf("get window place: %w", err)
	}
	x, y := int(at.DstX), int(at.DstY)
	return image.Rect(x, y, x+int(g.Width), y+int(g.Height)), nil
}

// Inside is how many windows can be seen within the window.
func (w *Window) Inside() (n int, err error) {
	tree, err := xproto.QueryTree(w.d.conn, xproto.Window(w.ID)).Reply()
	if err != nil {
		return 0, fmt.Errorf("get windows in a window: %w", err)
	}
	for _, child := range tree.Children {
		if a, err := xproto.GetWindowAttributes(w.d.conn, child).Reply(); err == nil && a.MapState == xproto.MapStateViewable { // it may be gone
			n++
		}
	}
	return n, nil
}

// Resize asks for another size and waits until the window has it.
func (w *Window) Resize(ctx context.Context, width, height int) error {
	err := xproto.ConfigureWindowChecked(w.d.conn, xproto.Window(w.ID), xproto.ConfigWindowWidth|xproto.ConfigWindowHeight,
		[]uint32{uint32(width), uint32(height)}).Check()
	if err == nil {
		err = poll(ctx, func() bool {
			r, err := w.Bounds()
			return err == nil && r.Size() == image.Pt(width, height)
		})
	}
	if err != nil {
		return fmt.Errorf("resize window: %w", err)
	}
	return nil
}

// Focus brings the window to the front and lets keys go to it, and waits until they do.
func (w *Window) Focus(ctx context.Context) error {
	const fromPager = 2 // EWMH's source indication of what a person did
	if err := w.ask("_NET_ACTIVE_WINDOW", fromPager); err != nil {
		return fmt.Errorf("focus window: %w", err)
	}
	err := poll(ctx, func() bool {
		focus, err := xproto.GetInputFocus(w.d.conn).Reply()
		return err == nil && uint32(focus.Focus) == w.ID
	})
	if err != nil {
		return fmt.Errorf("focus window: %w", err)
	}
	return nil
}

// Close asks the window to close, as the cross in its corner would. What it does then is its own decision.
func (w *Window) Close() error {
	if err := w.ask("_NET_CLOSE_WINDOW", 0, 2); err != nil {
		return fmt.Errorf("close window: %w", err)
	}
	return nil
}

// Gone waits until the window is not to be seen any more: closed, hidden or minimised.
func (w *Window) Gone(ctx context.Context) error {
	err := poll(ctx, func() bool {
		windows, err := w.d.Windows()
		if err != nil {
			return false
		}
		for _, other := range windows {
			if other.ID == w.ID {
				return false
			}
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("wait for a window to go: %w", err)
	}
	return nil
}

// ask sends openbox a message about the window (Extended Window Manager Hints, section 3 and 4).
func (w *Window) ask(message string, data ...uint32) error {
	atom, err := w.d.atom(message)
	if err != nil {
		return err
	}
	event := xproto.ClientMessageEvent{
		Format: 32, Window: xproto.Window(w.ID), Type: atom,
		Data: xproto.ClientMessageDataUnionData32New(append(data, make([]uint32, 5-len(data))...)),
	}
	return xproto.SendEventChecked(w.d.conn, false, w.d.screen.Root,
		xproto.EventMaskSubstructureRedirect|xproto.EventMaskSubstructureNotify, string(event.Bytes())).Check()
}

// property is the value of a window's property, which is empty when it has none.
func (d *Display) property(w xproto.Window, name string) ([]byte, error) {
	atom, err := d.atom(name)
	if err != nil {
		return nil, err
	}
	const words = 1 << 12 // more than any of those asked for here is long
	p, err := xproto.GetProperty(d.conn, false, w, atom, xproto.GetPropertyTypeAny, 0, words).Reply()
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", name, err)
	}
	return p.Value, nil
}

func (d *Display) atom(name string) (xproto.Atom, error) {
	a, err := xproto.InternAtom(d.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, fmt.Errorf("name %s: %w", name, err)
	}
	return a.Atom, nil
}

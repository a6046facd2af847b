package screen

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"parley/video"
	"parley/xserver"
)

// display is a connection to an X server, and what the server has of extensions.
type display struct {
	conn  *xgb.Conn
	setup *xproto.SetupInfo
	root  *xproto.ScreenInfo

	monitors bool // RandR 1.5
	windows  bool // Composite 0.2: windows have pictures of their own
	shared   bool // MIT-SHM
	cursor   bool // XFIXES 2.0
	damage   bool // DAMAGE 1.0, with those

	rootless bool // it is of a Wayland session: its root is empty
}

// xwayland is the extension that Xwayland has from version 23.1 on, and how it calls its outputs before.
const xwayland = "XWAYLAND"

var (
	errPixels = errors.New("Parley can't read its pixels: they are not of 32 bits, blue first")
	errScreen = errors.New("the display has no such screen")
)

func dial(name string) (_ *display, err error) {
	xgb.Logger.SetOutput(io.Discard) // it tells of every connection without a cookie, and of each event of an extension
	conn, err := xgb.NewConnDisplay(name)
	if err != nil {
		return nil, err
	}
	d := &display{conn: conn, setup: xproto.Setup(conn)}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if conn.DefaultScreen < 0 || conn.DefaultScreen >= len(d.setup.Roots) {
		return nil, errScreen
	}
	d.root = d.setup.DefaultScreen(conn)
	if !xserver.BlueFirst(conn, d.root.RootDepth, d.root.RootVisual) {
		return nil, errPixels
	}
	d.extensions()
	return d, nil
}

func (d *display) close() { d.conn.Close() }

// extensions asks for what the server has. Each has to be told which version is spoken before it is asked for anything.
func (d *display) extensions() {
	d.monitors = d.speaks("RANDR", 1, 5, func() (uint32, uint32, error) {
		r, err := got(randr.QueryVersion(d.conn, 1, 5).Reply())
		return r.MajorVersion, r.MinorVersion, err
	})
	d.windows = d.speaks("Composite", 0, 2, func() (uint32, uint32, error) {
		r, err := got(composite.QueryVersion(d.conn, 0, 4).Reply())
		return r.MajorVersion, r.MinorVersion, err
	})
	d.cursor = d.speaks("XFIXES", 2, 0, func() (uint32, uint32, error) {
		r, err := got(xfixes.QueryVersion(d.conn, 5, 0).Reply())
		return r.MajorVersion, r.MinorVersion, err
	})
	d.damage = d.cursor && d.speaks("DAMAGE", 1, 0, func() (uint32, uint32, error) {
		r, err := got(damage.QueryVersion(d.conn, 1, 1).Reply())
		return r.MajorVersion, r.MinorVersion, err
	})
	d.shared = d.speaks("MIT-SHM", 1, 0, func() (uint32, uint32, error) {
		r, err := got(shm.QueryVersion(d.conn).Reply())
		return uint32(r.MajorVersion), uint32(r.MinorVersion), err
	})
}

// speaks makes an extension known to xgb, and tells whether it is of a version that will do.
func (d *display) speaks(name string, major, minor uint32, version func() (uint32, uint32, error)) bool {
	if !xserver.Extend(d.conn, name) {
		return false
	}
	x, y, err := version()
	return err == nil && (x > major || x == major && y >= minor)
}

// errDisplay is about a connection that has ended.
var errDisplay = fmt.Errorf("%w: the display has ended", video.ErrScreenGone)

// got is a reply, which is never nil. A connection that has ended gives no error, or one that a source must not give: io.EOF would
// say that it was closed.
func got[R any](reply *R, err error) (*R, error) {
	switch {
	case errors.Is(err, io.EOF), err == nil && reply == nil:
		return new(R), errDisplay
	case err != nil:
		return new(R), err
	}
	return reply, nil
}

// isXwayland says whether this is the X server of a Wayland session, where that is not said by the environment.
func (d *display) isXwayland() bool {
	if xserver.Offers(d.conn, xwayland) {
		return true
	}
	outputs, err := d.outputs()
	return err == nil && slices.ContainsFunc(outputs, func(o output) bool { return strings.HasPrefix(o.name, xwayland) })
}

// maxWords is how much of a property is read, in words of four bytes: a title, or the list of all windows.
const maxWords = 1 << 10

// atom is a name's number, or none if nobody has used the name yet.
func (d *display) atom(name string) xproto.Atom {
	r, err := got(xproto.InternAtom(d.conn, true, uint16(len(name)), name).Reply())
	if err != nil {
		return xproto.AtomNone
	}
	return r.Atom
}

// property is what a window says of itself, if it says that in units of so many bits.
func (d *display) property(w xproto.Window, name string, bits byte) []byte {
	atom := d.atom(name)
	if atom == xproto.AtomNone {
		return nil
	}
	r, err := got(xproto.GetProperty(d.conn, false, w, atom, xproto.GetPropertyTypeAny, 0, maxWords).Reply())
	if err != nil || r.Format != bits {
		return nil
	}
	return r.Value
}

// numbers is a property that is a list of windows, atoms or numbers; nil if there is none such.
func (d *display) numbers(w xproto.Window, name string) []uint32 {
	value := d.property(w, name, 32)
	if value == nil {
		return nil
	}
	list := make([]uint32, len(value)/4)
	for i := range list {
		list[i] = binary.LittleEndian.Uint32(value[4*i:])
	}
	return list
}

// named says whether a property that is a list of atoms has one of these names.
func (d *display) named(w xproto.Window, property string, names ...string) bool {
	list := d.numbers(w, property)
	return len(list) > 0 && slices.ContainsFunc(names, func(name string) bool {
		atom := d.atom(name)
		return atom != xproto.AtomNone && slices.Contains(list, uint32(atom))
	})
}

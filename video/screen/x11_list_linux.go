package screen

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"parley/video"
	"parley/xserver"
)

// How ids begin.
const (
	screenID = "screen:"
	windowID = "window:"
)

// maxWindows is how many are listed, and leastWindow how wide and high they are, in pixels: others are programs' helpers. maxTops is
// among how many at the top they are looked for where there is no list.
const (
	maxWindows  = 256
	leastWindow = 16
	maxTops     = 4096
)

// output is where a monitor shows a part of the screen that all share.
type output struct {
	id, name string
	at       image.Rectangle
	primary  bool
}

func (d *display) list() (list []video.Subject, limits error) {
	if d.rootless {
		limits = video.ErrWayland
	} else {
		outputs, err := d.outputs()
		if err != nil {
			return nil, fmt.Errorf("list screens: %w", err)
		}
		for _, o := range outputs {
			list = append(list, video.Subject{ID: o.id, Name: o.name, Width: o.at.Dx(), Height: o.at.Dy(), Primary: o.primary})
		}
	}
	if !d.windows { // there would be no pictures of those that others cover
		return list, limits
	}
	for _, w := range d.tops() {
		if s, ok := d.describe(w); ok {
			list = append(list, s)
		}
	}
	return list, limits
}

// outputs are the monitors that are on; where that is not known there is one.
func (d *display) outputs() ([]output, error) {
	geometry, err := got(xproto.GetGeometry(d.conn, xproto.Drawable(d.root.Root)).Reply()) // the setup's size may be of long ago
	if err != nil {
		return nil, err
	}
	all := image.Rect(0, 0, int(geometry.Width), int(geometry.Height))
	var list []output
	if d.monitors {
		r, err := got(randr.GetMonitors(d.conn, d.root.Root, true).Reply())
		if err != nil {
			return nil, err
		}
		for _, m := range r.Monitors {
			at := image.Rect(0, 0, int(m.Width), int(m.Height)).Add(image.Pt(int(m.X), int(m.Y))).Intersect(all)
			if at.Empty() {
				continue
			}
			name, err := got(xproto.GetAtomName(d.conn, m.Name).Reply())
			if err != nil {
				return nil, err
			}
			list = append(list, output{name: video.CleanName(name.Name, maxName), at: at, primary: m.Primary})
		}
	}
	if len(list) == 0 {
		list = []output{{name: "screen", at: all, primary: true}}
	}
	for i := range list {
		list[i].id = screenID + list[i].name
	}
	return list, nil
}

// tops are the windows that people know as such: the window manager's list of them (EWMH 1.5, _NET_CLIENT_LIST), or those that a
// manager without a list has marked, or without a manager all that are at the top and not made to pass it by, as menus are.
func (d *display) tops() []xproto.Window {
	if list, ok := d.managed(); ok {
		return list[:min(len(list), maxWindows)]
	}
	var list []xproto.Window
	all := d.children(d.root.Root)
	for _, w := range all[:min(len(all), maxTops)] {
		a, err := got(xproto.GetWindowAttributes(d.conn, w).Reply())
		if err != nil || a.MapState != xproto.MapStateViewable { // most are programs' helpers
			continue
		}
		if inner, ok := d.marked(w); ok {
			list = append(list, inner)
		} else if !a.OverrideRedirect {
			list = append(list, w)
		}
		if len(list) == maxWindows {
			break
		}
	}
	return list
}

// managed is the window manager's list, if it keeps one. That of a manager that has ended stays, but not its window.
func (d *display) managed() (list []xproto.Window, ok bool) {
	root, manager := d.root.Root, d.numbers(d.root.Root, "_NET_SUPPORTING_WM_CHECK")
	if len(manager) != 1 || !slices.Equal(manager, d.numbers(xproto.Window(manager[0]), "_NET_SUPPORTING_WM_CHECK")) {
		return nil, false
	}
	numbers := d.numbers(root, "_NET_CLIENT_LIST")
	for _, w := range numbers {
		if w := xproto.Window(w); w != root && !slices.Contains(list, w) {
			list = append(list, w)
		}
	}
	return list, numbers != nil
}

// maxInner is in how many windows at most it is looked for the one that a frame is around; it is one of the first.
const maxInner = 32

// marked is the program's window in one at the top: each that is managed has a WM_STATE (ICCCM 4.1.3.1), its frame has none.
func (d *display) marked(top xproto.Window) (xproto.Window, bool) {
	inner := []xproto.Window{top}
	for i := 0; i < min(len(inner), maxInner); i++ { // the outer ones first
		if d.numbers(inner[i], "WM_STATE") != nil {
			return inner[i], true
		}
		if len(inner) < maxInner {
			inner = append(inner, d.children(inner[i])...)
		}
	}
	return 0, false
}

func (d *display) children(w xproto.Window) []xproto.Window {
	tree, err := got(xproto.QueryTree(d.conn, w).Reply())
	if err != nil {
		return nil
	}
	return tree.Children
}

// describe says what a window is; not ok: it is none to be shown, such as a panel, the desktop or one that is minimised, or is gone.
func (d *display) describe(w xproto.Window) (s video.Subject, ok bool) {
	a, err := got(xproto.GetWindowAttributes(d.conn, w).Reply())
	if err != nil || a.MapState != xproto.MapStateViewable || a.Class != xproto.WindowClassInputOutput {
		return s, false
	}
	g, err := got(xproto.GetGeometry(d.conn, xproto.Drawable(w)).Reply())
	if err != nil || g.Width < leastWindow || g.Height < leastWindow || !xserver.BlueFirst(d.conn, g.Depth, a.Visual) {
		return s, false
	}
	if d.named(w, "_NET_WM_WINDOW_TYPE", "_NET_WM_WINDOW_TYPE_DESKTOP", "_NET_WM_WINDOW_TYPE_DOCK") || d.minimised(w) {
		return s, false
	}
	size := d.body(w, image.Pt(int(g.Width), int(g.Height))).Size()
	application := program(d.property(w, "WM_CLASS", 8))
	title := cmp.Or(text(d.property(w, "_NET_WM_NAME", 8)), text(d.property(w, "WM_NAME", 8)), application, "window")
	return video.Subject{
		ID: fmt.Sprintf("%s0x%x", windowID, uint32(w)), Window: true, Name: title, Application: application,
		Width: size.X, Height: size.Y,
	}, true
}

// minimised says whether the window manager has put a window away. Some leave it where it is for that, and draw all but it.
func (d *display) minimised(w xproto.Window) bool {
	return d.named(w, "_NET_WM_STATE", "_NET_WM_STATE_HIDDEN")
}

// elsewhere says whether a window is on another desktop than the one that is seen, see minimised.
func (d *display) elsewhere(w xproto.Window) bool {
	const all = 0xFFFFFFFF // EWMH 1.5, _NET_WM_DESKTOP
	its, seen := d.numbers(w, "_NET_WM_DESKTOP"), d.numbers(d.root.Root, "_NET_CURRENT_DESKTOP")
	return len(its) == 1 && len(seen) == 1 && its[0] != all && its[0] != seen[0]
}

// frameExtents is by what programs that draw their own frames, as those of GTK do, tell how wide the shadow is that they draw around
// it: left, right, top and bottom. It is a part of the window, and nothing to show to others.
const frameExtents = "_GTK_FRAME_EXTENTS"

// body is a window of that size without its shadow, or with it, if there would be nothing left.
func (d *display) body(w xproto.Window, size image.Point) image.Rectangle {
	all := image.Rectangle{Max: size}
	e := d.numbers(w, frameExtents)
	if len(e) != 4 || max(e[0], e[1], e[2], e[3]) > maxSide {
		return all
	}
	body := image.Rectangle{Min: image.Pt(int(e[0]), int(e[2])), Max: size.Sub(image.Pt(int(e[1]), int(e[3])))}
	if body.Dx() < leastWindow || body.Dy() < leastWindow {
		return all
	}
	return body
}

// program is the second of the two names in WM_CLASS (ICCCM 4.1.2.5), which is the program's; each ends with a zero.
func program(class []byte) string {
	_, second, _ := bytes.Cut(class, []byte{0})
	name, _, _ := bytes.Cut(second, []byte{0})
	return text(name)
}

// text reads what a program calls itself: UTF-8, or else Latin-1, as X has it of old (ICCCM 2.7.1).
func text(value []byte) string {
	if most := 4 * maxName; len(value) > most { // as long as so many characters can be, and then to the end of one
		value = value[:most]
		for range utf8.UTFMax - 1 {
			if r, n := utf8.DecodeLastRune(value); r == utf8.RuneError && n == 1 {
				value = value[:len(value)-1]
			}
		}
	}
	if utf8.Valid(value) {
		return video.CleanName(string(value), maxName)
	}
	var latin strings.Builder
	for _, b := range value {
		latin.WriteRune(rune(b))
	}
	return video.CleanName(latin.String(), maxName)
}

// numbered reads a window's id.
func numbered(id string) (xproto.Window, bool) {
	number, ok := strings.CutPrefix(id, windowID+"0x")
	w, err := strconv.ParseUint(number, 16, 29) // X has no more bits (X11 protocol, section 4)
	return xproto.Window(w), ok && err == nil && w != 0
}

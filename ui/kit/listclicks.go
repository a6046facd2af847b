package kit

import (
	"math"
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// held is where a mouse button went down on a list. Rows come and go while it is held, and take each other's place and object: a
// click is for the row that it began on, though another one may be there when it ends.
type held struct {
	down bool
	at   fyne.Position // on the canvas
	row  int           // -1: none, or one that does not show yet what it is
	key  string        // its name, if rows have names
}

// stillHand is how far a hand that clicks may move, in units at scale 1: whoever goes farther means what is there.
const stillHand = 4

// MouseDown implements desktop.Mouseable.
func (b *listBody) MouseDown(ev *desktop.MouseEvent) {
	l := b.list
	l.held = held{down: true, at: ev.AbsolutePosition, row: l.rowAt(ev.Position.Y)}
	if r := l.shown[l.held.row]; r == nil || r.due {
		l.held.row = -1
	}
	if l.held.row >= 0 && l.KeyOf != nil {
		l.held.key = l.KeyOf(l.held.row)
	}
}

// MouseUp implements desktop.Mouseable. The click itself comes after it.
func (b *listBody) MouseUp(*desktop.MouseEvent) {}

// Tapped implements fyne.Tappable.
func (b *listBody) Tapped(ev *fyne.PointEvent) { b.list.tap(b.list.meant(ev)) }

// TappedSecondary implements fyne.SecondaryTappable.
func (b *listBody) TappedSecondary(ev *fyne.PointEvent) {
	b.list.secondary(b.list.meant(ev), ev.AbsolutePosition)
}

// meant is the row that a click is for, or -1.
func (l *List) meant(ev *fyne.PointEvent) int {
	at, h := l.rowAt(ev.Position.Y), l.held
	l.held = held{}
	if !h.down {
		return at
	}
	began := h.row
	if began >= 0 && l.KeyOf != nil && (began >= len(l.kinds) || l.KeyOf(began) != h.key) {
		began = l.find(h.key)
	}
	if moved := ev.AbsolutePosition.Subtract(h.at); began != at && math.Hypot(float64(moved.X), float64(moved.Y)) > float64(Px(stillHand)) {
		return -1
	}
	return began
}

// rowAt is the row at a height of the body, or -1.
func (l *List) rowAt(y float32) int {
	i := sort.Search(len(l.kinds), func(i int) bool { return l.tops[i+1] > y })
	if y < 0 || i == len(l.kinds) {
		return -1
	}
	return i
}

// tap tells double clicks by the clock. Fyne's own way would hold every click back until it is sure.
func (l *List) tap(i int) {
	if r := l.shown[i]; !l.enabled(i) || r != nil && r.due { // what is due to be filled does not show what it is
		return
	}
	l.focusQuietly()
	l.setCurrent(i)
	key, now := "", l.clock()
	if l.KeyOf != nil {
		key = l.KeyOf(i)
	}
	double := i == l.lastAt && key == l.last && now.Sub(l.tapped) <= fyne.CurrentApp().Driver().DoubleTapDelay()
	l.tapped, l.last, l.lastAt = now, key, i
	if double {
		l.lastAt = -1
		if l.OnDouble != nil {
			l.OnDouble(i)
			return
		}
	}
	l.activate(i)
}

func (l *List) secondary(i int, pos fyne.Position) {
	if r := l.shown[i]; l.enabled(i) && l.OnSecondary != nil && (r == nil || !r.due) {
		l.OnSecondary(i, pos)
	}
}

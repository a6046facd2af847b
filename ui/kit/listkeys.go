package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

func (l *List) setCurrent(i int) {
	l.current = i
	if l.KeyOf != nil && i >= 0 {
		l.currentKey = l.KeyOf(i)
	}
	l.repaintRows()
}

// Current is the row of the keyboard, or -1.
func (l *List) Current() int { return l.current }

// SetCurrent moves the row of the keyboard without activating it.
func (l *List) SetCurrent(i int) {
	if l.enabled(i) {
		l.setCurrent(i)
		l.ScrollTo(i)
	}
}

// FocusGained implements fyne.Focusable.
func (l *List) FocusGained() {
	if l.current < 0 {
		first, _ := l.span()
		l.current = first - 1
		l.move(1)
	}
	l.control.FocusGained()
}

// move takes the row of the keyboard on by n, past rows that cannot be activated; at an end it stays on the last that can.
func (l *List) move(n int) {
	step := 1
	if n < 0 {
		step = -1
	}
	to := l.current
	for i := l.current + step; i >= 0 && i < len(l.kinds); i += step {
		if l.enabled(i) {
			to = i
		}
		if (i-l.current)*step >= n*step && to != l.current {
			break
		}
	}
	if to >= 0 && to < len(l.kinds) {
		l.setCurrent(to)
		l.ScrollTo(to)
	}
}

// TypedKey implements fyne.Focusable.
func (l *List) TypedKey(ev *fyne.KeyEvent) {
	first, last := l.span()
	page := max(1, last-first-1)
	switch ev.Name {
	case fyne.KeyUp:
		l.move(-1)
	case fyne.KeyDown:
		l.move(1)
	case fyne.KeyPageUp:
		l.move(-page)
	case fyne.KeyPageDown:
		l.move(page)
	case fyne.KeyHome:
		l.current = -1
		l.move(1)
	case fyne.KeyEnd:
		l.current = len(l.kinds)
		l.move(-1)
	case desktop.KeyMenu, fyne.KeyF10: // Fyne passes Shift+F10 on as F10
		l.menu()
	default:
		l.typed(ev, l.enter)
		return
	}
	l.sawKey()
}

// enter is Enter or Space on the keyboard's row: what a click does, or a double click where a click does nothing.
func (l *List) enter() {
	if l.OnEnter == nil {
		l.activate(l.current)
	} else if l.enabled(l.current) {
		l.OnEnter(l.current)
	}
}

// menu is the menu key: the other mouse button, on the keyboard's row.
func (l *List) menu() {
	if r := l.shown[l.current]; r != nil {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(r)
		l.secondary(l.current, at.AddXY(Px(24), r.Size().Height))
	}
}

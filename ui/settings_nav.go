package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"

	"parley/ui/kit"
)

// navRow is a line of the list of pages. Arrows go from one to the next, and show it.
type navRow struct {
	pressable
	s     *settings
	index int
	quiet bool // the focus did not come by a key, so nothing is drawn around it

	fill *kit.Panel
	icon *kit.Icon
	name *kit.Text
}

var _ desktop.Keyable = (*navRow)(nil)

func newNavRow(s *settings, index int, p pageEntry) *navRow {
	n := &navRow{
		s: s, index: index, fill: kit.NewPanel("", 8, nil),
		icon: kit.NewIcon(p.icon, 18, theme.ColorNamePlaceHolder), name: kit.NewText(p.name, kit.BodyBold, theme.ColorNamePlaceHolder),
	}
	row := kit.Pad(10, 0, 10, 0, kit.HRow(10, n.icon, kit.Grow(n.name)))
	n.content = kit.Fixed(0, 36, kit.Stack(n.fill, row))
	n.tapped = func() { s.show(index) }
	n.draw(kit.Px(8))
	n.ExtendBaseWidget(n)
	return n
}

// mark says whether this page is the one that is shown.
func (n *navRow) mark(on bool) {
	fill, icon, name := fyne.ThemeColorName(""), theme.ColorNamePlaceHolder, theme.ColorNamePlaceHolder
	if on {
		fill, icon, name = theme.ColorNameSelection, theme.ColorNamePrimary, theme.ColorNameForeground
	}
	n.fill.SetFill(fill)
	n.icon.SetColor(icon)
	n.name.SetColor(name)
}

// focus gives the row the focus.
func (n *navRow) focus(quiet bool) {
	n.quiet = quiet
	n.s.w.win.Canvas().Focus(n)
	n.quiet = false
}

// FocusGained implements fyne.Focusable.
func (n *navRow) FocusGained() {
	if !n.quiet {
		n.pressable.FocusGained()
	}
}

// TypedKey implements fyne.Focusable.
func (n *navRow) TypedKey(e *fyne.KeyEvent) {
	to := n.index
	switch e.Name {
	case fyne.KeyDown:
		to++
	case fyne.KeyUp:
		to--
	case fyne.KeyHome:
		to = 0
	case fyne.KeyEnd:
		to = len(n.s.nav) - 1
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		n.tapped()
		return
	default:
		if f := n.s.w.win.Canvas().OnTypedKey(); f != nil {
			f(e)
		}
		return
	}
	to = min(max(to, 0), len(n.s.nav)-1)
	n.s.show(to)
	n.s.nav[to].focus(false)
	n.s.nav[to].pressable.FocusGained() // also where it had the focus, quietly
}

package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// MenuItem is a line of a menu; without Text it is a separator.
type MenuItem struct {
	Icon, Text string
	Danger     bool // ends or removes something
	Disabled   bool
	Checked    bool // what is chosen now
	Do         func()
}

// menuFit is how many units of rows a menu shows before it scrolls.
const menuFit = 10 * 36

// Menu opens a menu with its upper left corner at a place of the canvas. An item's Do is called after the menu has closed.
func (l *Layers) Menu(items []MenuItem, pos fyne.Position) *Layer {
	return l.menu(items, &Layer{pos: pos, pad: 6})
}

// MenuBy opens a menu under an object that was pressed, or over it where there is more room.
func (l *Layers) MenuBy(items []MenuItem, near fyne.CanvasObject) *Layer {
	return l.menu(items, &Layer{near: near, pad: 6})
}

func (l *Layers) menu(items []MenuItem, y *Layer) *Layer {
	m := newMenuList(items)
	m.list.OnActivate = func(i int) {
		do := m.items[i].Do
		y.Close()
		if do != nil {
			do()
		}
	}
	return l.open(y, Fixed(m.width(), 0, m.list))
}

// menuList is the list that menus and selects open.
type menuList struct {
	items []MenuItem
	icons bool // some have one, and so the words of all begin after it
	list  *List
}

const (
	menuLine = iota
	menuSeparator
)

func newMenuList(items []MenuItem) *menuList {
	m := &menuList{}
	m.list = NewList([]float32{36, 9}, newMenuRow, func(i, kind int, o fyne.CanvasObject) {
		if kind == menuLine {
			o.(*menuRow).set(m.items[i], m.icons)
		}
	})
	m.list.Fit = menuFit
	m.list.Enabled = func(i int) bool { return m.items[i].Text != "" && !m.items[i].Disabled }
	m.set(items)
	return m
}

func (m *menuList) set(items []MenuItem) {
	m.items = items
	for _, it := range items {
		m.icons = m.icons || it.Icon != ""
	}
	m.list.SetRows(len(items), func(i int) int {
		if items[i].Text == "" {
			return menuSeparator
		}
		return menuLine
	})
}

// width is what the longest item wants, in units at scale 1 and within reason.
func (m *menuList) width() float32 {
	w := float32(0)
	for _, it := range m.items {
		t := NewText(it.Text, Body, "")
		w = max(w, t.Natural())
	}
	return max(160, min(400, w/Current().Scale()+64))
}

// menuRow draws one item: an icon if there is one, the word, a tick at the end.
type menuRow struct {
	widget.BaseWidget
	item       MenuItem
	icons      bool
	icon, tick *Icon
	text       *Text
}

func newMenuRow(kind int) fyne.CanvasObject {
	if kind == menuSeparator {
		return Pad(8, 4, 8, 4, NewLine(false, ColorFloatLine))
	}
	r := &menuRow{icon: NewIcon("", 18, theme.ColorNamePlaceHolder), tick: NewIcon("check", 18, theme.ColorNamePrimary), text: NewText("", Body, "")}
	r.ExtendBaseWidget(r)
	return r
}

func (r *menuRow) set(it MenuItem, icons bool) {
	if !it.looksLike(r.item) || icons != r.icons {
		r.item, r.icons = it, icons
		r.Refresh()
	}
}

func (it MenuItem) looksLike(o MenuItem) bool {
	return it.Icon == o.Icon && it.Text == o.Text && it.Danger == o.Danger && it.Disabled == o.Disabled && it.Checked == o.Checked
}

// CreateRenderer implements fyne.Widget.
func (r *menuRow) CreateRenderer() fyne.WidgetRenderer {
	return newDrawing(r, r.icon, r.text, r.tick)
}

func (r *menuRow) paint() {
	fg, ic := theme.ColorNameForeground, theme.ColorNamePlaceHolder
	switch {
	case r.item.Disabled:
		fg, ic = theme.ColorNameDisabled, theme.ColorNameDisabled
	case r.item.Danger:
		fg, ic = theme.ColorNameError, theme.ColorNameError
	}
	r.text.SetText(r.item.Text)
	r.text.SetColor(fg)
	r.icon.SetIcon(r.item.Icon)
	r.icon.SetColor(ic)
	setShown(r.icon, r.item.Icon != "")
	setShown(r.tick, r.item.Checked)
}

func (r *menuRow) natural() fyne.Size { return fyne.Size{} }

func (r *menuRow) arrange(size fyne.Size) {
	x, side, right := Px(12), Px(18), Px(12)
	y := (size.Height - side) / 2
	if r.icons {
		place(r.icon, x, y, side, side)
		x += side + Px(10)
	}
	if r.item.Checked {
		right += side + Px(8)
		place(r.tick, size.Width-Px(12)-side, y, side, side)
	}
	placeText(r.text, x, 0, max(0, size.Width-x-right), size.Height)
}

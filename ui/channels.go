package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/ui/kit"
	"parley/ui/model"
)

// channelList is the second column: the server's name, its channels, and who sits in each.
type channelList struct {
	w    *Window
	root *fyne.Container

	head  *fyne.Container
	group *fyne.Container // the heading over the channels
	name  *kit.Text
	add   *kit.IconButton
	label *kit.Text
	list  *kit.List
	rows  []model.Row
	parts map[fyne.CanvasObject]any // of a row's content: *channelRow or *seatRow
	rings map[string]uint8
	dim   bool
}

// The kinds of row.
const (
	rowChannel = iota
	rowSeat
	rowLast // the last seat of a channel, with room under it
	rowFull // a channel with people under it
)

func newChannelList(w *Window) *channelList {
	c := &channelList{w: w, parts: map[fyne.CanvasObject]any{}}
	c.name = kit.NewText("", kit.Header, theme.ColorNameForeground)
	menu := newPressable(kit.HRow(8, kit.Grow(c.name), kit.NewIcon("chevron-down", 18, theme.ColorNameForeground)), 8, nil)
	menu.tapped = func() { w.serverMenu(menu) }
	c.head = header(menu)
	c.label = kit.NewText("Voice channels", kit.CaptionBold, theme.ColorNamePlaceHolder)
	c.add = kit.NewIconButton("plus", 32, "Add a channel", w.addChannel)
	c.add.Hide()
	c.group = kit.HRow(0, kit.Grow(c.label), c.add)
	group := kit.Fixed(0, 34, kit.Pad(18, 4, 10, 0, c.group))
	c.list = kit.NewList([]float32{36, 30, 38, 40}, c.create, c.bind)
	c.list.OnActivate = c.activate
	c.list.KeyOf = func(i int) string { return c.rows[i].Channel + c.rows[i].User }
	c.list.OnDouble = c.open
	c.list.OnEnter = func(i int) {
		c.activate(i)
		c.open(i)
	}
	c.list.OnSecondary = c.menu
	rest := kit.Pad(8, 0, 8, 0, c.list)
	c.root = container.New(&columnLayout{head: c.head, next: group, rest: rest}, rest, c.head, group)
	return c
}

func (c *channelList) resized(m metrics) {
	c.root.Layout.(*columnLayout).header = m.header
	c.root.Layout.Layout(nil, c.root.Size())
}

// columnLayout is a header of a height that changes with the window, something under it, and the rest.
type columnLayout struct {
	header           float32
	head, next, rest fyne.CanvasObject // next may be nil
}

func (l *columnLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, 0) }
func (l *columnLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	y := l.header
	if y == 0 {
		y = kit.Px(52)
	}
	if !l.head.Visible() {
		y = 0
	}
	l.head.Move(fyne.NewPos(0, 0))
	l.head.Resize(fyne.NewSize(size.Width, y))
	if l.next != nil {
		h := l.next.MinSize().Height
		l.next.Move(fyne.NewPos(0, y))
		l.next.Resize(fyne.NewSize(size.Width, h))
		y += h
	}
	l.rest.Move(fyne.NewPos(0, y))
	l.rest.Resize(fyne.NewSize(size.Width, max(size.Height-y, 0)))
}

func (c *channelList) apply(old, v *model.View) {
	c.name.SetText(v.Header.Name)
	c.rings = v.Rings
	if setHidden(c.add, !v.Header.Owner) {
		c.group.Refresh()
	}
	switch {
	case old.RowsVersion != v.RowsVersion || c.dim != v.Header.Dim:
		c.rows, c.dim = v.Rows, v.Header.Dim
		c.list.SetRows(len(c.rows), c.kind)
	case !sameRings(old.Rings, v.Rings):
		c.list.RefreshVisible()
	}
}

func sameRings(a, b map[string]uint8) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

func (c *channelList) kind(i int) int {
	switch {
	case c.rows[i].User == "" && i+1 < len(c.rows) && c.rows[i+1].User != "":
		return rowFull
	case c.rows[i].User == "":
		return rowChannel
	case i+1 < len(c.rows) && c.rows[i+1].User == "":
		return rowLast
	}
	return rowSeat
}

// channelRow and seatRow are what a recycled row is made of.
type channelRow struct {
	fill  *kit.Panel
	row   *fyne.Container
	icon  *kit.Icon
	name  *kit.Text
	count *kit.Text
}

type seatRow struct {
	row    *fyne.Container
	avatar *kit.Avatar
	name   *kit.Text
	mark   *kit.Icon
}

func (c *channelList) create(kind int) fyne.CanvasObject {
	if kind == rowChannel || kind == rowFull {
		r := &channelRow{
			fill: kit.NewPanel("", 8, nil), icon: kit.NewIcon("speaker-channel", 18, theme.ColorNamePlaceHolder),
			name: kit.NewText("", kit.BodyBold, theme.ColorNamePlaceHolder), count: kit.NewText("", kit.CaptionBold, theme.ColorNamePlaceHolder),
		}
		r.row = kit.HRow(10, r.icon, kit.Grow(r.name), r.count)
		below := float32(0)
		if kind == rowFull {
			below = 4
		}
		o := kit.Pad(0, 0, 0, below, container.NewStack(r.fill, kit.Pad(10, 0, 10, 0, r.row)))
		c.parts[o] = r
		return o
	}
	r := &seatRow{avatar: kit.NewAvatar(24), name: kit.NewText("", kit.Body, theme.ColorNamePlaceHolder), mark: kit.NewIcon("", 16, theme.ColorNamePlaceHolder)}
	below := float32(0)
	if kind == rowLast {
		below = 8
	}
	r.avatar.SetDot(kit.NoDot, theme.ColorNameHeaderBackground)
	r.row = kit.HRow(10, r.avatar, kit.Grow(r.name), r.mark)
	o := kit.Pad(20, 0, 10, below, r.row)
	c.parts[o] = r
	return o
}

func (c *channelList) bind(i, _ int, o fyne.CanvasObject) {
	row := c.rows[i]
	switch r := c.parts[o].(type) {
	case *channelRow:
		c.bindChannel(r, row)
	case *seatRow:
		c.bindSeat(r, row)
	}
}

func (c *channelList) bindChannel(r *channelRow, row model.Row) {
	fill, icon, name := fyne.ThemeColorName(""), theme.ColorNamePlaceHolder, theme.ColorNamePlaceHolder
	if row.Current {
		fill, icon, name = theme.ColorNameSelection, kit.ColorInCall, theme.ColorNameForeground
	}
	if c.dim {
		icon, name = theme.ColorNameDisabled, theme.ColorNameDisabled
	}
	r.fill.SetFill(fill)
	r.icon.SetColor(icon)
	r.name.SetColor(name)
	r.name.SetText(row.Name)
	switch {
	case row.Full && !row.Current:
		r.count.SetText(strconv.Itoa(row.Count) + " of " + strconv.Itoa(row.Count) + ", full")
		r.count.SetColor(theme.ColorNameWarning)
	case row.Count > 0:
		r.count.SetText(strconv.Itoa(row.Count))
		r.count.SetColor(name)
	default:
		r.count.SetText("")
	}
	relayout(r.row)
}

func (c *channelList) bindSeat(r *seatRow, row model.Row) {
	step := c.rings[row.User]
	r.avatar.SetFace(face(row.Face))
	r.avatar.SetStep(step)
	r.avatar.SetDim(c.dim)
	r.name.SetText(row.Name)
	switch {
	case c.dim:
		r.name.SetColor(theme.ColorNameDisabled)
	case step > 0:
		r.name.SetColor(theme.ColorNameForeground)
	default:
		r.name.SetColor(theme.ColorNamePlaceHolder)
	}
	mark, color := "", theme.ColorNamePlaceHolder
	switch {
	case row.Deafened:
		mark = "headphones-off"
	case row.Muted:
		mark = "mic-off"
	case row.Web:
		mark, color = "globe", theme.ColorNameWarning
	case row.New:
		mark, color = "new-person", kit.ColorNewToYou
	}
	if row.Self && (row.Muted || row.Deafened) {
		color = kit.ColorMuted
	}
	r.mark.SetIcon(mark)
	r.mark.SetColor(color)
	relayout(r.row)
}

// activate joins a channel. A click on a person does nothing: a double click opens them.
func (c *channelList) activate(i int) {
	if row := c.rows[i]; row.User == "" {
		c.w.join(row)
	}
}

func (c *channelList) open(i int) {
	if row := c.rows[i]; row.User != "" {
		c.w.showPerson(row.User, c.list)
	}
}

func (c *channelList) menu(i int, at fyne.Position) {
	row := c.rows[i]
	if row.User != "" {
		c.w.showPerson(row.User, c.list)
		return
	}
	if c.w.view.Header.Owner {
		c.w.channelMenu(row, at)
	}
}

// join enters a channel, which is the only thing that opens the microphone.
func (w *Window) join(row model.Row) {
	switch {
	case row.Current:
	case row.Full:
		w.say(row.Name+" is full ("+strconv.Itoa(row.Count)+"). You can join when someone leaves.", model.Warn)
	default:
		w.enter(row.Channel, row.Name)
	}
}

// enter joins a channel. In a call it asks first, for that ends then.
func (w *Window) enter(channel, name string) {
	join := func() { w.do(call.Join{Channel: channel}) }
	if !w.view.Dock.InCall {
		join()
		return
	}
	w.confirm("Hang up?", "Joining "+name+" ends the call.", "Hang up and join", join)
}

func face(f model.Face) kit.Face { return kit.Face{Letters: f.Letters, Hue: f.Hue, Shade: f.Shade} }

package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/ui/kit"
	"parley/ui/model"
)

// peopleList is the right column: everybody of the server. In a narrow window it is an overlay.
type peopleList struct {
	w      *Window
	root   *fyne.Container
	head   *fyne.Container // of the header's right end
	missed *countButton
	list   *kit.List
	rows   []model.PersonRow
	parts  map[fyne.CanvasObject]any // of a row's content: *headingRow or *personRow
}

const (
	rowHeading = iota
	rowPerson
)

func newPeopleList(w *Window) *peopleList {
	p := &peopleList{w: w, parts: map[fyne.CanvasObject]any{}}
	search := kit.NewIconButton("search", 32, "Find a channel or somebody (Ctrl+K)", w.showSwitcher)
	p.missed = newMissedButton(w)
	p.head = kit.HRow(0, kit.Grow(kit.NewText("People", kit.Header, theme.ColorNameForeground)), p.missed.root, search)
	head := header(p.head)
	p.list = kit.NewList([]float32{33, 44}, p.create, p.bind)
	p.list.Enabled = func(i int) bool { return p.rows[i].User != "" }
	p.list.KeyOf = func(i int) string { return p.rows[i].Heading + p.rows[i].User }
	p.list.OnDouble, p.list.OnEnter = p.open, p.open
	p.list.OnSecondary = p.menu
	rest := kit.Pad(8, 0, 8, 0, p.list)
	p.root = container.New(&columnLayout{head: head, rest: rest}, head, rest)
	return p
}

func (p *peopleList) apply(old, v *model.View) {
	if old.PeopleVersion != v.PeopleVersion {
		p.rows = v.People
		p.list.SetRows(len(p.rows), p.kind)
	}
	if p.missed.set(v.Unseen) {
		relayout(p.head)
	}
}

// menu offers to call somebody, or says why that can't be.
func (p *peopleList) menu(i int, at fyne.Position) {
	row := p.rows[i]
	if row.Self || row.User == "" {
		p.open(i)
		return
	}
	start := func(video bool) func() { return func() { p.w.startCall(row.User, video) } }
	why := model.NoCall(p.w.c.Engine.Snapshot(), row.User)
	items := []kit.MenuItem{
		{Text: "Call", Icon: "phone", Disabled: why != "", Do: start(false)},
		{Text: "Video call", Icon: "camera", Disabled: why != "", Do: start(true)},
		{Text: "Send a file", Icon: "file", Disabled: model.NoFile(p.w.c.Engine.Snapshot(), row.User) != "", Do: func() { p.w.sendFileTo(row.User) }},
		{Text: "About " + row.Name, Icon: "people", Do: func() { p.open(i) }},
	}
	if why != "" {
		items = append([]kit.MenuItem{{Text: why, Disabled: true}}, items...)
	}
	p.w.layers.Menu(items, at)
}

func (p *peopleList) kind(i int) int {
	if p.rows[i].Heading != "" {
		return rowHeading
	}
	return rowPerson
}

type headingRow struct {
	text *kit.Text
}

type personRow struct {
	row    *fyne.Container
	avatar *kit.Avatar
	name   *kit.Text
	line   *kit.Text
	mark   *kit.Icon // what is known of the key
	crown  *kit.Icon // of the server's owner
}

func (p *peopleList) create(kind int) fyne.CanvasObject {
	if kind == rowHeading {
		r := &headingRow{text: kit.NewText("", kit.CaptionBold, theme.ColorNamePlaceHolder)}
		o := kit.Pad(8, 6, 8, 0, r.text)
		p.parts[o] = r
		return o
	}
	r := &personRow{
		avatar: kit.NewAvatar(30), name: kit.NewText("", kit.Body, theme.ColorNameForeground),
		line: kit.NewText("", kit.Caption, theme.ColorNamePlaceHolder), mark: kit.NewIcon("", 16, kit.ColorNewToYou),
		crown: kit.NewIcon("crown", 16, theme.ColorNamePlaceHolder),
	}
	texts := kit.VCol(0, r.name, r.line)
	r.row = kit.HRow(12, r.avatar, kit.Grow(texts), r.mark, r.crown)
	o := kit.Pad(8, 2, 8, 2, r.row)
	p.parts[o] = r
	return o
}

func (p *peopleList) bind(i, _ int, o fyne.CanvasObject) {
	row := p.rows[i]
	switch r := p.parts[o].(type) {
	case *headingRow:
		r.text.SetText(row.Heading)
	case *personRow:
		r.avatar.SetFace(face(row.Face))
		r.avatar.SetDot(dot(row.Presence), theme.ColorNameHeaderBackground)
		r.avatar.SetDim(row.Presence == model.Offline)
		r.name.SetText(row.Name)
		r.line.SetText(row.Line)
		color := theme.ColorNameForeground
		if row.Presence == model.Offline {
			color = theme.ColorNameDisabled
		}
		r.name.SetColor(color)
		switch {
		case row.Web:
			r.mark.SetIcon("globe")
			r.mark.SetColor(theme.ColorNameWarning)
		case row.Verified:
			r.mark.SetIcon("lock-verified")
			r.mark.SetColor(theme.ColorNameSuccess)
		case row.New:
			r.mark.SetIcon("new-person")
			r.mark.SetColor(kit.ColorNewToYou)
		}
		r.mark.Hidden = !row.Verified && !row.New && !row.Web
		r.crown.Hidden = !row.Owner
		relayout(r.row)
	}
}

func (p *peopleList) open(i int) {
	if user := p.rows[i].User; user != "" {
		p.w.showPerson(user, p.list)
	}
}

// showPeople brings the list as an overlay, in a window that has no room for it.
func (w *Window) showPeople(near fyne.CanvasObject) {
	p := newPeopleList(w)
	old := w.view
	p.apply(&model.View{}, old)
	layer := w.layers.Popover(kit.Fixed(240, 420, p.root), near, 280)
	p.list.OnActivate = func(i int) {
		layer.Close()
		p.open(i)
	}
	p.list.OnEnter = p.list.OnActivate
	w.follow = func() {
		p.apply(old, w.view)
		old = w.view
	}
	layer.OnClosed = func() { w.follow = nil }
}

func dot(p model.Presence) kit.Dot {
	switch p {
	case model.Online:
		return kit.DotOnline
	case model.Away:
		return kit.DotAway
	case model.Busy:
		return kit.DotBusy
	}
	return kit.DotOffline
}

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

// textsPanel is what is written in one's channel or call, beside the stage. It opens and closes by a button there.
type textsPanel struct {
	w      *Window
	root   *fyne.Container
	wanted bool // in each place that one is in

	head    *fyne.Container
	list    *kit.List
	empty   *kit.Paragraph
	readers *kit.Paragraph
	entry   *kit.Entry
	foot    *fyne.Container

	rows    []model.TextRow
	version uint64
	parts   map[fyne.CanvasObject]*textRow
	heights map[uint64]textHeight // of the rows, by Seq
	measure *textRow              // never shown
}

// textHeight is how high a text was found to be.
type textHeight struct {
	row          model.TextRow
	width, scale float32
	height       float32
}

// maxWritten is how many characters one writes at most: what the engine takes.
const maxWritten = 2000

func newTextsPanel(w *Window) *textsPanel {
	p := &textsPanel{w: w, parts: map[fyne.CanvasObject]*textRow{}, heights: map[uint64]textHeight{}, measure: newTextRow()}
	p.head = header(kit.HRow(0, kit.Grow(kit.NewText("Texts", kit.Header, theme.ColorNameForeground)),
		kit.NewIconButton("file", 32, "Send a file (Ctrl+O)", w.sendFile), kit.NewIconButton("close", 32, "Close (Ctrl+T)", w.toggleTexts)))
	p.list = kit.NewList([]float32{40}, p.create, p.bind)
	p.list.HeightOf, p.list.Tail = p.height, true
	p.list.KeyOf = func(i int) string { return strconv.FormatUint(p.rows[i].Seq, 10) }
	p.list.OnSecondary = p.menu
	p.list.OnEnter = p.copy
	p.empty = kit.NewParagraph("Nothing was written yet.", kit.Body, theme.ColorNamePlaceHolder)
	p.empty.Align = fyne.TextAlignCenter
	p.readers = kit.NewParagraph("", kit.Caption, theme.ColorNamePlaceHolder)
	p.entry = kit.NewEntry("Write to everybody here")
	p.entry.MaxRunes = maxWritten
	p.entry.OnSubmitted = p.say
	p.foot = kit.Pad(12, 8, 12, 12, kit.VCol(6, p.readers, p.entry))
	middle := container.NewStack(kit.Center(240, p.empty), kit.Pad(4, 0, 4, 0, p.list))
	p.root = container.New(p, p.head, middle, p.foot, kit.Line(true))
	return p
}

// MinSize implements fyne.Layout.
func (*textsPanel) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// Layout implements fyne.Layout.
func (p *textsPanel) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	head, foot := p.w.shell.size.header, kit.FitHeight(p.foot, size.Width)
	put(objects[0], 0, 0, size.Width, head)
	put(objects[1], 0, head, size.Width, max(size.Height-head-foot, 0))
	put(objects[2], 0, size.Height-foot, size.Width, foot)
	put(objects[3], 0, 0, 1, size.Height)
}

// open says whether it is to be seen, where one is in a channel or a call.
func (p *textsPanel) open() bool { return p.wanted && p.w.view.Texts.Open }

// toggleTexts opens and closes the texts of one's channel or call.
func (w *Window) toggleTexts() {
	p := w.shell.texts
	if !w.view.Texts.Open {
		w.say("Texts are for those in your channel or call.", model.Plain)
		return
	}
	if p.wanted = !p.wanted; !p.wanted && w.shell.stage.filled {
		p.wanted = true // it could not be seen
	}
	w.fill(false)
	w.win.Canvas().Unfocus()
	w.shell.refit()
	w.shell.stage.show(w.view)
	if p.wanted {
		w.win.Canvas().Focus(p.entry)
	}
	w.pump.wake()
}

// showTexts opens them.
func (w *Window) showTexts() {
	if !w.shell.texts.open() {
		w.toggleTexts()
	}
}

func (p *textsPanel) apply(old, v *model.View) {
	if old.Texts.Open != v.Texts.Open && p.wanted {
		if !v.Texts.Open && p.w.win.Canvas().Focused() == fyne.Focusable(p.entry) {
			p.w.win.Canvas().Unfocus()
		}
		defer p.w.shell.refit()
	}
	if p.readers.Text() != v.Texts.Readers {
		p.readers.SetText(v.Texts.Readers)
		p.root.Refresh()
	}
	if p.version != v.Texts.Version {
		p.version, p.rows = v.Texts.Version, v.Texts.Rows
		p.list.SetRows(len(p.rows), func(int) int { return 0 })
		setHidden(p.empty, len(p.rows) > 0)
		p.forget()
	}
	if n := len(p.rows); n > 0 && p.open() && p.w.seen() && p.w.settings == nil {
		if last := p.rows[n-1].Seq; p.w.pump.read.Swap(last) != last {
			p.w.pump.wake()
		}
	}
}

// forget drops the heights of what is shown no more.
func (p *textsPanel) forget() {
	if len(p.heights) <= 2*len(p.rows) {
		return
	}
	old := p.heights
	p.heights = make(map[uint64]textHeight, len(p.rows))
	for _, r := range p.rows {
		if h, ok := old[r.Seq]; ok {
			p.heights[r.Seq] = h
		}
	}
}

// say sends what was typed. What could not be sent is there to be typed on.
func (p *textsPanel) say(text string) {
	if text == "" {
		return
	}
	p.entry.SetText("")
	p.w.ask(call.Say{Text: text}, func(_ call.Reply, err error) {
		if err == nil {
			return
		}
		p.w.say(sentence(err), model.Warn)
		if p.entry.Text == "" {
			p.entry.SetText(text)
		}
	})
}

func (p *textsPanel) menu(i int, at fyne.Position) {
	p.w.layers.Menu([]kit.MenuItem{{Text: "Copy", Icon: "copy", Do: func() { p.copy(i) }}}, at)
}

func (p *textsPanel) copy(i int) {
	if i < len(p.rows) {
		p.w.c.App.Clipboard().SetContent(p.rows[i].Text)
		p.w.say("Copied.", model.Good)
	}
}

// height measures a row, once for each width.
func (p *textsPanel) height(i int, width float32) float32 {
	r, scale := p.rows[i], kit.Current().Scale()
	if h, ok := p.heights[r.Seq]; ok && h.row == r && h.width == width && h.scale == scale {
		return h.height
	}
	p.measure.set(r)
	h := p.measure.fit(width)
	p.heights[r.Seq] = textHeight{r, width, scale, h}
	return h
}

func (p *textsPanel) create(int) fyne.CanvasObject {
	r := newTextRow()
	p.parts[r.root] = r
	return r.root
}

func (p *textsPanel) bind(i, _ int, o fyne.CanvasObject) { p.parts[o].set(p.rows[i]) }

// textRow is one text, under the name of who wrote it.
type textRow struct {
	root   *fyne.Container
	avatar *kit.Avatar
	name   *kit.Text
	at     *kit.Text
	text   *kit.Paragraph
	missed *kit.Paragraph
	first  bool // the name stands here
}

// The row's numbers, in units.
const (
	textLeft  = 46 // of the words
	textRight = 8
	textTop   = 10 // over a name
	textNext  = 2  // over what goes on under one
)

func newTextRow() *textRow {
	r := &textRow{
		avatar: kit.NewAvatar(30), name: kit.NewText("", kit.BodyBold, theme.ColorNameForeground), at: kit.NewText("", kit.Caption, theme.ColorNamePlaceHolder),
		text: kit.NewParagraph("", kit.Body, theme.ColorNameForeground), missed: kit.NewParagraph("", kit.Caption, theme.ColorNameWarning),
	}
	r.avatar.SetDot(kit.NoDot, theme.ColorNameHeaderBackground)
	r.root = container.New(r, r.avatar, r.name, r.at, r.text, r.missed)
	return r
}

func (r *textRow) set(t model.TextRow) {
	r.first = t.Name != ""
	if r.first {
		r.avatar.SetFace(face(t.Face))
		r.name.SetText(t.Name)
		r.at.SetText(t.At)
	}
	r.text.SetText(t.Text)
	r.missed.SetText(t.Missed)
	for _, o := range []fyne.CanvasObject{r.avatar, r.name, r.at} {
		setHidden(o, !r.first)
	}
	setHidden(r.missed, t.Missed == "")
	relayout(r.root)
}

// MinSize implements fyne.Layout.
func (*textRow) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// Layout implements fyne.Layout.
func (r *textRow) Layout(_ []fyne.CanvasObject, size fyne.Size) { r.place(size.Width) }

// fit is how high it is at a width.
func (r *textRow) fit(width float32) float32 { return r.place(width) }

// place puts everything where it belongs at a width, and returns how high that is.
func (r *textRow) place(width float32) float32 {
	left, y := kit.Px(textLeft), kit.Px(textNext)
	wide := max(width-left-kit.Px(textRight), 1)
	if r.first {
		y = kit.Px(textTop)
		put(r.avatar, kit.Px(6), y, kit.Px(30), kit.Px(30))
		at := r.at.Natural()
		name := min(r.name.Natural(), max(wide-at-kit.Px(8), 0))
		put(r.name, left, y, name, kit.Px(20))
		put(r.at, left+name+kit.Px(8), y+kit.Px(3), at, kit.Px(16))
		y += kit.Px(20)
	}
	high := kit.FitHeight(r.text, wide)
	put(r.text, left, y, wide, high)
	y += high
	if r.missed.Visible() {
		high = kit.FitHeight(r.missed, wide)
		put(r.missed, left, y, wide, high)
		y += high
	}
	y += kit.Px(textNext)
	if r.first {
		y = max(y, kit.Px(textTop+30+2))
	}
	return y
}

package ui

import (
	"context"
	"image"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/ui/kit"
	"parley/ui/model"
)

// picker asks which screen or window to share, with a small picture of each that is in sight. The pictures are taken one after the
// other, off Fyne's goroutine, for as long as it is open.
type picker struct {
	w      *Window
	layer  *kit.Layer
	list   *kit.List
	why    *kit.Paragraph  // it can't be
	rest   *fyne.Container // all else, where it can
	empty  *kit.Text
	cancel *kit.Button
	rates  *kit.Segmented
	share  *kit.Button
	rows   []pickerRow
	all    []model.Shareable
	chosen string // its id

	pictures map[string]*image.RGBA
	shown    map[fyne.CanvasObject]*shareable // the rows that exist
	next     int                              // of the round of pictures
	closed   context.Context
	close    context.CancelFunc
}

// pickerRow is a line of the list: a heading, or something to share.
type pickerRow struct {
	heading string
	*model.Shareable
}

// shareable is what a row is drawn with.
type shareable struct {
	id      string
	picture *canvas.Image
	icon    *kit.Icon
	name    *kit.Text
	line    *kit.Text
}

// The picker's numbers: units, and what is between two rounds of pictures.
const (
	pickerWidth = 560
	thumbWide   = 128
	thumbHigh   = 72
	thumbPause  = 1500 * time.Millisecond
	thumbTakes  = 3 * time.Second // at most, of one
)

// shareRates are the pictures a second to choose from.
var shareRates = []struct {
	fps  int
	text string
}{{5, "5: text"}, {15, "15: most"}, {30, "30: motion"}}

const (
	rowShareHeading = iota
	rowShareable
)

// showPicker opens it; where nothing can be shared it says why.
func (w *Window) showPicker() {
	p := newPicker(w)
	w.do(call.WatchScreens{On: true})
	w.follow = p.follow
	p.follow()
	p.picture()
}

func newPicker(w *Window) *picker {
	p := &picker{w: w, pictures: map[string]*image.RGBA{}, shown: map[fyne.CanvasObject]*shareable{}}
	p.closed, p.close = context.WithCancel(context.Background())
	p.list = kit.NewList([]float32{32, 84}, p.create, p.bind)
	p.list.Enabled = func(i int) bool { return p.rows[i].Shareable != nil }
	p.list.KeyOf = func(i int) string { return p.rows[i].key() }
	p.list.OnActivate = p.choose
	p.list.OnEnter, p.list.OnDouble = p.take, p.take
	p.why = paragraph("")
	p.empty = kit.NewText("Looking for screens and windows…", kit.Body, theme.ColorNamePlaceHolder)
	p.empty.Align = fyne.TextAlignCenter
	p.layer = w.float(w.layers.Dialog, "Share a screen or a window", pickerWidth, p.build)
	p.layer.OnClosed = p.ended
	return p
}

func (p *picker) build(done func()) []fyne.CanvasObject {
	words := make([]string, len(shareRates))
	at := 0
	for i, r := range shareRates {
		words[i] = r.text
		if r.fps == p.w.shareFPS {
			at = i
		}
	}
	p.rates = kit.NewSegmented(words, at, func(i int) { p.w.shareFPS = shareRates[i].fps })
	p.share = kit.NewButton("Share", "screen", kit.PrimaryButton, func() { p.send(p.chosen) })
	p.share.Disable()
	results := kit.Fixed(0, p.w.roomy(84*4+32, 220), kit.Stack(p.empty, p.list))
	label := kit.NewText("Pictures a second, at most", kit.Body, theme.ColorNameForeground)
	rates := kit.HRow(12, kit.Grow(label), kit.Fixed(300, 0, p.rates))
	note := kit.NewParagraph("Everybody here sees it until you stop, and so does whoever joins.", kit.Caption, theme.ColorNamePlaceHolder)
	p.rest = kit.VCol(14, results, rates, note)
	p.cancel = kit.NewButton("Cancel", "", kit.PlainButton, done)
	return []fyne.CanvasObject{p.why, p.rest, buttons(p.cancel, p.share)}
}

func (r pickerRow) key() string {
	if r.Shareable == nil {
		return r.heading
	}
	return r.ID
}

// follow takes what there is to share now.
func (p *picker) follow() {
	s := p.w.c.Engine.Snapshot()
	if s.Place.Phase == call.Idle { // the call is over meanwhile
		p.layer.Close()
		return
	}
	all := model.Shareables(s)
	if s.Place.Phase != call.Joined {
		all = nil
	}
	p.offer(all, model.NoShare(s))
}

// offer shows what can be shared, or why not everything, or nothing, can.
func (p *picker) offer(all []model.Shareable, why string) {
	nothing := why != "" && len(all) == 0
	word := "Cancel"
	if nothing {
		word = "Close"
	}
	changed := p.why.Text() != why
	p.why.SetText(why)
	p.cancel.SetText(word)
	changed = setHidden(p.why, why == "") || changed
	changed = setHidden(p.rest, nothing) || changed
	changed = setHidden(p.share, nothing) || changed
	setHidden(p.empty, len(all) > 0)
	if changed {
		p.layer.Relayout()
	}
	if slices.Equal(all, p.all) {
		return
	}
	p.all, p.rows = all, nil
	for i := range all {
		switch {
		case i == 0 && !all[i].Window:
			p.rows = append(p.rows, pickerRow{heading: "Screens"})
		case all[i].Window && (i == 0 || !all[i-1].Window):
			p.rows = append(p.rows, pickerRow{heading: "Windows"})
		}
		p.rows = append(p.rows, pickerRow{Shareable: &all[i]})
	}
	p.list.SetRows(len(p.rows), p.kind)
	p.mark(p.chosen)
	if p.list.Current() < 0 && len(p.rows) > 1 {
		p.list.SetCurrent(1)
	}
}

func (p *picker) kind(i int) int {
	if p.rows[i].Shareable == nil {
		return rowShareHeading
	}
	return rowShareable
}

// mark shows what is chosen; what is gone is not.
func (p *picker) mark(id string) {
	at := slices.IndexFunc(p.rows, func(r pickerRow) bool { return r.Shareable != nil && r.ID == id })
	if p.chosen = id; at < 0 {
		p.chosen = ""
	}
	p.list.SetActive(at)
	if p.chosen == "" {
		p.share.Disable()
	} else {
		p.share.Enable()
	}
}

func (p *picker) choose(i int) {
	if i < len(p.rows) && p.rows[i].Shareable != nil {
		p.mark(p.rows[i].ID)
	}
}

// take is Enter, or a double click.
func (p *picker) take(i int) {
	if i < len(p.rows) && p.rows[i].Shareable != nil {
		p.send(p.rows[i].ID)
	}
}

// send begins to share, which comes back as the bar over the window, or as a notice.
func (p *picker) send(id string) {
	if id == "" {
		return
	}
	p.layer.Close()
	p.w.do(call.ShareScreen{Subject: id, FPS: p.w.shareFPS})
}

func (p *picker) ended() {
	p.w.follow = nil
	p.close()
	p.w.do(call.WatchScreens{On: false})
}

func (p *picker) create(kind int) fyne.CanvasObject {
	if kind == rowShareHeading {
		t := kit.NewText("", kit.CaptionBold, theme.ColorNamePlaceHolder)
		o := kit.Pad(8, 10, 8, 0, t)
		p.shown[o] = &shareable{name: t}
		return o
	}
	r := &shareable{
		picture: &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillContain}, icon: kit.NewIcon("screen", 28, theme.ColorNamePlaceHolder),
		name: kit.NewText("", kit.BodyBold, theme.ColorNameForeground), line: kit.NewText("", kit.Caption, theme.ColorNamePlaceHolder),
	}
	ground := kit.NewPanel(theme.ColorNameInputBackground, 6, nil)
	thumb := kit.Fixed(thumbWide, thumbHigh, kit.Stack(ground, r.icon, r.picture))
	o := kit.Pad(8, 6, 8, 6, kit.HRow(14, thumb, kit.Grow(kit.VCol(2, r.name, r.line))))
	p.shown[o] = r
	return o
}

func (p *picker) bind(i, _ int, o fyne.CanvasObject) {
	r, row := p.shown[o], p.rows[i]
	if row.Shareable == nil {
		r.name.SetText(row.heading)
		return
	}
	r.id = row.ID
	r.name.SetText(row.Name)
	r.line.SetText(row.Line)
	r.draw(p.pictures[row.ID])
}

// draw shows a picture; nil: there is none yet.
func (r *shareable) draw(m *image.RGBA) {
	if old, _ := r.picture.Image.(*image.RGBA); old == m {
		return
	}
	r.picture.Image = nil
	if m != nil {
		r.picture.Image = m
	}
	setHidden(r.picture, m == nil)
	setHidden(r.icon, m != nil)
	r.picture.Refresh()
}

// picture takes the next one of those in sight, and when each has had its turn waits a moment.
func (p *picker) picture() {
	if p.closed.Err() != nil {
		return
	}
	ids := p.inSight()
	wait := thumbPause
	if len(ids) > 0 && p.next < len(ids) {
		wait = 0
	} else {
		p.next = 0
	}
	id := ""
	if wait == 0 {
		id = ids[p.next]
		p.next++
	}
	if id == "" && len(p.pictures) == 0 {
		wait /= 10 // the list may come any moment
	}
	size := image.Pt(p.pixels())
	background(p.w, func() (*image.RGBA, error) { return p.thumbnail(id, wait, size) }, func(m *image.RGBA, err error) {
		if p.closed.Err() != nil {
			return
		}
		if err == nil && m != nil {
			p.pictures[id] = m
			for _, r := range p.shown {
				if r.id == id {
					r.draw(m)
				}
			}
		}
		p.picture()
	})
}

// inSight are the ids of the rows that exist, in their order.
func (p *picker) inSight() (ids []string) {
	there := map[string]bool{}
	for _, r := range p.shown {
		there[r.id] = true
	}
	for _, r := range p.rows {
		if r.Shareable != nil && there[r.ID] {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// pixels is how large a small picture is.
func (p *picker) pixels() (width, height int) {
	return p.w.win.Canvas().PixelCoordinateForPosition(fyne.NewPos(kit.Px(thumbWide), kit.Px(thumbHigh)))
}

// thumbnail waits, and then takes the picture of one; without an id it only waits. It runs on a goroutine of its own.
func (p *picker) thumbnail(id string, wait time.Duration, size image.Point) (*image.RGBA, error) {
	select {
	case <-p.closed.Done():
		return nil, p.closed.Err()
	case <-time.After(wait):
	}
	if id == "" {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(p.closed, thumbTakes)
	defer cancel()
	return p.w.thumbnail(ctx, id, size.X, size.Y)
}

package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/ui/kit"
	"parley/ui/model"
)

// transferStrip is what comes and goes of files, at the foot of the stage; without any it is not there.
type transferStrip struct {
	w      *Window
	root   *fyne.Container
	column *fyne.Container
	rows   map[string]*transferRow

	version uint64
	order   []string  // of the ids
	moved   time.Time // when the rows last came to other places
	now     func() time.Time
}

// The strip's numbers, in units.
const (
	transferHigh = 60
	transferGap  = 6
	transferEdge = 4 // so that the frame around what has the focus is not cut
)

func newTransferStrip(w *Window) *transferStrip {
	s := &transferStrip{w: w, column: kit.VCol(transferGap), rows: map[string]*transferRow{}, now: time.Now}
	s.root = container.NewStack(container.NewVScroll(kit.Pad(transferEdge, transferEdge, transferEdge, transferEdge, s.column)))
	s.root.Hide()
	return s
}

// height is how much of the stage it wants: some rows, and more of them scroll.
func (s *transferStrip) height() float32 {
	n := min(len(s.order), int(s.w.roomy(3, 2)))
	if n == 0 {
		return 0
	}
	return float32(n)*kit.Px(transferHigh) + float32(n-1)*kit.Px(transferGap) + 2*kit.Px(transferEdge)
}

func (s *transferStrip) apply(v *model.View) {
	if s.version == v.TransfersVersion {
		return
	}
	s.version = v.TransfersVersion
	var order []string
	for _, t := range v.Transfers {
		r := s.rows[t.ID]
		if r == nil {
			r = newTransferRow(s, t.ID)
			s.rows[t.ID] = r
		}
		r.apply(t)
		order = append(order, t.ID)
	}
	if !slices.Equal(s.order, order) {
		s.arrange(order)
	}
}

// arrange puts the rows into another order, with those that are new and without those that are gone.
func (s *transferStrip) arrange(order []string) {
	high := s.height()
	s.order, s.moved = order, s.now()
	s.column.Objects = nil
	for _, id := range order {
		s.column.Add(s.rows[id].root)
	}
	for id := range s.rows {
		if !slices.Contains(order, id) {
			delete(s.rows, id)
		}
	}
	setHidden(s.root, len(order) == 0)
	s.column.Refresh()
	if s.height() != high {
		s.w.shell.stage.body.Refresh()
	}
}

// fresh says that the rows have only just come to where they are: a press then was meant for something else.
func (s *transferStrip) fresh() bool { return s.now().Sub(s.moved) < steady }

// transferRow is one file.
type transferRow struct {
	strip  *transferStrip
	id     string
	shown  model.Transfer
	root   *kit.Panel
	row    *fyne.Container
	texts  *fyne.Container
	icon   *kit.Icon
	name   *kit.Text
	head   *fyne.Container
	fresh  *kit.Chip
	line   *kit.Text
	bar    *kit.Progress
	accept *kit.Button
	refuse *kit.Button
	folder *kit.Button
	end    *kit.IconButton
}

func newTransferRow(s *transferStrip, id string) *transferRow {
	r := &transferRow{strip: s, id: id, icon: kit.NewIcon("file", 20, theme.ColorNamePlaceHolder), name: kit.NewText("", kit.BodyBold, theme.ColorNameForeground),
		fresh: kit.NewChip(), line: kit.NewText("", kit.Caption, theme.ColorNamePlaceHolder), bar: kit.NewProgress()}
	r.fresh.Set("new-person", "New to you", kit.Fresh)
	r.accept = kit.NewButton("Accept", "", kit.PrimaryButton, func() { r.answer(call.AcceptFile{Transfer: id}) })
	r.refuse = kit.NewButton("Refuse", "", kit.PlainButton, func() { r.refused() })
	r.folder = kit.NewButton("Show in folder", "folder", kit.PlainButton, func() { s.w.reveal(r.shown.Path) })
	r.end = kit.NewIconButton("close", 32, "", r.ended)
	r.head = kit.HRow(8, r.name, r.fresh)
	r.texts = kit.VCol(2, r.head, r.line, r.bar)
	r.row = kit.HRow(12, r.icon, kit.Grow(r.texts), kit.HRow(8, r.accept, r.refuse, r.folder), r.end)
	r.root = kit.NewPanel(kit.ColorCard, 12, kit.Fixed(0, transferHigh, kit.Pad(16, 6, 10, 6, r.row)))
	r.root.SetLine(theme.ColorNameSeparator, 1)
	return r
}

func (r *transferRow) apply(t model.Transfer) {
	if r.shown == t {
		return
	}
	r.shown = t
	r.name.SetText(t.File)
	r.line.SetText(t.Line)
	fg, _ := kit.Tone(t.Tone).Colors()
	r.line.SetColor(fg)
	r.bar.Set(t.Share, t.Still)
	label := "Cancel"
	if t.Over {
		label = "Take it off the list"
	}
	r.end.SetLabel(label)
	changed := setHidden(r.fresh, !t.New)
	changed = setHidden(r.bar, !t.Bar) || changed
	changed = setHidden(r.accept, !t.Offer) || changed
	changed = setHidden(r.refuse, !t.Offer) || changed
	changed = setHidden(r.end, t.Offer) || changed
	if setHidden(r.folder, t.Path == "" || r.strip.w.c.Desktop.Reveal == nil) || changed {
		r.row.Refresh()
	}
	relayout(r.head)
	relayout(r.texts)
}

// answer hands over what is said to an offer.
func (r *transferRow) answer(c call.Command) {
	if !r.strip.fresh() {
		r.strip.w.do(c)
	}
}

// refused: what one does not want is not kept in sight.
func (r *transferRow) refused() {
	r.answer(call.RefuseFile{Transfer: r.id})
	r.answer(call.ForgetTransfer{Transfer: r.id})
}

// ended gives up a file, or takes what is over off the list.
func (r *transferRow) ended() {
	if r.strip.fresh() {
		return
	}
	if !r.shown.Over {
		r.strip.w.do(call.CancelFile{Transfer: r.id})
	}
	r.strip.w.do(call.ForgetTransfer{Transfer: r.id})
}

// reveal shows where a file is. It is never opened.
func (w *Window) reveal(path string) {
	background(w, func() (struct{}, error) { return struct{}{}, w.c.Desktop.Reveal(path) }, func(_ struct{}, err error) {
		if err != nil {
			w.say("The folder could not be shown: "+model.Inert(err.Error()), model.Warn)
		}
	})
}

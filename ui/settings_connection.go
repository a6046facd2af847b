package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/ui/kit"
	"parley/ui/model"
)

// connectionPage looks for what stands in the way of calls, step by step.
type connectionPage struct {
	s    *settings
	root *fyne.Container

	line    *kit.Paragraph
	run     *kit.Button
	copied  *kit.Button
	steps   *fyne.Container
	theirs  *fyne.Container
	other   *kit.Text
	rows    []*stepRow // of steps, then of theirs
	version uint64
	running bool
}

const connectionExplained = "Parley tries each way that a call can take: to the server, past your router, through the server's relay, and your microphone and loudspeaker. It takes some twenty seconds. Nobody hears you meanwhile, and nothing is recorded."

func newConnectionPage(s *settings) page {
	p := &connectionPage{s: s, steps: kit.VCol(0), theirs: kit.VCol(0)}
	p.line = kit.NewParagraph("", kit.Body, theme.ColorNameForeground)
	p.run = kit.NewButton("Check connection", "stats", kit.PrimaryButton, p.pressed)
	p.copied = kit.NewButton("Copy report", "copy", kit.PlainButton, p.copy)
	p.other = kit.NewText("", kit.Section, theme.ColorNameForeground)
	head := kit.VCol(12, cardNote(connectionExplained), p.line, kit.HRow(8, p.run, p.copied))
	p.theirs.Hide()
	p.root = pageOf(cardOf("", head), cardOf("", p.steps), cardOf("", p.theirs))
	for _, card := range p.root.Objects[1:] {
		card.Hide()
	}
	p.line.Hide()
	p.copied.Hide()
	return p
}

func (p *connectionPage) content() fyne.CanvasObject { return p.root }
func (p *connectionPage) leave()                     {}

func (p *connectionPage) pressed() {
	if p.running {
		p.s.w.do(call.StopExamine{})
		return
	}
	p.s.w.do(call.Examine{})
}

func (p *connectionPage) copy() {
	p.s.w.c.App.Clipboard().SetContent(model.Report(p.s.w.c.Engine.Snapshot().Examination, p.s.w.c.Version))
	p.s.w.say("The report is in the clipboard. It holds no names and no addresses.", model.Good)
}

func (p *connectionPage) apply() {
	x := p.s.w.view.Examination
	if x.Version == p.version {
		return
	}
	p.version, p.running = x.Version, x.Running
	text, kind := "Check connection", kit.PrimaryButton
	switch {
	case x.Running:
		text, kind = "Stop", kit.PlainButton
	case x.Known:
		text = "Check again"
	}
	p.run.SetText(text)
	p.run.SetKind(kind)
	p.line.SetText(x.Line)
	color := theme.ColorNameForeground
	if x.Tone != model.Plain {
		color, _ = kit.Tone(x.Tone).Colors()
	}
	p.line.SetColor(color)
	p.fill(x)
	setHidden(p.line, x.Line == "")
	setHidden(p.copied, len(x.Steps) == 0)
	setHidden(p.root.Objects[1], len(x.Steps) == 0)
	setHidden(p.root.Objects[2], len(x.Theirs) == 0)
	setHidden(p.theirs, len(x.Theirs) == 0)
	p.s.relay()
}

// fill shows as many rows as there are steps.
func (p *connectionPage) fill(x model.Examination) {
	all := append(x.Steps[:len(x.Steps):len(x.Steps)], x.Theirs...)
	for len(p.rows) < len(all) {
		p.rows = append(p.rows, newStepRow())
	}
	p.steps.Objects, p.theirs.Objects = nil, nil
	if len(x.Theirs) > 0 {
		p.other.SetText("What " + x.With + "'s computer found")
		p.theirs.Objects = []fyne.CanvasObject{p.other, kit.Gap(0, 8)}
	}
	for i, s := range all {
		p.rows[i].set(s)
		if i < len(x.Steps) {
			p.steps.Add(p.rows[i].root)
		} else {
			p.theirs.Add(p.rows[i].root)
		}
	}
}

// stepRow is one step: how it went, its name, what was found, how long that took.
type stepRow struct {
	root *fyne.Container
	icon *kit.Icon
	name *kit.Text
	text *kit.Paragraph
	took *kit.Text
	row  *fyne.Container
}

func newStepRow() *stepRow {
	r := &stepRow{icon: kit.NewIcon("minus", 18, theme.ColorNamePlaceHolder), name: kit.NewText("", kit.Body, theme.ColorNameForeground),
		text: kit.NewParagraph("", kit.Caption, theme.ColorNamePlaceHolder), took: kit.NewText("", kit.Caption, theme.ColorNamePlaceHolder)}
	r.took.Align = fyne.TextAlignTrailing
	r.row = kit.HRow(14, r.icon, kit.Grow(kit.Pad(0, 6, 0, 6, kit.VCol(0, r.name, r.text))), kit.Fixed(64, 0, r.took))
	r.root = kit.Stack(kit.Gap(0, 44), r.row)
	return r
}

func (r *stepRow) set(s model.ExaminationStep) {
	fg, _ := kit.Tone(s.Tone).Colors()
	r.icon.SetIcon(s.Icon)
	r.icon.SetColor(fg)
	r.name.SetText(s.Name)
	r.text.SetText(s.Text)
	setHidden(r.text, s.Text == "")
	r.took.SetText(s.Took)
}

// examine opens the page about the connection, and looks what is in the way.
func (w *Window) examine() {
	w.showSettings(pageConnection)
	w.do(call.Examine{})
}

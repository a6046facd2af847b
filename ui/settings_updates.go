package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// updatesPage is whether there is a newer version, and what becomes of it.
type updatesPage struct {
	s    *settings
	root *fyne.Container

	line, detail, wait *kit.Paragraph
	part               *kit.Progress
	news               *fyne.Container
	told               string // in news
	look, again        *kit.Button
}

const keepExplained = "Looks for a newer version once a day, and fetches it while nobody talks. " +
	"Whoever hands out the versions learns this computer's address, and nothing else."

// maxNews is how many lines of news are shown.
const maxNews = 12

func newUpdatesPage(s *settings) page {
	p := &updatesPage{s: s, part: kit.NewProgress(), news: kit.VCol(2), told: "-"}
	p.line = kit.NewParagraph("", kit.BodyBold, theme.ColorNameForeground)
	p.detail = kit.NewParagraph("", kit.Body, theme.ColorNamePlaceHolder)
	p.wait = cardNote("")
	p.look = kit.NewButton("Look now", "refresh", kit.PlainButton, func() { s.w.c.Updates.Check() })
	p.again = kit.NewButton("Restart now", "", kit.PrimaryButton, s.w.restart)
	row := kit.HRow(8, p.again, p.look)
	state := cardOf("", kit.VCol(10, p.line, p.detail, p.part, p.news, row, p.wait))
	keep := toggleField("Keep Parley current", keepExplained,
		s.w.c.Profile.Settings().Updates, func(on bool) {
			s.change(func(v *profile.Settings) { v.Updates = on })
			if s.w.c.Updates.Switched != nil {
				s.w.c.Updates.Switched()
			}
		})
	p.root = pageOf(state)
	if !s.w.updates().Never {
		p.root.Add(cardOf("", keep))
	}
	return p
}

func (p *updatesPage) content() fyne.CanvasObject { return p.root }
func (p *updatesPage) leave()                     {}

// apply follows what is looked for and fetched, and whether one is in a call.
func (p *updatesPage) apply() {
	u := p.s.w.updates()
	color := theme.ColorNameForeground
	if u.Tone != model.Plain {
		color, _ = kit.Tone(u.Tone).Colors()
	}
	p.line.SetColor(color)
	wait := ""
	if u.Ready && p.s.w.busy() {
		wait = "Parley can restart when you are in no call."
	}
	changed := set(p.line, u.Line)
	changed = set(p.detail, model.Inert(u.Detail)) || changed
	changed = set(p.wait, wait) || changed
	changed = setHidden(p.part, !u.Loading) || changed
	changed = setHidden(p.again, !u.Ready) || changed
	changed = setHidden(p.look, u.Never) || changed
	p.part.Set(u.Share, false)
	able(p.again, wait == "")
	able(p.look, !u.Busy)
	if changed = p.tell(u.News) || changed; changed {
		p.s.relay()
	}
}

// tell shows what is new, a line each.
func (p *updatesPage) tell(news string) bool {
	if p.told == news {
		return false
	}
	p.told = news
	p.news.Objects = nil
	if news != "" {
		p.news.Add(kit.NewText("What is new", kit.CaptionBold, theme.ColorNamePlaceHolder))
	}
	for n, line := range strings.Split(news, "\n") {
		if line = strings.TrimSpace(model.Inert(line)); line != "" && n < maxNews {
			p.news.Add(kit.NewParagraph(line, kit.Body, theme.ColorNameForeground))
		}
	}
	setHidden(p.news, news == "")
	return true
}

// set shows a text, or nothing where there is none, and tells whether that is new.
func set(p *kit.Paragraph, text string) bool {
	if p.Text() == text && p.Hidden == (text == "") {
		return false
	}
	p.SetText(text)
	setHidden(p, text == "")
	return true
}

// able says whether a button can be pressed.
func able(b *kit.Button, on bool) {
	switch {
	case on && b.Disabled():
		b.Enable()
	case !on && !b.Disabled():
		b.Disable()
	}
}

// updates is how an update stands.
func (w *Window) updates() UpdateState {
	if w.c.Updates.State == nil {
		return UpdateState{Line: "This build does not update itself.", Never: true}
	}
	return w.c.Updates.State()
}

// busy says whether there is a call, which a restart would end.
func (w *Window) busy() bool {
	return w.view.Dock.InChannel || w.view.Dock.Calling || w.view.Ring != nil
}

// restart ends the program and starts it anew, and asks first where that cuts others off.
func (w *Window) restart() {
	switch {
	case w.busy(): // since the button was drawn
	case w.guests() > 0:
		w.confirm("Restart and stop your server for a moment?",
			"Others are on the server that runs in this window. They are cut off until it is back.", "Restart", w.startAnew)
	default:
		w.startAnew()
	}
}

func (w *Window) startAnew() {
	w.keepSize()
	w.pump.stop() // as in end
	w.c.Restart()
}

// watchUpdates shows what is new with updates, and says once what is worth it.
func (w *Window) watchUpdates() {
	said := ""
	for {
		if say := w.updates().Say; say != said {
			if said = say; say != "" {
				w.say(say, model.Plain)
			}
		}
		select {
		case <-w.pump.quit:
			return
		case <-w.c.Updates.Changed:
			w.pump.wake()
		}
	}
}

package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/ui/kit"
	"parley/ui/model"
)

// showPerson opens what there is to say and to decide about somebody.
func (w *Window) showPerson(user string, near fyne.CanvasObject) {
	if card, ok := model.CardOf(w.c.Engine.Snapshot(), user); ok {
		w.showCard(card, near)
	}
}

func (w *Window) showCard(card model.Card, near fyne.CanvasObject) {
	p := &personCard{w: w, user: card.User}
	p.layer = w.layers.Popover(p.build(card), near, 340)
}

// personCard is the popover of one person.
type personCard struct {
	w     *Window
	user  string
	layer *kit.Layer
	trust *kit.Chip
}

func (p *personCard) build(c model.Card) fyne.CanvasObject {
	avatar := kit.NewAvatar(52)
	avatar.SetFace(face(c.Face))
	avatar.SetDot(dot(c.Presence), kit.ColorRaised)
	name := kit.NewText(c.Name, kit.Section, theme.ColorNameForeground)
	line := kit.NewText(c.Line, kit.Caption, theme.ColorNamePlaceHolder)
	head := []fyne.CanvasObject{avatar, kit.Grow(kit.VCol(2, name, line))}
	if c.New {
		chip := kit.NewChip()
		chip.Set("", "New to you", kit.Fresh)
		head = append(head, chip)
	}
	parts := []fyne.CanvasObject{kit.HRow(14, head...)}
	if c.Web {
		chip := kit.NewChip()
		chip.Set("globe", "Browser guest: the server could listen", kit.Warn)
		parts = append(parts, kit.HRow(0, chip, kit.Grow(kit.Gap(0, 0))))
	}
	if !c.Self {
		parts = append(parts, p.calls(c))
	}
	if c.Held {
		let := kit.NewButton("Let them in", "check", kit.PrimaryButton, func() {
			p.w.do(call.Trust{User: p.user})
			p.layer.Close()
		})
		parts = append(parts, kit.NewParagraph(c.HeldFor, kit.Caption, theme.ColorNameWarning), let)
	}
	if !c.Self {
		parts = append(parts, p.volume(c), p.mute(c))
		if known, ok := p.w.c.Profile.Person(p.user); ok {
			parts = append(parts, p.whisper(known.Whisper))
		}
	}
	if !c.Self && len(c.Key) > 0 {
		parts = append(parts, p.safety(c))
	}
	if c.CanKick {
		parts = append(parts, kit.NewButton("Remove from this server", "trash", kit.DangerButton, func() {
			p.layer.Close()
			p.w.confirm("Remove "+c.Name+"?", "They are cut off at once and need a new invite to come back.", "Remove", func() {
				p.w.do(call.KickUser{User: p.user})
			})
		}))
	}
	return kit.VCol(16, parts...)
}

// calls are the buttons that ring them, or why that can't be now, and what sends them a file.
func (p *personCard) calls(c model.Card) fyne.CanvasObject {
	start := func(video bool) func() {
		return func() {
			p.layer.Close()
			p.w.startCall(p.user, video)
		}
	}
	voice, video := kit.NewButton("Call", "phone", kit.PlainButton, start(false)), kit.NewButton("Video call", "camera", kit.PlainButton, start(true))
	all := kit.VCol(8, kit.HRow(8, kit.Grow(voice), kit.Grow(video)))
	if c.Connected {
		all.Add(kit.NewButton("Send a file", "file", kit.PlainButton, func() {
			p.layer.Close()
			p.w.sendFileTo(p.user)
		}))
	}
	if c.NoCall != "" {
		voice.Disable()
		video.Disable()
		all.Add(kit.NewParagraph(c.NoCall, kit.Caption, theme.ColorNamePlaceHolder))
	}
	return all
}

func (p *personCard) volume(c model.Card) fyne.CanvasObject {
	value := kit.NewText(strconv.Itoa(c.Volume)+" %", kit.Body, theme.ColorNamePlaceHolder)
	value.Align = fyne.TextAlignTrailing
	slider := kit.NewSlider(0, 200, 5, float64(c.Volume), func(v float64) {
		value.SetText(strconv.Itoa(int(v)) + " %")
		p.w.do(call.SetVolume{User: p.user, Volume: float32(v) / 100})
	})
	slider.SetMark(100)
	label := kit.NewText("Volume for you", kit.Body, theme.ColorNameForeground)
	return kit.VCol(4, kit.HRow(8, kit.Grow(label), kit.Fixed(56, 0, value)), slider)
}

func (p *personCard) mute(c model.Card) fyne.CanvasObject {
	toggle := kit.NewToggle(c.LocalMuted, func(on bool) { p.w.do(call.SetLocalMute{User: p.user, On: on}) })
	return kit.HRow(8, kit.Grow(kit.NewText("Mute for you only", kit.Body, theme.ColorNameForeground)), toggle)
}

// whisper has the key for whispers be for them. It is kept with what is known of them, so that nobody unknown has it.
func (p *personCard) whisper(on bool) fyne.CanvasObject {
	var toggle *kit.Toggle
	toggle = kit.NewToggle(on, func(on bool) {
		background(p.w, func() (struct{}, error) { return struct{}{}, p.w.c.Profile.SetWhisper(p.user, on) }, func(_ struct{}, err error) {
			if err != nil {
				now, _ := p.w.c.Profile.Person(p.user)
				toggle.SetOn(now.Whisper) // what the disk has not taken holds for this run all the same
				p.w.say("It could not be saved: "+sentence(err), model.Bad)
			}
		})
	})
	return kit.HRow(8, kit.Grow(kit.NewText("Hears my whisper", kit.Body, theme.ColorNameForeground)), toggle)
}

// safety is the number that two people compare to know that nobody stands between them.
func (p *personCard) safety(c model.Card) fyne.CanvasObject {
	p.trust = kit.NewChip()
	why := kit.NewParagraph("", kit.Caption, theme.ColorNamePlaceHolder)
	digits := kit.VCol(0)
	box := kit.NewPanel(theme.ColorNameInputBackground, 12, kit.Pad(12, 12, 12, 12, digits))
	box.SetLine(theme.ColorNameSeparator, 1)
	number := ""
	verified := c.Verified
	var flip func()
	compare := kit.NewButton("", "check", kit.PrimaryButton, func() { flip() })
	copied := kit.NewButton("Copy", "", kit.PlainButton, func() { p.w.c.App.Clipboard().SetContent(number) })
	copied.Disable()
	show := func(verified bool) {
		why.SetText(c.Safety(verified))
		if verified {
			p.trust.Set("lock-verified", "Verified", kit.Good)
			compare.SetText("Take that back")
			compare.SetKind(kit.PlainButton)
		} else {
			p.trust.Set("", "Not verified", kit.Warn)
			compare.SetText("I compared it")
			compare.SetKind(kit.PrimaryButton)
		}
	}
	show(verified)
	flip = func() {
		want := !verified
		p.w.ask(call.Verify{User: p.user, On: want}, func(_ call.Reply, err error) {
			if err != nil {
				p.w.say(sentence(err), model.Bad)
				return
			}
			verified = want
			show(verified)
			p.layer.Relayout() // the sentence may be shorter
		})
	}
	background(p.w, func() (string, error) { return p.w.c.Safety(c.Key), nil }, func(n string, _ error) {
		number = n
		for _, row := range rowsOf(n) {
			t := kit.NewText(row, kit.Mono, theme.ColorNameForeground)
			t.Align = fyne.TextAlignCenter
			digits.Add(t)
		}
		copied.Enable()
		box.Refresh()
	})
	title := kit.HRow(8, kit.Grow(kit.NewText("Safety number", kit.BodyBold, theme.ColorNameForeground)), p.trust)
	return kit.VCol(8, title, why, kit.Fixed(0, 102, box), kit.HRow(8, kit.Grow(compare), copied))
}

// rowsOf writes sixty digits as three rows of four groups.
func rowsOf(number string) []string {
	groups := strings.Fields(number)
	var rows []string
	for len(groups) > 0 {
		n := min(4, len(groups))
		rows = append(rows, strings.Join(groups[:n], " "))
		groups = groups[n:]
	}
	return rows
}

// sentence is what an error says to a person: the engine's are sentences already.
func sentence(err error) string {
	return model.Inert(err.Error())
}

package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/profile"
	"parley/ui/kit"
)

// keysPage is the keys that a person chooses: what the key to talk does, and what else works by a key everywhere. It lists all others.
type keysPage struct {
	s    *settings
	root *fyne.Container

	state *kit.Banner
	said  string // by it
	left  chan struct{}

	unused *kit.Paragraph // said where the key to talk does nothing
	double fyne.CanvasObject
	table  *fyne.Container
}

func newKeysPage(s *settings) page {
	p := &keysPage{s: s, table: kit.VCol(0), left: make(chan struct{})}
	p.state = kit.NewBanner()
	p.root = pageOf(p.state, p.talk(), p.others(), cardOf("All keys", kit.Gap(0, 4), p.table))
	p.show()
	if s.w.c.Keys.Changed != nil {
		go p.watch()
	}
	return p
}

func (p *keysPage) content() fyne.CanvasObject { return p.root }

func (p *keysPage) leave() {
	close(p.left)
	if f := p.s.w.c.Keys.Choosing; f != nil {
		f(false)
	}
}

// watch has the pump take a turn when it is otherwise with the keys.
func (p *keysPage) watch() {
	for {
		select {
		case <-p.left:
			return
		case <-p.s.w.c.Keys.Changed:
			p.s.w.pump.wake()
		}
	}
}

// apply looks whether the keys still work.
func (p *keysPage) apply() {
	icon, tone, text := "keyboard", kit.Plain, "Works while this window has the keyboard"
	if f := p.s.w.c.Keys.State; f != nil {
		icon, tone, text = stateOf(f())
	}
	if p.said != text {
		p.said = text
		p.state.Set(icon, text, tone, "", nil)
		p.s.relay()
	}
}

// stateOf is how it is said whether keys work everywhere.
func stateOf(text string, ok bool) (icon string, tone kit.Tone, words string) {
	switch {
	case text == "":
		return "keyboard", kit.Plain, "No key is in use. Choose one: it works in other windows too, where the system allows that."
	case ok:
		return "check", kit.Good, text
	}
	return "warning", kit.Warn, text
}

// change keeps a change of the keys, and makes it.
func (p *keysPage) change(edit func(*profile.Settings)) {
	p.s.change(edit)
	p.changed()
}

func (p *keysPage) changed() {
	p.s.w.rebind()
	p.show()
	p.apply()
	p.s.relay()
}

// show shows what belongs to what was chosen.
func (p *keysPage) show() {
	now := p.s.w.c.Profile.Settings()
	setHidden(p.unused, now.Mode == profile.PushToTalk)
	setHidden(p.double, now.Keys.Does == profile.TalkByPress) // a press locks it by itself
	p.table.Objects = []fyne.CanvasObject{p.s.w.keyTable()}
}

// rebind has the keys taken from the settings.
func (w *Window) rebind() {
	if w.c.Keys.Rebind != nil {
		w.c.Keys.Rebind()
	}
}

// keyUses are what the key to talk does, in the order in which it is offered.
func keyUses() []profile.KeyUse {
	return []profile.KeyUse{profile.TalkWhileHeld, profile.TalkByPress, profile.MuteWhileHeld}
}

const talkUnused = "Not in use now: the microphone opens without a key. That is chosen under Voice."

// talk is the key to talk.
func (p *keysPage) talk() fyne.CanvasObject {
	now := p.s.w.c.Profile.Settings()
	at := 0
	for i, u := range keyUses() {
		if u == now.Keys.Does {
			at = i
		}
	}
	does := kit.NewSegmented([]string{"Hold to talk", "Press to talk", "Hold to be silent"}, at, func(i int) {
		p.change(func(s *profile.Settings) { s.Keys.Does = keyUses()[i] })
		p.s.w.do(call.Tune{Voice: p.s.w.voice()})
	})
	p.unused = kit.NewParagraph(talkUnused, kit.Caption, theme.ColorNamePlaceHolder)
	delay, slider := numbered(0, 1000, 50, now.Keys.DelayMS, 64, seconds, func(ms int) {
		p.s.soon("release", func(s *profile.Settings) { s.Keys.DelayMS = ms }, p.s.w.rebind)
	})
	slider.SetMark(float64(profile.DefaultSettings().Keys.DelayMS))
	p.double = toggleField("Press twice to lock", "The key stays held until it is pressed once more", now.Keys.DoubleTap, func(on bool) {
		p.change(func(s *profile.Settings) { s.Keys.DoubleTap = on })
	})
	return cardOf("Push to talk", p.unused, kit.Gap(0, 8), does, kit.Gap(0, 4),
		p.chord(chords()[0]), newField("Release delay", "After you let go of the key", delay).root, p.double)
}

// others are the other keys that work everywhere.
func (p *keysPage) others() fyne.CanvasObject {
	var rows []fyne.CanvasObject
	for _, c := range chords()[1:] {
		rows = append(rows, p.chord(c))
	}
	return cardOf("More keys", rows...)
}

// chordUse is a chord of the settings.
type chordUse struct {
	label, sub string
	clashes    string // what it is called where another wants its key
	needed     bool   // there is no going without
	of         func(*profile.Settings) *string
}

// chords are those of the settings, the one to talk first: that one is always there.
func chords() []chordUse {
	return []chordUse{
		{"Talk key", "With Ctrl, Alt or Shift if you like, or a button of the mouse", "the talk key", true, func(s *profile.Settings) *string { return &s.PTTKey }},
		{"Mute", "Your microphone, off and on", "Mute", false, func(s *profile.Settings) *string { return &s.Keys.Mute }},
		{"Deafen", "Your microphone and all that you hear", "Deafen", false, func(s *profile.Settings) *string { return &s.Keys.Deafen }},
		{"Priority", "Held, you talk and others are turned down", "Priority", false, func(s *profile.Settings) *string { return &s.Keys.Priority }},
		{"Whisper", "Held, only those hear you whom you chose on their cards", "Whisper", false, func(s *profile.Settings) *string { return &s.Keys.Whisper }},
	}
}

// chosenKeys are the keys of the settings that do something, in words, for the list of all keys.
func (w *Window) chosenKeys() (rows [][2]string) {
	now := w.c.Profile.Settings()
	does := []string{talkWords(now.Keys.Does), "Mute or unmute, everywhere", "Deafen or undeafen, everywhere", "Hold to talk with priority", "Hold to whisper"}
	for i, c := range chords() {
		if chord := *c.of(&now); chord != "" && (!c.needed || now.Mode == profile.PushToTalk) {
			rows = append(rows, [2]string{strings.ReplaceAll(kit.ChordName(chord), " + ", "+"), does[i]})
		}
	}
	return rows
}

// chord is the row of one, with a cross that takes it away.
func (p *keysPage) chord(use chordUse) fyne.CanvasObject {
	now := p.s.w.c.Profile.Settings()
	var keys *kit.KeyField
	var none *kit.IconButton
	set := func(chord string) {
		setHidden(none, chord == "" || use.needed)
		p.change(func(s *profile.Settings) { *use.of(s) = chord })
	}
	none = kit.NewIconButton("close", 32, "No key", func() {
		if c := p.s.w.win.Canvas(); c.Focused() == fyne.Focusable(none) {
			c.Focus(keys) // the cross goes
		}
		keys.SetKey("")
		set("")
	})
	keys = kit.NewKeyField(*use.of(&now), set)
	setHidden(none, keys.Key() == "" || use.needed)
	keys.OnResized, keys.OnWaiting = p.s.relay, p.s.w.c.Keys.Choosing
	keys.Refuse = func(chord string) string { return p.s.w.clash(use, chord) }
	return newField(use.label, use.sub, kit.HRow(4, none, keys)).root
}

// clash is what a chord means already; empty: nothing.
func (w *Window) clash(use chordUse, chord string) string {
	now := w.c.Profile.Settings()
	for _, other := range chords() {
		if other.label != use.label && *other.of(&now) == chord {
			return kit.ChordName(chord) + " is already " + other.clashes
		}
	}
	for _, b := range bindings() {
		if b.chord() == chord {
			return kit.ChordName(chord) + " is used by the window"
		}
	}
	return ""
}

// chord is a key of the window as the settings would have it.
func (b binding) chord() string {
	var held []string
	for _, m := range []struct {
		modifier fyne.KeyModifier
		key      string
	}{
		{fyne.KeyModifierControl, "ControlLeft"}, {fyne.KeyModifierAlt, "AltLeft"}, {fyne.KeyModifierShift, "ShiftLeft"}, {fyne.KeyModifierSuper, "MetaLeft"},
	} {
		if b.modifier&m.modifier != 0 {
			held = append(held, m.key)
		}
	}
	return kit.Chord(held, kit.KeyCode(&fyne.KeyEvent{Name: b.key}))
}

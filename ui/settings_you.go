package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// youPage is one's name, and the key that is one's account.
type youPage struct {
	s      *settings
	root   *fyne.Container
	avatar *kit.Avatar
	seen   *kit.Paragraph // what others see of what was typed
	id     *kit.Text
}

func newYouPage(s *settings) page {
	p := &youPage{s: s}
	p.root = pageOf(p.name(), p.key())
	return p
}

func (p *youPage) content() fyne.CanvasObject { return p.root }
func (p *youPage) leave()                     {}

// apply follows the user id, which is known once the engine runs.
func (p *youPage) apply() {
	user := p.s.w.c.Engine.Snapshot().Self.User
	p.id.SetText(shortID(user))
}

// shortID is enough of a user id to recognise it, in groups of four.
func shortID(user string) string {
	user = user[:min(len(user), 16)]
	var groups []string
	for len(user) > 4 {
		groups, user = append(groups, user[:4]), user[4:]
	}
	return strings.Join(append(groups, user), " ")
}

func (p *youPage) name() fyne.CanvasObject {
	now := p.s.w.c.Profile.Settings()
	p.avatar = kit.NewAvatar(52)
	p.seen = kit.NewParagraph("", kit.Caption, theme.ColorNamePlaceHolder)
	entry := kit.NewEntry("Your name")
	entry.MaxRunes = 4 * profile.MaxName
	entry.SetText(now.Name)
	entry.OnChanged = p.typed
	p.show(now.Name)
	return cardOf("Your name", kit.Gap(0, 4), kit.HRow(16, p.avatar, kit.Grow(kit.VCol(6, entry, p.seen))))
}

// typed shows at once what others will see. When the typing rests it is kept, and the pump tells the server.
func (p *youPage) typed(text string) {
	name := profile.CleanName(text)
	p.show(text)
	p.s.relay()
	if name == "" {
		return
	}
	p.s.soon("name", func(s *profile.Settings) { s.Name = name }, nil)
}

func (p *youPage) show(text string) {
	name := profile.CleanName(text)
	p.avatar.SetFace(face(model.FaceOf(p.s.w.c.Key, name, p.s.w.c.Engine.Snapshot().Self.User)))
	switch {
	case name == "":
		p.seen.SetText("You need a name. Until there is one you keep the one before.")
		p.seen.SetColor(theme.ColorNameWarning)
	case name != strings.TrimSpace(text):
		p.seen.SetText("Others see: " + name)
		p.seen.SetColor(theme.ColorNamePlaceHolder)
	default:
		p.seen.SetText("Others see this name and the colour of your key.")
		p.seen.SetColor(theme.ColorNamePlaceHolder)
	}
}

func (p *youPage) key() fyne.CanvasObject {
	p.id = kit.NewText("", kit.Mono, theme.ColorNameForeground)
	id := newField("Your id", "The first part of it: it is made of your key", p.id)
	why := paragraph("Your account is a key on this computer. There is no password, and nobody can give you another: keep a copy of it in a safe place, and take it along to your other computers.")
	export := newField("Export your key", "As text, locked with a passphrase", kit.NewButton("Export…", "key", kit.PlainButton, func() { exportKey(p.s.w, p.s.files) }))
	load := newField("Import a key", "To be here who you are elsewhere. The key that is here now is kept aside.", kit.NewButton("Import…", "folder", kit.PlainButton, func() { importKey(p.s.w, p.s.files) }))
	return cardOf("Your key", why, kit.Gap(0, 8), id.root, export.root, load.root)
}

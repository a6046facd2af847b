package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"parley/assets"
)

func TestIconGolden(t *testing.T) {
	test.NewTempApp(t)
	golden(t, "icons", allIcons(), 12*44, 6*44)
	goldenAt(t, "icons-hidpi", HRow(8, NewIcon("mic-off", 18, ColorMuted), NewIcon("settings", 20, ""), NewIcon("lock-verified", 14, theme.ColorNameSuccess)), 80, 24, 1, 2)
	goldenAt(t, "icons-large", HRow(8, NewIcon("mic-off", 18, ColorMuted), NewIcon("settings", 20, ""), NewIcon("lock-verified", 14, theme.ColorNameSuccess)), 120, 32, 1.5, 1)
	golden(t, "logo", HRow(16, Logo(60), Logo(32), Logo(16)), 180, 76)
}

func allIcons() fyne.CanvasObject {
	rows := VCol(0)
	row := HRow(0)
	for n, name := range assets.Icons() {
		if n%12 == 0 {
			row = HRow(0)
			rows.Add(row)
		}
		row.Add(Fixed(44, 44, NewIcon(name, 22, "")))
	}
	return rows
}

func TestTextGolden(t *testing.T) {
	test.NewTempApp(t)
	var lines []fyne.CanvasObject
	for st := Body; st <= Mono; st++ {
		lines = append(lines, NewText("40718 Harbour Crew and who listens there", st, ""))
	}
	trailing, centred := NewText("at the right", Caption, theme.ColorNamePlaceHolder), NewText("in the middle", BodyBold, ColorVoice)
	trailing.Align, centred.Align = fyne.TextAlignTrailing, fyne.TextAlignCenter
	golden(t, "text", Pad(8, 8, 8, 8, VCol(4, append(lines, trailing, centred)...)), 300, 320)

	long := NewParagraph("Until you accept, nothing leaves this computer: no sound, no picture, no address.\nAccepting leaves Front porch.\n\nDonaudampfschifffahrtsgesellschaftskapitänsmütze", Caption, theme.ColorNamePlaceHolder)
	long.Align = fyne.TextAlignCenter
	golden(t, "paragraph", Pad(8, 8, 8, 8, VCol(8, NewParagraph("One line.", Header, ""), long, NewParagraph("40718 22953 61804 97316 05582 73149", Mono, ""))), 240, 260)
}

func faces() []Face {
	return []Face{{"ML", 278, 0}, {"TO", 342, 1}, {"J", 214, 0}, {"IV", 358, 0}, {"SR", 118, 1}}
}

func TestAvatarGolden(t *testing.T) {
	test.NewTempApp(t)
	var rows []fyne.CanvasObject
	for n, d := range []float32{24, 30, 38, 52, 92, 112} {
		line := HRow(44)
		for step := range uint8(maxStep + 1) {
			a := NewAvatar(d)
			a.SetFace(faces()[(n+int(step))%5])
			a.SetDot(Dot(step), theme.ColorNameBackground)
			a.SetStep(step)
			line.Add(a)
		}
		rows = append(rows, line)
	}
	golden(t, "avatar", Pad(24, 24, 24, 24, VCol(28, rows...)), 800, 560)

	dim, ringing := NewAvatar(52), NewAvatar(112)
	for _, a := range []*Avatar{dim, ringing} {
		a.SetFace(faces()[0])
		a.SetDot(NoDot, ColorRaised)
	}
	dim.SetDim(true)
	ringing.SetRinging(true)
	ringing.SetStep(3)
	golden(t, "avatar-ringing", NewPanel(ColorRaised, 16, Pad(40, 40, 40, 40, HRow(60, ringing, dim))), 320, 192)
}

func TestTileGolden(t *testing.T) {
	test.NewTempApp(t)
	avatar, bars := NewAvatar(92), NewBars()
	avatar.SetFace(faces()[0])
	avatar.SetStep(3)
	bars.Set(4, true, theme.ColorNamePlaceHolder)
	name, line := NewText("Mara Lind", Header, ""), NewText("Speaking", CaptionBold, ColorVoice)
	tile := NewPanel(ColorCard, 16, Stack(
		Pad(12, 12, 14, 14, VCol(0, HRow(0, NewIcon("lock-verified", 18, theme.ColorNameSuccess), Grow(Gap(0, 0)), bars))),
		Center(0, VCol(4, Center(0, avatar), Gap(0, 16), Center(0, name), Center(0, line))),
	))
	tile.SetLine(theme.ColorNameSeparator, 1)
	golden(t, "tile", Pad(24, 24, 24, 24, tile), 272, 296)
}

func TestBarsGolden(t *testing.T) {
	test.NewTempApp(t)
	row := HRow(12)
	for level := range uint8(5) {
		b := NewBars()
		b.Set(level, true, theme.ColorNamePlaceHolder)
		row.Add(b)
	}
	dock := NewBars()
	dock.Set(4, true, theme.ColorNameSuccess)
	row.Add(dock)
	row.Add(NewBars())
	golden(t, "bars", Pad(12, 8, 12, 8, row), 232, 30)
}

func TestChipGolden(t *testing.T) {
	test.NewTempApp(t)
	col := VCol(6)
	for n, c := range []struct{ icon, text string }{
		{"headphones-off", "Deafened"}, {"lock-verified", "Encrypted, 2 of 4 verified"}, {"", "Not verified"}, {"warning", "Ended"},
		{"new-person", "New to you"}, {"mic-off", "You, muted"}, {"mic", "Live"},
	} {
		chip := NewChip()
		chip.Set(c.icon, c.text, Tone(n))
		col.Add(HRow(0, chip))
	}
	cut := NewChip()
	cut.Set("new-person", "A name of somebody that goes on and on", Fresh)
	col.Add(Fixed(120, 22, cut))
	golden(t, "chip", NewPanel(ColorCard, 0, Pad(12, 12, 12, 12, col)), 240, 250)
}

func TestBannerGolden(t *testing.T) {
	test.NewTempApp(t)
	muted, lost, plugged, plain := NewBanner(), NewBanner(), NewBanner(), NewBanner()
	muted.Set("mic-off", "You are muted, but talking. Nobody hears you.", Warn, "Unmute", nil)
	lost.Set("warning", "Server connection lost. Your call goes on. Trying again in 4 s, and then every minute until it answers again.", Warn, "Try now", nil)
	plugged.Set("check", "USB headset plugged in. It is used now.", Good, "", nil)
	plain.Set("", "Kofi could not be removed.", Plain, "", nil)
	golden(t, "banner", Pad(16, 16, 16, 16, VCol(12, muted, lost, plugged, plain)), 560, 270)
}

func TestCardGolden(t *testing.T) {
	test.NewTempApp(t)
	card := NewCard(VCol(12, NewText("Microphone", Section, ""), Line(false), HRow(12, Grow(NewText("Device", Body, "")), Fixed(1, 20, Line(true)), NewText("USB headset", Body, theme.ColorNamePlaceHolder))))
	golden(t, "card", Pad(16, 16, 16, 16, card), 360, 160)
}

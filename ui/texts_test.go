package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"parley/profile"
	"parley/ui/model"
)

// written is harbour with some texts.
func written() *model.View {
	v := harbour()
	row := func(seq uint64, name, at, text, missed string) model.TextRow {
		r := model.TextRow{Seq: seq, User: name, Text: text, Missed: missed}
		if at != "" {
			r.Name, r.Face, r.At = name, sampleFace(name), at
		}
		return r
	}
	v.Texts = model.Texts{Version: 1, Open: true, Unread: 3, Readers: "Goes to Ines Vidal, Juniper and 2 others, encrypted. Nobody keeps it.", Rows: []model.TextRow{
		row(1, "Mara Lind", "20:41", "The ferry leaves at 7:10 from the east pier, not from the old one.", ""),
		row(2, "Mara Lind", "", "Bring the charts.", ""),
		row(3, "Sam Reyes", "20:42", "Got it.\nWho has the key to the boat house?", "Kofi did not get this."),
		row(4, "Teo Okafor", "20:44", "https://example.com/a/very/long/link/that/does/not/fit/into/one/line/and/is/broken/where/it/must/be?and=more", ""),
		row(5, "Ines Vidal", "20:44", "Me.", ""),
	}}
	return v
}

func TestTextsLook(t *testing.T) {
	called := voiceCall()
	called.Texts = written().Texts
	empty := harbour()
	empty.Texts = model.Texts{Version: 1, Open: true, Readers: "Nobody is here to read it."}
	for _, c := range []struct {
		name   string
		view   *model.View
		size   fyne.Size
		closed bool
	}{
		{"texts", written(), fyne.NewSize(1280, 800), false},
		{"texts-closed", written(), fyne.NewSize(1280, 800), true},
		{"texts-empty", empty, fyne.NewSize(1280, 800), false},
		{"texts-compact", written(), fyne.NewSize(900, 600), false},
		{"texts-small", written(), fyne.NewSize(800, 500), false},
		{"texts-call", called, fyne.NewSize(1280, 800), false},
	} {
		both(t, func(t *testing.T, theme profile.Theme) {
			w := testWindow(t, func(s *profile.Settings) { s.Theme = theme })
			w.resizeForTest(c.size.Width, c.size.Height)
			w.apply(c.view)
			if !c.closed {
				w.toggleTexts()
			}
			w.apply(c.view)
			golden(t, w, c.name+"-"+string(theme))
		})
	}
}

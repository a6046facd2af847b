package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

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

// Ctrl+T opens the texts with the cursor in their field, and closes them; what is in sight is read.
func TestTextsOpen(t *testing.T) {
	w := testWindow(t, nil)
	w.resizeForTest(1280, 800)
	w.apply(harbour())
	press(w, fyne.KeyT)
	p := w.shell.texts
	if p.open() || len(w.pump.lines) != 1 {
		t.Error("there are texts without a place to write in, or nobody was told")
	}
	w.apply(written())
	if w.pump.read.Load() != 0 {
		t.Error("what nobody sees is read")
	}
	press(w, fyne.KeyT)
	if !p.open() || !w.shell.slots[slotTexts].Visible() || w.shell.slots[slotPeople].Visible() || w.win.Canvas().Focused() != fyne.Focusable(p.entry) {
		t.Fatal("the texts did not open, or not with the cursor in their field")
	}
	w.apply(written())
	if got := w.pump.read.Load(); got != 5 {
		t.Errorf("read up to %d", got)
	}
	w.apply(quiet(model.StageMessage, model.Note{}))
	if w.shell.slots[slotTexts].Visible() || w.win.Canvas().Focused() != nil {
		t.Error("the texts have outlived the channel")
	}
	w.apply(written())
	if !w.shell.slots[slotTexts].Visible() {
		t.Error("the texts are not there in the next channel")
	}
	w.showSettings("")
	if w.shell.slots[slotTexts].Visible() {
		t.Error("texts beside the settings")
	}
	w.closeSettings()
	press(w, fyne.KeyT)
	if w.shell.slots[slotTexts].Visible() || !w.shell.slots[slotPeople].Visible() {
		t.Error("the texts did not close")
	}
}

// What can't be sent is there to be typed on, and the person is told.
func TestTextIsNotLost(t *testing.T) {
	w := testWindow(t, nil)
	w.resizeForTest(1280, 800)
	w.apply(written())
	w.toggleTexts()
	p := w.shell.texts
	p.entry.SetText("hello")
	typed(w, fyne.KeyReturn)
	for deadline := time.Now().Add(5 * time.Second); p.entry.Text == "" && time.Now().Before(deadline); {
		w.pump.settle()
	}
	if p.entry.Text != "hello" || len(w.pump.lines) == 0 {
		t.Errorf("%q stands in the field, %d lines", p.entry.Text, len(w.pump.lines))
	}
}

// A text is copied by its menu and by Enter, as it is.
func TestTextIsCopied(t *testing.T) {
	w := testWindow(t, nil)
	w.resizeForTest(1280, 800)
	w.apply(written())
	w.toggleTexts()
	w.apply(written())
	list := w.shell.texts.list
	w.win.Canvas().Focus(list)
	list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if got := w.c.App.Clipboard().Content(); got != "Me." {
		t.Errorf("%q was copied", got)
	}
	list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	list.TypedKey(&fyne.KeyEvent{Name: desktop.KeyMenu})
	typed(w, fyne.KeyReturn)
	if got := w.c.App.Clipboard().Content(); got != written().Texts.Rows[3].Text {
		t.Errorf("%q was copied", got)
	}
}

// Hundreds of long texts are laid out in no more than their room, in a moment.
func TestHostileTexts(t *testing.T) {
	w := testWindow(t, nil)
	w.resizeForTest(900, 600)
	v := written()
	v.Texts.Rows = nil
	for i := range 200 {
		name := hostileNames[i%len(hostileNames)]
		v.Texts.Rows = append(v.Texts.Rows, model.TextRow{Seq: uint64(i), User: name, Name: name, At: "20:00", Text: strings.Repeat(name, 3), Missed: name})
	}
	w.apply(v)
	w.toggleTexts()
	w.win.Canvas().Capture()
	list := w.shell.texts.list
	for range 20 {
		list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageUp})
	}
	w.win.Canvas().Capture()
	if n := len(w.shell.texts.heights); n > 400 {
		t.Errorf("%d heights are kept", n)
	}
}

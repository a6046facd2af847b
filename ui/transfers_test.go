package ui

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/call"
	"parley/profile"
	"parley/ui/model"
)

// sending is harbour with one file of each kind.
func sending() *model.View {
	v := harbour()
	v.TransfersVersion = 1
	v.Transfers = []model.Transfer{
		{ID: "1", File: "harbour-at-night.jpg", Line: "2.4 MB, from Ines Vidal", Offer: true, New: true},
		{ID: "2", File: "A recording with a rather long name, of the whole evening and the morning after.flac", Line: "31 of 148 MB to Teo Okafor, 5.2 MB/s, 23 s left", Bar: true, Share: 0.21},
		{ID: "3", File: "charts.zip", Line: "4.0 of 12 MB from Mara Lind, waiting for the connection to Mara Lind", Bar: true, Share: 0.33, Still: true},
	}
	return v
}

// sent is harbour with files that are over.
func sent() *model.View {
	v := harbour()
	v.TransfersVersion = 1
	v.Transfers = []model.Transfer{
		{ID: "4", File: "charts.zip", Line: "From Mara Lind, 12 MB", Tone: model.Good, Over: true, Path: "/home/sam/Downloads/charts.zip"},
		{ID: "5", File: "plan.pdf", Line: "The file has changed while it was sent, so it was not sent to its end.", Tone: model.Warn, Over: true},
		{ID: "6", File: "tide.csv", Line: "Teo Okafor refused it.", Tone: model.Warn, Over: true},
		{ID: "7", File: "old.txt", Line: "Sent to Kofi, 8.1 kB", Tone: model.Good, Over: true},
	}
	return v
}

// revealed has a window show where files are, and do nothing.
func revealed(string) error { return nil }

func TestTransfersLook(t *testing.T) {
	called := voiceCall()
	called.Transfers, called.TransfersVersion = sending().Transfers[:1], 1
	for _, c := range []struct {
		name string
		view *model.View
		size fyne.Size
	}{
		{"files", sending(), fyne.NewSize(1280, 800)},
		{"files-over", sent(), fyne.NewSize(1280, 800)},
		{"files-compact", sending(), fyne.NewSize(900, 600)},
		{"files-call", called, fyne.NewSize(900, 600)},
	} {
		both(t, func(t *testing.T, theme profile.Theme) {
			w := testWindow(t, func(s *profile.Settings) { s.Theme = theme })
			w.c.Desktop.Reveal = revealed
			w.resizeForTest(c.size.Width, c.size.Height)
			w.apply(c.view)
			golden(t, w, c.name+"-"+string(theme))
		})
	}
}

// What has just come under the mouse is not pressed by chance, and a press hands the command over.
func TestTransferIsAnswered(t *testing.T) {
	w := testWindow(t, nil)
	w.resizeForTest(1280, 800)
	w.apply(sending())
	strip := w.shell.stage.files
	r := strip.rows["1"]
	refused := func() int {
		n := 0
		for _, notice := range w.c.Engine.Snapshot().Notices {
			if notice.Kind == call.NoticeError {
				n++
			}
		}
		return n
	}
	test.Tap(r.accept)
	strip.now = func() time.Time { return time.Now().Add(steady) }
	test.Tap(r.accept)
	until(t, w, "the engine's word that there is no such file", func(*call.Snapshot) bool { return refused() == 1 })
	if r.end.Visible() || r.folder.Visible() || !r.fresh.Visible() {
		t.Error("an offer has what it should not have")
	}
	if other := strip.rows["2"]; other.accept.Visible() || other.refuse.Visible() || !other.end.Visible() || !other.bar.Visible() {
		t.Error("what is under way can be answered")
	}
}

// Where a file is can be shown; the way there is handed over as it is.
func TestTransferIsRevealed(t *testing.T) {
	w := testWindow(t, nil)
	w.resizeForTest(1280, 800)
	shown := make(chan string, 1)
	w.c.Desktop.Reveal = func(path string) error { shown <- path; return errors.New("there is no such folder") }
	w.apply(sent())
	test.Tap(w.shell.stage.files.rows["4"].folder)
	if got := <-shown; got != sent().Transfers[0].Path {
		t.Errorf("%q", got)
	}
	w.pump.settle()
	if len(w.pump.lines) != 1 {
		t.Error("nobody was told that it could not be shown")
	}
}

// Rows come and go, in their order, and the stage gives them room.
func TestTransfersComeAndGo(t *testing.T) {
	w := testWindow(t, nil)
	w.resizeForTest(1280, 800)
	w.apply(harbour())
	strip := w.shell.stage.files
	if strip.root.Visible() || strip.height() != 0 {
		t.Fatal("there is a strip without files")
	}
	v := sending()
	w.apply(v)
	if high := strip.root.Size().Height; !strip.root.Visible() || high != strip.height() {
		t.Errorf("it is %v high, and wants %v", high, strip.height())
	}
	grid := w.shell.stage.grid
	if low := grid.Position().Y + grid.Size().Height; low > strip.root.Position().Y {
		t.Errorf("people end at %v, under the files that begin at %v", low, strip.root.Position().Y)
	}
	kept := strip.rows["2"]
	v = sending()
	v.TransfersVersion, v.Transfers = 2, v.Transfers[1:2]
	w.apply(v)
	if len(strip.rows) != 1 || strip.rows["2"] != kept || len(strip.column.Objects) != 1 {
		t.Errorf("%d rows", len(strip.rows))
	}
	v = harbour()
	v.TransfersVersion = 3
	w.apply(v)
	if strip.root.Visible() || len(strip.rows) != 0 {
		t.Error("the strip has stayed")
	}
	for i := range 50 { // as a bad neighbour would
		v.Transfers = append(v.Transfers, model.Transfer{ID: fmt.Sprint(i), File: hostileNames[0], Line: hostileNames[1], Bar: true, Share: 7})
	}
	v.TransfersVersion = 4
	w.apply(v)
	w.win.Canvas().Capture()
}

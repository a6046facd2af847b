package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

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

var _ = test.Tap
var _ = time.Second

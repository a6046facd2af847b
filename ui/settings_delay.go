package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"parley/call"
	"parley/ui/kit"
	"parley/ui/model"
)

// delayCard shows stage by stage how long a word takes to an ear at the far end.
type delayCard struct {
	root fyne.CanvasObject
	note *kit.Paragraph
	figures
	read time.Time
}

const (
	delayIdle = "From your mouth to another one's ear, stage by stage. It is measured while you are in a channel or a call with somebody."
	delayRuns = "To the ear of whoever is farthest away, whose computer is taken to be as fast as this one."
)

func newDelayCard() *delayCard {
	d := &delayCard{note: cardNote(delayIdle), figures: figures{rows: kit.VCol(8)}}
	d.rows.Hide()
	d.root = cardOf("Delay", d.note, kit.Gap(0, 8), d.rows)
	return d
}

// apply tells whether there are other lines than before. The figures change once a second: faster, nobody could read them.
func (d *delayCard) apply(snapshot *call.Snapshot, stats call.Stats, now time.Time) bool {
	if snapshot.Place.Phase == call.Idle {
		stats.Peers = nil // the figures of a check would be without a network
	}
	if len(stats.Peers) > 0 && !d.read.IsZero() && now.Sub(d.read) < time.Second {
		return false
	}
	d.read = now
	all := model.Delays(stats)
	note := delayRuns
	if all == nil {
		note, d.read = delayIdle, time.Time{}
	}
	d.note.SetText(note)
	changed := d.fill(all)
	return setHidden(d.rows, all == nil) || changed
}

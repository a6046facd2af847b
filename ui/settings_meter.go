package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/profile"
	"parley/ui/kit"
)

// levelMeter shows what the microphone hears: in a channel, in a check, and where the person asks for it by a click. Nothing else opens
// the microphone, and whatever ends that, it stays ended.
type levelMeter struct {
	s     *settings
	meter *kit.Meter
	root  fyne.CanvasObject // "Show my level"; hidden in a channel, where the meter moves anyway
	row   *field
	show  *kit.Button
	heard time.Time // when it last moved
}

// settles is how long a meter takes to be dark after the last sound.
const settles = 2 * time.Second

const levelExplained = "Opens the microphone. Nothing is sent."

func newLevelMeter(s *settings) *levelMeter {
	l := &levelMeter{s: s, meter: kit.NewMeter()}
	l.show = kit.NewButton("Show my level", "mic", kit.PlainButton, func() {
		s.w.do(call.Listen{On: !s.w.c.Engine.Snapshot().Sound.Listening})
	})
	l.row = newField("Your level", levelExplained, l.show)
	l.root = l.row.root
	return l
}

// apply tells whether something was shown or hidden. Nobody listens for long to a window that nobody looks at.
func (l *levelMeter) apply(snapshot *call.Snapshot, now time.Time) bool {
	if l.s.alone(now) && snapshot.Sound.Listening {
		l.s.w.do(call.Listen{On: false})
	}
	wide := l.show.MinSize()
	text, why := "Show my level", levelExplained
	if snapshot.Sound.Listening {
		text, why = "Stop showing", "The microphone is open. Nothing is sent."
	}
	l.show.SetText(text)
	changed := l.row.explain(why, theme.ColorNamePlaceHolder)
	return setHidden(l.root, snapshot.Place.Phase != call.Idle) || changed || l.show.MinSize() != wide
}

// measure moves the meter where somebody is to see it move, and tells whether there is more to come.
func (l *levelMeter) measure(snapshot *call.Snapshot, stats call.Stats, now time.Time) bool {
	sound := snapshot.Sound
	on := sound.Listening || sound.Check.Phase != call.CheckIdle || sound.EchoTest.Phase != call.EchoTestIdle || snapshot.Place.Phase != call.Idle
	if on && stats.Sound {
		l.meter.Set(stats.Capture.Level, stats.Capture.Speaking, now)
		l.heard = now
	} else {
		l.meter.Set(-60, false, now)
	}
	return on || now.Sub(l.heard) < settles
}

// leave closes the microphone. It asks the engine for that in any case: what the snapshot has may be older than the last click.
func (l *levelMeter) leave() { l.s.w.do(call.Listen{On: false}) }

// moves has the pump tick while something on the page moves.
func (s *settings) moves(on bool) {
	if s.w.pump.moves.Swap(on) != on {
		s.w.pump.wake()
	}
}

// setVoice keeps a change of how sound is treated, and makes it.
func (s *settings) setVoice(edit func(*profile.Settings)) {
	s.change(edit)
	s.w.do(call.Tune{Voice: s.w.voice()})
}

// setVoiceSoon makes a change at once, and keeps it when it rests.
func (s *settings) setVoiceSoon(name string, edit func(*profile.Settings)) {
	s.soon(name, edit, nil)
	now := s.w.c.Profile.Settings()
	edit(&now)
	s.w.do(call.Tune{Voice: s.w.c.Voice(now)})
}

package ui

import (
	"fmt"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/ui/kit"
	"parley/ui/model"
)

// echoField is "Test the echo": some seconds of sound, and what of it others would hear.
type echoField struct {
	*field
	s       *settings
	button  *kit.Button
	phase   call.EchoTestPhase
	ran     bool // there was one since the page was opened, so its outcome is said
	stopped bool // it has no outcome
}

const (
	echoExplained = "Plays noise for eight seconds, and listens what others hear of it"
	echoRuns      = "Playing. Be quiet until it ends: nothing is sent to anybody."
)

func newEchoField(s *settings) *echoField {
	e := &echoField{s: s}
	e.button = kit.NewButton("Test the echo", "speaker-channel", kit.PlainButton, e.press)
	e.field = newField("How much is left?", echoExplained, e.button)
	return e
}

func (e *echoField) press() {
	if e.phase == call.EchoTestIdle {
		e.ran, e.stopped = true, false // also one that fails at once
		e.s.w.do(call.EchoTest{})
		return
	}
	e.stopped = true
	e.s.w.do(call.StopEchoTest{})
}

// forget is for an outcome that is none any more: the switch stands otherwise.
func (e *echoField) forget() {
	e.ran = false
	e.leave()
}

// leave ends it, whatever the snapshot has: it may be older than the last click.
func (e *echoField) leave() { e.s.w.do(call.StopEchoTest{}) }

// apply tells whether the row may have another height.
func (e *echoField) apply(snapshot *call.Snapshot) bool {
	test := snapshot.Sound.EchoTest
	e.phase = test.Phase
	icon, text := "speaker-channel", "Test the echo"
	if e.phase == call.EchoTestRunning {
		icon, text = "close", "Stop"
	}
	wide := e.button.MinSize()
	e.button.SetIcon(icon)
	e.button.SetText(text)
	said, color := e.outcome(test)
	return e.explain(said, color) || e.button.MinSize() != wide
}

// outcome is what the line under the label says.
func (e *echoField) outcome(test call.EchoTestState) (string, fyne.ThemeColorName) {
	switch {
	case test.Phase == call.EchoTestRunning:
		return echoRuns, theme.ColorNamePlaceHolder
	case !e.ran || e.stopped:
		return echoExplained, theme.ColorNamePlaceHolder
	case test.Failed != "":
		return model.Inert(test.Failed), theme.ColorNameWarning
	case !test.Done:
		return echoExplained, theme.ColorNamePlaceHolder
	case !e.s.w.c.Profile.Settings().Cancellation:
		return "Your speakers arrive at others as your microphone hears them. Switch on what removes them.", theme.ColorNameWarning
	}
	return leftOver(test.LeftDB, test.EchoDBFS)
}

const (
	echoGone  = 25  // dB: what is quieter by as much is not heard beside a voice
	echoFaint = 12  // dB: likewise, but where nobody speaks
	echoFloor = -65 // dBFS: the noise of a quiet room; nobody hears what lies below it
)

// leftOver says what it means that of an echo, in dBFS, the rest lies so many dB lower.
func leftOver(left, echo float32) (string, fyne.ThemeColorName) {
	if !(left > 0) { // NaN too
		left = 0
	}
	left = min(left, 99)
	words := fmt.Sprintf("Your speakers are %.0f dB quieter to others than without it: ", math.Round(float64(left)))
	switch {
	case left >= echoGone || echo-left < echoFloor:
		return words + "nobody hears themselves.", theme.ColorNameSuccess
	case left >= echoFaint:
		return words + "others may hear themselves faintly. Turn the speakers down a little.", theme.ColorNameWarning
	}
	return words + "others hear themselves. Turn the speakers down, or wear headphones.", theme.ColorNameWarning
}

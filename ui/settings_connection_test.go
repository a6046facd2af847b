package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"parley/call/doctor"
	"parley/profile"
	"parley/ui/model"
	"parley/wire"
)

// examined is what an examination has found.
func examined() model.Examination {
	good := func(name, text, took string) model.ExaminationStep {
		return model.ExaminationStep{Icon: "check", Tone: model.Good, Name: name, Text: text, Took: took}
	}
	return model.Examination{
		Known: true, Version: 7, Tone: model.Warn, Line: "Checked at 20:41: 2 steps failed.",
		Steps: []model.ExaminationStep{
			good("The server's name", "It is found.", "4 ms"), good("The server's port", "It answers.", "31 ms"), good("The server's key", "It is the one in your invite.", "64 ms"),
			good("The server's language", "It speaks Parley's protocol.", "33 ms"), good("Login", "The server knows you.", "70 ms"),
			{Icon: "close", Tone: model.Bad, Name: "UDP", Text: "Your network lets no UDP out. Calls go through the server's relay by TCP, and sound comes later.", Took: "3.0 s"},
			{Icon: "close", Tone: model.Bad, Name: "Relay by UDP", Text: "It does not answer.", Took: "3.0 s"},
			good("Relay by TCP", "It answers.", "90 ms"), good("Relay by TLS", "It answers.", "122 ms"),
			{Icon: "minus", Name: "Microphone", Text: "There is none."}, good("Loudspeaker", "It takes sound.", "0.4 s"),
			{Icon: "refresh", Name: "A call through the relay", Text: "It is being made."},
		},
	}
}

func TestConnectionLooks(t *testing.T) {
	nobody := examined()
	nobody.With, nobody.Theirs = "Bo", examined().Steps[5:7]
	for i, f := range doctor.Theirs([]wire.StepResult{{Step: doctor.STUN, Result: doctor.Fail}, {Step: doctor.TurnUDP, Result: doctor.Fail}}) {
		nobody.Theirs[i].Text, nobody.Theirs[i].Took = f.Text, "" // no time is told of theirs
	}
	nobody.Line = "There was no way to Bo's computer, so Parley looked for what is in the way. Checked at 20:41: 2 steps failed."
	for _, c := range []struct {
		name string
		view model.Examination
		size fyne.Size
	}{
		{"connection-theirs", nobody, fyne.NewSize(1280, 1100)},
		{"connection-compact", examined(), fyne.NewSize(900, 600)},
	} {
		both(t, func(t *testing.T, theme profile.Theme) {
			b := newBench(t, func(s *profile.Settings) { s.Theme = theme })
			b.resizeForTest(c.size.Width, c.size.Height)
			b.view.Examination = c.view
			b.open(pageConnection)
			golden(t, b.Window, c.name+"-"+string(theme))
		})
	}
}

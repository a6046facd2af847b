package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"parley/call"
	"parley/profile"
	"parley/ui/model"
)

// quiet is harbour with nobody in a channel and a sentence in the middle.
func quiet(kind model.StageKind, n model.Note) *model.View {
	v := harbour()
	v.Stage = model.Stage{Kind: kind, Version: 1, Message: n}
	v.Dock.InChannel, v.Dock.Line, v.Dock.Bars, v.Dock.Delay = false, "Not in a channel", model.Bars{}, ""
	v.Rings = nil
	v.Rows = []model.Row{{Channel: "a", Name: "Front porch"}, {Channel: "b", Name: "Workshop"}}
	return v
}

func TestStatesLook(t *testing.T) {
	alone := harbour()
	alone.Stage.Tiles = alone.Stage.Tiles[4:]
	alone.Stage.Message = model.Note{Icon: "people", Heading: "It's just you.", Text: "Send someone the invite.", Button: "Copy invite", Action: model.CopyInvite}
	lost := harbour()
	lost.Stage.Banner = &model.Banner{Icon: "warning", Text: "Server connection lost. Your call goes on. Trying again in 4 s.", Tone: model.Warn, Button: "Try now", Action: model.TryNow}
	lost.Header.Dim = true
	lost.Lines = []model.Line{{Seq: 1, Text: "USB headset plugged in. It is used now.", Tone: model.Good}}
	for name, v := range map[string]*model.View{
		"pick":       quiet(model.StageMessage, model.Note{Icon: "speaker-channel", Heading: "Pick a channel to talk.", Text: "Your microphone stays off until you do."}),
		"connecting": quiet(model.StageBusy, model.Note{Heading: "Connecting to harbour.example.", Text: "This takes longer than usual. Is the server running?", Button: "Cancel", Action: model.Cancel}),
		"key":        quiet(model.StageMessage, model.Note{Icon: "warning", Tone: model.Warn, Heading: "This server's key is not the one in your invite.", Text: "Do not join before you asked its owner.", Button: "Close", Action: model.Cancel}),
		"alone":      alone,
		"lost":       lost,
	} {
		both(t, func(t *testing.T, theme profile.Theme) {
			w := testWindow(t, func(s *profile.Settings) { s.Theme = theme })
			w.resizeForTest(1000, 640)
			w.shell.stage.note.busy.still = true
			w.apply(v)
			golden(t, w, "state-"+name+"-"+string(theme))
		})
	}
}

func TestFloatingLooks(t *testing.T) {
	ines := model.Card{
		User: "ines", Name: "Ines Vidal", Face: sampleFace("Ines Vidal"), Presence: model.Online, Line: "Front porch", Key: []byte{1},
		Connected: true, Volume: 130, New: true, CanKick: true,
	}
	bo := model.Card{User: "bo", Name: "Bo", Face: sampleFace("Bo"), Line: "Offline", Key: []byte{1}, Volume: 35, New: true, NoCall: "They are offline."}
	kofi := model.Card{User: "kofi", Name: "Kofi", Face: sampleFace("Kofi"), Presence: model.Online, Line: "Workshop", Key: []byte{1}, Volume: 100, Verified: true}
	held := ines
	held.Connected, held.Held, held.HeldFor, held.CanKick = false, true, "This name looks like that of somebody you know, but the key is another one. Nothing is sent to them before you let them in.", false
	for name, show := range map[string]func(w *Window){
		"person": func(w *Window) { w.showCard(ines, w.shell.stage.tiles[3].root) },
		"away":   func(w *Window) { w.showCard(bo, w.shell.people.list) },
		"known": func(w *Window) {
			v := harbour()
			v.PeopleVersion++
			v.People[1].Verified, v.People[2].Verified, v.People[4].New = true, true, true // Mara, Teo, Ines
			v.People[6].Verified, v.People[6].Owner, v.People[10].New = true, true, true   // Kofi, Petra
			w.apply(v)
			w.showCard(kofi, w.shell.people.list)
		},
		"guest": func(w *Window) {
			v := harbour()
			v.RowsVersion, v.PeopleVersion, v.Stage.Version = 8, 8, 8
			v.Rows[2].Web, v.People[2].Web = true, true // Teo
			v.Stage.Tiles[1].Web, v.Stage.Tiles[1].Chip = true, &model.Chip{Icon: "globe", Text: "Browser guest", Tone: model.Warn}
			v.Stage.Tiles[2].Web = true
			v.Stage.Chip = &model.Chip{Icon: "globe", Text: "Browser guest: the server could listen there", Short: "Browser guest", Tone: model.Warn}
			w.apply(v)
			guest := ines
			guest.User, guest.Name, guest.Face, guest.New, guest.Web = "teo", "Teo Okafor", sampleFace("Teo Okafor"), false, true
			w.showCard(guest, w.shell.stage.tiles[0].root)
		},
		"held":    func(w *Window) { w.showCard(held, w.shell.stage.tiles[3].root) },
		"quality": func(w *Window) { w.showQuality(w.shell.dock.quality) },
		"keys":    func(w *Window) { w.showKeys() },
		"add":     func(w *Window) { w.addServer() },
		"join":    func(w *Window) { w.joinWithInvite() },
		"link":    func(w *Window) { w.confirmJoin(call.Invitation{Host: "harbour.example:7440"}) },
		"menu":    func(w *Window) { w.channelMenu(w.view.Rows[6], fyne.NewPos(150, 300)) },
		"leave": func(w *Window) {
			w.confirm("Leave the voice channel?", "You can be on one server at a time.", "Leave and switch", func() {})
		},
		"invite": func(w *Window) {
			w.inviteDialog(call.Invite{URL: someLink, Uses: 25, Expires: time.Date(2026, 11, 29, 12, 0, 0, 0, time.Local).Unix()}, Hosting{Reach: ReachNetwork, Host: "192.0.2.7:7440"})
		},
	} {
		both(t, func(t *testing.T, theme profile.Theme) {
			w := testWindow(t, func(s *profile.Settings) { s.Theme = theme })
			w.resizeForTest(1280, 800)
			w.apply(harbour())
			show(w)
			w.pump.settle()
			golden(t, w, "float-"+name+"-"+string(theme))
		})
	}
}

func TestWelcomeLooks(t *testing.T) {
	both(t, func(t *testing.T, theme profile.Theme) {
		w := testWindow(t, func(s *profile.Settings) { s.Theme, s.Name = theme, "" })
		w.resizeForTest(1280, 800)
		w.showWelcome()
		golden(t, w, "welcome-empty-"+string(theme))
		w.welcome.offer(call.Invitation{Host: "harbour.example"})
		w.welcome.name.SetText("Sam Reyes")
		w.welcome.apply()
		w.welcome.root.Refresh() // the driver lays out again when the least size of something has changed, the test's canvas does not
		golden(t, w, "welcome-"+string(theme))
		w.resizeForTest(800, 500)
		w.welcome.root.Refresh()
		golden(t, w, "welcome-compact-"+string(theme))
	})
}

package ui

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/call"
	"parley/identity"
	"parley/profile"
	"parley/ui/model"
)

// testWindow is a whole window on Fyne's test canvas, with an engine that is connected to nothing.
func testWindow(t testing.TB, edit func(*profile.Settings)) *Window {
	t.Helper()
	app := test.NewTempApp(t)
	p, _, err := profile.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	if err := p.Update(func(s *profile.Settings) {
		s.Name = "Sam Reyes"
		s.Theme = profile.DarkTheme
		if edit != nil {
			edit(s)
		}
	}); err != nil {
		t.Fatal(err)
	}
	key, err := identity.Generate(bytes.NewReader(make([]byte, 64))) // always the same, for the pictures
	if err != nil {
		t.Fatal(err)
	}
	e, err := call.New(call.Config{Key: key, People: nobody{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return newWindow(Config{
		App: app, Engine: e, Profile: p, Key: key.Public(),
		Voice:  func(profile.Settings) call.Voice { return call.Voice{} },
		Safety: func([]byte) string { return safety },
	})
}

const safety = "40718 22953 61804 97316 05582 73149 88620 31497 69034 15278 50961 84423"

// nobody is known.
type nobody struct{}

func (nobody) Known(string, identity.PublicKey, string) call.Person { return call.Person{Volume: 1} }
func (nobody) Everybody() map[string]call.Person                    { return nil }
func (nobody) Remember(string, identity.PublicKey, string, call.Person) error {
	return nil
}

// resize gives the window's content a size, as a person would.
func (w *Window) resizeForTest(width, height float32) {
	w.win.Resize(fyne.NewSize(width, height))
}

// sampleFace is a face of somebody whose key is made of their name.
func sampleFace(name string) model.Face {
	seed := sha256.Sum256([]byte(name))
	key := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	return model.FaceOf(key, name, "")
}

// harbour is the crew of the design's pictures.
func harbour() *model.View {
	v := &model.View{
		Rail:        []model.Server{{Key: "1", Name: "Harbour Crew", Letters: "HC", Active: true}, {Key: "2", Name: "Late Train", Letters: "LT"}, {Key: "3", Name: "PK", Letters: "PK"}},
		Header:      model.Header{Name: "Harbour Crew", Owner: true},
		RowsVersion: 1, PeopleVersion: 1,
		Rings: map[string]uint8{"Mara Lind": 4, "Kofi": 2},
	}
	seat := func(name string) model.Row {
		return model.Row{User: name, Name: name, Face: sampleFace(name)}
	}
	juniper, ines, wren := seat("Juniper"), seat("Ines Vidal"), seat("Wren Hale")
	juniper.Deafened, ines.New, wren.Muted = true, true, true
	sam := seat("Sam Reyes")
	sam.Self = true
	v.Rows = []model.Row{
		{Channel: "a", Name: "Front porch", Count: 5, Current: true}, seat("Mara Lind"), seat("Teo Okafor"), juniper, ines, sam,
		{Channel: "b", Name: "Workshop", Count: 2}, seat("Kofi"), wren,
		{Channel: "c", Name: "Night shift"}, {Channel: "d", Name: "Rehearsal", Count: 8, Full: true},
	}
	person := func(name, line string, p model.Presence) model.PersonRow {
		return model.PersonRow{User: name, Name: name, Line: line, Face: sampleFace(name), Presence: p}
	}
	v.People = []model.PersonRow{
		{Heading: "In voice, 7"},
		person("Mara Lind", "Front porch", model.Online), person("Teo Okafor", "Front porch", model.Online),
		person("Juniper", "Front porch", model.Online), person("Ines Vidal", "Front porch", model.Online),
		person("Sam Reyes", "You, Front porch", model.Online), person("Kofi", "Workshop", model.Online), person("Wren Hale", "Workshop", model.Online),
		{Heading: "Not in voice, 3"},
		person("Ola", "Online", model.Online), person("Petra N", "Away", model.Away), person("Bo", "Do not disturb", model.Busy),
	}
	tile := func(name, line string, bars uint8) model.Tile {
		return model.Tile{User: name, Name: name, Face: sampleFace(name), Line: line, Bars: model.Bars{Level: bars, Known: true}}
	}
	mara, teo, jun, in := tile("Mara Lind", "Listening", 4), tile("Teo Okafor", "Listening", 4), tile("Juniper", "", 3), tile("Ines Vidal", "", 2)
	mara.Verified, teo.Verified = true, true
	jun.Chip = &model.Chip{Icon: "headphones-off", Text: "Deafened"}
	in.Chip = &model.Chip{Icon: "new-person", Text: "New to you", Tone: model.Fresh}
	v.Stage = model.Stage{
		Kind: model.StageTiles, Version: 1, Title: "Front porch", Subtitle: "5 people, 12 min",
		Chip:  &model.Chip{Icon: "lock-verified", Text: "Encrypted, 2 of 4 verified", Short: "2 of 4 verified", Tone: model.Good},
		Tiles: []model.Tile{mara, teo, jun, in, tile("Sam Reyes", "You", 4)},
	}
	v.Dock = model.Dock{
		Name: "Sam Reyes", Line: "Live in Front porch", Face: sampleFace("Sam Reyes"), Presence: model.Online, InChannel: true,
		Bars: model.Bars{Level: 4, Known: true}, Delay: "24 ms",
	}
	return v
}

// mutedTalking is harbour while one talks to nobody.
func mutedTalking() *model.View {
	v := harbour()
	v.Dock.Muted, v.Dock.Line = true, "Muted in Front porch"
	v.Rows[5].Muted = true
	you := &v.Stage.Tiles[4]
	you.Line, you.Chip = "", &model.Chip{Icon: "mic-off", Text: "You, muted", Tone: model.Muted}
	v.Stage.Banner = &model.Banner{Icon: "mic-off", Text: "You are muted, but talking. Nobody hears you.", Tone: model.Warn, Button: "Unmute", Action: model.Unmute}
	return v
}

// settle runs what waits to run on Fyne's goroutine, as the pump would.
func (p *pump) settle() {
	for range 5 {
		p.mu.Lock()
		calls := p.calls
		p.calls = nil
		p.mu.Unlock()
		for _, f := range calls {
			f()
		}
		if len(calls) > 0 {
			return
		}
		select {
		case <-p.poke:
		case <-time.After(20 * time.Millisecond): // a screen that works nothing in the background has nothing to wait for
		}
	}
}

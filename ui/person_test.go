package ui

import (
	"os"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/call"
	"parley/identity"
	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// TestCardOfSomebodyElsewhere sets by keys, for one who is on the server and in no channel, how loud they are, that they are not
// heard, and that the number was compared. It is all there when the card is opened again.
func TestCardOfSomebodyElsewhere(t *testing.T) {
	b := newBench(t, nil)
	key, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	bo, err := call.New(call.Config{Key: key, People: nobody{}, Dial: b.hub.Dial})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bo.Close)
	bo.Do(call.Connect{Link: b.hub.Link(), Name: "Bo"})
	b.do(call.Connect{Link: b.hub.Link(), Name: "Sam Reyes"})
	b.until("Bo is listed", func(s *call.Snapshot) bool {
		_, listed := model.CardOf(s, key.ID())
		return listed
	})
	v := *b.view
	v.People, v.PeopleVersion = []model.PersonRow{{Heading: "Not in voice, 1"}, {User: key.ID(), Name: "Bo"}}, v.PeopleVersion+1
	b.apply(&v)
	says := func(text string) {
		t.Helper()
		for !strings.Contains(b.texts(), text) {
			b.later()
		}
	}
	open := func() {
		t.Helper()
		b.win.Canvas().Focus(b.shell.people.list)
		typeKeys(b, fyne.KeyDown, fyne.KeyReturn)
		if b.layers.Top() == nil {
			t.Fatal("no card")
		}
		says("40718") // the digits
	}
	is := func(want call.Person) func(*call.Snapshot) bool {
		return func(s *call.Snapshot) bool { return s.Directory.Person(key.ID()) == want }
	}
	open()
	if s := b.texts(); !strings.Contains(s, "New to you") || !strings.Contains(s, "Only the server says whose key this is.") || strings.Contains(s, "Encrypted") {
		t.Errorf("of somebody never met it says\n%s", s)
	}
	reach := func(which fyne.Focusable, press fyne.KeyName) {
		t.Helper()
		for range 12 {
			if b.win.Canvas().Focused() == which {
				typeKeys(b, press)
				return
			}
			b.win.Canvas().FocusNext()
		}
		t.Fatalf("%T is out of reach of the keys", which)
	}
	reach(control[*kit.Slider](b, ""), fyne.KeyHome)
	b.until("the volume", is(call.Person{New: true}))
	reach(control[*kit.Toggle](b, ""), fyne.KeySpace)
	b.until("the mute", is(call.Person{New: true, Muted: true}))
	reach(b.button("I compared it"), fyne.KeySpace)
	says("the key is theirs")
	b.until("the number", is(call.Person{New: true, Muted: true, Verified: true}))
	b.layers.CloseAll()
	open()
	if s := b.texts(); !strings.Contains(s, "the key is theirs") || !strings.Contains(s, "Take that back") {
		t.Errorf("the card is opened again:\n%s", s)
	}
	if v := control[*kit.Slider](b, "").Value(); v != 0 || !control[*kit.Toggle](b, "").On() {
		t.Errorf("again: volume %v", v)
	}
	b.press("Take that back")
	says("I compared it")
	b.until("it is taken back", is(call.Person{New: true, Muted: true}))
	if p := b.c.Engine.Snapshot().Place; p.Phase != call.Idle || len(p.Peers) != 0 {
		t.Errorf("the card has opened something: %+v", p)
	}
}

// TestWhisperTo chooses whom the key for whispers is for, of those who are known, and takes it back.
func TestWhisperTo(t *testing.T) {
	b := newBench(t, nil)
	k, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	card := model.Card{User: k.ID(), Name: "Bo", Key: k.Public()}
	b.showCard(card, b.shell.dock.root)
	if strings.Contains(b.texts(), "Hears my whisper") {
		t.Error("it is kept of somebody of whom nothing is kept")
	}
	typeKeys(b, fyne.KeyEscape)
	if err := b.c.Profile.Keep(profile.Person{ID: k.ID(), Key: k.Public(), Name: "Bo", Volume: profile.NormalVolume}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} {
		b.showCard(card, b.shell.dock.root)
		toggle := control[*kit.Toggle](b, "Hears my whisper")
		if toggle.On() != (want == 0) {
			t.Errorf("it stands as %v", toggle.On())
		}
		test.Tap(toggle)
		for len(b.c.Profile.WhisperTo()) != want {
			b.later()
		}
		typeKeys(b, fyne.KeyEscape)
	}
	if err := os.RemoveAll(b.folder); err != nil {
		t.Fatal(err)
	}
	b.showCard(card, b.shell.dock.root)
	test.Tap(control[*kit.Toggle](b, "Hears my whisper"))
	for said := false; !said; {
		b.later()
		b.pump.mu.Lock()
		for _, l := range b.pump.lines {
			said = said || strings.HasPrefix(l.Text, "It could not be saved: ")
		}
		b.pump.mu.Unlock()
	}
	if !control[*kit.Toggle](b, "Hears my whisper").On() || len(b.c.Profile.WhisperTo()) != 1 {
		t.Error("what the disk did not take does not hold")
	}
}

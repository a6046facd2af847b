package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"parley/call/calltest"
	"parley/profile"
	"parley/ui/kit"
)

// TestKeysPage lists the key that was just chosen, takes another one, and none.
func TestKeysPage(t *testing.T) {
	b := newBench(t, func(s *profile.Settings) { s.Mode = profile.PushToTalk })
	b.open(pageKeys)
	times := func(what string, want int) {
		t.Helper()
		if got := strings.Count("\n"+b.texts()+"\n", "\n"+what+"\n"); got != want {
			t.Errorf("%s stands there %d times, want %d:\n%s", what, got, want, b.texts())
		}
	}
	rebinds := b.rebinds
	chooses("Talk key", desktop.KeyControlLeft, fyne.KeyF6)(b)
	times("Ctrl + F6", 1)
	times("Ctrl+F6", 1)
	times("F8", 0)
	if b.rebinds == rebinds {
		t.Error("it is not bound")
	}
	if crosses := b.crosses(); len(crosses) != 0 {
		t.Errorf("%d crosses: the key to talk can't be taken away, and there is no other", len(crosses))
	}
	chooses("Mute", fyne.KeyF9)(b)
	times("F9", 2)
	crosses := b.crosses()
	if len(crosses) != 1 {
		t.Fatalf("%d crosses", len(crosses))
	}
	b.win.Canvas().Focus(crosses[0])
	rebinds = b.rebinds
	test.Tap(crosses[0])
	times("F9", 0)
	if got := b.c.Profile.Settings().Keys.Mute; got != "" || len(b.crosses()) != 0 || b.rebinds == rebinds {
		t.Errorf("it was taken away, and is %q", got)
	}
	if field := control[*kit.KeyField](b, "Mute"); b.win.Canvas().Focused() != fyne.Focusable(field) || field.Key() != "" {
		t.Error("the focus is on what is gone")
	}
}

// crosses are the buttons on the page that take a key away.
func (b *bench) crosses() (all []*kit.IconButton) {
	for _, o := range b.shownIn(b.settings.column) {
		if c, ok := o.(*kit.IconButton); ok {
			all = append(all, c)
		}
	}
	return all
}

// TestKeysClash: no chord means two things, and none what the window has it for.
func TestKeysClash(t *testing.T) {
	b := newBench(t, func(s *profile.Settings) { s.Keys.Mute = "Ctrl+F9" })
	b.open(pageKeys)
	for _, c := range []struct {
		names []fyne.KeyName
		said  string
	}{
		{[]fyne.KeyName{fyne.KeyF8}, "F8 is already the talk key"},
		{[]fyne.KeyName{desktop.KeyControlRight, fyne.KeyF9}, "Ctrl + F9 is already Mute"},
		{[]fyne.KeyName{desktop.KeyControlLeft, fyne.KeyM}, "Ctrl + M is used by the window"},
		{[]fyne.KeyName{desktop.KeyShiftLeft, desktop.KeyControlLeft, fyne.KeyH}, "Ctrl + Shift + H is used by the window"},
		{[]fyne.KeyName{fyne.KeyF1}, "F1 is used by the window"},
		{[]fyne.KeyName{fyne.KeySpace}, "Space is used by the window"},
	} {
		chooses("Deafen", c.names...)(b)
		if got := wordsOf(control[*kit.KeyField](b, "Deafen")); got != c.said || b.c.Profile.Settings().Keys.Deafen != "" {
			t.Errorf("%v: it says %q, and has %q", c.names, got, b.c.Profile.Settings().Keys.Deafen)
		}
		typed := control[*kit.KeyField](b, "Deafen")
		typed.KeyDown(key(fyne.KeyEscape))
		typed.TypedKey(key(fyne.KeyEscape))
		typed.KeyUp(key(fyne.KeyEscape))
		if b.settings == nil {
			t.Fatal("Escape closes the settings, and not the wait for a key")
		}
	}
	chooses("Mute", fyne.KeyF10)(b)
	chooses("Deafen", desktop.KeyControlLeft, fyne.KeyF9)(b) // nobody has it any more
	if got := b.c.Profile.Settings().Keys; got.Mute != "F10" || got.Deafen != "Ctrl+F9" {
		t.Errorf("%+v", got)
	}
	typeKeys(b, fyne.KeyEscape)
	if b.settings != nil {
		t.Error("Escape does not close the settings")
	}
}

// TestTalkKeyDoes tells the engine at once, for which silence by a key is a mode of its own.
func TestTalkKeyDoes(t *testing.T) {
	b := newBench(t, nil)
	b.open(pageKeys)
	if !strings.Contains(b.texts(), talkUnused) || strings.Contains(b.texts(), "Hold to talk\n") && strings.Count(b.texts(), "F8") > 1 {
		t.Errorf("a key that does nothing is listed:\n%s", b.texts())
	}
	b.change(func(s *profile.Settings) { s.Mode = profile.PushToTalk })
	b.open(pageLook)
	b.open(pageKeys)
	does := control[*kit.Segmented](b, "Push to talk")
	for _, c := range []struct {
		want   profile.KeyUse
		listed string
		locks  bool
	}{
		{profile.TalkByPress, "Talk, until it is pressed again", false},
		{profile.MuteWhileHeld, "Hold to be silent", true},
	} {
		told, rebinds := len(b.voices), b.rebinds
		does.TypedKey(key(fyne.KeyRight))
		if len(b.voices) == told || b.voices[len(b.voices)-1].Keys.Does != c.want || b.rebinds == rebinds {
			t.Errorf("%s: the engine, or the keys, were not told", c.want)
		}
		if got := b.texts(); !strings.Contains(got, c.listed) || strings.Contains(got, "Press twice to lock") != c.locks || strings.Contains(got, talkUnused) {
			t.Errorf("%s:\n%s", c.want, got)
		}
	}
	rebinds := b.rebinds
	control[*kit.Slider](b, "After you let go of the key").TypedKey(key(fyne.KeyHome))
	if b.rest(saveAfter); b.rebinds != rebinds+1 || b.c.Profile.Settings().Keys.DelayMS != 0 {
		t.Error("the delay is not kept, or not made")
	}
}

// TestKeysState says whether they work everywhere.
func TestKeysState(t *testing.T) {
	b := newBench(t, nil)
	b.open(pageKeys)
	if got := b.texts(); !strings.Contains(got, "Works while this window has the keyboard") {
		t.Errorf("without a source:\n%s", got)
	}
	text, ok := "Works everywhere", true
	b.c.Keys.State = func() (string, bool) { return text, ok }
	p := b.settings.page.(*keysPage)
	if b.rest(time.Second); p.said != "Works everywhere" {
		t.Errorf("it says %q", p.said)
	}
	text, ok = "Only while Parley has the keyboard: the desktop said no.", false
	if b.rest(time.Second); p.said != text {
		t.Errorf("it says %q", p.said)
	}
	text, ok = "", true
	if b.rest(time.Second); !strings.Contains(p.said, "No key is in use.") {
		t.Errorf("it says %q", p.said)
	}
	b.open(pageLook)
}

// TestKeysStateIsFollowed: the page is drawn anew when it is otherwise with the keys, and nobody waits for that any more when it is
// left.
func TestKeysStateIsFollowed(t *testing.T) {
	b := newBench(t, nil)
	changed := make(chan struct{})
	b.c.Keys.Changed = changed
	b.open(pageKeys)
	for drained := false; !drained; {
		select {
		case <-b.pump.poke:
		default:
			drained = true
		}
	}
	changed <- struct{}{}
	select {
	case <-b.pump.poke:
	case <-time.After(calltest.Patience):
		t.Fatal("the pump was not woken")
	}
	page := b.settings.page.(*keysPage)
	b.open(pageLook)
	<-page.left
}

// TestWindowKeysAreChords: each key of the window can be told from those that a person chooses.
func TestWindowKeysAreChords(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range bindings() {
		c := w.chord()
		if c == "" || strings.HasSuffix(c, "+") || seen[c] {
			t.Errorf("%s is %q", w.shown, c)
		}
		seen[c] = true
	}
}

// keysLook draws the page: as it is at first, where all is chosen, and while a key is refused in the smallest window.
func keysLook(t *testing.T, b *bench, suffix string) {
	t.Helper()
	b.c.Keys.State = func() (string, bool) { return "Works everywhere", true }
	b.change(func(s *profile.Settings) {
		s.Mode, s.PTTKey = profile.PushToTalk, "Mouse4"
		s.Keys.Mute, s.Keys.Deafen, s.Keys.Whisper = "Ctrl+Shift+F9", "Pause", "ControlRight"
	})
	b.open(pageLook)
	b.open(pageKeys)
	golden(t, b.Window, "settings-keys"+suffix)
	b.c.Keys.State = func() (string, bool) {
		return "Only while Parley has the keyboard: this desktop allows no more. Bind `parleyctl ptt down` and `parleyctl ptt up` to keys in your desktop's own settings.", false
	}
	b.resizeForTest(800, 500)
	b.rest(time.Second)
	golden(t, b.Window, "settings-keys-narrow"+suffix)
	b.settings.scroll.ScrollToOffset(fyne.NewPos(0, 420))
	chooses("Priority", desktop.KeyControlLeft, desktop.KeyShiftLeft, fyne.KeyF9)(b)
	b.settings.scroll.ScrollToOffset(fyne.NewPos(0, 420))
	golden(t, b.Window, "settings-keys-refused"+suffix)
	b.resizeForTest(1280, 800)
	b.c.Keys.State = nil
}

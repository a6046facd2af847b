package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"parley/call"
	"parley/profile"
	"parley/ui/model"
)

// One file crosses to Fyne's goroutine.
func TestOneFileCallsDo(t *testing.T) {
	var found []string
	err := filepath.WalkDir(".", func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("fyne.Do(")) || bytes.Contains(data, []byte("fyne.DoAndWait(")) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"pump.go"}; !slices.Equal(found, want) {
		t.Errorf("fyne.Do stands in %v, want %v", found, want)
	}
}

// press is a shortcut of the window, as the driver hands it over.
func press(w *Window, key fyne.KeyName) {
	w.win.Canvas().(fyne.Shortcutable).TypedShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault})
}

// until waits for the engine to have taken a command.
func until(t *testing.T, w *Window, what string, is func(*call.Snapshot) bool) {
	t.Helper()
	deadline := time.After(5 * time.Second)
	for !is(w.c.Engine.Snapshot()) {
		select {
		case <-w.c.Engine.Changed():
		case <-deadline:
			t.Fatalf("%s did not come about", what)
		}
	}
}

// What is drawn at the start unseen asks for no room: the smallest window is the shell's.
func TestWarmAsksForNoRoom(t *testing.T) {
	w := testWindow(t, nil)
	screen := container.New(warmLayout{})
	if got := w.warm(screen).MinSize(); got.Width > 1 || got.Height > 1 {
		t.Errorf("a window would be at least %v", got)
	}
}

func TestKeys(t *testing.T) {
	w := testWindow(t, nil)
	w.apply(harbour())
	press(w, fyne.KeyM)
	until(t, w, "mute", func(s *call.Snapshot) bool { return s.Self.Muted })
	press(w, fyne.KeyM)
	until(t, w, "unmute", func(s *call.Snapshot) bool { return !s.Self.Muted })
	press(w, fyne.KeyD)
	until(t, w, "deafen", func(s *call.Snapshot) bool { return s.Self.Deafened })
	press(w, fyne.KeyM)
	until(t, w, "one key ends both", func(s *call.Snapshot) bool { return !s.Self.Muted && !s.Self.Deafened })

	press(w, fyne.KeyK)
	if w.layers.Top() == nil {
		t.Error("Ctrl+K opened nothing")
	}
	press(w, fyne.KeyK)
	w.layers.CloseAll()
	press(w, fyne.KeyComma)
	if w.settings == nil {
		t.Error("Ctrl+, opened no settings")
	}
	w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.settings != nil {
		t.Error("Escape left the settings open")
	}
	w.keyDown(&fyne.KeyEvent{Name: fyne.KeyF1})
	if w.layers.Top() == nil {
		t.Error("F1 showed nothing")
	}
	w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.layers.Top() != nil {
		t.Error("Escape left the list of keys open")
	}
}

// What hears keys is told of all that go down and up here, by their places, and that the window has lost the keyboard.
func TestPushToTalk(t *testing.T) {
	w := testWindow(t, nil)
	k := hearKeys(w)
	w.keyDown(&fyne.KeyEvent{Name: fyne.KeyF8})
	w.keyDown(&fyne.KeyEvent{Name: desktop.KeyControlLeft})
	w.keyUp(&fyne.KeyEvent{Name: fyne.KeyF8})
	w.keyDown(&fyne.KeyEvent{Name: fyne.KeyUnknown})
	k.heard(t, "with the keyboard", "+F8", "+ControlLeft", "-F8")
	w.blurred()
	k.heard(t, "without it", "lift")
}

// keys are what hears the keys of a window.
type keys struct{ events []string }

func hearKeys(w *Window) *keys {
	k := &keys{}
	w.c.Keys = GlobalKeys{
		Window: func(chord string, down bool) {
			k.events = append(k.events, map[bool]string{true: "+", false: "-"}[down]+chord)
		},
		Lift: func() { k.events = append(k.events, "lift") },
	}
	w.layers.OnTyping = func(on bool) { k.events = append(k.events, fmt.Sprint("typing ", on)) }
	return k
}

func (k *keys) heard(t *testing.T, when string, want ...string) {
	t.Helper()
	if !slices.Equal(k.events, want) {
		t.Errorf("%s: %q, want %q", when, k.events, want)
	}
	k.events = nil
}

const someLink = "parley://192.0.2.7:7440/?key=BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ#hL3k9_s-ecret"

// A link from outside is asked about; nothing is joined before a click, and a bad one is said.
func TestLinkAsks(t *testing.T) {
	w := testWindow(t, nil)
	w.apply(quiet(model.StageMessage, model.Note{}))
	for _, bad := range []string{"https://example.com", strings.Repeat("once upon a time ", 1000), "parley://", "\u202eparley://x"} {
		w.opened(bad)
		if w.layers.Top() != nil || w.link != "" {
			t.Errorf("%.20q was taken", bad)
		}
	}
	if len(w.pump.lines) == 0 {
		t.Error("nobody was told of a bad link")
	}
	w.opened(someLink)
	if w.layers.Top() == nil || w.link != "" || w.c.Engine.Snapshot().Link != call.Offline {
		t.Fatal("a link was not asked about, or was followed at once")
	}
	w.layers.CloseAll()
	if w.c.Engine.Snapshot().Link != call.Offline {
		t.Error("a refused link was followed")
	}
	i, err := call.ReadInvite(someLink)
	if err != nil {
		t.Fatal(err)
	}
	w.askToJoin(i)
	until(t, w, "the connection", func(s *call.Snapshot) bool { return s.Link != call.Offline })
}

// The first start asks for a name before anything else.
func TestFirstStartNeedsAName(t *testing.T) {
	w := testWindow(t, func(s *profile.Settings) { s.Name = "" })
	w.showWelcome()
	i, err := call.ReadInvite(someLink)
	if err != nil {
		t.Fatal(err)
	}
	w.welcome.offer(i)
	for _, nothing := range []string{"", "   ", "\u202e\u200b"} {
		w.welcome.name.SetText(nothing)
		w.welcome.joinTapped()
		if w.welcome == nil || w.c.Profile.Settings().Name != "" {
			t.Fatalf("%q was taken for a name", nothing)
		}
	}
	w.welcome.name.SetText("  Sam\u202e\t Reyes ")
	w.welcome.joinTapped()
	if w.welcome != nil || w.c.Profile.Settings().Name != "Sam Reyes" {
		t.Errorf("the name is %q", w.c.Profile.Settings().Name)
	}
	until(t, w, "the connection", func(s *call.Snapshot) bool { return s.Link != call.Offline })
}

// hostileNames is what a bad neighbour calls themselves. The model has cut and cleaned them before they come here; the window has
// to bear them all the same.
var hostileNames = []string{
	strings.Repeat("W", 10_000), "\u202eevil", strings.Repeat("e\u0301\u0302\u0303", 100), "$(reboot)", "\x1b[31mred\x1b[0m", "a\nb\nc", "\u200b\u200b", "![x](file:///etc/passwd)",
}

func TestHostileNames(t *testing.T) {
	w := testWindow(t, nil)
	for _, size := range []fyne.Size{fyne.NewSize(1280, 800), fyne.NewSize(800, 500)} {
		w.resizeForTest(size.Width, size.Height)
		v := harbour()
		v.RowsVersion, v.PeopleVersion, v.Stage.Version = 7, 7, 7
		for i := range v.Rows {
			v.Rows[i].Name = hostileNames[i%len(hostileNames)]
		}
		for i := range v.People {
			if v.People[i].Heading == "" {
				v.People[i].Name = hostileNames[i%len(hostileNames)]
			}
		}
		for i := range v.Stage.Tiles {
			v.Stage.Tiles[i].Name = hostileNames[i%len(hostileNames)]
		}
		v.Stage.Title, v.Header.Name, v.Dock.Name = hostileNames[0], hostileNames[0], hostileNames[0]
		w.apply(&model.View{RowsVersion: 99, PeopleVersion: 99, Stage: model.Stage{Version: 99}})
		w.apply(v)
		w.win.Canvas().Capture()
		for _, slot := range w.shell.slots {
			if right := slot.Position().X + slot.Size().Width; slot.Visible() && right > size.Width {
				t.Errorf("a column ends at %v in a window of %v", right, size.Width)
			}
		}
	}
}

// crowd is a server with many channels and people.
func crowd(version uint64) *model.View {
	v := harbour()
	v.RowsVersion, v.PeopleVersion = version, version
	v.Rows, v.People = nil, nil
	for i := range 1000 {
		v.Rows = append(v.Rows, model.Row{Channel: fmt.Sprint("c", i), Name: fmt.Sprintf("Channel %d of version %d", i, version), Count: 1},
			model.Row{User: fmt.Sprint("u", i), Name: fmt.Sprintf("Person %d.%d", i, version), Face: sampleFace("x")})
	}
	for i := range 5000 {
		v.People = append(v.People, model.PersonRow{User: fmt.Sprint("u", i), Name: fmt.Sprintf("Person %d.%d", i, version), Face: model.Face{Letters: "P", Hue: 90}})
	}
	return v
}

// BenchmarkCrowd is one turn on Fyne's goroutine while a server renames 1000 channels and 5000 people.
func BenchmarkCrowd(b *testing.B) {
	w := testWindow(b, nil)
	w.resizeForTest(1280, 800)
	views := []*model.View{crowd(1), crowd(2)}
	b.ResetTimer()
	for i := range b.N {
		w.apply(views[i%2])
	}
}

// What the mouse's other button opens, the menu key opens too.
func TestMenuKey(t *testing.T) {
	w := testWindow(t, nil)
	w.resizeForTest(1280, 800)
	w.apply(harbour())
	list := w.shell.list.list
	w.win.Canvas().Focus(list)
	list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	list.TypedKey(&fyne.KeyEvent{Name: desktop.KeyMenu})
	if w.layers.Top() == nil {
		t.Error("the owner's channel menu did not open")
	}
	w.layers.CloseAll()
	v := harbour()
	v.Header.Owner = false
	w.apply(v)
	list.TypedKey(&fyne.KeyEvent{Name: desktop.KeyMenu})
	if w.layers.Top() != nil {
		t.Error("a guest got the owner's menu")
	}
}

// typed is a key on what has the focus.
func typed(w *Window, key fyne.KeyName) { w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: key}) }

// An invite that is pasted while one sits in a channel leads to a question, which stays.
func TestInviteFromAChannelAsks(t *testing.T) {
	w := testWindow(t, nil)
	w.resizeForTest(1280, 800)
	w.apply(harbour())
	w.c.App.Clipboard().SetContent(someLink)
	w.joinWithInvite()
	typed(w, fyne.KeyReturn)
	if w.layers.Top() == nil || w.link != "" {
		t.Fatalf("no question stands, or it was not waited for (link %q)", w.link)
	}
	typed(w, fyne.KeyEscape)
	if w.layers.Top() != nil || w.c.Engine.Snapshot().Link != call.Offline {
		t.Error("the question was not taken back")
	}
}

// What waits for a server does not take the one before for it.
func TestWaitsForTheServer(t *testing.T) {
	w := testWindow(t, nil)
	w.c.Used = func(string, string) error { return nil }
	ran := false
	w.online = &waiting{"mine", func() { ran = true }}
	w.session(&call.Snapshot{Link: call.Online, ServerKey: "another"})
	w.session(&call.Snapshot{Link: call.Dialing, ServerKey: "mine"})
	if ran {
		t.Fatal("it ran for another server, or too early")
	}
	w.session(&call.Snapshot{Link: call.Online, ServerKey: "mine"})
	if !ran {
		t.Error("it did not run")
	}
}

// The key to talk works whatever has the focus. A field of text tells that one types.
func TestPushToTalkWithFocus(t *testing.T) {
	w := testWindow(t, func(s *profile.Settings) { s.Mode = profile.PushToTalk })
	w.resizeForTest(1280, 800)
	w.apply(harbour())
	app := fyne.CurrentApp()
	fyne.SetCurrentApp(&drawnApp{app, &drawnDriver{app.Driver(), &keyCanvas{w.win.Canvas(), w}}}) // the test's canvas is no desktop's
	defer fyne.SetCurrentApp(app)
	k := hearKeys(w)
	for name, o := range map[string]fyne.Focusable{"a tile": w.shell.stage.tiles[0].root, "oneself": w.shell.dock.me, "the list": w.shell.list.list} {
		w.win.Canvas().Focus(o)
		o.(desktop.Keyable).KeyDown(&fyne.KeyEvent{Name: fyne.KeyF8})
		o.(desktop.Keyable).KeyUp(&fyne.KeyEvent{Name: fyne.KeyF8})
		k.heard(t, name, "+F8", "-F8")
	}
	w.showSwitcher()
	k.heard(t, "a field", "typing true")
	field := w.win.Canvas().Focused().(desktop.Keyable)
	field.KeyDown(&fyne.KeyEvent{Name: fyne.KeyV})
	field.KeyUp(&fyne.KeyEvent{Name: fyne.KeyV})
	k.heard(t, "a key that is typed", "+KeyV", "-KeyV")
	w.layers.CloseAll()
	k.heard(t, "no field", "typing false")
}

// keyCanvas is a canvas that hands keys to a window, as a desktop's does.
type keyCanvas struct {
	fyne.Canvas
	w *Window
}

func (c *keyCanvas) OnKeyDown() func(*fyne.KeyEvent)   { return c.w.keyDown }
func (c *keyCanvas) OnKeyUp() func(*fyne.KeyEvent)     { return c.w.keyUp }
func (c *keyCanvas) SetOnKeyDown(func(*fyne.KeyEvent)) {}
func (c *keyCanvas) SetOnKeyUp(func(*fyne.KeyEvent))   {}

// make run passes --host; whoever has an invite can paste it all the same.
func TestPasteInTheFaceOfAutoHost(t *testing.T) {
	w := testWindow(t, func(s *profile.Settings) { s.Name = "" })
	hosted := make(chan struct{}, 1)
	w.c.AutoHost = true
	w.c.Host = func(context.Context) (Hosting, error) {
		hosted <- struct{}{}
		return Hosting{}, errors.New("not here")
	}
	w.showWelcome()
	w.welcome.name.SetText("Sam")
	w.welcome.joinTapped()
	if w.layers.Top() == nil {
		t.Error("no dialog to paste into")
	}
	w.layers.CloseAll()
	w.welcome.submit()
	select {
	case <-hosted:
	case <-time.After(5 * time.Second):
		t.Error("Enter does not host")
	}
}

// Links from outside do not stack, and a press on a button that has just changed does not count.
func TestManyLinks(t *testing.T) {
	w := testWindow(t, nil)
	w.apply(quiet(model.StageMessage, model.Note{}))
	for range 50 {
		w.opened(someLink)
	}
	if n := len(w.win.Canvas().Overlays().List()); n != 1 {
		t.Errorf("%d dialogs stand", n)
	}
	w.layers.CloseAll()
	w = testWindow(t, func(s *profile.Settings) { s.Name = "" })
	w.showWelcome()
	w.welcome.name.SetText("Sam")
	w.opened(someLink)
	w.welcome.joinTapped()
	if w.welcome == nil {
		t.Error("a press meant for another button joined a server")
	}
}

// A full channel fits the smallest window.
func TestFullChannelFits(t *testing.T) {
	w := testWindow(t, nil)
	w.resizeForTest(800, 500)
	for n := 1; n <= 8; n++ {
		v := harbour()
		v.Stage.Version = uint64(100 + n)
		for len(v.Stage.Tiles) < n {
			v.Stage.Tiles = append(v.Stage.Tiles, v.Stage.Tiles[len(v.Stage.Tiles)-3])
		}
		v.Stage.Tiles = v.Stage.Tiles[:n]
		w.apply(v)
		grid := w.shell.stage.grid
		for _, o := range grid.Objects {
			if low := grid.Position().Y + o.Position().Y + o.Size().Height; low > w.shell.stage.body.Size().Height {
				t.Errorf("of %d people one ends at %v in %v", n, low, w.shell.stage.body.Size().Height)
			}
		}
		if n == 8 {
			golden(t, w, "main-compact-full")
		}
	}
}

// Whoever cancels the start of a server does not find it running, nor themselves on it.
func TestCancelledStart(t *testing.T) {
	w := testWindow(t, nil)
	goOn, stopped := make(chan struct{}), make(chan struct{})
	w.c.Host = func(context.Context) (Hosting, error) {
		<-goOn
		return Hosting{Key: "mine", Invite: someLink}, nil
	}
	w.c.Unhost = func() error { close(stopped); return nil }
	w.hostNow()
	w.act(model.Cancel)
	close(goOn)
	deadline := time.After(5 * time.Second)
	for {
		w.pump.settle()
		select {
		case <-stopped:
			if w.hosting.Key != "" || w.link != "" || w.c.Profile.Settings().Hosting {
				t.Errorf("hosting %q, on the way to %q", w.hosting.Key, w.link)
			}
			return
		case <-deadline:
			t.Fatal("the server was not stopped")
		default:
		}
	}
}

package ui

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"parley/call"
	"parley/identity"
	"parley/profile"
	"parley/ui/kit"
)

// TestNav goes through the pages by arrows, and closes by Escape.
func TestNav(t *testing.T) {
	b := newBench(t, nil)
	b.showSettings("no such page")
	nav := b.settings.nav
	if b.settings.title.Text() != pageSound || b.win.Canvas().Focused() != fyne.Focusable(nav[0]) || nav[0].focus_() {
		t.Error("the first page is not shown, or its line has not the quiet focus")
	}
	for _, step := range []struct {
		key  fyne.KeyName
		want int
	}{{fyne.KeyUp, 0}, {fyne.KeyDown, 1}, {fyne.KeyDown, 2}, {fyne.KeyEnd, 10}, {fyne.KeyDown, 10}, {fyne.KeyUp, 9}, {fyne.KeyHome, 0}, {fyne.KeyDown, 1}} {
		typeKeys(b, step.key)
		if b.settings.at != step.want || b.win.Canvas().Focused() != fyne.Focusable(nav[step.want]) || !nav[step.want].focus_() {
			t.Fatalf("%s leads to page %d, want %d with a frame around its name", step.key, b.settings.at, step.want)
		}
	}
	test.Tap(nav[5])
	if b.settings.title.Text() != pageYou {
		t.Error("a click does not show its page")
	}
	nav[5].focus(false)
	typeKeys(b, fyne.KeyEscape)
	if b.settings != nil {
		t.Error("Escape does not close")
	}
	if b.win.Canvas().Focused() != nil {
		t.Error("the focus is on what is gone")
	}
	b.closeSettings() // twice does nothing
}

// focus_ says whether a frame is drawn around the row.
func (n *navRow) focus_() bool { return !n.pressable.focus.Hidden }

// TestTabReachesEverything walks each page by the Tab key: all that can be set, in the order in which it stands there.
func TestTabReachesEverything(t *testing.T) {
	b := newBench(t, func(s *profile.Settings) { s.Mode = profile.PushToTalk })
	keepServers(t, b, 2)
	for _, p := range settingsPages() {
		b.open(p.name)
		var want []fyne.Focusable
		for _, o := range b.shownIn(b.settings.column) {
			f, ok := o.(fyne.Focusable)
			d, can := o.(fyne.Disableable)
			if ok && !(can && d.Disabled()) {
				want = append(want, f)
			}
		}
		b.settings.nav[len(b.settings.nav)-1].focus(false)
		test.FocusNext(b.win.Canvas()) // the cross
		if len(want) == 0 {
			t.Errorf("%s: nothing to set", p.name)
		}
		for i, f := range want {
			test.FocusNext(b.win.Canvas())
			if got := b.win.Canvas().Focused(); got != f {
				t.Errorf("%s: Tab %d leads to %T, want %T", p.name, i, got, f)
			}
		}
	}
}

// TestTabScrolls walks down a page that is higher than the window, and up again.
func TestTabScrolls(t *testing.T) {
	b := newBench(t, nil)
	b.resizeForTest(800, 500)
	b.open(pageSound)
	place := b.c.App.Driver().AbsolutePositionForObject
	view := b.settings.scroll
	inPage := map[fyne.CanvasObject]bool{}
	for _, o := range b.shownIn(b.settings.column) {
		inPage[o] = true
	}
	for _, step := range []func(fyne.Canvas){test.FocusNext, test.FocusPrevious} {
		seen := 0
		for range 40 {
			step(b.win.Canvas())
			o := b.win.Canvas().Focused().(fyne.CanvasObject)
			if !inPage[o] {
				continue
			}
			seen++
			if top := place(o).Y - place(view).Y; top < 0 || top+o.Size().Height > view.Size().Height {
				t.Errorf("Tab leads to %T at %v of %v", o, top, view.Size().Height)
			}
		}
		if seen < 10 {
			t.Errorf("only %d controls were met", seen)
		}
	}
}

// shownIn is shown below an object.
func (b *bench) shownIn(root fyne.CanvasObject) (all []fyne.CanvasObject) {
	in := false
	for _, o := range b.shown() {
		if in = in || o == root; in {
			all = append(all, o)
		}
	}
	for i, o := range all {
		if o == fyne.CanvasObject(b.shell.dock.root) {
			return all[:i]
		}
	}
	return all
}

// TestNothingIsCut looks for text that does not fit, in the smallest window and at the largest scale. Names of devices may be long.
func TestNothingIsCut(t *testing.T) {
	for _, c := range []struct {
		scale         int
		width, height float32
	}{{100, 800, 500}, {80, 800, 500}, {150, 1200, 750}, {150, 1280, 800}} {
		b := newBench(t, func(s *profile.Settings) { s.Scale = c.scale })
		keepServers(t, b, 2)
		b.resizeForTest(c.width, c.height)
		for _, p := range settingsPages() {
			b.open(p.name)
			for _, o := range b.shownIn(b.settings.column) {
				text, ok := o.(*kit.Text)
				if ok && !strings.HasPrefix(text.Text(), "Follow the system: ") && text.Natural() > text.Size().Width+0.5 {
					t.Errorf("%s at %d %% in %v: %q has %v of %v", p.name, c.scale, c.width, text.Text(), text.Size().Width, text.Natural())
				}
				if para, ok := o.(*kit.Paragraph); ok && para.MinSize().Height > para.Size().Height+0.5 {
					t.Errorf("%s at %d %% in %v: %q has %v of %v high", p.name, c.scale, c.width, para.Text(), para.Size().Height, para.MinSize().Height)
				}
			}
		}
	}
}

// TestName shows while one types what others will see, and tells them when the typing rests.
func TestName(t *testing.T) {
	b := newBench(t, nil)
	b.open(pageYou)
	entry := control[*kit.Entry](b, "Your name")
	page := b.settings.page.(*youPage)
	for _, c := range []struct{ typed, kept, said string }{
		{"Anna", "Anna", "Others see this name and the colour of your key."},
		{"  \u202e  ", "Anna", "You need a name. Until there is one you keep the one before."},
		{"Bo\u200bb\u0301\u0301\u0301\u0301 \x1b[31m", "Bob\u0301\u0301 [31m", "Others see: Bob\u0301\u0301 [31m"},
		{strings.Repeat("long ", 40), profile.CleanName(strings.Repeat("long ", 40)), "Others see: " + profile.CleanName(strings.Repeat("long ", 40))},
	} {
		entry.SetText(c.typed)
		b.rest(saveAfter)
		if got := b.c.Profile.Settings().Name; got != c.kept || page.seen.Text() != c.said {
			t.Errorf("%q is kept as %q, and %q is said", c.typed, got, page.seen.Text())
		}
	}
	if got := page.id.Text(); len(got) != 19 || !strings.HasPrefix(identity.UserID(b.key.Public()), strings.ReplaceAll(got, " ", "")) {
		t.Errorf("the id is shown as %q", got)
	}
	if got := shortID("abc"); got != "abc" {
		t.Errorf("a short id is shown as %q", got)
	}
}

// TestExport asks for a good passphrase twice, and gives the text to a file and to the clipboard.
func TestExport(t *testing.T) {
	b := newBench(t, nil)
	b.c.ExportKey = func(passphrase string) ([]byte, error) { return identity.Export(b.key, passphrase) }
	b.open(pageYou)
	var file []byte
	var failed error
	b.settings.files.save = func(_ string, data []byte, then func(error)) { file = data; then(failed) }
	b.press("Export…")
	first, again := b.passwords()
	for _, c := range []struct{ first, again, said string }{
		{"short", "", "At least 8 characters; this is 5."},
		{"käse und brot", "käse", "The two differ."},
		{"käse und brot", "", ""},
	} {
		first.SetText(c.first)
		again.SetText(c.again)
		if !strings.Contains(b.texts(), c.said) || !b.button("Export").Disabled() {
			t.Errorf("%q and %q: %s", c.first, c.again, b.texts())
		}
	}
	again.SetText("käse und brot")
	b.press("Export")
	b.later()
	if !strings.Contains(b.texts(), "BEGIN PARLEY KEY") {
		t.Fatalf("no key is shown:\n%s", b.texts())
	}
	b.press("Save to a file…")
	if k, err := identity.Decode(file, "käse und brot"); err != nil || !k.Equal(b.key) || !strings.Contains(b.texts(), "Saved.") {
		t.Errorf("the file holds another key, or none: %v\n%s", err, b.texts())
	}
	failed = errors.New("disk\x1b full")
	b.press("Save to a file…")
	if !strings.Contains(b.texts(), "It could not be saved: disk full") {
		t.Errorf("it is not said that it failed:\n%s", b.texts())
	}
	b.press("Copy")
	if got := b.c.App.Clipboard().Content(); got != string(file) {
		t.Errorf("in the clipboard: %q", got)
	}
	b.press("Close")
	if b.win.Canvas().Overlays().Top() != nil {
		t.Error("it stays open")
	}
}

// passwords are the two fields of a dialog.
func (b *bench) passwords() (first, second *kit.Entry) {
	b.t.Helper()
	var all []*kit.Entry
	for _, o := range b.shown() {
		if e, ok := o.(*kit.Entry); ok {
			all = append(all, e)
		}
	}
	if len(all) != 2 {
		b.t.Fatalf("%d fields", len(all))
	}
	return all[0], all[1]
}

// TestExportIsCancelled while it is made: it does not pop up afterwards.
func TestExportIsCancelled(t *testing.T) {
	b := newBench(t, nil)
	goOn := make(chan struct{})
	b.c.ExportKey = func(string) ([]byte, error) { <-goOn; return []byte(armour), nil }
	b.open(pageYou)
	b.press("Export…")
	first, again := b.passwords()
	first.SetText("käse und brot")
	again.SetText("käse und brot")
	b.press("Export")
	b.press("Cancel")
	close(goOn)
	b.later()
	if b.win.Canvas().Overlays().Top() != nil {
		t.Error("the key is shown to whoever sits there by now")
	}
}

// TestImport takes a key from a file or pasted, says what is wrong with it, and that a start is needed.
func TestImport(t *testing.T) {
	b := newBench(t, nil)
	var taken string
	restarts := 0
	b.c.Restart = func() { restarts++ }
	b.c.ImportKey = func(text []byte, passphrase string) error {
		_, err := identity.Decode(text, passphrase)
		taken = string(text)
		return err
	}
	b.open(pageYou)
	var data []byte
	var failed error
	b.settings.files.open = func(_ int, then func([]byte, error)) { then(data, failed) }
	b.press("Import…")
	text, pass := b.passwords()
	if !b.button("Import").Disabled() {
		t.Error("nothing can be imported")
	}
	failed = errTooLong
	b.press("From a file…")
	if !strings.Contains(b.texts(), "The file could not be read: the file is too long") {
		t.Errorf("not said:\n%s", b.texts())
	}
	data, failed = []byte(armour), nil
	b.press("From a file…")
	pass.SetText("wrong passphrase")
	b.press("Import")
	b.later()
	if got := b.texts(); !strings.Contains(got, "It was not taken: ") || !strings.Contains(got, "wrong passphrase") || b.button("Import").Disabled() {
		t.Errorf("not said:\n%s", got)
	}
	text.SetText("\n " + strings.ReplaceAll(armour, "\n", "\r\n") + strings.Repeat("x", 20_000))
	if n := len(text.Text); n > maxKeyText {
		t.Errorf("%d characters were pasted", n)
	}
	text.SetText("\n " + armour)
	pass.SetText("käse und brot")
	b.press("Import")
	b.later()
	if taken != strings.TrimSpace(armour) || !strings.Contains(b.texts(), "The key is in place") {
		t.Fatalf("%q was taken:\n%s", taken, b.texts())
	}
	b.press("Start Parley again")
	if restarts != 1 || b.win.Canvas().Overlays().Top() != nil {
		t.Errorf("%d starts", restarts)
	}
}

// TestRetheme changes theme and scale of a window that is open: it looks like one that was opened so.
func TestRetheme(t *testing.T) {
	b := newBench(t, nil)
	b.open(pageLook)
	control[*kit.Segmented](b, "Theme").TypedKey(key(fyne.KeyEnd))
	control[*kit.Slider](b, "Scale").TypedKey(key(fyne.KeyEnd))
	b.rest(saveAfter)
	changed := b.win.Canvas().Capture() // before there is another app
	fresh := newBench(t, func(s *profile.Settings) { s.Theme, s.Scale = profile.LightTheme, 150 })
	fresh.open(pageLook)
	if n := differing(changed, fresh.win.Canvas().Capture()); n > 0 {
		writePNG(t, filepath.Join(os.TempDir(), "parley-rethemed.png"), changed)
		writePNG(t, filepath.Join(os.TempDir(), "parley-fresh.png"), fresh.win.Canvas().Capture())
		t.Errorf("%d pixels differ; see parley-rethemed.png and parley-fresh.png in %s", n, os.TempDir())
	}
}

// TestFiles reads and writes no more than there should be.
func TestFiles(t *testing.T) {
	b := newBench(t, nil)
	never := func(error) { t.Error("called without a choice") }
	b.saveFile(keyFile, nil, never)
	if b.win.Canvas().Overlays().Top() == nil {
		t.Error("nobody is asked where to write")
	}
	b.pressTheirs("Cancel")
	b.openFile(1, func(_ []byte, err error) { never(err) })
	b.pressTheirs("Cancel")

	bad := errors.New("bad disk")
	for _, c := range []struct {
		file  *file
		err   error
		want  string
		fails error
	}{
		{&file{Reader: strings.NewReader("12345678")}, nil, "12345678", nil},
		{&file{Reader: strings.NewReader("123456789")}, nil, "", errTooLong},
		{&file{Reader: strings.NewReader("1"), closes: bad}, nil, "", bad},
		{nil, bad, "", bad},
	} {
		got, err := readAll(c.file, 8, c.err)
		if string(got) != c.want || !errors.Is(err, c.fails) {
			t.Errorf("read %q, %v; want %q, %v", got, err, c.want, c.fails)
		}
	}
	f := &file{closes: bad}
	if err := writeAll(f, []byte("key"), nil); !errors.Is(err, bad) || f.String() != "key" {
		t.Errorf("a disk that is full at the end: %v, %q", err, f.String())
	}
	if err := writeAll(f, nil, bad); !errors.Is(err, bad) {
		t.Errorf("a file that does not open: %v", err)
	}
}

// pressTheirs presses a button of Fyne's own dialogs.
func (b *bench) pressTheirs(text string) {
	b.t.Helper()
	for _, o := range b.shown() {
		if c, ok := o.(*widget.Button); ok && c.Text == text {
			test.Tap(c)
			return
		}
	}
	b.t.Fatalf("no button %q", text)
}

// TestInviteIsCopied: an invite is copied as it is, or as the address of the page for a browser.
func TestInviteIsCopied(t *testing.T) {
	b := newBench(t, nil)
	for button, want := range map[string]string{"Copy the invite": someLink, "For a browser": "https" + strings.TrimPrefix(someLink, "parley")} {
		b.inviteDialog(call.Invite{URL: someLink, Uses: 25}, Hosting{})
		b.press(button)
		if got := b.c.App.Clipboard().Content(); got != want {
			t.Errorf("%s: %q", button, got)
		}
		b.press("Close")
	}
}

// file is one that fails when it is closed.
type file struct {
	io.Reader
	strings.Builder
	closes error
}

func (f *file) Close() error { return f.closes }

// keepServers puts servers into the profile, each with a key of its own.
func keepServers(t *testing.T, b *bench, n int) (keys []string) {
	t.Helper()
	for i := range n {
		k, err := identity.Generate(nil)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, identity.FormatKey(k.Public()))
		if err := b.c.Profile.UseServer(profile.Server{Key: keys[i], URL: fmt.Sprintf("parley://harbour%d.example:7440", i), Mode: identity.Native, Name: fmt.Sprintf("Harbour %d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

// TestServers lists them and forgets one, after a question.
func TestServers(t *testing.T) {
	b := newBench(t, nil)
	b.open(pageServers)
	if !strings.Contains(b.texts(), "No servers yet.") {
		t.Errorf("none: %s", b.texts())
	}
	keepServers(t, b, 2)
	b.time = time.Now()
	b.rest(0)
	if got := b.texts(); !strings.Contains(got, "Harbour 1") || !strings.Contains(got, "harbour0.example:7440, last used today") || strings.Contains(got, "No servers yet.") {
		t.Errorf("two: %s", got)
	}
	b.press("Forget")
	if len(b.c.Profile.Servers()) != 2 || !strings.Contains(b.texts(), "Forget Harbour 1?") {
		t.Fatalf("not asked:\n%s", b.texts())
	}
	b.press("Forget")
	b.rest(0)
	if left := b.c.Profile.Servers(); len(left) != 1 || left[0].Name != "Harbour 0" || strings.Contains(b.texts(), "Harbour 1") {
		t.Errorf("left: %v\n%s", left, b.texts())
	}
}

// TestHostingSwitch stands as things are: it asks before it stops, and says who can come.
func TestHostingSwitch(t *testing.T) {
	b := newBench(t, nil)
	stopped := make(chan struct{})
	b.c.Unhost = func() error { close(stopped); return nil }
	b.hosting = Hosting{Key: "K", Host: "192.168.1.5:7440", Reach: ReachNetwork}
	b.open(pageServers)
	toggle := control[*kit.Toggle](b, "Host a server on this computer")
	if !toggle.On() || !strings.Contains(b.texts(), reachSentence(b.hosting)) {
		t.Errorf("it runs, and is shown as\n%s", b.texts())
	}
	test.Tap(toggle)
	if !toggle.On() {
		t.Error("off before it was asked")
	}
	b.press("Stop hosting")
	<-stopped
	b.rest(0)
	if toggle.On() || !strings.Contains(b.texts(), hostExplained) {
		t.Errorf("it is off, and shown as\n%s", b.texts())
	}
}

// TestRouterSwitch asks the router at once where a server runs, and shows what it answers.
func TestRouterSwitch(t *testing.T) {
	b := newBench(t, nil)
	asked, answer := make(chan bool, 1), "The router refused: it is set to map no ports for others."
	b.c.MapPorts = func(on bool) { asked <- on }
	b.c.Router = func() string { return answer }
	b.hosting = Hosting{Key: "K", Host: "192.168.1.5:7440", Reach: ReachNetwork}
	b.open(pageServers)
	if strings.Contains(b.texts(), answer) || !strings.Contains(b.texts(), routerExplained) {
		t.Errorf("it was not asked, and shown is\n%s", b.texts())
	}
	toggle := control[*kit.Toggle](b, "Let people outside of this network in")
	test.Tap(toggle)
	if !<-asked || !b.c.Profile.Settings().MapPorts {
		t.Error("on, and not asked or not kept")
	}
	b.rest(0)
	if !strings.Contains(b.texts(), answer) {
		t.Errorf("it answered, and shown is\n%s", b.texts())
	}
	test.Tap(toggle)
	if <-asked || b.c.Profile.Settings().MapPorts {
		t.Error("off, and asked or kept")
	}
	b.rest(0)
	if strings.Contains(b.texts(), answer) {
		t.Errorf("it is off, and shown is\n%s", b.texts())
	}
}

func TestDayOf(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 10, 0, 0, time.UTC)
	for at, want := range map[time.Time]string{
		now: "today", now.Add(-time.Hour): "yesterday", now.Add(-25 * time.Hour): "30 December 2025", now.AddDate(-1, 0, 0): "1 January 2025",
		{}: "long ago", time.Date(2025, 12, 31, 23, 30, 0, 0, time.FixedZone("", -3600)): "today",
	} {
		if got := dayOf(at, now); got != want {
			t.Errorf("%v: %q, want %q", at, got, want)
		}
	}
}

// TestSettingsLook holds each page, the dialogs about the key, a banner and an open menu against pictures, in both themes.
func TestSettingsLook(t *testing.T) {
	both(t, func(t *testing.T, theme profile.Theme) {
		b := newBench(t, func(s *profile.Settings) { s.Theme = theme })
		b.hosting = Hosting{Key: "K", Host: "192.168.1.5:7440", Reach: ReachNetwork}
		soundLooks(t, b, "-"+string(theme))
		for i, p := range settingsPages()[1:] {
			b.open(p.name)
			if p.name == pageServers {
				keepServers(t, b, 2)
				b.time = time.Now()
				b.rest(0)
			}
			golden(t, b.Window, fmt.Sprintf("settings-%d-%s", i+1, theme))
		}
		voiceLooks(t, b, "-"+string(theme))
		keysLook(t, b, "-"+string(theme))
		b.open(pageYou)
		b.press("Export…")
		first, _ := b.passwords()
		first.SetText("short")
		golden(t, b.Window, "settings-export-"+string(theme))
		typeKeys(b, fyne.KeyEscape)
		b.press("Import…")
		golden(t, b.Window, "settings-import-"+string(theme))
	})
}

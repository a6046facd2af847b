package ui

import (
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/call"
	"parley/profile"
	"parley/ui/model"
	"parley/video"
)

// ringing is harbour while Mara Lind calls.
func ringing(edit func(*model.Ring)) *model.View {
	v := harbour()
	v.Ring = &model.Ring{
		Call: "c1", User: "Mara Lind", Name: "Mara Lind", Face: sampleFace("Mara Lind"), Video: true, Line: "calls you with video", Step: 3,
		Chip: model.Chip{Icon: "lock-verified", Text: "Verified", Tone: model.Good},
		Note: "Until you accept, nothing goes to them:\nno sound, no picture, no address.\nAccepting leaves Front porch.",
	}
	if edit != nil {
		edit(v.Ring)
	}
	return v
}

func byVoice(r *model.Ring) { r.Video, r.Line = false, "calls you" }

func stranger(r *model.Ring) {
	r.Chip = model.Chip{Icon: "new-person", Text: "New to you", Tone: model.Fresh}
	r.Warning = "This name looks like that of Mara Lind, whom you know, but the key is another one."
}

// outgoing is harbour while one calls Bo.
func outgoing() *model.View {
	v := quiet(model.StageCalling, model.Note{})
	v.Ring = &model.Ring{Call: "c2", User: "Bo", Name: "Bo", Face: sampleFace("Bo"), Out: true, Line: "Ringing…", Step: 2,
		Chip: model.Chip{Icon: "shield", Text: "Not verified", Tone: model.Warn}}
	v.Dock.Calling, v.Dock.Line = true, "Calling Bo"
	return v
}

func missedCalls() *model.View {
	v := harbour()
	row := func(name, line string, video bool) model.MissedRow {
		return model.MissedRow{Call: name + line, User: name, Name: name, Face: sampleFace(name), Video: video, Line: line}
	}
	v.Missed, v.MissedVersion = []model.MissedRow{
		row("Ola", "Video call, 14:05", true), row("Petra N", "Call, 3 May 09:12, you were offline", false), row("Bo", "Call, 2 May 22:40, do not disturb", false),
	}, 2
	for i := range v.Missed {
		v.Missed[i].At = int64(1000 - i)
	}
	v.Unseen = len(v.Missed)
	return v
}

func TestCallsLook(t *testing.T) {
	usual, small := fyne.NewSize(1280, 800), fyne.NewSize(800, 500)
	for _, c := range []struct {
		name string
		size fyne.Size
		view *model.View
		show func(*Window)
	}{
		{"incoming", usual, ringing(nil), nil},
		{"incoming-voice", usual, ringing(byVoice), nil},
		{"incoming-stranger", usual, ringing(stranger), nil},
		{"incoming-compact", small, ringing(stranger), nil},
		{"incoming-settings", usual, ringing(nil), func(w *Window) { w.showSettings(pageLook) }},
		{"outgoing", usual, outgoing(), nil},
		{"outgoing-compact", small, outgoing(), nil},
		{"missed", usual, missedCalls(), nil},
		{"missed-compact", small, missedCalls(), nil},
		{"missed-list", usual, missedCalls(), func(w *Window) {
			w.showMissed(w.shell.people.missed.root)
			w.view.Unseen = 0 // the model's next view says so
		}},
		{"missed-none", usual, harbour(), func(w *Window) { w.showMissed(w.shell.people.missed.root) }},
	} {
		both(t, func(t *testing.T, theme profile.Theme) {
			w := testWindow(t, func(s *profile.Settings) { s.Theme = theme })
			w.resizeForTest(c.size.Width, c.size.Height)
			w.apply(c.view)
			if c.show != nil {
				c.show(w)
				w.apply(c.view)
			}
			w.pump.settle()
			golden(t, w, "call-"+c.name+"-"+string(theme))
		})
	}
}

// rung is a bench at which a call rings, for as long that a press counts.
func rung(t *testing.T, v *model.View) *bench {
	b := newBench(t, nil)
	b.apply(v)
	b.incoming.since = b.incoming.since.Add(-steady)
	return b
}

// errors are the codes of what the engine was asked to do and could not, for there is no server.
func (b *bench) errors() (codes []string) {
	notices(b.t, b.Window)
	for _, n := range b.c.Engine.Snapshot().Notices {
		if n.Kind == call.NoticeError {
			codes = append(codes, n.Text)
		}
	}
	return codes
}

// Whoever is typing answers nothing: no key but on a button that was gone to.
func TestNobodyAnswersByAccident(t *testing.T) {
	b := newBench(t, nil)
	b.prompt("Name", "", "Name", "", "Take it", func(string) (func(), string) { return func() {}, "" })
	b.apply(ringing(nil))
	if f := b.win.Canvas().Focused(); f != nil {
		t.Fatalf("the focus is on %T", f)
	}
	before := b.errors()
	for _, name := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace, fyne.KeyEscape} {
		b.win.Canvas().OnTypedKey()(key(name))
	}
	test.Tap(b.button("Accept with video")) // it has only just appeared
	test.Tap(b.button("Decline"))
	b.layers.CloseAll()
	if got := b.errors(); !slices.Equal(got, before) {
		t.Errorf("the engine was asked: %q", got)
	}
	if b.incoming == nil || !b.incoming.layer.Open() {
		t.Error("the dialog has closed")
	}
	b.closed()
	if b.incoming == nil || !b.incoming.layer.Open() {
		t.Error("the close button has closed it")
	}
}

// Each button does what it says, by the mouse and by the keyboard.
func TestAnswer(t *testing.T) {
	for _, text := range []string{"Accept with voice", "Accept with video", "Decline"} {
		b := rung(t, ringing(byVoice))
		before := len(b.errors())
		b.press(text)
		if got := b.errors(); len(got) != before+1 {
			t.Errorf("%s asks for nothing", text)
		}
		reached := false
		for range 3 {
			b.win.Canvas().FocusNext()
			reached = reached || b.win.Canvas().Focused() == fyne.Focusable(b.button(text))
		}
		if !reached {
			t.Fatalf("%s can't be reached by Tab", text)
		}
		b.win.Canvas().Focus(b.button(text))
		typeKeys(b, fyne.KeyEscape, fyne.KeyReturn)
		if got := b.errors(); len(got) != before+2 {
			t.Errorf("%s asks for nothing by Enter, or Escape asks for something: %q", text, got)
		}
	}
}

// What was asked for is what the first, filled button does; with a warning none is filled.
func TestFirstAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*model.Ring)
		want string
	}{
		"video": {nil, "Accept with video, Accept with voice, Decline"},
		"voice": {byVoice, "Accept with voice, Accept with video, Decline"},
	} {
		b := rung(t, ringing(c.edit))
		var got []string
		for _, o := range b.shown() {
			if text, ok := textOf(o); ok && (strings.HasPrefix(text, "Accept with") || text == "Decline") {
				got = append(got, text)
			}
		}
		if strings.Join(slices.Compact(got), ", ") != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The dialog goes with the ringing, and comes over whatever is there.
func TestRingComesAndGoes(t *testing.T) {
	b := newBench(t, nil)
	b.showSettings(pageLook)
	b.showKeys()
	b.apply(ringing(nil))
	first := b.incoming
	if b.layers.Top() != first.layer {
		t.Fatal("it is not on top")
	}
	b.apply(ringing(func(r *model.Ring) { r.Step = 4 }))
	if b.incoming != first {
		t.Error("it was made anew for the same call")
	}
	first.layer.Close()
	b.apply(ringing(nil))
	if b.incoming == first || b.layers.Top() != b.incoming.layer {
		t.Error("it does not come again while it rings")
	}
	b.apply(ringing(func(r *model.Ring) { r.Call = "c9" }))
	if n := len(b.win.Canvas().Overlays().List()); n != 2 || b.incoming.call != "c9" {
		t.Errorf("%d layers stand, the ring of %s", n, b.incoming.call)
	}
	b.apply(outgoing())
	if b.incoming != nil || len(b.win.Canvas().Overlays().List()) != 1 {
		t.Error("it stays when the ringing is over")
	}
	if b.settings == nil {
		t.Error("the settings have closed by that")
	}
}

func TestRingOverTheFirstStart(t *testing.T) {
	w := testWindow(t, func(s *profile.Settings) { s.Name = "" })
	w.showWelcome()
	w.apply(ringing(nil))
	if w.layers.Top() != w.incoming.layer {
		t.Error("it is not shown")
	}
}

// A window where somebody rings is drawn anew by the beat of the ring alone.
func TestStillRing(t *testing.T) {
	for name, view := range map[string]func(step uint8) *model.View{
		"incoming": func(step uint8) *model.View { return ringing(func(r *model.Ring) { r.Step = step }) },
		"outgoing": func(step uint8) *model.View { v := outgoing(); v.Ring.Step = step; return v },
	} {
		w := testWindow(t, nil)
		w.resizeForTest(1280, 800)
		w.apply(view(2))
		if drawn := drawings(t, w, func() { w.apply(view(2)) }); len(drawn) > 0 {
			t.Errorf("%s, the same: %v", name, drawn)
		}
		if drawn := drawings(t, w, func() { w.apply(view(3)) }); len(drawn) == 0 || len(drawn) > 12 {
			t.Errorf("%s, the ring: %v", name, drawn)
		}
	}
}

// In a call a channel is joined after a question, and so is whatever else ends it.
func TestLeavingACallAsks(t *testing.T) {
	inCall := quiet(model.StageCall, model.Note{})
	inCall.Stage.Call = &model.Call{User: "Bo", Name: "Bo"}
	inCall.Dock.InChannel, inCall.Dock.InCall = true, true
	for name, do := range map[string]func(*bench){
		"a channel":      func(b *bench) { b.join(model.Row{Channel: "a", Name: "Front porch"}) },
		"another server": func(b *bench) { b.askToJoin(call.Invitation{Link: someLink}) },
		"hosting":        func(b *bench) { b.host() },
	} {
		b := newBench(t, nil)
		b.c.NewConverter = func() Converter { return scenery{} }
		b.apply(inCall)
		before := len(b.errors())
		do(b)
		if !strings.Contains(b.texts(), "Hang up?") || len(b.errors()) != before || b.link != "" {
			t.Errorf("%s: no question", name)
		}
		b.apply(quiet(model.StageMessage, model.Note{}))
	}
	b := newBench(t, nil)
	b.apply(quiet(model.StageMessage, model.Note{}))
	before := len(b.errors())
	b.join(model.Row{Channel: "a", Name: "Front porch"})
	if len(b.errors()) != before+1 {
		t.Error("outside of a call it is not joined at once")
	}
}

func TestTrayInACall(t *testing.T) {
	b := newBench(t, nil)
	tray := &tray{w: b.Window, mute: &fyne.MenuItem{}, deafen: &fyne.MenuItem{}, share: &fyne.MenuItem{}, leave: &fyne.MenuItem{}, show: &fyne.MenuItem{}, menu: fyne.NewMenu("")}
	tray.app = noTray{}
	for name, c := range map[string]struct {
		view *model.View
		want string
	}{
		"a channel":         {harbour(), "Leave the channel|Show Parley|tray-live|false"},
		"ringing here":      {ringing(nil), "Leave the channel|Somebody is calling…|tray-live|false"},
		"calling":           {outgoing(), "Stop calling|Show Parley|tray|false"},
		"nothing":           {quiet(model.StageMessage, model.Note{}), "Leave the channel|Show Parley|tray|true"},
		"a call":            {&model.View{Dock: model.Dock{InChannel: true, InCall: true}}, "Hang up|Show Parley|tray-live|false"},
		"muted":             {&model.View{Dock: model.Dock{InChannel: true, InCall: true, Muted: true}}, "Hang up|Show Parley|tray-muted|false"},
		"muted, but seen":   {&model.View{Dock: model.Dock{InChannel: true, InCall: true, Muted: true, Camera: true}}, "Hang up|Show Parley|tray-live|false"},
		"muted, but shared": {&model.View{Dock: model.Dock{InChannel: true, Muted: true, Sharing: true}}, "Leave the channel|Show Parley|tray-live|false"},
		"calling, sitting":  {&model.View{Dock: model.Dock{InChannel: true, Calling: true}}, "Leave the channel|Show Parley|tray-live|false"},
	} {
		tray.apply(c.view)
		if got := strings.Join([]string{tray.leave.Label, tray.show.Label, tray.icon, map[bool]string{true: "true", false: "false"}[tray.leave.Disabled]}, "|"); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if tray.share.Disabled == c.view.Dock.Sharing {
			t.Errorf("%s: one can stop sharing: %v", name, !tray.share.Disabled)
		}
	}
}

// noTray takes an icon and shows none.
type noTray struct{}

func (noTray) SetSystemTrayMenu(*fyne.Menu)    {}
func (noTray) SetSystemTrayIcon(fyne.Resource) {}
func (noTray) SetSystemTrayWindow(fyne.Window) {}

func TestTitleInACall(t *testing.T) {
	w := testWindow(t, nil)
	for want, v := range map[string]*model.View{
		"Parley: somebody is calling":         ringing(nil),
		"Parley":                              outgoing(),
		"Parley: microphone live":             {Dock: model.Dock{InChannel: true, InCall: true}},
		"Parley: microphone muted, camera on": {Dock: model.Dock{InChannel: true, InCall: true, Muted: true, Camera: true}},
	} {
		w.entitle(v)
		if got := w.win.Title(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The number of missed calls goes when they are looked at, and comes with the next one; the list follows while it is open.
func TestMissedCalls(t *testing.T) {
	b := newBench(t, nil)
	v := missedCalls()
	b.apply(v)
	count := b.shell.people.missed.count
	if count.Text() != "3" {
		t.Errorf("the number is %q", count.Text())
	}
	b.showMissed(b.shell.people.missed.root)
	for _, want := range []string{"Missed calls", "Ola", "Video call, 14:05", "Clear"} {
		if !strings.Contains(b.texts(), want) {
			t.Errorf("no %q in\n%s", want, b.texts())
		}
	}
	if got := b.c.Profile.Settings().MissedSeen; got != 1000 {
		t.Errorf("looked at until %d", got)
	}
	v.Unseen = 0
	b.apply(v)
	if count.Text() != "" {
		t.Errorf("the number of those that were looked at is %q", count.Text())
	}
	none := harbour()
	none.MissedVersion = 3
	b.apply(none)
	if !strings.Contains(b.texts(), "No missed calls.") || strings.Contains(b.texts(), "Ola") {
		t.Errorf("the list did not follow:\n%s", b.texts())
	}
	b.layers.CloseAll()
	if b.follow != nil {
		t.Error("it follows for ever")
	}
	b.resizeForTest(800, 500)
	narrow := b.shell.stage.missed
	b.apply(v)
	if !narrow.root.Visible() {
		t.Error("a narrow window does not show them")
	}
	b.showMissed(narrow.root)
	b.apply(none)
	if !narrow.root.Visible() {
		t.Error("the button goes from under its list")
	}
	b.layers.CloseAll()
	b.apply(none)
	if narrow.root.Visible() {
		t.Error("a button for nothing")
	}
	more := missedCalls()
	more.MissedVersion = 4
	more.Unseen = 1
	b.apply(more)
	if count.Text() != "1" {
		t.Errorf("the number is %q", count.Text())
	}
}

// The card of somebody offers to call, or says why not; oneself is not called.
func TestCardCalls(t *testing.T) {
	b := newBench(t, nil)
	b.apply(harbour())
	b.showCard(model.Card{User: "ola", Name: "Ola", Presence: model.Online, Line: "Online"}, b.shell.people.list)
	if b.button("Call").Disabled() || b.button("Video call").Disabled() {
		t.Error("nobody can be called")
	}
	b.layers.CloseAll()
	b.showCard(model.Card{User: "ola", Name: "Ola", NoCall: "They are offline."}, b.shell.people.list)
	if !b.button("Call").Disabled() || !b.button("Video call").Disabled() || !strings.Contains(b.texts(), "They are offline.") {
		t.Error("somebody who is offline can be called, or nobody says why not")
	}
	b.layers.CloseAll()
	b.showCard(model.Card{User: "sam", Name: "Sam", Self: true, NoCall: "This is you."}, b.shell.people.list)
	if strings.Contains(b.texts(), "Video call") || strings.Contains(b.texts(), "This is you.") {
		t.Error("one can call oneself")
	}
}

// Without a server no call is made, and it is said.
func TestStartCallSaysWhyNot(t *testing.T) {
	b := newBench(t, nil)
	b.apply(harbour())
	before := len(b.errors())
	b.startCall("ola", true)
	b.pump.mu.Lock()
	lines := b.pump.lines
	b.pump.mu.Unlock()
	if len(b.errors()) != before || len(lines) != 1 || lines[0].Text != "There is no connection to the server." {
		t.Errorf("%d errors, said %v", len(b.errors())-before, lines)
	}
}

// The menu of a row of the list of people has the calls too.
func TestPeopleMenuCalls(t *testing.T) {
	b := newBench(t, nil)
	v := harbour()
	v.People[5].Self = true
	b.apply(v)
	b.shell.people.menu(1, fyne.NewPos(900, 100))
	for _, want := range []string{"There is no connection to the server.", "Call", "Video call", "About Mara Lind"} {
		if !strings.Contains(b.texts(), want) {
			t.Errorf("no %q in\n%s", want, b.texts())
		}
	}
	b.layers.CloseAll()
	b.shell.people.menu(5, fyne.NewPos(900, 100)) // oneself has a card alone
	if b.layers.Top() != nil && strings.Contains(b.texts(), "Video call") {
		t.Error("one can call oneself")
	}
}

// While a ring is heard the ringer is played to, again and again, and silenced once.
func TestRingerIsTold(t *testing.T) {
	b := newBench(t, nil)
	b.pump.perform(&model.View{Rung: &model.Rung{Sound: model.SoundRing, Gain: 0.4, Ringer: true}}, 100)
	b.pump.perform(&model.View{Rung: &model.Rung{Sound: model.SoundRingback, Gain: 1}}, 100)
	b.until("an open speaker", func(s *call.Snapshot) bool { return s.Sound.Speaker != "" || s.LastNotice > 0 })
	b.pump.perform(&model.View{Hush: true}, 100)
	if got := b.errors(); len(got) != 0 {
		t.Errorf("said: %q", got)
	}
}

// What tells of a text is heard only while the window is not looked at. A sound that there is none of is at least told of.
func TestTextIsHeardAside(t *testing.T) {
	b := newBench(t, nil)
	var said strings.Builder
	b.pump.log = slog.New(slog.NewTextHandler(&said, nil))
	for _, front := range []bool{true, false} {
		b.hasFocus = front
		b.pump.perform(&model.View{Aside: []model.Sound{"nothing"}}, 100)
		b.later()
		if played := said.Len() > 0; played == front {
			t.Errorf("in front: %v, played: %v", front, played)
		}
	}
	b.pump.perform(&model.View{Aside: []model.Sound{model.SoundText}}, 100)
	b.later()
	b.until("an open speaker", func(s *call.Snapshot) bool { return s.Sound.Speaker != "" || s.LastNotice > 0 })
}

// The camera's page opens it by a click alone, and closes it when it is left, hidden or not looked at.
func TestCameraPage(t *testing.T) {
	b := newBench(t, nil)
	b.c.NewConverter = func() Converter { return scenery{} }
	b.open(pageCamera)
	p := b.settings.page.(*cameraPage)
	if p.frame.Visible() || b.c.Engine.Snapshot().Camera.Preview {
		t.Error("a camera opened by itself")
	}
	b.press("Show my picture")
	b.until("a preview", func(s *call.Snapshot) bool { return s.Camera.Preview })
	if !p.frame.Visible() || p.picture.quit == nil || !strings.Contains(b.texts(), "Stop showing") {
		t.Errorf("the picture is not shown:\n%s", b.texts())
	}
	b.hasFocus = false
	b.rest(0)
	b.rest(unwatched)
	b.until("no preview in a window that is not looked at", func(s *call.Snapshot) bool { return !s.Camera.Preview })
	b.rest(0)
	if p.frame.Visible() || p.picture.quit != nil {
		t.Error("the picture is still on")
	}
	b.hasFocus = true
	b.rest(0)
	for name, leave := range map[string]func(){"another page": func() { b.open(pageLook) }, "closing": b.closeSettings} {
		b.open(pageCamera)
		p = b.settings.page.(*cameraPage)
		b.press("Show my picture")
		b.until("a preview", func(s *call.Snapshot) bool { return s.Camera.Preview })
		leave()
		b.until("no preview after "+name, func(s *call.Snapshot) bool { return !s.Camera.Preview })
		if p.picture.quit != nil {
			t.Errorf("%s leaves the picture on", name)
		}
	}
}

// The page says where the camera is on: channels have pictures, too.
func TestCameraPageNamesThePlace(t *testing.T) {
	b := newBench(t, nil)
	b.open(pageCamera)
	for place, dock := range map[string]model.Dock{"channel": {InChannel: true}, "call": {InChannel: true, InCall: true}} {
		b.view = &model.View{Dock: dock}
		b.settings.page.(*cameraPage).applyPreview(call.CameraState{On: true})
		if want := "The camera is on in the " + place + "."; !strings.Contains(b.texts(), want) {
			t.Errorf("not %q:\n%s", want, b.texts())
		}
	}
}

func TestAgreedWith(t *testing.T) {
	for want, c := range map[string]call.CameraState{
		"Known when it is open":   {},
		"1280 × 720, 30 a second": {Open: true, Width: 1280, Height: 720, FPS: 30},
		"640 × 480":               {Open: true, Width: 640, Height: 480},
		"352 × 288, 15 a second":  {Open: true, Width: 352, Height: 288, FPS: 14.985},
	} {
		if got := agreedWith(c); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The camera's page without a camera, and with one that was asked for.
func TestCameraPageLooks(t *testing.T) {
	both(t, func(t *testing.T, theme profile.Theme) {
		b := newBench(t, func(s *profile.Settings) { s.Theme = theme })
		b.c.NewConverter = func() Converter { return scenery{} }
		b.open(pageCamera)
		b.press("Show my picture")
		b.until("a sentence", func(s *call.Snapshot) bool { return s.Camera.Preview && s.Camera.Failed != "" })
		golden(t, b.Window, "settings-camera-failed-"+string(theme))
		p := b.settings.page.(*cameraPage)
		good := call.CameraState{Preview: true, Open: true, Width: 1280, Height: 720, FPS: 30}
		p.applyPreview(good)
		p.agreed.SetText(agreedWith(good))
		b.settings.relay()
		expose(t, p.picture)
		golden(t, b.Window, "settings-camera-on-"+string(theme))
		b.closeSettings()
	})
}

// expose has a picture show something.
func expose(t *testing.T, p *picture) {
	t.Helper()
	var pool video.Pool
	f, err := pool.Get(160, 90)
	if err != nil {
		t.Fatal(err)
	}
	p.slot.Put(f)
	for ready := false; !ready; runtime.Gosched() {
		p.mu.Lock()
		ready = p.ready != nil
		p.mu.Unlock()
	}
	p.draw()
}

// What bad neighbours call themselves fits, and is not more than a name.
func TestHostileRings(t *testing.T) {
	w := testWindow(t, nil)
	w.resizeForTest(800, 500)
	for _, name := range hostileNames {
		for _, v := range []*model.View{ringing(stranger), outgoing()} {
			v.Ring.Call, v.Ring.Name, v.Ring.Line, v.Ring.Warning = name, name, name, name
			v.Missed, v.MissedVersion = []model.MissedRow{{Call: name, Name: name, Line: name}}, w.view.MissedVersion+1
			w.apply(v)
			w.showMissed(w.shell.people.missed.root)
			w.win.Canvas().Capture()
			w.layers.Top().Close()
		}
	}
}

// Closing the window gives no call up unasked.
func TestClosingInACall(t *testing.T) {
	for name, c := range map[string]struct {
		view *model.View
		want string
	}{
		"calling": {outgoing(), "Hang up and quit?"},
		"a call":  {&model.View{Dock: model.Dock{InChannel: true, InCall: true}}, "Hang up and quit?"},
		"channel": {harbour(), "Leave the channel and quit?"},
	} {
		b := newBench(t, nil)
		b.apply(c.view)
		b.closed()
		if !strings.Contains(b.texts(), c.want) {
			t.Errorf("%s: no question in\n%s", name, b.texts())
		}
	}
}

// The camera's page has the pump tick only while there is something to see to.
func TestCameraPageIsStill(t *testing.T) {
	b := newBench(t, nil)
	b.c.NewConverter = func() Converter { return scenery{} }
	b.open(pageCamera)
	if b.pump.moves.Load() {
		t.Error("it ticks for nothing")
	}
	b.press("Show my picture")
	b.until("a preview", func(s *call.Snapshot) bool { return s.Camera.Preview })
	if !b.pump.moves.Load() {
		t.Error("nobody would find out that the window is left alone")
	}
	b.closeSettings()
	if b.pump.moves.Load() {
		t.Error("it ticks on")
	}
}

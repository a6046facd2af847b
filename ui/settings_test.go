package ui

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/call"
	"parley/call/calltest"
	"parley/identity"
	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// bench is a window to open settings in, with an engine that has devices, and a clock that a test moves.
type bench struct {
	*Window
	t       *testing.T
	devices *audiotest.Backend
	folder  string
	key     identity.Key
	hub     *calltest.Hub // a server, to which nobody is connected
	time    time.Time
	voices  []profile.Settings // what the engine was to be told of, each time
	rebinds int                // how often the keys were taken from the settings
	update  UpdateState
	looks   int // for a newer version, that were asked for
}

func newBench(t *testing.T, edit func(*profile.Settings)) *bench {
	t.Helper()
	app := test.NewTempApp(t)
	b := &bench{t: t, update: UpdateState{Line: "Parley 1.2.0 is up to date.", Detail: "Looked today at 20:41.", Tone: model.Good}, folder: t.TempDir(), time: time.Date(2026, 5, 4, 20, 0, 0, 0, time.UTC), devices: audiotest.NewBackend(
		audio.Info{Kind: audio.Input, ID: "usb", Name: "USB headset", Default: true}, audio.Info{Kind: audio.Input, ID: "cam", Name: "Webcam microphone"},
		audio.Info{Kind: audio.Output, ID: "built-in", Name: "Built-in audio, stereo", Default: true}, audio.Info{Kind: audio.Output, ID: "tv", Name: "TV"})}
	p, _, err := profile.Open(b.folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	if err := p.Update(func(s *profile.Settings) {
		s.Name, s.Theme, s.Threshold = "Sam Reyes", profile.DarkTheme, -38
		if edit != nil {
			edit(s)
		}
	}); err != nil {
		t.Fatal(err)
	}
	b.key, err = identity.Generate(bytes.NewReader(bytes.Repeat([]byte{7}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	if b.hub, err = calltest.NewHub(); err != nil {
		t.Fatal(err)
	}
	e, err := call.New(call.Config{Key: b.key, People: nobody{}, Dial: b.hub.Dial, Sound: call.SoundConfig{
		Backend: b.devices, Voice: call.Voice{Mode: "open", FrameMS: 20},
		NewEncoder: func() (audio.Encoder, error) { return calltest.Codec{}, nil },
		NewDecoder: func() (audio.Decoder, error) { return calltest.Codec{}, nil },
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	b.Window = newWindow(Config{
		App: app, Engine: e, Profile: p, Key: b.key.Public(), Used: func(string, string) error { return nil },
		Voice: func(s profile.Settings) call.Voice {
			v := call.Voice{Mode: string(s.Mode), ThresholdDBFS: float32(s.Threshold), Suppression: s.Suppression, FrameMS: 20}
			b.voices = append(b.voices, s)
			return v
		},
		Safety: func([]byte) string { return safety }, Downloads: "/home/sam/Downloads",
		Keys:     GlobalKeys{Rebind: func() { b.rebinds++ }},
		Updates:  Updates{State: func() UpdateState { return b.update }, Check: func() { b.looks++ }},
		MapPorts: func(bool) {}, Router: func() string { return "" },
		ExportKey: func(passphrase string) ([]byte, error) { return []byte(armour), nil },
	})
	b.resizeForTest(1280, 800)
	b.apply(&model.View{Dock: model.Dock{Name: "Sam Reyes", Line: "Not in a channel", Face: model.FaceOf(b.key.Public(), "Sam Reyes", ""), Presence: model.Online}})
	return b
}

// open shows a page under the bench's clock.
func (b *bench) open(page string) {
	b.t.Helper()
	b.showSettings(page)
	b.settings.now = func() time.Time { return b.time }
	b.settings.apply()
}

// rest lets time pass and the pump take a turn.
func (b *bench) rest(d time.Duration) {
	b.time = b.time.Add(d)
	b.settings.apply()
}

// until waits for the engine, letting the page follow.
func (b *bench) until(what string, done func(*call.Snapshot) bool) {
	b.t.Helper()
	timeout := time.After(calltest.Patience)
	for !done(b.c.Engine.Snapshot()) {
		select {
		case <-b.c.Engine.Changed():
		case <-timeout:
			b.t.Fatalf("never: %s", what)
		}
	}
	if b.settings != nil {
		b.settings.apply()
	}
}

// later runs what a background has brought to Fyne's goroutine.
func (b *bench) later() {
	b.t.Helper()
	timeout := time.After(calltest.Patience)
	for {
		b.pump.mu.Lock()
		calls := b.pump.calls
		b.pump.calls = nil
		b.pump.mu.Unlock()
		for _, f := range calls {
			f()
		}
		if len(calls) > 0 {
			return
		}
		select {
		case <-b.pump.poke:
		case <-timeout:
			b.t.Fatal("nothing came back")
		}
	}
}

// shown are the objects that can be seen in the topmost layer, or else in the window, in their order.
func (b *bench) shown() (all []fyne.CanvasObject) {
	root := b.win.Content()
	if top := b.win.Canvas().Overlays().Top(); top != nil {
		root = top
	}
	var walk func(fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if !o.Visible() {
			return
		}
		all = append(all, o)
		switch o := o.(type) {
		case fyne.Widget:
			for _, child := range test.WidgetRenderer(o).Objects() {
				walk(child)
			}
		case *fyne.Container:
			for _, child := range o.Objects {
				walk(child)
			}
		}
	}
	walk(root)
	return all
}

// texts is what can be read there.
func (b *bench) texts() string {
	var all []string
	for _, o := range b.shown() {
		if t, ok := textOf(o); ok {
			all = append(all, t)
		}
	}
	return strings.Join(all, "\n")
}

func textOf(o fyne.CanvasObject) (string, bool) {
	switch o := o.(type) {
	case *kit.Text:
		return o.Text(), true
	case *kit.Paragraph:
		return o.Text(), true
	}
	return "", false
}

// control is the first one of its kind after a label; without a label, the first of all.
func control[T fyne.CanvasObject](b *bench, label string) T {
	b.t.Helper()
	seen := label == ""
	for _, o := range b.shown() {
		if c, ok := o.(T); ok && seen {
			return c
		}
		if t, _ := textOf(o); t == label {
			seen = true
		}
	}
	b.t.Fatalf("no control after %q in\n%s", label, b.texts())
	panic("unreachable")
}

// button is the one that says so.
func (b *bench) button(text string) *kit.Button {
	b.t.Helper()
	var last *kit.Button
	for _, o := range b.shown() {
		if c, ok := o.(*kit.Button); ok {
			last = c
		}
		if t, _ := textOf(o); t == text && last != nil {
			return last
		}
	}
	b.t.Fatalf("no button %q in\n%s", text, b.texts())
	return nil
}

func (b *bench) press(text string) {
	b.t.Helper()
	test.Tap(b.button(text))
}

func key(name fyne.KeyName) *fyne.KeyEvent { return &fyne.KeyEvent{Name: name} }

// flip presses a switch.
func flip(label string) func(*bench) {
	return func(b *bench) { test.Tap(control[*kit.Toggle](b, label)) }
}

// chooses holds keys, the last one after the others, where the field after a label waits for them.
func chooses(label string, names ...fyne.KeyName) func(*bench) {
	return func(b *bench) {
		c := control[*kit.KeyField](b, label)
		test.Tap(c)
		for _, n := range names {
			c.KeyDown(key(n))
		}
		for _, n := range names {
			c.KeyUp(key(n))
		}
	}
}

// TestEveryControlIsKept changes everything there is to change, each at once into the profile, and finds it again after a restart, in
// the file and on the pages.
func TestEveryControlIsKept(t *testing.T) {
	b := newBench(t, nil)
	b.do(call.Watch{On: true})
	b.until("devices", func(s *call.Snapshot) bool { return len(s.Sound.Devices) == 4 })
	want := b.c.Profile.Settings()
	steps := []struct {
		page, name string
		act        func(*bench)
		rests      bool // it is written down after saveAfter
		is         func(*profile.Settings)
	}{
		{pageSound, "microphone", func(b *bench) {
			c := b.settings.page.(*soundPage).mic.choice
			test.Tap(c)
			typeKeys(b, fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
		}, false, func(s *profile.Settings) { s.Mic = "cam" }},
		{pageVoice, "threshold", func(b *bench) { b.settings.page.(*voicePage).level.meter.TypedKey(key(fyne.KeyRight)) }, true,
			func(s *profile.Settings) { s.Threshold = -37 }},
		{pageVoice, "mode", func(b *bench) { b.settings.page.(*voicePage).mode.TypedKey(key(fyne.KeyRight)) }, false,
			func(s *profile.Settings) { s.Mode = profile.PushToTalk }},
		{pageVoice, "mode back", func(b *bench) { b.settings.page.(*voicePage).mode.TypedKey(key(fyne.KeyLeft)) }, false,
			func(s *profile.Settings) { s.Mode = profile.VoiceActivity }},
		{pageVoice, "hold", func(b *bench) { control[*kit.Slider](b, "After your last word").TypedKey(key(fyne.KeyRight)) }, true,
			func(s *profile.Settings) { s.HoldMS = 350 }},
		{pageVoice, "always open", func(b *bench) { b.settings.page.(*voicePage).mode.TypedKey(key(fyne.KeyEnd)) }, false,
			func(s *profile.Settings) { s.Mode = profile.AlwaysOpen }},
		{pageVoice, "mode again", func(b *bench) { b.settings.page.(*voicePage).mode.TypedKey(key(fyne.KeyLeft)) }, false,
			func(s *profile.Settings) { s.Mode = profile.PushToTalk }},
		{pageVoice, "cancellation", flip("Remove echo"), false, func(s *profile.Settings) { s.Cancellation = false }},
		{pageVoice, "suppression", flip("Suppress noise"), false, func(s *profile.Settings) { s.Suppression = false }},
		{pageVoice, "gain", flip("Even loudness"), false, func(s *profile.Settings) { s.Gain = false }},
		{pageVoice, "bitrate", func(b *bench) {
			control[*kit.Slider](b, "More is clearer, and needs more data").TypedKey(key(fyne.KeyLeft))
		}, true, func(s *profile.Settings) { s.Bitrate = 56000 }},
		{pageVoice, "music", flip("Music mode"), false, func(s *profile.Settings) { s.Music = true }},
		{pageVoice, "music's bitrate", func(b *bench) { control[*kit.Segmented](b, "Music").TypedKey(key(fyne.KeyEnd)) }, false,
			func(s *profile.Settings) { s.MusicBitrate = 192000 }},
		{pageSound, "loudness of people", flip("All at the same loudness"), false, func(s *profile.Settings) { s.LevelPeople = true }},
		{pageSound, "speaker", func(b *bench) {
			c := b.settings.page.(*soundPage).speaker.choice
			test.Tap(c)
			typeKeys(b, fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
		}, false, func(s *profile.Settings) { s.Speaker = "tv" }},
		{pageSound, "volume", func(b *bench) { control[*kit.Slider](b, "Of everybody together").TypedKey(key(fyne.KeyEnd)) }, true,
			func(s *profile.Settings) { s.OutputVolume = 200 }},
		{pageSound, "volume of sounds", func(b *bench) { control[*kit.Slider](b, "Of Parley's own sounds").TypedKey(key(fyne.KeyLeft)) }, true,
			func(s *profile.Settings) { s.SoundVolume = 95 }},
		{pageSound, "join", flip("Somebody comes or goes"), false, func(s *profile.Settings) { s.Sounds.JoinLeave = false }},
		{pageSound, "mute", flip("Mute and unmute"), false, func(s *profile.Settings) { s.Sounds.Mute = false }},
		{pageSound, "deafen", flip("Deafen and undeafen"), false, func(s *profile.Settings) { s.Sounds.Deafen = false }},
		{pageSound, "new", flip("Somebody new to you"), false, func(s *profile.Settings) { s.Sounds.NewPerson = false }},
		{pageSound, "ended", flip("Hung up or cut off"), false, func(s *profile.Settings) { s.Sounds.Ended = false }},
		{pageSound, "ring", flip("A call"), false, func(s *profile.Settings) { s.Sounds.Ring = false }},
		{pageSound, "text", flip("A text or a file"), false, func(s *profile.Settings) { s.Sounds.Text = false }},
		{pageSound, "ringer", func(b *bench) {
			c := b.settings.page.(*soundPage).ringer.choice
			test.Tap(c)
			typeKeys(b, fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
		}, false, func(s *profile.Settings) { s.RingSpeaker = "tv" }},
		{pageSound, "notifications", flip("Notifications"), false, func(s *profile.Settings) { s.Notify = false }},
		{pageKeys, "what the key does", func(b *bench) { control[*kit.Segmented](b, "Push to talk").TypedKey(key(fyne.KeyEnd)) }, false,
			func(s *profile.Settings) { s.Keys.Does = profile.MuteWhileHeld }},
		{pageKeys, "key to talk", chooses("Talk key", desktop.KeyControlRight), false, func(s *profile.Settings) { s.PTTKey = "ControlRight" }},
		{pageKeys, "release delay", func(b *bench) {
			control[*kit.Slider](b, "After you let go of the key").TypedKey(key(fyne.KeyEnd))
		}, true, func(s *profile.Settings) { s.Keys.DelayMS = 1000 }},
		{pageKeys, "lock", flip("Press twice to lock"), false, func(s *profile.Settings) { s.Keys.DoubleTap = true }},
		{pageKeys, "mute", chooses("Mute", desktop.KeyControlLeft, fyne.KeyF9), false, func(s *profile.Settings) { s.Keys.Mute = "Ctrl+F9" }},
		{pageKeys, "deafen", chooses("Deafen", fyne.KeyF9), false, func(s *profile.Settings) { s.Keys.Deafen = "F9" }},
		{pageKeys, "priority", chooses("Priority", desktop.KeyControlLeft, desktop.KeyAltLeft, fyne.KeyPageUp), false,
			func(s *profile.Settings) { s.Keys.Priority = "Ctrl+Alt+PageUp" }},
		{pageKeys, "whisper", chooses("Whisper", fyne.KeyInsert), false, func(s *profile.Settings) { s.Keys.Whisper = "Insert" }},
		{pageLook, "theme", func(b *bench) { control[*kit.Segmented](b, "Theme").TypedKey(key(fyne.KeyRight)) }, false,
			func(s *profile.Settings) { s.Theme = profile.LightTheme }},
		{pageLook, "scale", func(b *bench) { control[*kit.Slider](b, "Scale").TypedKey(key(fyne.KeyRight)) }, false,
			func(s *profile.Settings) { s.Scale = 105 }},
		{pageLook, "motion", flip("Less motion"), false, func(s *profile.Settings) { s.LessMotion = true }},
		{pageYou, "name", func(b *bench) { control[*kit.Entry](b, "Your name").SetText(" Sam\u202e  of Reyes ") }, true,
			func(s *profile.Settings) { s.Name = "Sam of Reyes" }},
		{pageServers, "router", flip("Let people outside of this network in"), false, func(s *profile.Settings) { s.MapPorts = true }},
		{pagePrivacy, "relay", flip("Always relay"), false, func(s *profile.Settings) { s.AlwaysRelay = true }},
		{pagePrivacy, "relay for new people", flip("Relay for new people"), false, func(s *profile.Settings) { s.RelayNew = true }},
		{pagePrivacy, "known", flip("Known people only"), false, func(s *profile.Settings) { s.KnownOnly = true }},
		{pageUpdates, "updates", flip("Keep Parley current"), false, func(s *profile.Settings) { s.Updates = false }},
		{pagePrivacy, "speaking", flip("Tell others when I speak"), false, func(s *profile.Settings) { s.ShareSpeaking = false }},
	}
	for _, step := range steps {
		b.open(step.page)
		step.act(b)
		if step.rests {
			if got := b.c.Profile.Settings(); got != want {
				t.Errorf("%s: written before it rested: %+v", step.name, got)
			}
			b.rest(saveAfter)
		}
		step.is(&want)
		if got := b.c.Profile.Settings(); got != want {
			t.Fatalf("%s: %+v, want %+v", step.name, got, want)
		}
	}
	b.closeSettings()
	b.restarted(want)
}

// typeKeys goes to what has the focus.
func typeKeys(b *bench, names ...fyne.KeyName) {
	for _, n := range names {
		if f := b.win.Canvas().Focused(); f != nil {
			f.TypedKey(key(n))
		}
	}
}

// restarted opens the profile anew, and looks at the pages too.
func (b *bench) restarted(want profile.Settings) {
	b.t.Helper()
	if err := b.c.Profile.Close(); err != nil {
		b.t.Fatal(err)
	}
	p, notices, err := profile.Open(b.folder)
	if err != nil || len(notices) > 0 {
		b.t.Fatal(notices, err)
	}
	b.t.Cleanup(func() { _ = p.Close() })
	if got := p.Settings(); got != want {
		b.t.Fatalf("after a restart: %+v, want %+v", got, want)
	}
	b.c.Profile = p
	b.open(pageSound)
	sound := b.settings.page.(*soundPage)
	if got := sound.mic.choice.Selected(); got != 2 {
		b.t.Errorf("microphone %d is shown, want 2", got)
	}
	toggles := func(all map[string]bool) {
		b.t.Helper()
		for label, on := range all {
			if got := control[*kit.Toggle](b, label).On(); got != on {
				b.t.Errorf("%s is shown as %v", label, got)
			}
		}
	}
	toggles(map[string]bool{"All at the same loudness": true, "Hung up or cut off": false, "A call": false, "Notifications": false})
	if got := control[*kit.Slider](b, "Of everybody together").Value(); got != 200 {
		b.t.Errorf("the volume is shown as %v", got)
	}
	b.open(pageVoice)
	if voice := b.settings.page.(*voicePage); voice.mode.Selected() != 1 || !strings.Contains(b.texts(), "Hold Right Ctrl to be silent") {
		b.t.Errorf("push to talk and its key are not shown:\n%s", b.texts())
	}
	toggles(map[string]bool{"Remove echo": false, "Suppress noise": false, "Even loudness": false, "Music mode": true})
	if got := control[*kit.Segmented](b, "Music").Selected(); got != 3 {
		b.t.Errorf("the music's bitrate is shown as %d", got)
	}
	b.open(pageKeys)
	if got := control[*kit.Segmented](b, "Push to talk").Selected(); got != 2 {
		b.t.Errorf("what the key does is shown as %d", got)
	}
	toggles(map[string]bool{"Press twice to lock": true})
	for label, want := range map[string]string{"Talk key": "ControlRight", "Mute": "Ctrl+F9", "Deafen": "F9", "Priority": "Ctrl+Alt+PageUp", "Whisper": "Insert"} {
		if got := control[*kit.KeyField](b, label).Key(); got != want {
			b.t.Errorf("%s is shown as %q", label, got)
		}
	}
	b.open(pagePrivacy)
	if !control[*kit.Toggle](b, "Known people only").On() || control[*kit.Toggle](b, "Tell others when I speak").On() {
		b.t.Error("privacy is shown wrong")
	}
	b.open(pageLook)
	if got := control[*kit.Slider](b, "Scale").Value(); got != 105 {
		b.t.Errorf("the scale is shown as %v", got)
	}
}

// TestUnsavedIsSavedOnTheWay leaves a slider that has not rested: by another slider, another page, and by closing.
func TestUnsavedIsSavedOnTheWay(t *testing.T) {
	b := newBench(t, nil)
	b.open(pageSound)
	control[*kit.Slider](b, "Of everybody together").TypedKey(key(fyne.KeyHome))
	control[*kit.Slider](b, "Of Parley's own sounds").TypedKey(key(fyne.KeyHome))
	if got := b.c.Profile.Settings().OutputVolume; got != 0 {
		t.Errorf("by another slider: %d", got)
	}
	b.open(pageLook)
	if got := b.c.Profile.Settings().SoundVolume; got != 0 {
		t.Errorf("by another page: %d", got)
	}
	b.open(pageSound)
	control[*kit.Slider](b, "Of everybody together").TypedKey(key(fyne.KeyEnd))
	b.closeSettings()
	if got := b.c.Profile.Settings().OutputVolume; got != profile.MaxVolume {
		t.Errorf("by closing: %d", got)
	}
}

const armour = "-----BEGIN PARLEY KEY-----\nAQAAAAEAAABAAgABAgMEBQYHCAkKCwwNDg9kZWZnaGlqa2xtbm9wcXJzdHV2d3h5\nens2drbes7rz6B6r1Z766NNZTBdj/wi8W3ByNIeGVTIxdjOkY0eCiFxGF9qE2ofe\nMts=\n-----END PARLEY KEY-----\n"

package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/audio"
	"parley/call"
)

// TestListening opens the microphone by a click on the page, outside of a channel, and by nothing else.
func TestListening(t *testing.T) {
	b := newBench(t, nil)
	b.hasFocus = true
	opens := 0
	open := func(why string) {
		t.Helper()
		opens++
		b.until(why, func(s *call.Snapshot) bool { return s.Sound.Mic == "USB headset" && b.devices.Using(audio.Input) != "" })
		if !b.pump.moves.Load() || !strings.Contains(b.texts(), "Stop showing") {
			t.Errorf("%s: the meter stands still, or its button says\n%s", why, b.texts())
		}
	}
	closed := func(why string) {
		t.Helper()
		notices(t, b.Window) // the engine has done what it was told
		b.until(why, func(s *call.Snapshot) bool {
			opened, closed := b.devices.Counts(audio.Input)
			return opened == closed && !s.Sound.Listening
		})
		if opened, _ := b.devices.Counts(audio.Input); opened != opens {
			t.Errorf("%s: opened %d times, want %d", why, opened, opens)
		}
	}
	b.open(pageSound)
	closed("the page is opened")
	if b.pump.moves.Load() {
		t.Error("the pump ticks for a meter that is dark")
	}
	b.press("Show my level")
	open("a click")
	b.press("Stop showing")
	closed("another click")
	if b.rest(settles); b.pump.moves.Load() {
		t.Error("the pump ticks on")
	}
	b.press("Show my level")
	open("a click again")
	b.open(pageLook)
	closed("another page")
	if b.pump.moves.Load() {
		t.Error("the pump ticks for a meter that is not shown")
	}
	b.open(pageSound)
	closed("the page again")
	b.press("Show my level") // and at once
	opens++
	b.closeSettings()
	b.until("the settings are closed", func(*call.Snapshot) bool {
		opened, closed := b.devices.Counts(audio.Input)
		return opened == opens && closed == opens
	})
	if opened, closed := b.devices.Counts(audio.Output); opened != closed {
		t.Error("a loudspeaker was opened")
	}
}

// TestListeningEndsUnwatched after a minute in which nobody has looked, and does not come back by itself.
func TestListeningEndsUnwatched(t *testing.T) {
	b := newBench(t, nil)
	b.hasFocus = true
	b.open(pageSound)
	b.press("Show my level")
	b.until("a click", func(s *call.Snapshot) bool { return s.Sound.Mic == "USB headset" })
	b.hasFocus = false
	b.rest(time.Second)
	b.rest(unwatched - time.Second)
	notices(t, b.Window)
	if !b.c.Engine.Snapshot().Sound.Listening {
		t.Error("the microphone is closed to somebody who looks at the system's mixer")
	}
	b.rest(time.Second)
	b.until("nobody has looked for long", func(s *call.Snapshot) bool { return !s.Sound.Listening })
	b.hasFocus = true
	b.rest(time.Second)
	notices(t, b.Window)
	if b.c.Engine.Snapshot().Sound.Listening || !strings.Contains(b.texts(), "Show my level") {
		t.Error("it listens again because somebody is back")
	}
}

// TestListeningStaysEnded when a channel, which ends it, has ended itself: by a kick, a Leave, or because it is gone. The snapshots
// are what a page sees of that.
func TestListeningStaysEnded(t *testing.T) {
	b := newBench(t, nil)
	b.hasFocus = true
	b.open(pageSound)
	p := b.settings.page.(*soundPage)
	b.press("Show my level")
	b.until("a click", func(s *call.Snapshot) bool { return s.Sound.Listening })
	joined := &call.Snapshot{Place: call.Place{Phase: call.Joined}}
	if !p.level.apply(joined, b.time) || p.level.root.Visible() {
		t.Error("in a channel, where the meter moves by itself, the button stands there")
	}
	b.do(call.Listen{On: false}) // as a Join does
	b.until("the end of it", func(s *call.Snapshot) bool { return !s.Sound.Listening })
	if b.rest(time.Second); !p.level.root.Visible() || wordsOf(p.level.show) != "Show my level" {
		t.Error("outside, the button is not there again")
	}
	notices(t, b.Window)
	if b.c.Engine.Snapshot().Sound.Listening {
		t.Error("the microphone opens by itself")
	}
}

// TestLastPage opens the settings where they were left.
func TestLastPage(t *testing.T) {
	b := newBench(t, nil)
	for _, want := range []string{pageSound, pagePrivacy, pageKeys} {
		b.showSettings("")
		if want != pageSound {
			b.open(want)
			b.closeSettings()
			b.showSettings("")
		}
		if got := b.settings.title.Text(); got != want {
			t.Errorf("%s is shown, want %s", got, want)
		}
		b.closeSettings()
	}
}

// TestMeterMoves shows what the microphone hears.
func TestMeterMoves(t *testing.T) {
	b := newBench(t, nil)
	b.hasFocus = true
	b.open(pageSound)
	b.press("Show my level")
	b.until("the microphone opens", func(s *call.Snapshot) bool { return s.Sound.Mic != "" })
	loud := make([]float32, audio.FrameSize)
	for i := range loud {
		loud[i] = 0.25 * float32(1-2*(i/24%2)) // a square of −12 dBFS
	}
	timeout, frames := time.After(20*time.Second), time.NewTicker(10*time.Millisecond)
	defer frames.Stop()
	for !strings.Contains(b.texts(), "−12 dB") {
		b.devices.Step(loud)
		select {
		case <-timeout:
			t.Fatalf("the meter does not show −12 dB:\n%s", b.texts())
		case <-frames.C:
		}
		b.rest(133 * time.Millisecond)
	}
}

// TestSpeakerMeterMoves shows what the loudspeaker plays, outside of a channel a test sound, and opens no microphone for that.
func TestSpeakerMeterMoves(t *testing.T) {
	b := newBench(t, nil)
	b.hasFocus = true
	b.open(pageSound)
	p := b.settings.page.(*soundPage)
	words := func() string { return wordsOf(p.played) }
	if b.pump.moves.Load() || strings.Contains(words(), "dB") {
		t.Errorf("the meter of a closed loudspeaker says %q", words())
	}
	b.press("Play")
	b.until("the loudspeaker opens", func(s *call.Snapshot) bool { return s.Sound.Speaker != "" })
	if !b.pump.moves.Load() {
		t.Error("the meter stands still")
	}
	timeout, frames := time.After(20*time.Second), time.NewTicker(10*time.Millisecond)
	defer frames.Stop()
	for moved := false; !moved || b.c.Engine.Snapshot().Sound.Speaker != ""; {
		b.devices.Step(make([]float32, audio.FrameSize))
		select {
		case <-timeout:
			t.Fatalf("moved: %v; it says %q", moved, words())
		case <-frames.C:
		}
		b.rest(133 * time.Millisecond)
		moved = moved || strings.Contains(words(), "−") // some tens of dB below full scale
	}
	if b.rest(settles); b.pump.moves.Load() || strings.Contains(words(), "dB") {
		t.Errorf("when all is played it says %q, or the pump ticks on", words())
	}
	if opened, _ := b.devices.Counts(audio.Input); opened != 0 {
		t.Error("a microphone was opened")
	}
}

// TestDevicesComeAndGo changes the list while its menu is open: what is chosen then is what was read, or nothing.
func TestDevicesComeAndGo(t *testing.T) {
	b := newBench(t, nil)
	b.do(call.Watch{On: true})
	b.open(pageSound)
	b.until("devices", func(s *call.Snapshot) bool { return len(s.Sound.Devices) == 4 })
	mic := b.settings.page.(*soundPage).mic
	test.Tap(mic.choice)
	typeKeys(b, fyne.KeyDown, fyne.KeyDown) // at the webcam
	b.devices.Vanish("cam")
	b.devices.Appear(audio.Info{Kind: audio.Input, ID: "xlr", Name: "Studio"})
	b.until("the new list", func(s *call.Snapshot) bool {
		return len(s.Sound.Devices) == 4 && !strings.Contains(label(s), "Webcam") && strings.Contains(label(s), "Studio")
	})
	typeKeys(b, fyne.KeyReturn)
	if got := b.c.Profile.Settings().Mic; got != "" {
		t.Errorf("a device that is gone was chosen, and %q is used", got)
	}
	typeKeys(b, fyne.KeyEscape)
	mic.choose(99)
	mic.choose(-1)
	if got := b.c.Profile.Settings().Mic; got != "" {
		t.Errorf("%q was chosen by an index that there is not", got)
	}

	b.devices.SetDevices()
	b.until("no device", func(s *call.Snapshot) bool { return len(s.Sound.Devices) == 0 })
	if got := b.texts(); !strings.Contains(got, "No microphone found. You can join and listen; plug one in at any time.") || !strings.Contains(got, "No speaker found.") {
		t.Errorf("no word of it:\n%s", got)
	}
}

func label(s *call.Snapshot) string {
	var all []string
	for _, d := range s.Sound.Devices {
		all = append(all, d.Name)
	}
	return strings.Join(all, "|")
}

// TestDeviceBanner announces what is plugged in and out for five seconds, and nothing of before.
func TestDeviceBanner(t *testing.T) {
	b := newBench(t, nil)
	b.do(call.Watch{On: true})
	b.until("devices", func(s *call.Snapshot) bool { return len(s.Sound.Devices) == 4 })
	b.devices.Appear(audio.Info{Kind: audio.Input, ID: "old", Name: "Old thing"})
	b.until("a notice before", func(s *call.Snapshot) bool { return s.LastNotice > 0 })
	b.open(pageSound)
	if b.settings.banner.Visible() {
		t.Error("old news")
	}
	before := b.c.Engine.Snapshot().LastNotice
	b.devices.Appear(audio.Info{Kind: audio.Input, ID: "new", Name: "Studio\u202e microphone"})
	b.until("a notice", func(s *call.Snapshot) bool { return s.LastNotice > before })
	if got := b.texts(); !b.settings.banner.Visible() || !strings.Contains(got, "Studio microphone plugged in.") {
		t.Errorf("nothing is said:\n%s", got)
	}
	b.rest(bannerStays)
	if !b.settings.banner.Visible() {
		t.Error("gone before its time")
	}
	b.rest(time.Millisecond)
	if b.settings.banner.Visible() {
		t.Error("it stays")
	}
}

// TestHostileDevices shows names that a driver should not have.
func TestHostileDevices(t *testing.T) {
	b := newBench(t, nil)
	b.devices.SetDevices(
		audio.Info{Kind: audio.Input, ID: "long", Name: strings.Repeat("W", 10_000), Default: true},
		audio.Info{Kind: audio.Input, ID: "rtl", Name: "\u202eenohporcim\u2066\x1b[31m"}, audio.Info{Kind: audio.Input, ID: "none", Name: "\u200b\u0301\n"})
	b.do(call.Watch{On: true})
	b.open(pageSound)
	b.until("devices", func(s *call.Snapshot) bool { return len(s.Sound.Devices) == 3 })
	mic := b.settings.page.(*soundPage).mic
	test.Tap(mic.choice)
	b.win.Canvas().Capture()
	for _, l := range mic.labels {
		if len([]rune(l)) > 300 || strings.ContainsAny(l, "\u202e\u2066\x1b\n\u200b") {
			t.Errorf("shown as it came: %.40q", l)
		}
	}
	if mic.labels[3] != "Unnamed device" {
		t.Errorf("a device without a name: %q", mic.labels[3])
	}
	if width := b.settings.scroll.Content.Size().Width; width > b.settings.scroll.Size().Width {
		t.Errorf("the page is %v wide in %v", width, b.settings.scroll.Size().Width)
	}
}

// TestCheckRow says of each state of a check what happens, and how it went.
func TestCheckRow(t *testing.T) {
	recording, playing := call.CheckRecording, call.CheckPlaying
	type step struct {
		after        time.Duration
		press        bool
		state        call.CheckState
		button, said string
	}
	for name, steps := range map[string][]step{
		"good": {
			{0, false, call.CheckState{}, "Record", checkExplained},
			{0, true, call.CheckState{Phase: recording, Heard: -120}, "Recording… 5", "Say something. Nobody else hears it."},
			{2100 * time.Millisecond, false, call.CheckState{Phase: recording, Heard: -120}, "Recording… 3", "Say something. Nobody else hears it."},
			{9 * time.Second, false, call.CheckState{Phase: recording, Heard: -120}, "Recording… 1", "Say something. Nobody else hears it."},
			{0, false, call.CheckState{Phase: playing, Heard: -12}, "Stop", "Playing: this is how others hear you."},
			{0, false, call.CheckState{Heard: -12}, "Record", "Loud and clear."},
			{0, true, call.CheckState{Phase: recording, Heard: -120}, "Recording… 5", "Say something. Nobody else hears it."},
		},
		"nothing heard": {{0, true, call.CheckState{Phase: recording}, "Recording… 5", "Say something. Nobody else hears it."},
			{0, false, call.CheckState{Heard: -120}, "Record", "We heard nothing. Is the right microphone chosen?"}},
		"quiet": {{0, true, call.CheckState{Phase: recording}, "Recording… 5", "Say something. Nobody else hears it."},
			{0, false, call.CheckState{Heard: -40}, "Record", "That was very quiet. Come closer, or turn the microphone up."}},
		"too loud": {{0, true, call.CheckState{Phase: recording}, "Recording… 5", "Say something. Nobody else hears it."},
			{0, false, call.CheckState{Heard: -0.1}, "Record", "That was too loud, and sounds harsh. Turn the microphone down."}},
		"failed": {{0, true, call.CheckState{Phase: recording}, "Recording… 5", "Say something. Nobody else hears it."},
			{0, false, call.CheckState{Heard: -120, Failed: "No\x1b microphone."}, "Record", "No microphone."}},
		"stopped while it recorded": {{0, true, call.CheckState{Phase: recording}, "Recording… 5", "Say something. Nobody else hears it."},
			{0, true, call.CheckState{Heard: -120}, "Record", checkExplained}},
		"another's, of before": {{0, false, call.CheckState{Heard: -120, Failed: "No."}, "Record", checkExplained}},
	} {
		b := newBench(t, nil)
		c := newCheckField(&settings{w: b.Window})
		for i, s := range steps {
			b.time = b.time.Add(s.after)
			if s.press {
				test.Tap(c.button)
			}
			c.apply(&call.Snapshot{Sound: call.SoundState{Check: s.state}}, b.time)
			if got := wordsOf(c.button); got != s.button || c.sub.Text() != s.said {
				t.Errorf("%s %d: %q, %q", name, i, got, c.sub.Text())
			}
		}
	}
}

// wordsOf is what stands on a button, or under a meter.
func wordsOf(w fyne.Widget) string {
	for _, o := range test.WidgetRenderer(w).Objects() {
		if t, ok := textOf(o); ok && o.Visible() {
			return t
		}
	}
	return ""
}

// TestCheckEnds with the page.
func TestCheckEnds(t *testing.T) {
	b := newBench(t, nil)
	b.open(pageSound)
	b.press("Record")
	b.until("recording", func(s *call.Snapshot) bool { return s.Sound.Check.Phase == call.CheckRecording })
	b.closeSettings()
	b.until("the end", func(s *call.Snapshot) bool { return s.Sound.Check.Phase == call.CheckIdle })
}

// soundLooks draws the Sound page: as in the design's picture, then with an open menu, with a key, narrow, and at the largest scale.
func soundLooks(t *testing.T, b *bench, suffix string) {
	t.Helper()
	b.do(call.Watch{On: true})
	b.open(pageSound)
	b.press("Show my level")
	b.until("devices", func(s *call.Snapshot) bool { return len(s.Sound.Devices) == 4 && s.Sound.Mic != "" })
	page := b.settings.page.(*soundPage)
	page.level.meter.Set(-14, true, b.time)
	page.level.meter.Set(-23, true, b.time)
	page.played.Set(-9, true, b.time)
	page.played.Set(-17, true, b.time)
	b.settings.banner.Set("check", "USB headset plugged in. It is used now.", 1, "", nil)
	b.settings.banner.Show()
	b.settings.relay()
	golden(t, b.Window, "settings-sound"+suffix)
	b.settings.banner.Hide()
	b.settings.relay()
	b.press("Stop showing")
	b.until("the end", func(s *call.Snapshot) bool { return s.Sound.Mic == "" })
	b.rest(settles)
	page.level.meter.Set(-60, false, b.time) // whatever was caught before it closed
	test.Tap(page.mic.choice)
	golden(t, b.Window, "settings-sound-menu"+suffix)
	typeKeys(b, fyne.KeyEscape)
	b.resizeForTest(800, 500)
	golden(t, b.Window, "settings-sound-narrow"+suffix)
	b.settings.scroll.ScrollToBottom()
	golden(t, b.Window, "settings-sound-end"+suffix)
	b.resizeForTest(1280, 800)
	page.delay.apply(&call.Snapshot{Place: call.Place{Phase: call.Joined}}, delayed(), b.time)
	b.settings.relay()
	b.settings.scroll.ScrollToOffset(fyne.NewPos(0, 620))
	golden(t, b.Window, "settings-delay"+suffix)
}

package ui

import (
	"math"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/audio"
	"parley/call"
	"parley/call/mesh"
	"parley/profile"
	"parley/ui/kit"
)

// TestModeShowsWhatBelongsToIt: a threshold and a time, a sentence about the key, or a warning.
func TestModeShowsWhatBelongsToIt(t *testing.T) {
	b := newBench(t, func(s *profile.Settings) { s.PTTKey = "Ctrl+F7" })
	b.open(pageVoice)
	page := b.settings.page.(*voicePage)
	all := []string{"Opens at −38 dB", "After your last word", "Hold Ctrl + F7 to talk", openWarning, "Press Ctrl + F7 to talk, and again to stop",
		"Hold Ctrl + F7 to be silent; else others hear you when you speak"}
	shows := func(what string, want ...int) {
		t.Helper()
		text := b.texts()
		for i, words := range all {
			there := strings.Contains(text, words)
			wanted := false
			for _, n := range want {
				wanted = wanted || n == i
			}
			if there != wanted {
				t.Errorf("%s: %q is shown: %v\n%s", what, words, there, text)
			}
		}
	}
	shows("voice activity", 0, 1)
	rebinds := b.rebinds
	page.mode.TypedKey(key(fyne.KeyRight))
	shows("push to talk", 2)
	if b.rebinds != rebinds+1 {
		t.Error("the key to talk is not bound")
	}
	page.mode.TypedKey(key(fyne.KeyRight))
	shows("always open", 3)
	page.mode.TypedKey(key(fyne.KeyLeft))
	b.press("Choose keys")
	if got := b.settings.title.Text(); got != pageKeys || b.win.Canvas().Focused() != fyne.Focusable(b.settings.nav[b.settings.at]) {
		t.Errorf("the way to the keys leads to %s", got)
	}
	for does, want := range map[profile.KeyUse][]int{profile.TalkByPress: {4}, profile.MuteWhileHeld: {0, 1, 5}} {
		b.change(func(s *profile.Settings) { s.Keys.Does = does })
		b.open(pageVoice)
		shows(string(does), want...)
		b.open(pageKeys)
	}
}

// TestVoiceIsTunedAtOnce: the engine hears of each change when it is made, also of one that is written down later, and of both where
// two are in hand.
func TestVoiceIsTunedAtOnce(t *testing.T) {
	b := newBench(t, nil)
	b.open(pageVoice)
	last := func() profile.Settings { return b.voices[len(b.voices)-1] }
	flip("Remove echo")(b)
	if last().Cancellation {
		t.Error("the echo is still removed")
	}
	control[*kit.Slider](b, "After your last word").TypedKey(key(fyne.KeyEnd))
	if last().HoldMS != 2000 || b.c.Profile.Settings().HoldMS == 2000 {
		t.Errorf("the time is %d, in the profile %d", last().HoldMS, b.c.Profile.Settings().HoldMS)
	}
	b.settings.page.(*voicePage).level.meter.TypedKey(key(fyne.KeyRight))
	if last().HoldMS != 2000 || last().Threshold != -37 {
		t.Errorf("the second change takes the first back: %+v", last())
	}
	flip("Suppress noise")(b)
	if v := last(); v.Threshold != -37 || v.HoldMS != 2000 || v.Suppression {
		t.Errorf("a switch takes them back: %+v", v)
	}
	flip("Music mode")(b)
	control[*kit.Segmented](b, "Music").TypedKey(key(fyne.KeyHome))
	if v := last(); !v.Music || v.MusicBitrate != 96000 {
		t.Errorf("music: %+v", v)
	}
	b.open(pageSound)
	flip("All at the same loudness")(b)
	if !last().LevelPeople {
		t.Error("people are not brought to the same loudness")
	}
}

// TestMusicMode shows its bitrate in the place of the voice's, and that the rest rests.
func TestMusicMode(t *testing.T) {
	b := newBench(t, func(s *profile.Settings) { s.MusicBitrate = 100000 })
	b.open(pageVoice)
	const voice, music, rests = "More is clearer", "In kbit/s", "Music mode is on"
	if got := b.texts(); !strings.Contains(got, voice) || strings.Contains(got, music) || strings.Contains(got, rests) {
		t.Errorf("off:\n%s", got)
	}
	toggle := control[*kit.Toggle](b, "Music mode")
	test.Tap(toggle)
	if got := b.texts(); strings.Contains(got, voice) || !strings.Contains(got, music) || !strings.Contains(got, rests) {
		t.Errorf("on:\n%s", got)
	}
	if got := control[*kit.Segmented](b, "Music").Selected(); got != -1 {
		t.Errorf("100 kbit/s are shown as %d", got)
	}
	test.Tap(toggle)
	if got := b.texts(); !strings.Contains(got, voice) || strings.Contains(got, music) {
		t.Errorf("off again:\n%s", got)
	}
}

// TestVoiceListens as the page about sound does, and closes the microphone when it is left.
func TestVoiceListens(t *testing.T) {
	b := newBench(t, nil)
	b.hasFocus = true
	b.open(pageVoice)
	b.press("Show my level")
	b.until("a click", func(s *call.Snapshot) bool { return s.Sound.Mic == "USB headset" })
	if !b.pump.moves.Load() || !strings.Contains(b.texts(), "Stop showing") {
		t.Errorf("the meter stands still, or its button says\n%s", b.texts())
	}
	b.open(pageLook)
	b.until("another page", func(s *call.Snapshot) bool { return !s.Sound.Listening && b.devices.Using(audio.Input) == "" })
	if b.pump.moves.Load() {
		t.Error("the pump ticks for a meter that is not shown")
	}
}

// TestEchoRow says of each outcome what it means for others.
func TestEchoRow(t *testing.T) {
	nan := float32(math.NaN())
	b := newBench(t, nil)
	e := newEchoField(&settings{w: b.Window})
	says := func(test call.EchoTestState, button, want string) {
		t.Helper()
		e.apply(&call.Snapshot{Sound: call.SoundState{EchoTest: test}})
		if got := wordsOf(e.button); got != button || e.sub.Text() != want {
			t.Errorf("%+v: %q, %q", test, got, e.sub.Text())
		}
	}
	const start = "Test the echo"
	running := call.EchoTestState{Phase: call.EchoTestRunning}
	says(call.EchoTestState{Done: true, LeftDB: 38}, start, echoExplained) // another's, of before
	test.Tap(e.button)
	says(running, "Stop", echoRuns)
	for _, c := range []struct {
		left, echo float32
		want       string
	}{
		{38.4, -20, "Your speakers are 38 dB quieter to others than without it: nobody hears themselves."},
		{200, -20, "Your speakers are 99 dB quieter to others than without it: nobody hears themselves."},
		{14, -60, "Your speakers are 14 dB quieter to others than without it: nobody hears themselves."},
		{18, -30, "Your speakers are 18 dB quieter to others than without it: others may hear themselves faintly. Turn the speakers down a little."},
		{5, -30, "Your speakers are 5 dB quieter to others than without it: others hear themselves. Turn the speakers down, or wear headphones."},
		{-3, -30, "Your speakers are 0 dB quieter to others than without it: others hear themselves. Turn the speakers down, or wear headphones."},
		{nan, nan, "Your speakers are 0 dB quieter to others than without it: others hear themselves. Turn the speakers down, or wear headphones."},
	} {
		says(call.EchoTestState{Done: true, LeftDB: c.left, EchoDBFS: c.echo}, start, c.want)
	}
	says(call.EchoTestState{Failed: "No\x1b microphone."}, start, "No microphone.")
	b.change(func(s *profile.Settings) { s.Cancellation = false })
	says(call.EchoTestState{Done: true}, start, "Your speakers arrive at others as your microphone hears them. Switch on what removes them.")
	e.forget()
	says(call.EchoTestState{Done: true}, start, echoExplained)
	says(running, "Stop", echoRuns)
	test.Tap(e.button)
	says(call.EchoTestState{}, start, echoExplained)
}

// TestEchoTestEnds with the page, and with a switch that makes its outcome another.
func TestEchoTestEnds(t *testing.T) {
	b := newBench(t, nil)
	b.hasFocus = true
	runs := func(on bool) func(*call.Snapshot) bool {
		return func(s *call.Snapshot) bool { return (s.Sound.EchoTest.Phase == call.EchoTestRunning) == on }
	}
	for what, end := range map[string]func(){"the page": func() { b.open(pageLook) }, "a switch": func() { flip("Remove echo")(b) }, "itself": func() { b.press("Stop") }} {
		b.open(pageVoice)
		b.press("Test the echo")
		b.until("it runs", runs(true))
		if !strings.Contains(b.texts(), echoRuns) {
			t.Errorf("nothing says that it runs:\n%s", b.texts())
		}
		end()
		b.until("the end by "+what, runs(false))
	}
}

// TestDelayCard shows the stages in a channel with somebody, at most once a second anew, and else what it would show.
func TestDelayCard(t *testing.T) {
	b := newBench(t, nil)
	b.open(pageSound)
	d := b.settings.page.(*soundPage).delay
	if !strings.Contains(b.texts(), delayIdle) || d.rows.Visible() {
		t.Errorf("outside:\n%s", b.texts())
	}
	joined := &call.Snapshot{Place: call.Place{Phase: call.Joined}}
	stats := delayed()
	figures := func() (all []string) {
		for i, s := range d.shown {
			all = append(all, s.Label+" "+d.values[i].Text())
		}
		return all
	}
	at := b.time
	if !d.apply(joined, stats, at) || !d.rows.Visible() || d.note.Text() != delayRuns {
		t.Error("nothing is shown")
	}
	want := "Microphone 8 ms|Processing 13 ms|Encoding 7 ms|Network, one way 15 ms|Jitter buffer 25 ms|Loudspeaker 12 ms|All together 80 ms"
	if got := strings.Join(figures(), "|"); got != want {
		t.Errorf("shown is %s", got)
	}
	stats.Capture.DSPMS = 3
	if d.apply(joined, stats, at.Add(900*time.Millisecond)); strings.Join(figures(), "|") != want {
		t.Errorf("too soon: %v", figures())
	}
	if d.apply(joined, stats, at.Add(time.Second)) || !strings.Contains(strings.Join(figures(), "|"), "Processing 3 ms|") {
		t.Errorf("a second later: %v", figures())
	}
	if !d.apply(&call.Snapshot{}, stats, at.Add(time.Second)) || d.rows.Visible() || d.note.Text() != delayIdle {
		t.Error("outside again, they are still shown")
	}
	if !d.apply(joined, stats, at.Add(1100*time.Millisecond)) || !d.rows.Visible() {
		t.Error("inside again, one has to wait")
	}
}

// delayed is what the engine measures with two others.
func delayed() call.Stats {
	return call.Stats{Sound: true, Peers: []call.PeerStats{{Member: "m", Link: mesh.Stats{RTT: 30}, Stream: audio.StreamStats{DelayMS: 25}}, {Link: mesh.Stats{RTT: 10}}},
		Capture: audio.CaptureStats{CaptureMS: 8, DSPMS: 13, EncodeMS: 7}, Playout: audio.PlayoutStats{PlayoutMS: 12}}
}

// voiceLooks draws the page in each mode.
func voiceLooks(t *testing.T, b *bench, suffix string) {
	t.Helper()
	b.open(pageVoice)
	page := b.settings.page.(*voicePage)
	page.mode.TypedKey(key(fyne.KeyRight))
	page.echo.ran = true
	page.echo.apply(&call.Snapshot{Sound: call.SoundState{EchoTest: call.EchoTestState{Done: true, LeftDB: 38, EchoDBFS: -31}}})
	b.settings.relay()
	golden(t, b.Window, "settings-voice-key"+suffix)
	page.mode.TypedKey(key(fyne.KeyRight))
	flip("Music mode")(b)
	golden(t, b.Window, "settings-voice-music"+suffix)
	b.resizeForTest(800, 500)
	golden(t, b.Window, "settings-voice-narrow"+suffix)
	b.settings.scroll.ScrollToBottom()
	golden(t, b.Window, "settings-voice-end"+suffix)
	b.resizeForTest(1280, 800)
	page.mode.TypedKey(key(fyne.KeyHome))
	flip("Music mode")(b)
}

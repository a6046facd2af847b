package app_test

import (
	"image"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/profile"
	"parley/test/lab"
)

// hosting starts Ada's app, which has a name already and hosts, and has her in the first channel. It returns the invite.
func (w *world) hosting() (a *window, invite string) {
	w.Helper()
	a = w.app("ada", lab.Person(0, "Ada"), "--host")
	invite = a.copyInvite()
	a.join()
	return a, invite
}

// TestMuteByKey: heard, then not at all, then heard again, and whoever is muted sees it and is told when talking all the same.
func TestMuteByKey(t *testing.T) {
	w := newWorld(t, 2)
	a, invite := w.hosting()
	bo := w.guest(1, "Bo", invite)
	w.await(bo, 0, "peer_connected")
	a.key("ctrl+m")
	a.mute(true)
	a.key("ctrl+m")
	a.mute(false)
	w.say(0, w.speech(4)) // the jitter buffer begins long: until it fits there is no waveform to compare with

	said := w.saying(0, w.speech(16+20*(soak()-1)))
	r := w.record()
	w.hear(r, 4)
	a.key("ctrl+m")
	muted := r.Seconds()
	a.mute(true)
	a.see("that nobody hears her", lab.Stage, func(img *image.RGBA) bool {
		return lab.Count(img, lab.Stage, lab.Dark.WarningGround) > 10000
	})
	a.ring("muted, but talking", 1, false)
	a.key("ctrl+m")
	unmuted := r.Seconds()
	a.mute(false)
	said()
	channels := w.stop(r)
	mouth, ear := channels[lab.Mouth(0)], channels[lab.Ear(1)]
	if got := level(ear, muted+0.7, unmuted-0.3); got > -80 {
		t.Errorf("muted from %.1f to %.1f s: %.1f dBFS", muted, unmuted, got)
	}
	for when, span := range map[string][2]float64{"before": {0, muted - 0.5}, "after": {unmuted + 2.5, r.Seconds() - 0.7}} {
		// In half seconds: one in which a period is inserted or removed is worth nothing by SI-SDR, and of three whole ones two may be.
		median, all := audiotest.WindowedSISDR(part(mouth, span[0], span[1]), part(ear, span[0], span[1]), second/2, second)
		if !(median >= 15) {
			t.Errorf("%s it was muted: SI-SDR %.1f dB in the median of %.1f, want 15", when, median, all)
		}
		t.Logf("%s it was muted: SI-SDR %.1f dB", when, median)
	}
}

// mute waits until the dock shows whether the microphone is muted.
func (a *window) mute(on bool) {
	a.w.Helper()
	a.see(map[bool]string{true: "a muted microphone", false: "a live microphone"}[on], lab.Mute, func(img *image.RGBA) bool {
		n := lab.Count(img, lab.Mute, a.palette.Muted)
		return on && n > 40 || !on && n == 0
	})
}

// TestAnotherSpeaker: one that is chosen in the settings, without a button to apply it, and by the keyboard alone.
func TestAnotherSpeaker(t *testing.T) {
	w := newWorld(t, 3)
	a, invite := w.hosting()
	bo := w.guest(1, "Bo", invite)
	w.await(bo, 0, "peer_connected")
	said := w.saying(1, w.speech(20))
	a.ring("Bo speaks", 0, true)
	r := w.record()
	w.hear(r, 2)
	before := r.Seconds()
	a.key("ctrl+comma")
	a.click(lab.SpkSelect)
	a.see("the list of speakers", lab.SpkMenu, func(img *image.RGBA) bool {
		return lab.Count(img, lab.SpkMenu, a.palette.Raised) > lab.SpkMenu.Dx()*60
	})
	a.key("End", "Return")
	a.settings("another speaker is kept", func(s profile.Settings) bool { return s.Speaker == "spk_c" })
	changed := r.Seconds()
	w.hear(r, 3)
	a.key("Escape")
	a.ring("the settings are closed", 0, true)
	channels := w.stop(r)
	said()
	audible(t, "on the first speaker", level(channels[lab.Ear(0)], 0, before-0.5))
	silent(t, "on the other, before", level(channels[lab.Ear(2)], 0, before-0.5))
	audible(t, "on the other one", level(channels[lab.Ear(2)], changed+1, changed+2.5))
	silent(t, "on the first, afterwards", level(channels[lab.Ear(0)], changed+1, changed+2.5))
}

// settings waits until what the app has saved is as wanted.
func (a *window) settings(what string, ok func(profile.Settings) bool) {
	a.w.Helper()
	var s profile.Settings
	a.see(what, lab.Rail, func(*image.RGBA) bool {
		var err error
		s, err = a.Settings()
		return err == nil && ok(s)
	})
}

// TestHotPlug: a microphone that comes or goes is told in a line within two seconds, in a call and outside of one. The two
// seconds are what the app has; the test gives a machine that is busy as much again.
func TestHotPlug(t *testing.T) {
	w := newWorld(t, 2)
	a := w.app("ada", lab.Person(0, "Ada"), "--host")
	a.copyInvite()
	line := func(img *image.RGBA) bool { return lab.Count(img, lab.Lines, lab.Dark.Raised) > 5000 }
	noLine := func(img *image.RGBA) bool { return !line(img) }
	check := func(what string, do func()) {
		t.Helper()
		a.see("no line yet", lab.Lines, noLine)
		do()
		from := time.Now()
		a.see(what, lab.Lines, line)
		if took := time.Since(from); took > 4*time.Second {
			t.Errorf("%s: after %v", what, took)
		} else {
			t.Logf("%s: after %v", what, took.Round(time.Millisecond))
		}
	}
	check("a speaker is gone", func() { w.must(w.pulse.Unplug(w.ctx, "spk_b")) })
	check("it is back", func() { w.must(w.pulse.Plug(w.ctx, "spk_b")) })
	a.see("no line any more", lab.Lines, noLine)
	a.join()
	check("her own microphone is gone", func() { w.must(w.pulse.Unplug(w.ctx, "mic_a")) })
}

// TestTwoWindows: one hosts, the other pastes the invite at the first start, and they talk. What each says comes out of the
// other's loudspeaker whole, as loud, and like what was said.
func TestTwoWindows(t *testing.T) {
	w := newWorld(t, 2)
	a, invite := w.hosting()
	b := w.pasting(invite)
	for from, to := range []int{1, 0} {
		said := w.saying(from, w.speech(9))   // a jitter buffer begins long, and looking costs what sound needs
		for i, app := range []*window{a, b} { // oneself is the last of the two
			app.ring("who speaks", map[bool]int{true: 1, false: 0}[i == from], true)
			app.ring("who listens", map[bool]int{true: 0, false: 1}[i == from], false)
		}
		said()
		r := w.record()
		w.say(from, w.speech(10*soak()))
		w.hear(r, 1)
		channels := w.stop(r)
		if self := audiotest.LevelDBFS(channels[lab.Ear(from)]); self > -80 {
			t.Errorf("%s hears something: %.1f dBFS", lab.Letter(from), self)
		}
		like(t, lab.Letter(from), channels[lab.Mouth(from)], channels[lab.Ear(to)])
	}
}

// pasting has Bo at the first start, who has an invite in the clipboard in the place of a novel that he was reading.
func (w *world) pasting(invite string) *window {
	w.Helper()
	d := w.display()
	w.must(d.SetClipboard(w.ctx, strings.Repeat("It was a dark and stormy night. ", 20_000)))
	b := w.start(lab.AppConfig{Display: d, Dir: filepath.Join(w.dir, "bo"), Pulse: w.pulse, Settings: lab.Person(1, "")})
	empty, err := b.Still(w.ctx, lab.NameLetter)
	w.must(err)
	b.typeText("Bo")
	// The app looks at the clipboard as it gets the focus, and whoever takes away what is being read leaves it waiting.
	b.see("the avatar of that name", lab.NameLetter, func(img *image.RGBA) bool { return string(img.Pix) != string(empty.Pix) })
	w.must(d.SetClipboard(w.ctx, invite))
	b.click(lab.InviteButton)
	b.dialog("with a field to paste into", true)
	w.must(b.Press(w.ctx, "the button to take what is in it", lab.Dialog, b.palette.Primary))
	b.dialog("with a field to paste into", false)
	w.must(b.Press(w.ctx, "the button to join", lab.InviteCard, b.palette.Primary))
	b.join()
	return b
}

// like wants the ear to hear what the mouth says, with the measures of the call between two clients.
func like(t *testing.T, who string, mouth, ear []float32) {
	t.Helper()
	lag := audiotest.Align(mouth, ear, second)
	if gaps := audiotest.Gaps(mouth, ear, lag); len(gaps) > 0 {
		t.Errorf("%s: gaps %v", who, gaps)
	}
	in, out := audiotest.LevelDBFS(mouth), audiotest.LevelDBFS(ear)
	if math.Abs(in-out) > 3 {
		t.Errorf("%s: level %.1f dBFS, said at %.1f", who, out, in)
	}
	median, all := audiotest.WindowedSISDR(mouth, ear, second, second)
	if !(median >= 15) {
		t.Errorf("%s: SI-SDR %.1f dB in the median of %.1f, want 15", who, median, all)
	}
	t.Logf("%s: SI-SDR %.1f dB, level %.1f dBFS said at %.1f, delay %.1f ms", who, median, out, in, float64(lag)*1000/second)
}

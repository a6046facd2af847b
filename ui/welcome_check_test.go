package ui

import (
	"strings"
	"testing"
	"time"

	"parley/audio"
	"parley/call"
	"parley/profile"
)

// said is what the window has to say.
func (b *bench) said() (texts string) {
	b.pump.mu.Lock()
	defer b.pump.mu.Unlock()
	for _, l := range b.pump.lines {
		texts += l.Text + "\n"
	}
	return texts
}

// checking is a first start on a machine with devices.
func checking(t *testing.T, theme profile.Theme) *bench {
	b := newBench(t, func(s *profile.Settings) { s.Theme, s.Name = theme, "" })
	b.do(call.Watch{On: true})
	b.until("the devices are known", func(s *call.Snapshot) bool { return len(s.Sound.Devices) > 0 })
	b.showWelcome()
	b.welcome.apply()
	return b
}

// TestDeviceCheck: the first start shows one's level and plays a sound, whoever does not care goes past it, and nobody forgets an open
// microphone.
func TestDeviceCheck(t *testing.T) {
	b := checking(t, profile.DarkTheme)
	listening := func(on bool) func(*call.Snapshot) bool {
		return func(s *call.Snapshot) bool { return s.Sound.Listening == on }
	}
	b.press("Try your microphone")
	b.until("the microphone is open", listening(true))
	if !b.pump.moves.Load() || !strings.Contains(b.said(), "Nothing is sent") {
		t.Error("the meter does not move, or nobody says what happens")
	}
	b.press("Stop")
	b.until("it is closed", listening(false))
	if b.pump.moves.Load() {
		t.Error("the window never comes to rest")
	}

	c := b.welcome.check
	for _, goos := range []string{"linux", "windows", "darwin"} {
		c.goos = goos
		now := time.Now()
		c.listen(true, now)
		c.apply(call.Stats{Sound: true, Capture: audio.CaptureStats{Level: -30}}, now.Add(time.Second))
		c.apply(call.Stats{}, now.Add(silentAfter))
		if strings.Contains(b.said(), "Nothing is heard") {
			t.Errorf("%s: it was heard, and is said not to be: %s", goos, b.said())
		}
		c.listen(true, now)
		for range 3 {
			c.apply(call.Stats{}, now.Add(silentAfter))
		}
		if text := b.said(); strings.Count(text, "Nothing is heard") != 1 || (goos != "linux") != strings.Contains(text, "rivacy") {
			t.Errorf("%s: %s", goos, text)
		}
		b.pump.lines, b.pump.linesAt = nil, nil
		b.until("the microphone is open", listening(true))
		c.apply(call.Stats{}, now.Add(tryFor))
		b.until("it is closed by itself", listening(false))
	}

	b.press("Play a sound")
	b.until("a sound is played", func(s *call.Snapshot) bool { return s.Sound.Speaker != "" })
	b.press("Try your microphone")
	b.until("the microphone is open", listening(true))
	b.welcome.leave()
	b.until("it is closed when one goes on", listening(false))
}

func TestDeviceCheckLooks(t *testing.T) {
	both(t, func(t *testing.T, theme profile.Theme) {
		b := checking(t, theme)
		now := time.Now()
		b.welcome.check.listen(true, now)
		b.welcome.check.apply(call.Stats{Sound: true, Capture: audio.CaptureStats{Level: -24, Speaking: true}}, now)
		golden(t, b.Window, "welcome-check-"+string(theme))
	})
}

package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"parley/assets"
	"parley/call"
	"parley/ui/kit"
	"parley/ui/model"
)

// deviceCheck lets somebody who is new here see the own level and hear a sound, before there is anybody to ask whether it works. Who does
// not care goes past it.
type deviceCheck struct {
	w     *Window
	goos  string // whose system it is
	root  fyne.CanvasObject
	meter *kit.Meter
	try   *kit.Button

	on    bool // the microphone was asked for
	since time.Time
	heard bool // it has heard something since
	told  bool // it was said where one looks if it does not
}

const (
	tryFor      = 30 * time.Second // nobody forgets an open microphone here
	silentAfter = 5 * time.Second
	silence     = -58 // dBFS; a microphone that is open in a quiet room is above it, one that is switched off is not
)

func newDeviceCheck(w *Window, goos string) *deviceCheck {
	c := &deviceCheck{w: w, goos: goos, meter: kit.NewMeter()}
	c.try = kit.NewButton("Try your microphone", "mic", kit.PlainButton, func() { c.listen(!c.on, time.Now()) })
	play := kit.NewButton("Play a sound", "speaker-channel", kit.PlainButton, w.testSound)
	c.root = kit.Fixed(0, 44, kit.HRow(8, kit.Grow(c.meter), kit.Fixed(196, 36, c.try), play)) // what the button says changes, and not its width
	return c
}

// listen opens the microphone for the meter, or closes it.
func (c *deviceCheck) listen(on bool, now time.Time) {
	c.on, c.since, c.heard, c.told = on, now, false, false
	c.w.do(call.Listen{On: on})
	if c.w.pump.moves.Swap(on) != on {
		c.w.pump.wake()
	}
	text := "Try your microphone"
	if on {
		text = "Stop"
		c.w.say(askedFirst(c.goos), model.Plain)
	}
	c.try.SetText(text)
}

// apply moves the meter.
func (c *deviceCheck) apply(stats call.Stats, now time.Time) {
	if !c.on {
		c.meter.Set(-60, false, now)
		return
	}
	level := float32(-60)
	if stats.Sound {
		level = stats.Capture.Level
	}
	c.heard = c.heard || level > silence
	c.meter.Set(level, stats.Capture.Speaking, now)
	switch open := now.Sub(c.since); {
	case open >= tryFor:
		c.listen(false, now)
	case open >= silentAfter && !c.heard && !c.told:
		c.told = true
		c.w.say(whereToLook(c.goos), model.Warn)
	}
}

// leave closes the microphone.
func (c *deviceCheck) leave() {
	if c.on {
		c.listen(false, time.Time{})
	}
}

// askedFirst is said when the microphone opens: some systems ask their person first.
func askedFirst(goos string) string {
	if goos == "darwin" {
		return "Nothing is sent. macOS asks once whether Parley may use the microphone: without it nobody hears you."
	}
	return "Nothing is sent: only you see your level."
}

// whereToLook is said where a microphone is open and hears nothing: a system that keeps it from programs does not always say so.
func whereToLook(goos string) string {
	switch goos {
	case "darwin":
		return "Nothing is heard. May Parley use the microphone? See System Settings, Privacy & Security, Microphone."
	case "windows":
		return "Nothing is heard. May apps use the microphone? See Windows' Settings, Privacy & security, Microphone."
	}
	return "Nothing is heard. Is the microphone switched on, and the right one? The settings let you choose another."
}

// testSound lets hear, and see, that the loudspeaker works: by the longest of the sounds.
func (w *Window) testSound() {
	if samples, err := assets.Sound(string(model.SoundRing)); err == nil {
		w.do(call.Play{Samples: samples, Gain: float32(w.c.Profile.Settings().OutputVolume) / 100})
	}
}

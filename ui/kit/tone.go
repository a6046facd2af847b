package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Tone is a colour's meaning, in the same order as the view model's. A colour never speaks alone: an icon or a word says the same.
type Tone uint8

// The tones.
const (
	Plain Tone = iota // second text
	Good              // verified, online
	Warn              // poor link, not verified
	Bad               // do not disturb, ended
	Fresh             // new to you
	Muted             // one's own mute
	Voice             // speaking
)

var tones = [...]struct{ fg, bg fyne.ThemeColorName }{
	Plain: {theme.ColorNamePlaceHolder, theme.ColorNameHover},
	Good:  {theme.ColorNameSuccess, ColorOkBg},
	Warn:  {theme.ColorNameWarning, ColorWarnBg},
	Bad:   {theme.ColorNameError, theme.ColorNameHover},
	Fresh: {ColorNewToYou, ColorNewBg},
	Muted: {ColorMuted, ColorMutedBg},
	Voice: {ColorVoice, theme.ColorNameHover},
}

// Colors returns the colour of a tone's text and icon, and of the ground under them. What is no tone is Plain.
func (t Tone) Colors() (fg, bg fyne.ThemeColorName) {
	if int(t) >= len(tones) {
		t = Plain
	}
	return tones[t].fg, tones[t].bg
}

package hotkey

import (
	"strconv"
	"strings"
)

// names are the keys that exist, as W3C UI Events KeyboardEvent code Values has them, less those of phones. Letters, digits and the
// numbered ones come besides.
const names = `Backquote Backslash BracketLeft BracketRight Comma Equal IntlBackslash IntlRo IntlYen Minus Period Quote Semicolon Slash
AltLeft AltRight Backspace CapsLock ContextMenu ControlLeft ControlRight Enter MetaLeft MetaRight ShiftLeft ShiftRight Space Tab
Convert KanaMode NonConvert Delete End Help Home Insert PageDown PageUp ArrowDown ArrowLeft ArrowRight ArrowUp
NumLock NumpadAdd NumpadComma NumpadDecimal NumpadDivide NumpadEnter NumpadEqual NumpadMultiply NumpadParenLeft NumpadParenRight
NumpadSubtract Escape Fn FnLock PrintScreen ScrollLock Pause BrowserBack BrowserFavorites BrowserForward BrowserHome BrowserRefresh
BrowserSearch BrowserStop Eject LaunchApp1 LaunchApp2 LaunchMail MediaPlayPause MediaSelect MediaStop MediaTrackNext
MediaTrackPrevious Power Sleep AudioVolumeDown AudioVolumeMute AudioVolumeUp WakeUp Again Copy Cut Find Open Paste Props Select Undo`

// known has every key by its name in small letters, and the letters and digits by themselves.
var known = func() map[string]Key {
	m := map[string]Key{}
	add := func(k string) { m[strings.ToLower(k)] = Key(k) }
	for _, name := range strings.Fields(names) {
		add(name)
	}
	for i := 1; i <= 24; i++ {
		add("F" + strconv.Itoa(i))
	}
	for i := range 10 {
		add("Digit" + strconv.Itoa(i))
		add("Numpad" + strconv.Itoa(i))
		m[strconv.Itoa(i)] = Key("Digit" + strconv.Itoa(i))
	}
	for i := 1; i <= 9; i++ {
		add("Mouse" + strconv.Itoa(i))
	}
	for i := 1; i <= 5; i++ {
		add("Lang" + strconv.Itoa(i))
	}
	for c := 'A'; c <= 'Z'; c++ {
		add("Key" + string(c))
		m[strings.ToLower(string(c))] = Key("Key" + string(c))
	}
	return m
}()

// modifiers are the keys that are modifiers themselves.
var modifiers = map[Key]Mods{
	"ControlLeft": Ctrl, "ControlRight": Ctrl, "AltLeft": Alt, "AltRight": Alt,
	"ShiftLeft": Shift, "ShiftRight": Shift, "MetaLeft": Super, "MetaRight": Super,
}

// modNames are the modifiers in the order they are written, the first name of each being what String writes.
var modNames = []struct {
	mod   Mods
	names []string
}{
	{Ctrl, []string{"Ctrl", "Control"}},
	{Alt, []string{"Alt", "Option"}},
	{Shift, []string{"Shift"}},
	{Super, []string{"Super", "Meta", "Win", "Cmd", "Command"}},
}

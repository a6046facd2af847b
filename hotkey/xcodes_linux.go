package hotkey

import (
	"strconv"
	"strings"
)

// codes are the names of the keys by the kernel's numbers (linux/input-event-codes.h), which an X server gives 8 more. They belong to
// places on the keyboard, whatever the layout has there; browsers name keys in the same way. "" has no name.
var codes = func() (table [256]Key) {
	put := func(first int, names string) {
		for i, name := range strings.Fields(names) {
			table[first+i] = Key(name)
		}
	}
	letters := func(first int, row string) {
		for i, letter := range row {
			table[first+i] = Key("Key" + string(letter))
		}
	}
	put(1, "Escape Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace Tab")
	letters(16, "QWERTYUIOP")
	put(26, "BracketLeft BracketRight Enter ControlLeft")
	letters(30, "ASDFGHJKL")
	put(39, "Semicolon Quote Backquote ShiftLeft Backslash")
	letters(44, "ZXCVBNM")
	put(51, "Comma Period Slash ShiftRight NumpadMultiply AltLeft Space CapsLock F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NumLock ScrollLock")
	put(71, "Numpad7 Numpad8 Numpad9 NumpadSubtract Numpad4 Numpad5 Numpad6 NumpadAdd Numpad1 Numpad2 Numpad3 Numpad0 NumpadDecimal")
	put(85, "Lang5 IntlBackslash F11 F12 IntlRo Lang3 Lang4 Convert KanaMode NonConvert")
	put(96, "NumpadEnter ControlRight NumpadDivide PrintScreen AltRight")
	put(102, "Home ArrowUp PageUp ArrowLeft ArrowRight End ArrowDown PageDown Insert Delete")
	put(113, "AudioVolumeMute AudioVolumeDown AudioVolumeUp Power NumpadEqual")
	put(119, "Pause")
	put(121, "NumpadComma Lang1 Lang2 IntlYen MetaLeft MetaRight ContextMenu")
	put(128, "BrowserStop Again Props Undo Select Copy Open Paste Find Cut Help")
	put(140, "LaunchApp2")
	put(142, "Sleep WakeUp LaunchApp1")
	put(155, "LaunchMail BrowserFavorites")
	put(158, "BrowserBack BrowserForward")
	put(161, "Eject")
	put(163, "MediaTrackNext MediaPlayPause MediaTrackPrevious MediaStop")
	put(171, "MediaSelect BrowserHome BrowserRefresh")
	put(179, "NumpadParenLeft NumpadParenRight")
	for i := 13; i <= 24; i++ {
		table[183+i-13] = Key("F" + strconv.Itoa(i))
	}
	put(217, "BrowserSearch")
	return table
}()

// xKey is the key of an X keycode, or "".
func xKey(code uint32) Key {
	if code < 8 || code > 255 {
		return ""
	}
	return codes[code-8]
}

// xButton is the button of the mouse that X has by this number, or "": 4 to 7 are the wheel.
func xButton(n uint32) Key {
	switch {
	case n >= 1 && n <= 3:
		return Key("Mouse" + strconv.Itoa(int(n)))
	case n >= 8 && n <= 13:
		return Key("Mouse" + strconv.Itoa(int(n)-4))
	}
	return ""
}

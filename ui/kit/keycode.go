package kit

import (
	"runtime"
	"slices"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// KeyCode names the key of an event by its place on the keyboard, as W3C's UI Events does (KeyboardEvent.code): "KeyA", "F13",
// "ControlLeft". Fyne's own names are those of the letter that a layout has there, and it has none for many keys. Empty: a key that
// nobody knows.
func KeyCode(ev *fyne.KeyEvent) string {
	if code, ok := places[ev.Physical.ScanCode]; ok && ev.Physical.ScanCode != 0 {
		return code
	}
	return keyCodes[ev.Name]
}

// places has the keys by the numbers that the window system gives them: X11's are those of Linux, which begin as a PC's scan codes
// do, and 8 more. macOS numbers them by its own, and Fyne's names have to do there.
var places = placesOf(runtime.GOOS)

func placesOf(system string) map[int]string {
	m := map[int]string{}
	add := func(first int, names string) {
		for i, name := range strings.Fields(names) {
			m[first+i] = name
		}
	}
	base := 8
	switch system {
	case "darwin":
		return nil
	case "windows":
		base = 0
	}
	add(base+1, `Escape Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace Tab
		KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter ControlLeft
		KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote ShiftLeft Backslash
		KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight NumpadMultiply AltLeft Space CapsLock
		F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NumLock ScrollLock Numpad7 Numpad8 Numpad9 NumpadSubtract Numpad4 Numpad5 Numpad6
		NumpadAdd Numpad1 Numpad2 Numpad3 Numpad0 NumpadDecimal`)
	add(base+86, "IntlBackslash F11 F12")
	if system == "windows" { // 256: the keys that came later
		add(0x45, "Pause")
		add(0x64, "F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23")
		add(0x76, "F24")
		add(256+0x1c, "NumpadEnter ControlRight")
		add(256+0x35, "NumpadDivide")
		add(256+0x45, "NumLock")
		return m
	}
	add(base+96, "NumpadEnter ControlRight NumpadDivide PrintScreen AltRight")
	add(base+102, "Home ArrowUp PageUp ArrowLeft ArrowRight End ArrowDown PageDown Insert Delete")
	add(base+113, "AudioVolumeMute AudioVolumeDown AudioVolumeUp")
	add(base+117, "NumpadEqual")
	add(base+119, "Pause")
	add(base+125, "MetaLeft MetaRight ContextMenu")
	add(base+158, "BrowserBack BrowserForward")
	add(base+163, "MediaTrackNext MediaPlayPause MediaTrackPrevious MediaStop")
	add(base+183, "F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24")
	return m
}

// keyCodes has the keys that Fyne names. Letters, digits and F1 to F12 come besides.
var keyCodes = func() map[fyne.KeyName]string {
	m := map[fyne.KeyName]string{
		fyne.KeyEscape: "Escape", fyne.KeyReturn: "Enter", fyne.KeyEnter: "NumpadEnter", fyne.KeyTab: "Tab", fyne.KeyBackspace: "Backspace",
		fyne.KeyInsert: "Insert", fyne.KeyDelete: "Delete", fyne.KeyHome: "Home", fyne.KeyEnd: "End", fyne.KeyPageUp: "PageUp",
		fyne.KeyPageDown: "PageDown", fyne.KeyRight: "ArrowRight", fyne.KeyLeft: "ArrowLeft", fyne.KeyDown: "ArrowDown", fyne.KeyUp: "ArrowUp",
		fyne.KeySpace: "Space", fyne.KeyApostrophe: "Quote", fyne.KeyComma: "Comma", fyne.KeyMinus: "Minus", fyne.KeyPeriod: "Period",
		fyne.KeySlash: "Slash", fyne.KeyBackslash: "Backslash", fyne.KeyLeftBracket: "BracketLeft", fyne.KeyRightBracket: "BracketRight",
		fyne.KeySemicolon: "Semicolon", fyne.KeyEqual: "Equal", fyne.KeyBackTick: "Backquote",
		fyne.KeyAsterisk: "NumpadMultiply", fyne.KeyPlus: "NumpadAdd",
		desktop.KeyShiftLeft: "ShiftLeft", desktop.KeyShiftRight: "ShiftRight", desktop.KeyControlLeft: "ControlLeft",
		desktop.KeyControlRight: "ControlRight", desktop.KeyAltLeft: "AltLeft", desktop.KeyAltRight: "AltRight",
		desktop.KeySuperLeft: "MetaLeft", desktop.KeySuperRight: "MetaRight", desktop.KeyMenu: "ContextMenu",
		desktop.KeyPrintScreen: "PrintScreen", desktop.KeyCapsLock: "CapsLock",
	}
	for c := 'A'; c <= 'Z'; c++ {
		m[fyne.KeyName(c)] = "Key" + string(c)
	}
	for c := '0'; c <= '9'; c++ {
		m[fyne.KeyName(c)] = "Digit" + string(c)
	}
	for _, f := range strings.Fields("F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12") {
		m[fyne.KeyName(f)] = f
	}
	return m
}()

// modifiers are the keys that are modifiers too, in the order in which a chord has them.
var modifiers = []struct {
	name string
	keys []string
}{
	{"Ctrl", []string{"ControlLeft", "ControlRight"}}, {"Alt", []string{"AltLeft", "AltRight"}},
	{"Shift", []string{"ShiftLeft", "ShiftRight"}}, {"Super", []string{"MetaLeft", "MetaRight"}},
}

// ModifierOf is the modifier that a key is, by its code: "Ctrl", "Alt", "Shift", "Super"; empty for every other key.
func ModifierOf(code string) string {
	for _, m := range modifiers {
		if slices.Contains(m.keys, code) {
			return m.name
		}
	}
	return ""
}

// Chord writes a key with the modifiers that are held, in any order and on any side: "Ctrl+Shift+F13". A key that is a modifier
// itself is not held before itself.
func Chord(held []string, code string) string {
	var b strings.Builder
	for _, m := range modifiers {
		if m.name != ModifierOf(code) && slices.ContainsFunc(held, func(h string) bool { return ModifierOf(h) == m.name }) {
			b.WriteString(m.name + "+")
		}
	}
	return b.String() + code
}

// ChordName is what a person calls a chord: "Ctrl + A", "Mouse 4", "Left Shift". The empty one is no key.
func ChordName(chord string) string {
	if chord == "" {
		return "No key"
	}
	parts := strings.Split(chord, "+")
	for i, p := range parts {
		parts[i] = codeName(p)
	}
	return strings.Join(parts, " + ")
}

func codeName(code string) string {
	if c, ok := keyCodes[fyne.KeyName(code)]; ok { // Fyne's name, as settings had them once
		code = c
	}
	if n, ok := codeNames[code]; ok {
		return n
	}
	if m := ModifierOf(code); m != "" {
		if strings.HasSuffix(code, "Left") {
			return "Left " + m
		}
		return "Right " + m
	}
	if one, ok := strings.CutPrefix(code, "Key"); ok && len(one) == 1 {
		return one
	}
	if one, ok := strings.CutPrefix(code, "Digit"); ok && len(one) == 1 {
		return one
	}
	return spaced(code)
}

// codeNames are the keys that are called otherwise than their place is.
var codeNames = map[string]string{
	"ArrowUp": "Up Arrow", "ArrowDown": "Down Arrow", "ArrowLeft": "Left Arrow", "ArrowRight": "Right Arrow",
	"BracketLeft": "[", "BracketRight": "]", "Semicolon": ";", "Quote": "'", "Backquote": "`", "Backslash": `\`, "Comma": ",", "Period": ".",
	"Slash": "/", "Minus": "-", "Equal": "=", "IntlBackslash": "<", "ContextMenu": "Menu",
}

// spaced parts the words of a code: "PageUp" is "Page Up", and "Mouse4" "Mouse 4". "F13" is one word.
func spaced(code string) string {
	var b strings.Builder
	small := false
	for _, r := range code {
		if small && !unicode.IsLower(r) {
			b.WriteByte(' ')
		}
		small = unicode.IsLower(r)
		b.WriteRune(r)
	}
	return b.String()
}

package keys

import (
	"errors"
	"testing"

	"parley/hotkey"
)

// Nobody's key is lost: those that Fyne named, and those that package hotkey names, are read alike.
func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"F8": "F8", "LeftControl": "ControlLeft", "RightAlt": "AltRight", "LeftSuper": "MetaLeft", "BackSpace": "Backspace", "Up": "ArrowUp",
		"Prior": "PageUp", "Next": "PageDown", "Return": "Enter", "KP_Enter": "NumpadEnter", "Space": "Space", "CapsLock": "CapsLock", "Menu": "ContextMenu",
		"A": "KeyA", "0": "Digit0", "'": "Quote", "\\": "Backslash", "+": "NumpadAdd", "*": "NumpadMultiply", "-": "Minus", "`": "Backquote",
		"Ctrl+Shift+F13": "Ctrl+Shift+F13", "Ctrl+Return": "Ctrl+Enter", "Alt++": "Alt+NumpadAdd", "Ctrl+,": "Ctrl+Comma", "Mouse4": "Mouse4",
	} {
		if c, err := Parse(text); err != nil || c.String() != want {
			t.Errorf("%q: %v, %v, want %s", text, c, err, want)
		}
	}
	for _, text := range []string{"", "++", "Ctrl+", "Ctrl", "F99", "Ctrl+Ctrl+A", "\x00", "+A"} {
		if c, err := Parse(text); !errors.Is(err, hotkey.ErrChord) {
			t.Errorf("%q: %v, %v", text, c, err)
		}
	}
}

func TestWrites(t *testing.T) {
	for text, want := range map[string]bool{
		"V": true, "Shift+V": true, "Space": true, "1": true, "Numpad1": true, "Up": true, "BackSpace": true, "[": true,
		"Ctrl+V": false, "F8": false, "LeftControl": false, "Mouse4": false, "CapsLock": false, "Pause": false, "Super+Space": false,
	} {
		var c chords
		c.writes = map[string]bool{}
		if c.add(talkID, "", text); c.writes[talkID] != want || len(c.bindings) != 1 {
			t.Errorf("%s writes: %v", text, c.writes[talkID])
		}
	}
}

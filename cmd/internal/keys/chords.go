package keys

import (
	"slices"
	"strings"
	"time"

	"parley/call/keying"
	"parley/hotkey"
	"parley/profile"
)

// chords are the keys that the settings name.
type chords struct {
	bindings []hotkey.Binding
	written  []string        // each as it was written
	wrong    []string        // what is no key, as it was written
	writes   map[string]bool // IDs with a key that writes into a field of text
}

// chordsOf reads the settings. The key to talk is bound while it does something.
func chordsOf(s profile.Settings) chords {
	c := chords{writes: map[string]bool{}}
	if s.Mode == profile.PushToTalk {
		c.add(talkID, "Talk", s.PTTKey)
	}
	c.add(muteID, "Mute or unmute", s.Keys.Mute)
	c.add(deafenID, "Deafen or undeafen", s.Keys.Deafen)
	c.add(priorityID, "Talk, and others are turned down", s.Keys.Priority)
	c.add(whisperID, "Whisper to those you chose", s.Keys.Whisper)
	return c
}

func (c *chords) add(id, words, text string) {
	if text == "" {
		return
	}
	chord, err := Parse(text)
	if err != nil {
		c.wrong = append(c.wrong, text)
		return
	}
	c.written = append(c.written, text)
	c.bindings = append(c.bindings, hotkey.Binding{ID: id, Words: words, Chord: chord})
	c.writes[id] = chord.Mods&^hotkey.Shift == 0 && writes(chord.Key)
}

func (c chords) equal(d chords) bool {
	return slices.Equal(c.bindings, d.bindings) && slices.Equal(c.wrong, d.wrong)
}

// Parse reads a chord as package hotkey writes it, or with a key that is named as Fyne does: older profiles have those.
func Parse(text string) (hotkey.Chord, error) {
	mods, key := "", text
	if i := strings.LastIndex(text[:max(len(text)-1, 0)], "+"); i >= 0 {
		mods, key = text[:i+1], text[i+1:]
	}
	if k, ok := fyneKeys[key]; ok {
		key = k
	}
	return hotkey.ParseChord(mods + key)
}

// fyneKeys are Fyne's names of keys, where they are not hotkey's but for large and small letters.
var fyneKeys = map[string]string{
	"Return": "Enter", "KP_Enter": "NumpadEnter", "Prior": "PageUp", "Next": "PageDown",
	"Up": "ArrowUp", "Down": "ArrowDown", "Left": "ArrowLeft", "Right": "ArrowRight",
	"LeftShift": "ShiftLeft", "RightShift": "ShiftRight", "LeftControl": "ControlLeft", "RightControl": "ControlRight",
	"LeftAlt": "AltLeft", "RightAlt": "AltRight", "LeftSuper": "MetaLeft", "RightSuper": "MetaRight", "Menu": "ContextMenu",
	"'": "Quote", ",": "Comma", "-": "Minus", ".": "Period", "/": "Slash", "\\": "Backslash", "[": "BracketLeft", "]": "BracketRight",
	";": "Semicolon", "=": "Equal", "`": "Backquote", "*": "NumpadMultiply", "+": "NumpadAdd",
}

// writers are keys that write into a field of text, or move in it.
var writers = map[hotkey.Key]bool{
	"Backquote": true, "Backslash": true, "Comma": true, "Equal": true, "Minus": true, "Period": true, "Quote": true, "Semicolon": true,
	"Slash": true, "Space": true, "Tab": true, "Enter": true, "Backspace": true, "Delete": true, "Insert": true, "Home": true, "End": true,
	"Again": true, "Copy": true, "Cut": true, "Paste": true, "Undo": true,
}

// writes says whether a key does something to a field of text by itself.
func writes(k hotkey.Key) bool {
	for _, family := range []string{"Key", "Digit", "Numpad", "Arrow", "Bracket", "Intl", "Page"} {
		if strings.HasPrefix(string(k), family) {
			return true
		}
	}
	return writers[k]
}

// keyingOf is how the settings want the hands' keys, and those of other programs, to be taken. Those hold: their programs have words
// for the rest.
func keyingOf(s profile.Settings, u use) (hands, others keying.Config) {
	others.Delay = time.Duration(s.Keys.DelayMS) * time.Millisecond
	if u == toSilent {
		others.Mode = keying.PushToMute
	}
	hands = others
	hands.DoubleTap = s.Keys.DoubleTap
	if u == toTalk && s.Keys.Does == profile.TalkByPress {
		hands.Mode = keying.Toggle
	}
	return hands, others
}

func useOf(s profile.Settings) use {
	switch {
	case s.Mode != profile.PushToTalk:
		return useless
	case s.Keys.Does == profile.MuteWhileHeld:
		return toSilent
	}
	return toTalk
}

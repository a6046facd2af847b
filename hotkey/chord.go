package hotkey

import (
	"fmt"
	"strings"
)

// Chord is a key with the modifiers that are held before it. The key may be a modifier itself. The zero Chord is none.
type Chord struct {
	Mods Mods
	Key  Key
}

// maxChord is more than any chord with all modifiers is long.
const maxChord = 80

// ParseChord reads what String writes: "Ctrl+Shift+F13", "Mouse4", "ControlRight". Large and small letters are one, so are the
// usual names of modifiers, and a letter or digit stands for its key. The error wraps ErrChord.
func ParseChord(s string) (Chord, error) {
	if len(s) > maxChord {
		return Chord{}, fmt.Errorf("%w: %d characters are too many", ErrChord, len(s))
	}
	parts := strings.Split(s, "+")
	last := len(parts) - 1
	var c Chord
	for _, part := range parts[:last] {
		m := modOf(part)
		if m == 0 || c.Mods&m != 0 {
			return Chord{}, fmt.Errorf("%w: %q", ErrChord, s)
		}
		c.Mods |= m
	}
	key, ok := known[strings.ToLower(strings.TrimSpace(parts[last]))]
	if !ok || c.Mods&modifiers[key] != 0 { // Ctrl+ControlLeft is one key, which can't be held before itself
		return Chord{}, fmt.Errorf("%w: %q", ErrChord, s)
	}
	c.Key = key
	return c, nil
}

func modOf(name string) Mods {
	name = strings.TrimSpace(name)
	for _, m := range modNames {
		for _, n := range m.names {
			if strings.EqualFold(n, name) {
				return m.mod
			}
		}
	}
	return 0
}

// String writes it for ParseChord: modifiers first, always in the same order.
func (c Chord) String() string {
	var b strings.Builder
	for _, m := range modNames {
		if c.Mods&m.mod != 0 {
			b.WriteString(m.names[0] + "+")
		}
	}
	b.WriteString(string(c.Key))
	return b.String()
}

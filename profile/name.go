package profile

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of a display name.
const (
	MaxName      = 32   // characters
	maxNameBytes = 4096 // of a name as it comes in; what is longer is cut before it costs anything
	maxMarks     = 2    // combining marks in a row: enough for Vietnamese, too few to climb out of the line
)

// CleanName makes a display name inert: whatever somebody calls themselves, it stays on its line and says nothing that
// can't be seen. The result is in NFC (Unicode Standard Annex 15), without control characters, direction overrides,
// joiners and anything else that has no width; it has at most MaxName characters and at most two combining marks in a
// row, and spaces only between words, one at a time. Nothing visible gives "".
func CleanName(name string) string {
	if len(name) > maxNameBytes {
		name = name[:maxNameBytes]
	}
	out := make([]rune, 0, MaxName+1)
	marks, space := maxMarks, false // at the start and after a space there is nothing for a mark to stand on
	for _, r := range norm.NFC.String(strings.Map(visible, name)) {
		isMark := unicode.Is(unicode.M, r)
		switch {
		case r == ' ':
			space, marks = len(out) > 0, maxMarks
			continue
		case isMark && marks == maxMarks:
			continue
		case isMark:
			marks++
		default:
			marks = 0
		}
		if space {
			out, space = append(out, ' '), false
		}
		if out = append(out, r); len(out) >= MaxName {
			break
		}
	}
	return strings.TrimSuffix(string(out[:min(len(out), MaxName)]), " ")
}

// visible maps each kind of space to ' ' and drops what has no width of its own.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r), unicode.Is(unicode.Zs, r):
		return ' '
	case r == utf8.RuneError, !unicode.IsGraphic(r), isBlank(r):
		return -1
	}
	return r
}

// isBlank finds the letters, marks and symbols that show nothing: Unicode's Default_Ignorable_Code_Point and the empty
// braille pattern. Those of category Cf are not graphic anyway.
func isBlank(r rune) bool {
	return r == '\u2800' || unicode.Is(unicode.Variation_Selector, r) ||
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

package video

import (
	"strings"
	"unicode"
)

// CleanName makes one line of visible text, of at most so many characters, of a name that others wrote: whoever made a camera, or
// plugged it in, or has a window. Nothing of it turns the direction of writing.
func CleanName(name string, most int) string {
	n := 0
	name = strings.Map(func(r rune) rune {
		if n++; n > most {
			return -1
		}
		if !unicode.IsGraphic(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, name)
	return strings.TrimSpace(name)
}

package server

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	maxNameRunes = 32
	maxMarks     = 2 // combining marks on one letter: enough for every script, too few to climb over the next line
)

// cleanName makes a name inert: one line, nothing invisible, nothing that turns the direction of what follows it, at most
// maxNameRunes long. What remains may be empty. Clients clean again what they show: they don't trust the server.
func cleanName(s string) string {
	visible := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case blank(r) || !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, norm.NFC.String(s))
	var b strings.Builder
	marks, count := 0, 0
	for _, r := range strings.Join(strings.Fields(visible), " ") {
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		if marks <= maxMarks && count < maxNameRunes {
			b.WriteRune(r)
			count++
		}
	}
	return strings.TrimSpace(b.String())
}

// blank is for what Unicode calls letters or symbols and nobody sees: fillers, the empty Braille cell, the joiner that
// joins nothing, and variation selectors.
func blank(r rune) bool {
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0:
		return true
	}
	return r == unicode.ReplacementChar || unicode.Is(unicode.Variation_Selector, r)
}

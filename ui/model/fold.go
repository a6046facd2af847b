package model

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold is a name as it is sorted and searched by: without case, accents and what can't be seen, so that "Émile" stands with
// "emil" and is found by it.
func fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'ß':
			return 's'
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar, unicode.Is(unicode.Mn, r), !unicode.IsGraphic(r):
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(s))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

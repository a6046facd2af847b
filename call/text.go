package call

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is how many characters a text has at most.
const MaxText = 2000

const (
	maxTextBytes = 4 * MaxText // of what comes from elsewhere: longer than any text of that many characters
	maxMarks     = 4           // on one letter: enough for every script, too few to climb over other lines
	maxBreaks    = 2           // line ends in a row
)

// CleanText takes out of a text what is not to be seen or turns the direction of writing, and leaves lines and words. It is not cut.
func CleanText(text string) string {
	var out strings.Builder
	marks, breaks := maxMarks, maxBreaks // at its beginning there is nothing for a mark or a line end to follow
	for _, r := range strings.ReplaceAll(text, "\r\n", "\n") {
		switch {
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			if breaks++; breaks <= maxBreaks {
				out.WriteByte('\n')
			}
			marks = maxMarks
			continue
		case r == '\t' || unicode.Is(unicode.Zs, r):
			out.WriteByte(' ')
			marks = maxMarks
			continue
		case r == '\u200c' || r == '\u200d': // they join letters and pictures, and mean nothing alone
			if marks < maxMarks {
				out.WriteRune(r)
				marks++
			}
			continue
		case r == utf8.RuneError || !unicode.IsGraphic(r) || unicode.Is(unicode.Bidi_Control, r):
			continue
		case unicode.Is(unicode.M, r):
			if marks++; marks > maxMarks {
				continue
			}
		default:
			marks = 0
		}
		breaks = 0
		out.WriteRune(r)
	}
	return strings.TrimSpace(out.String())
}

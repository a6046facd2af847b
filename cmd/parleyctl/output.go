package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"unicode"
)

var output sync.Mutex

// emit prints one JSON line on standard output. JSON escapes the control characters below U+0020 by itself; the ones from
// U+007F to U+009F, which some terminals obey, are escaped here.
func emit(v any) {
	line, err := json.Marshal(v)
	if err != nil {
		return
	}
	var safe strings.Builder
	for _, r := range string(line) {
		if r >= 0x7f && r < 0xa0 {
			fmt.Fprintf(&safe, `\u%04x`, r)
			continue
		}
		safe.WriteRune(r)
	}
	output.Lock()
	defer output.Unlock()
	_, _ = fmt.Fprintln(os.Stdout, safe.String())
}

// tell prints a line for people on standard error. What others wrote may stand in it: nothing of it moves a cursor, turns the
// direction of writing or begins a new line.
func tell(format string, args ...any) {
	text := strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, fmt.Sprintf(format, args...))
	_, _ = fmt.Fprintln(os.Stderr, "parleyctl:", text)
}

package hotkey

import "strings"

// span is keys with numbers that follow one another, by their names; "-" is none.
type span struct {
	first uint32
	names string
}

// keyTable makes a table of spans.
func keyTable(spans ...span) map[uint32]Key {
	m := map[uint32]Key{}
	for _, s := range spans {
		for i, name := range strings.Fields(s.names) {
			if name != "-" {
				m[s.first+uint32(i)] = Key(name)
			}
		}
	}
	return m
}

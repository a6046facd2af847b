package model

import "parley/call"

// Detail is one line of the quality popover.
type Detail struct{ Label, Value string }

// Details are the figures behind the bars.
func Details(s *call.Snapshot, st call.Stats) []Detail {
	return []Detail{{"Round trip", "not measured yet"}}
}

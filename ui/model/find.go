package model

import "parley/call"

// Hit is one line of the quick switcher: a channel, or a person.
type Hit struct {
	Channel string // its id; empty: a person
	User    string // the id; empty: a channel
	Name    string
	Line    string
	Face    Face
}

// Find looks for channels and people by name.
func Find(s *call.Snapshot, query string) []Hit {
	var out []Hit
	for _, c := range directoryOf(s).Channels {
		if len(out) < 20 {
			out = append(out, Hit{Channel: c.ID, Name: placeName(c.Name, "Channel")})
		}
	}
	return out
}

package model

import (
	"strings"
	"time"

	"parley/call"
)

// missed keeps the rows of the missed calls as they were given out, and makes them anew when there are others, when their people
// are called otherwise, and when another day has come.
type missed struct {
	from      []call.Missed
	directory *call.Directory
	day       time.Time
	rows      []MissedRow
	version   uint64
}

func (m *missed) update(in Input, c crowd) ([]MissedRow, uint64) {
	s := in.Snapshot
	year, month, date := in.Now.Date()
	day := time.Date(year, month, date, 0, 0, 0, 0, in.Now.Location())
	same := len(m.from) == len(s.Missed) && (len(s.Missed) == 0 || &m.from[0] == &s.Missed[0] && m.directory == s.Directory && m.day.Equal(day))
	if same && m.version > 0 {
		return m.rows, m.version
	}
	m.from, m.directory, m.day = s.Missed, s.Directory, day
	rows := make([]MissedRow, 0, len(s.Missed))
	for _, one := range s.Missed {
		who := c[one.User]
		if who == nil {
			who = newPerson(one.User, one.Name, nil)
		}
		rows = append(rows, MissedRow{
			Call: one.Call, User: one.User, Name: who.name, Face: who.face, Video: one.Video, Line: missedLine(one, day), At: one.At,
		})
	}
	old := m.rows
	if m.rows = reuse(m.rows, rows, func(a, b MissedRow) bool { return a == b }); m.version == 0 || len(old) != len(rows) || len(rows) > 0 && &old[0] != &m.rows[0] {
		m.version++
	}
	return m.rows, m.version
}

// maxAhead is how far a server's clock may be ahead of the own one.
const maxAhead = 24 * time.Hour

// SeenNow is what profile.Settings.MissedSeen becomes when somebody looks at the missed calls: the time of the newest one. A server
// that puts one into the far future does not hide those to come.
func SeenNow(rows []MissedRow, now time.Time) (at int64) {
	for _, r := range rows {
		at = max(at, min(r.At, now.Add(maxAhead).Unix()))
	}
	return at
}

func unseen(rows []MissedRow, seen int64) (n int) {
	for _, r := range rows {
		if r.At > seen {
			n++
		}
	}
	return n
}

// missedLine says what was missed, when, and why where it was not just not taken.
func missedLine(one call.Missed, today time.Time) string {
	parts := []string{"Call"}
	if one.Video {
		parts[0] = "Video call"
	}
	// A time that no clock of a person shows is not worth a word.
	if at := time.Unix(one.At, 0).In(today.Location()); at.Year() >= 2000 && at.Year() < 10_000 {
		layout := "2 January 15:04"
		switch {
		case !at.Before(today) && at.Before(today.AddDate(0, 0, 1)):
			layout = "15:04"
		case at.Year() != today.Year():
			layout = "2 January 2006"
		}
		parts = append(parts, at.Format(layout))
	}
	switch one.Why {
	case "offline":
		parts = append(parts, "you were offline")
	case "busy":
		parts = append(parts, "you were in a call")
	case "dnd":
		parts = append(parts, "do not disturb")
	}
	return strings.Join(parts, ", ")
}

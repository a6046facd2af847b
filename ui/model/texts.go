package model

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"parley/call"
)

// texts keeps the rows of the texts as they were given out, and when each was first seen: the engine tells no time of day.
type texts struct {
	from  []call.Text
	crowd map[string]*person // whom they were made with
	seen  map[uint64]time.Time
	out   Texts
}

// Bounds of what is shown of texts. The engine has its own, which are not wider.
const (
	maxTexts     = 200
	maxTextRunes = 2000
	goesOn       = 5 * time.Minute // so long a text stands under the same name as the one before
)

func (t *texts) update(in Input, c crowd, h here) Texts {
	s := in.Snapshot
	all := s.Texts[max(0, len(s.Texts)-maxTexts):]
	if rows := t.rows(in, c, all); t.out.Version == 0 || !slices.Equal(rows, t.out.Rows) {
		t.out.Rows, t.out.Version = rows, t.out.Version+1
	}
	t.out.Open, t.out.Readers = s.Place.Phase == call.Joined, readers(h)
	t.out.Unread = 0
	for _, one := range all {
		if one.Seq > in.Read && !one.Mine {
			t.out.Unread++
		}
	}
	return t.out
}

// rows makes them anew where there are others, or somebody is called otherwise.
func (t *texts) rows(in Input, c crowd, all []call.Text) []TextRow {
	if len(all) == 0 {
		t.from, t.seen = nil, nil
		return nil
	}
	if len(t.from) == len(all) && &t.from[0] == &all[0] && !t.renamed(c) {
		return t.out.Rows
	}
	before := t.seen
	t.from, t.crowd, t.seen = all, map[string]*person{}, make(map[uint64]time.Time, len(all))
	rows := make([]TextRow, 0, len(all))
	for i, one := range all {
		at, ok := before[one.Seq]
		if !ok {
			at = in.Now
		}
		t.seen[one.Seq] = at
		who := t.crowd[one.User]
		if who == nil {
			who = c.find(one.User, one.Name, nil)
			t.crowd[one.User] = who
		}
		row := TextRow{Seq: one.Seq, User: one.User, Text: inertLines(one.Text, maxTextRunes), Missed: missedText(one.Missed)}
		if i == 0 || all[i-1].User != one.User || at.Sub(t.seen[all[i-1].Seq]) >= goesOn {
			row.Name, row.Face, row.At = who.name, who.face, at.Format("15:04")
		}
		rows = append(rows, row)
	}
	return rows
}

// renamed says whether somebody who has written is called otherwise now.
func (t *texts) renamed(c crowd) bool {
	for user, was := range t.crowd {
		if now := c[user]; now != nil && now != was && (now.name != was.name || now.face != was.face) {
			return true
		}
	}
	return false
}

// inertLines is Inert for a text of several lines, of at most that many characters. One that is empty then says so: there is always
// something to see.
func inertLines(s string, most int) string {
	var out strings.Builder
	n := 0
	for _, r := range s {
		if n == most {
			out.WriteRune('…')
			break
		}
		switch {
		case r == '\n':
		case r == '\t' || r == '\u2028' || r == '\u2029':
			r = ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar:
			continue
		}
		out.WriteRune(r)
		n++
	}
	if text := strings.TrimSpace(out.String()); text != "" {
		return text
	}
	return "…"
}

// sentence is a text of the engine's own that may hold a name, in one line.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ReplaceAll(inertLines(s, maxSentence), "\n", " ")
}

// maxSentence is how many characters of one are shown.
const maxSentence = 500

// missedText says who did not get a text.
func missedText(names []string) string {
	var all []string
	for _, n := range names {
		all = append(all, strings.TrimSpace(personName(n, "")))
	}
	if len(all) == 0 {
		return ""
	}
	return list(all) + " did not get this."
}

// list names some, and counts the rest.
func list(names []string) string {
	const most = 3
	switch n := len(names); {
	case n == 1:
		return names[0]
	case n > most:
		return strings.Join(names[:most-1], ", ") + fmt.Sprintf(" and %d others", n-most+1)
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}

// readers says who gets what one writes.
func readers(h here) string {
	var names []string
	for i, p := range h.peers {
		if p.Phase == call.Connected {
			names = append(names, h.people[i].name)
		}
	}
	if len(names) == 0 {
		return "Nobody is here to read it."
	}
	return "Goes to " + list(names) + ", encrypted. Nobody keeps it."
}

package model

import (
	"fmt"
	"slices"

	"parley/call"
)

// The groups of the list of people.
const (
	inVoice = iota
	notInVoice
	offline
	groups
)

var groupNames = [groups]string{"In voice", "Not in voice", "Offline"}

// describeAll works out everybody's line of the list of people; true: something in it has changed.
func (l *lists) describeAll(c crowd, s *call.Snapshot) bool {
	fresh := map[string]bool{}
	var strange []*person
	for _, r := range l.own {
		fresh[r.User] = r.New
		if c[r.User] == nil { // the server says nothing of them, but there they are
			p := &person{user: r.User, name: r.Name, fold: fold(r.Name), face: r.Face, presence: Online, web: r.Web}
			l.sit(p, l.channel)
			strange = append(strange, p)
		}
	}
	changed := !slices.EqualFunc(strange, l.strange, func(a, b *person) bool { return a.user == b.user && a.name == b.name && a.face == b.face })
	l.strange = strange
	for _, list := range [2][]*person{l.entries, l.strange} {
		for _, p := range list {
			known := l.directory.Person(p.user)
			known.New = fresh[p.user] // of people elsewhere it is said in their card: on a new server all are
			changed = l.describe(p, p.user == s.Self.User, known) || changed
		}
	}
	return changed
}

func (l *lists) describe(p *person, self bool, known call.Person) bool {
	if p.sits != l.turn {
		p.channel = ""
	}
	row := PersonRow{User: p.user, Name: p.name, Face: p.face, Presence: p.presence, Owner: p.owner, Self: self, New: known.New && !self, Verified: known.Verified, Web: p.web}
	group := notInVoice
	switch {
	case l.with != "" && self:
		group, row.Line = inVoice, "You, in a call"
	case l.with != "" && p.user == l.with:
		group, row.Line = inVoice, "In a call with you"
	case p.channel != "":
		group, row.Line = inVoice, l.names[p.channel].name
		if self {
			row.Line = "You, " + row.Line
		}
	case self:
		row.Line = "You"
	default:
		row.Line = presenceLine(p.presence)
	}
	if p.presence == Offline && p.channel == "" {
		group = offline
	}
	changed := p.row != row || p.group != group
	p.row, p.group = row, group
	return changed
}

// peopleRows sorts all into their groups.
func (l *lists) peopleRows() []PersonRow {
	all := slices.Concat(l.entries, l.strange)
	slices.SortFunc(all, func(a, b *person) int {
		if a.group != b.group {
			return a.group - b.group
		}
		return byName(a, b)
	})
	var count [groups]int
	others := false
	for _, p := range all {
		count[p.group]++
		others = others || !p.row.Self
	}
	out := make([]PersonRow, 0, len(all)+groups)
	group := -1
	for _, p := range all {
		if p.group != group {
			group = p.group
			out = append(out, PersonRow{Heading: fmt.Sprintf("%s, %d", groupNames[group], count[group])})
		}
		out = append(out, p.row)
	}
	if !others && l.complete {
		out = append(out, PersonRow{Heading: "Nobody else is here yet."})
	}
	return out
}

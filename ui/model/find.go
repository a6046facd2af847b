package model

import (
	"fmt"
	"slices"
	"strings"

	"parley/call"
)

// Hit is one line of the quick switcher: a channel, a person, or something to do.
type Hit struct {
	Channel string // its id; empty: another kind
	User    string // the id; empty: another kind
	Action  Action // what there is to do; None: another kind
	Call    bool   // to call the person
	Name    string
	Line    string // who is in the channel, where the person is
	Face    Face   // of a person
}

// Bounds of a search.
const (
	maxHits  = 20
	maxQuery = 64 // bytes
)

// How well a name fits a query, the best first.
const (
	startsWith = iota
	wordStartsWith
	contains
	inOrder // all letters are there, with others between
	noMatch
)

// offered is how many of the people found are offered to be called.
const offered = 1

// Finder finds channels and people. It keeps the names of thousands as they are searched, since it is asked with each key that is pressed.
// The zero value is ready.
type Finder struct {
	directory *call.Directory   // that folded was made for
	folded    map[string]string // its names
}

// Find looks for channels and people by name, without regard to case and accents. Channels come before people that fit as well,
// and the best of these is offered to be called; "call ana" asks for that of everybody who fits. An empty query lists the channels in
// their order, then who is there.
func (f *Finder) Find(s *call.Snapshot, query string) []Hit {
	query = strings.TrimSpace(fold(query[:min(len(query), maxQuery)]))
	if query == "" {
		return f.find(s, query, 0)
	}
	f.fold(directoryOf(s))
	name, wanted := strings.CutPrefix(query, "call ")
	if !wanted {
		out, more := f.find(s, query, offered), actions(s, query)
		return append(out[:min(len(out), maxHits-len(more))], more...)
	}
	out := slices.DeleteFunc(f.find(s, strings.TrimSpace(name), maxHits), func(h Hit) bool { return !h.Call })
	out = append(out, f.find(s, query, 0)...)
	return out[:min(len(out), maxHits)]
}

// actions are the things to do that begin with a folded query, or of which a word does.
func actions(s *call.Snapshot, query string) (out []Hit) {
	for _, h := range []Hit{
		{Action: Examine, Name: checkConnection, Line: "What stands in the way of calls"},
		{Action: SendFile, Name: "Send a file", Line: "To somebody in your channel or call"},
		{Action: ShowTexts, Name: "Texts", Line: "Write to those in your channel or call"},
		{Action: ShareScreen, Name: "Share a screen or a window", Line: "With those in your channel or call"},
	} {
		inPlace := h.Action == SendFile || h.Action == ShowTexts || h.Action == ShareScreen
		if h.Action == ShareScreen && s.Screen.Sharing { // the bar over the window has what there is to do
			continue
		}
		if fit(fold(h.Name), query) <= wordStartsWith && (!inPlace || s.Place.Phase == call.Joined) {
			out = append(out, h)
		}
	}
	return out
}

// NewFinder makes one that has seen a snapshot's names already, which takes some milliseconds where they are thousands.
func NewFinder(s *call.Snapshot) *Finder {
	f := &Finder{}
	f.fold(directoryOf(s))
	return f
}

// fold takes over the names of a directory, most of which are those of the one before.
func (f *Finder) fold(d *call.Directory) {
	if f.directory == d {
		return
	}
	before := f.folded
	f.directory, f.folded = d, make(map[string]string, len(d.Channels)+len(d.Users))
	take := func(name string) {
		folded, ok := before[name]
		if !ok {
			folded = fold(name)
		}
		f.folded[name] = folded
	}
	for i := range d.Channels {
		take(d.Channels[i].Name)
	}
	for i := range d.Users {
		take(d.Users[i].Name)
	}
}

// find looks for a folded query, and offers to call that many.
func (f *Finder) find(s *call.Snapshot, query string, calls int) []Hit {
	d := directoryOf(s)
	// As many lists as there are ways to fit, each of at most what is shown: thousands of names cost no sorting.
	var channels [noMatch][]int
	var people [noMatch][]int
	for i := range d.Channels {
		keep(&channels, i, f.fit(d.Channels[i].Name, query))
	}
	for i := range d.Users {
		if query == "" && presenceOf(d.Users[i].Status) == Offline {
			continue
		}
		keep(&people, i, f.fit(d.Users[i].Name, query))
	}
	var out []Hit
	for how := range noMatch {
		for _, i := range channels[how] {
			out = append(out, channelHit(d, i))
		}
		for _, i := range people[how] {
			hit := personHit(s, i)
			if out = append(out, hit); calls > 0 && NoCall(s, hit.User) == "" {
				calls--
				hit.Call, hit.Name = true, "Call "+hit.Name
				out = append(out, hit)
			}
		}
	}
	return out[:min(len(out), maxHits)]
}

func keep(lists *[noMatch][]int, i, how int) {
	if how < noMatch && len(lists[how]) < maxHits {
		lists[how] = append(lists[how], i)
	}
}

// fit compares a name with a folded query, which any name fits that is empty.
func (f *Finder) fit(name, query string) int {
	if query == "" {
		return startsWith
	}
	return fit(f.folded[name], query)
}

// fit compares two folded texts.
func fit(name, query string) int {
	switch i := strings.Index(name, query); {
	case i == 0:
		return startsWith
	case i > 0 && strings.Contains(name, " "+query):
		return wordStartsWith
	case i > 0:
		return contains
	}
	for _, r := range query {
		i := strings.IndexRune(name, r)
		if i < 0 {
			return noMatch
		}
		name = name[i+len(string(r)):]
	}
	return inOrder
}

func channelHit(d *call.Directory, i int) Hit {
	c := d.Channels[i]
	h := Hit{Channel: c.ID, Name: placeName(c.Name, "Channel")}
	switch n := len(d.Sitting[c.ID]); {
	case n == 0:
		h.Line = "Empty"
	case n >= perChannel:
		h.Line = fmt.Sprintf("%d of %d, full", n, perChannel)
	case n == 1:
		h.Line = "1 person"
	default:
		h.Line = fmt.Sprintf("%d people", n)
	}
	return h
}

func personHit(s *call.Snapshot, i int) Hit {
	u := directoryOf(s).Users[i]
	line := presenceLine(presenceOf(u.Status))
	if at := channelName(s, channelOf(s, u.ID)); at != "" {
		line = at
	}
	if u.ID == s.Self.User {
		line = strings.TrimSuffix("You, "+line, ", ")
	}
	return Hit{User: u.ID, Name: personName(u.Name, u.ID), Line: line, Face: FaceOf(u.Key, u.Name, u.ID)}
}

// channelOf is where somebody sits; of whom the engine is connected to it knows better than the server.
func channelOf(s *call.Snapshot, user string) string {
	if s.Place.Phase == call.Joined {
		for _, p := range s.Place.Peers {
			if p.User == user {
				return s.Place.Channel
			}
		}
		if user == s.Self.User {
			return s.Place.Channel
		}
	}
	d := directoryOf(s)
	for _, c := range d.Channels {
		own := s.Place.Phase == call.Joined && c.ID == s.Place.Channel
		if !own && slices.ContainsFunc(d.Sitting[c.ID], func(seat call.Seat) bool { return seat.User == user }) {
			return c.ID
		}
	}
	return ""
}

package model

import (
	"cmp"
	"slices"

	"parley/call"
	"parley/profile"
)

// What the server calls roles and presence (PROTOCOL.md).
const (
	roleOwner    = "owner"
	statusOnline = string(profile.Available)
	statusAway   = "away"
	statusBusy   = string(profile.DoNotDisturb)
)

// perChannel is how many a voice channel holds (PROTOCOL.md).
const perChannel = 8

var emptyDirectory = &call.Directory{}

func directoryOf(s *call.Snapshot) *call.Directory {
	if s.Directory == nil {
		return emptyDirectory
	}
	return s.Directory
}

// channelName is a channel's name to be shown, empty where there is no such channel.
func channelName(s *call.Snapshot, id string) string {
	for _, c := range directoryOf(s).Channels {
		if c.ID == id {
			return placeName(c.Name, "Channel")
		}
	}
	return ""
}

func presenceOf(status string) Presence {
	switch status {
	case statusOnline:
		return Online
	case statusAway:
		return Away
	case statusBusy:
		return Busy
	}
	return Offline
}

func presenceLine(p Presence) string {
	return [...]string{Offline: "Offline", Online: "Online", Away: "Away", Busy: "Do not disturb"}[p]
}

// lists keeps both lists as they were given out, and makes them anew only when they differ: a directory of thousands changes
// many times a second when somebody wants it to, and most often in what is shown nowhere.
type lists struct {
	directory *call.Directory
	own       []Row
	phase     call.Phase
	channel   string
	with      string // whom one is in a call with
	online    bool
	complete  bool // online, and everybody is in the directory

	turn     uint64 // counts the times that something was looked at anew
	entries  []*person
	names    map[string]placed // of the channels
	strange  []*person         // who sits in the own channel and is not in the directory
	title    string            // of the own channel
	speaking []string          // who speaks in another channel than the own one

	rows                       []Row
	people                     []PersonRow
	rowsVersion, peopleVersion uint64
}

// placed is a name, and what it was made of.
type placed struct{ raw, name string }

func (l *lists) update(c crowd, s *call.Snapshot, h here) {
	d, online, with := directoryOf(s), s.Link == call.Online, ""
	if inCall(s) {
		with = s.Place.With
	}
	if l.directory == d && l.phase == s.Place.Phase && l.channel == s.Place.Channel && l.with == with && l.online == online && slices.Equal(l.own, h.rows) {
		return
	}
	anew := l.turn == 0 || l.complete != (online && d.Complete)
	l.directory, l.own, l.phase, l.channel, l.online = d, h.rows, s.Place.Phase, s.Place.Channel, online
	l.complete, l.with = online && d.Complete, with
	l.turn++
	l.nameChannels(d)
	changed := l.meetAll(c, d)
	if rows := l.channelRows(c, s); anew || !slices.Equal(rows, l.rows) {
		l.rows = rows
		l.rowsVersion++
	}
	if l.describeAll(c, s) || changed || anew {
		l.people = l.peopleRows()
		l.peopleVersion++
	}
}

func (l *lists) nameChannels(d *call.Directory) {
	names := make(map[string]placed, len(d.Channels))
	for _, c := range d.Channels {
		n, ok := l.names[c.ID]
		if !ok || n.raw != c.Name {
			n = placed{c.Name, placeName(c.Name, "Channel")}
		}
		names[c.ID] = n
	}
	l.names = names
	l.title = cmp.Or(names[l.channel].name, "Channel")
}

// meetAll takes over the users; true: others than before.
func (l *lists) meetAll(c crowd, d *call.Directory) bool {
	before := l.entries
	l.entries = make([]*person, 0, len(d.Users))
	for i := range d.Users {
		p := c.meet(&d.Users[i])
		if p.listed == l.turn {
			continue // twice in the list
		}
		p.listed = l.turn
		p.presence, p.owner, p.web = presenceOf(d.Users[i].Status), d.Users[i].Role == roleOwner, d.Users[i].Web
		l.entries = append(l.entries, p)
	}
	if len(c) > len(l.entries) {
		c.forget(l.turn)
	}
	return !slices.Equal(before, l.entries)
}

// channelRows are the rows of the channels and of who sits in them, and notes on the way where everybody sits.
func (l *lists) channelRows(c crowd, s *call.Snapshot) []Row {
	d := l.directory
	out := make([]Row, 0, len(d.Channels)+len(l.rows))
	l.speaking = nil
	for _, ch := range d.Channels {
		current := s.Place.Phase != call.Idle && s.Place.Channel == ch.ID && !inCall(s)
		at := len(out)
		out = append(out, Row{Channel: ch.ID, Name: l.names[ch.ID].name, Current: current})
		if current && s.Place.Phase == call.Joined {
			out = append(out, l.own...)
			for _, r := range l.own {
				l.sit(c[r.User], ch.ID)
			}
		} else {
			out = l.seatRows(out, c, s, ch.ID)
		}
		out[at].Count = len(out) - at - 1
		out[at].Full = !current && out[at].Count >= perChannel
	}
	return out
}

// seatRows are those of a channel that one does not sit in.
func (l *lists) seatRows(out []Row, c crowd, s *call.Snapshot, channel string) []Row {
	at := len(out)
	var folds []string // of the rows from at on
	for _, seat := range l.directory.Sitting[channel] {
		if seat.User == s.Self.User && s.Place.Phase == call.Joined {
			continue // one knows better oneself
		}
		p := c.find(seat.User, seat.Name, nil)
		l.sit(p, channel)
		if seat.Speaking && !seat.Muted && !seat.Deafened {
			l.speaking = append(l.speaking, seat.User)
		}
		i := len(folds)
		for i > 0 && (p.fold < folds[i-1] || p.fold == folds[i-1] && p.user < out[at+i-1].User) {
			i--
		}
		folds = slices.Insert(folds, i, p.fold)
		out = slices.Insert(out, at+i, Row{
			Channel: channel, Name: p.name, User: seat.User, Face: p.face, Self: seat.User == s.Self.User,
			Muted: seat.Muted && !seat.Deafened, Deafened: seat.Deafened, Web: seat.Web,
		})
	}
	return out
}

// sit notes where somebody sits; the first channel counts.
func (l *lists) sit(p *person, channel string) {
	if p != nil && p.sits != l.turn {
		p.sits, p.channel = l.turn, channel
	}
}

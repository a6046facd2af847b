package model

import (
	"slices"
	"time"

	"parley/call"
)

// PictureID names a picture of the place that one is in.
type PictureID struct {
	User   string
	Screen bool // what they share; else what their camera sees
}

// ID names the picture of a tile, whether there is one or not.
func (t Tile) ID() PictureID { return PictureID{t.User, t.Screen} }

// Sight is how many pictures are large.
type Sight uint8

// The kinds of Sight.
const (
	AsItComes Sight = iota // a shared screen is large where there is one, else all are alike
	Alike
	OneLarge // a shared screen, or whoever talks
)

// Looks is how one wants to see the pictures of a place; the zero Looks is that one has not said. It is a person's own choice and
// goes nowhere. Its slice is never changed.
type Looks struct {
	Sight  Sight
	Large  PictureID   // that was chosen to be large, for as long as it is there; zero: none
	Hidden []PictureID // that are not to be seen
}

// Hides says whether a picture is not to be seen.
func (l Looks) Hides(id PictureID) bool { return slices.Contains(l.Hidden, id) }

// Enlarge chooses the one that is large. That hides it no more.
func (l Looks) Enlarge(id PictureID) Looks {
	l = l.Hide(id, false)
	l.Sight, l.Large = OneLarge, id
	return l
}

// See chooses how many are large, and none of them in particular.
func (l Looks) See(how Sight) Looks {
	l.Sight, l.Large = how, PictureID{}
	return l
}

// Hide takes a picture out of sight, or back.
func (l Looks) Hide(id PictureID, on bool) Looks {
	l.Hidden = slices.DeleteFunc(slices.Clone(l.Hidden), func(h PictureID) bool { return h == id })
	if on {
		l.Hidden = append(l.Hidden, id)
	}
	return l
}

// picture makes of a stage with people one with pictures, where there are any. Shared screens come first.
func (m *Model) picture(in Input, h here, st *Stage, steps map[string]uint8) {
	var screens []Tile
	for i, p := range h.peers {
		if t := peerTile(p, h.people[i], false); p.Screen && !t.Held {
			screens = append(screens, Tile{User: t.User, Name: t.Name + "'s screen", Face: t.Face, Dim: t.Dim, Screen: true, Picture: true})
		}
	}
	tiles := append(screens, st.Tiles...)
	if !slices.ContainsFunc(tiles, func(t Tile) bool { return t.Picture }) {
		return
	}
	for i := range tiles {
		tiles[i].Hidden = tiles[i].Picture && in.Looks.Hides(tiles[i].ID())
	}
	m.light.follow(in.Now, tiles, steps)
	st.Kind, st.Tiles, st.Large = StagePictures, tiles, m.light.large(tiles, in.Looks)
}

// callPictures is picture for a call in which the other one shares a screen. Without it a call has a view of its own.
func (m *Model) callPictures(in Input, h here, st *Stage) {
	p := h.peers[0]
	if !p.Screen || p.Phase == call.Held {
		return
	}
	other := peerTile(p, h.people[0], false)
	other.Bars = m.quality.peer(p.Member)
	st.Tiles = []Tile{other}
	if in.Snapshot.Camera.On {
		st.Tiles = append(st.Tiles, m.ownTile(in.Snapshot, h.me, nil))
	}
	m.picture(in, h, st, nil)
}

// The light goes to who talks. It waits, so that a cough or a yes does not take it.
const (
	lightAfter = 700 * time.Millisecond  // of talking
	lightHolds = 1500 * time.Millisecond // of silence of the one who has it
)

// light is on who talks, among those that one sees.
type light struct {
	on     string    // a user; empty: nobody has talked
	last   time.Time // when they last did
	next   string    // who talks besides, and since when
	since  time.Time
	screen PictureID // the one that was large last
}

// follow moves the light; one's own voice does not have it.
func (l *light) follow(now time.Time, tiles []Tile, steps map[string]uint8) {
	there, next, loudest := false, "", uint8(0)
	for _, t := range tiles {
		if t.Self || t.Screen {
			continue
		}
		step := steps[t.User]
		switch {
		case t.User == l.on:
			there = true
			if step > 0 {
				l.last = now
			}
		case step > 0 && (step > loudest || t.User == l.next) && (next == "" || next != l.next):
			next, loudest = t.User, step
		}
	}
	if !there {
		l.on = ""
	}
	if next != l.next {
		l.next, l.since = next, now
	}
	silent := l.on == "" || now.Sub(l.last) >= lightHolds
	if next != "" && silent && now.Sub(l.since) >= lightAfter {
		l.on, l.last, l.next = next, now, ""
	}
}

// large is which tile is; -1: none.
func (l *light) large(tiles []Tile, looks Looks) int {
	find := func(is func(Tile) bool) int { return slices.IndexFunc(tiles, is) }
	if i := find(func(t Tile) bool { return t.ID() == looks.Large }); i >= 0 {
		return i
	}
	if looks.Sight == Alike || len(tiles) == 0 {
		return -1
	}
	i := find(func(t Tile) bool { return t.Screen && !t.Hidden && t.ID() == l.screen }) // it stays, whoever shares besides
	if i < 0 {
		i = find(func(t Tile) bool { return t.Screen && !t.Hidden })
	}
	if i >= 0 {
		l.screen = tiles[i].ID()
		return i
	}
	if looks.Sight == AsItComes {
		return -1
	}
	return max(find(func(t Tile) bool { return !t.Screen && t.User == l.on }), l.first(tiles))
}

// first is who is large before anybody has talked: the first other one with a picture, or else the first other one, or oneself.
func (l *light) first(tiles []Tile) int {
	if l.on != "" {
		return -1
	}
	for _, is := range []func(Tile) bool{
		func(t Tile) bool { return !t.Self && t.Picture && !t.Hidden },
		func(t Tile) bool { return !t.Self },
	} {
		if i := slices.IndexFunc(tiles, is); i >= 0 {
			return i
		}
	}
	return 0
}

package model

import (
	"cmp"
	"slices"

	"parley/call"
)

// person is somebody as they are shown: worked out once, and again when the server says something else of them.
type person struct {
	raw, key string // what it was worked out from
	user     string
	name     string
	fold     string // what they are sorted by
	face     Face

	presence Presence
	owner    bool
	web      bool
	listed   uint64 // the turn of the lists in which the directory had them
	channel  string // that they sit in
	sits     uint64 // the turn in which that was found

	row   PersonRow // in the list of people
	group int       // of that list
}

func newPerson(user, name string, key []byte) *person {
	p := &person{raw: name, key: string(key), user: user, name: personName(name, user)}
	if len(key) == 0 {
		key = []byte(user) // somebody the directory lacks
	}
	p.fold, p.face = fold(p.name), FaceOf(key, name, user)
	return p
}

func byName(a, b *person) int {
	return cmp.Or(cmp.Compare(a.fold, b.fold), cmp.Compare(a.user, b.user))
}

// crowd is everybody of the directory, by user id. It never holds more than that.
type crowd map[string]*person

// meet returns the person of the directory, worked out anew where it says something else than before.
func (c crowd) meet(u *call.User) *person {
	p := c[u.ID]
	if p == nil || p.raw != u.Name || p.key != string(u.Key) {
		p = newPerson(u.ID, u.Name, u.Key)
		c[u.ID] = p
	}
	return p
}

// forget drops whom the directory did not have in a turn.
func (c crowd) forget(turn uint64) {
	for id, p := range c {
		if p.listed != turn {
			delete(c, id)
		}
	}
}

// find is for those who are named elsewhere than in the directory: it may lack them, or have another name. An empty key stands
// for whatever the directory says.
func (c crowd) find(user, name string, key []byte) *person {
	if p := c[user]; p != nil && (len(key) == 0 || p.raw == name && p.key == string(key)) {
		return p
	}
	return newPerson(user, name, key)
}

// me is oneself. key is the own one; where nobody said it the directory may know.
func (c crowd) me(in Input) *person {
	s, name := in.Snapshot, in.Snapshot.Self.Name
	if name == "" {
		name = in.Settings.Name
	}
	key := in.Key
	if known := c[s.Self.User]; len(key) == 0 && known != nil {
		key = []byte(known.key)
	}
	if name == "" {
		p := newPerson(s.Self.User, "", key)
		p.name = "You"
		return p
	}
	return c.find(s.Self.User, name, key)
}

// here is who sits in the own channel, oneself last: whom the engine sends to, never what the server's roster says.
type here struct {
	peers  []call.Peer
	people []*person // of the same index
	me     *person
	rows   []Row
}

func (c crowd) here(in Input) here {
	s := in.Snapshot
	h := here{me: c.me(in)}
	if s.Place.Phase != call.Joined {
		return h
	}
	type pair struct {
		peer   call.Peer
		person *person
	}
	all := make([]pair, 0, len(s.Place.Peers))
	for _, p := range s.Place.Peers {
		all = append(all, pair{p, c.find(p.User, p.Name, p.Key)})
	}
	slices.SortStableFunc(all, func(a, b pair) int {
		return cmp.Or(byName(a.person, b.person), cmp.Compare(a.peer.Member, b.peer.Member))
	})
	for _, a := range all {
		h.peers, h.people = append(h.peers, a.peer), append(h.people, a.person)
		h.rows = append(h.rows, Row{
			Channel: s.Place.Channel, Name: a.person.name, User: a.peer.User, Face: a.person.face,
			Muted: a.peer.Muted && !a.peer.Deafened, Deafened: a.peer.Deafened, New: a.peer.New, Web: a.peer.Web,
		})
	}
	h.rows = append(h.rows, Row{
		Channel: s.Place.Channel, Name: h.me.name, User: s.Self.User, Face: h.me.face, Self: true,
		Muted: s.Self.Muted && !s.Self.Deafened, Deafened: s.Self.Deafened,
	})
	return h
}

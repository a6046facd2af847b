package call

import (
	"math"

	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

// personCommand changes what this machine keeps about a person: of one's channel or call, where it holds at once, or of the
// server, where it holds when they come. Only one who is held back can be let in: there is nobody else to Trust.
func (t *turn) personCommand(cmd Command, made waiter) {
	user := personOf(cmd)
	_, trust := cmd.(Trust)
	u, listed := t.users[user]
	switch id, p := t.peerOf(user); {
	case p != nil:
		t.changePeer(id, p, cmd)
	case trust:
		t.finish(made, Reply{}, wire.Errorf(wire.NotFound, "That person is not in your channel or call."))
		return
	case !listed || user == identity.UserID(t.me):
		t.finish(made, Reply{}, wire.Errorf(wire.NotFound, "That person is not on this server."))
		return
	default:
		t.keep(remember{user: user, key: u.Key, person: changed(personIn(t.known, user), cmd)})
	}
	if r := t.ring; r != nil && r.met && r.who.User == user {
		r.person = t.recalled(user, r.person)
	}
	t.finish(made, Reply{}, nil)
}

// peerOf finds somebody in one's channel or call; there is at most one peer of a user.
func (t *turn) peerOf(user string) (mesh.Peer, *peer) {
	for id, p := range t.peers {
		if id.User == user {
			return id, p
		}
	}
	return mesh.Peer{}, nil
}

func (t *turn) changePeer(id mesh.Peer, p *peer, cmd Command) {
	p.person = changed(p.person, cmd)
	t.do(setGain{id.User, p.gain()})
	if _, ok := cmd.(Trust); ok && p.phase == Held {
		t.open(id, p)
		return
	}
	t.keepPeer(p)
}

// keepPeer keeps what is known of a peer. By a connection they are met, under their name. Who is held stays the stranger that they
// were, or under the name that they had: to silence somebody is not to trust them.
func (t *turn) keepPeer(p *peer) {
	f := remember{user: p.member.User, key: p.member.Key, name: p.member.Name, person: p.person}
	f.person.New = false
	if p.phase == Held {
		f.name, f.person.New = "", personIn(t.known, f.user).New
	}
	t.keep(f)
}

// keep notes what is known of somebody from now on, and has it written down.
func (t *turn) keep(f remember) {
	f.person.Like, f.person.Trusted = "", false
	before, there := t.known[f.user]
	if !there && len(t.known) >= maxKnown {
		t.unknow()
	}
	if !there || before != f.person {
		t.known[f.user] = f.person
		t.version, t.facts = t.version+1, t.facts+1
	}
	t.do(f)
}

// maxKnown is of how many people it is known that they were met. A server may bring along new ones without end, of whom those go
// about whom nothing was decided; profile keeps fewer.
const maxKnown = 2 * maxUsers

// unknow makes room: whoever is forgotten is new again, which is the safe side.
func (t *turn) unknow() {
	for user, p := range t.known {
		if p == (Person{New: p.New, Volume: 1}) {
			delete(t.known, user)
			return
		}
	}
}

// recalled is what was found out of somebody, with what was decided about them in this session: that may not be written down yet.
func (t *turn) recalled(user string, found Person) Person {
	if p, ok := t.known[user]; ok {
		found.Verified, found.Volume, found.Muted = p.Verified, p.Volume, p.Muted
	}
	return found
}

func personOf(cmd Command) string {
	switch c := cmd.(type) {
	case SetVolume:
		return c.User
	case SetLocalMute:
		return c.User
	case Verify:
		return c.User
	case Trust:
		return c.User
	}
	return ""
}

// changed is a person after a command about them.
func changed(p Person, cmd Command) Person {
	switch c := cmd.(type) {
	case SetVolume:
		p.Volume = clampVolume(c.Volume)
	case SetLocalMute:
		p.Muted = c.On
	case Verify:
		p.Verified = c.On
	case Trust:
		p.Like, p.Trusted = "", true
	}
	return p
}

func clampVolume(v float32) float32 {
	if math.IsNaN(float64(v)) {
		return 1
	}
	return min(max(v, 0), 2)
}

// gain is what a peer's sound is multiplied with here.
func (p *peer) gain() float32 {
	if p.person.Muted {
		return 0
	}
	return p.person.Volume
}

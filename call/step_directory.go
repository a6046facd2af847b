package call

import (
	"parley/identity"
	"parley/wire"
)

func (t *turn) channelRemoved(id string) {
	delete(t.channels, id)
	delete(t.rosters, id)
	t.version++
	if t.place.phase != Idle && t.place.channel == id && t.next.phase == Idle {
		t.endPlace()
		t.notify(Notice{Kind: NoticeLeft, Code: wire.LeftRemoved, Text: "The channel was removed."})
	}
}

// userRemoved ends a peer that was kicked, wherever its own connection to the server is.
func (t *turn) userRemoved(user string) {
	delete(t.users, user)
	t.version, t.people = t.version+1, t.people+1
	if t.ring != nil && t.ring.who.User == user {
		t.dropRing(wire.CallKicked)
	}
	for id, p := range t.peers {
		if id.User == user {
			t.gone(id, p, wire.LeftKicked)
		}
	}
}

// snapshotPart takes one part of the server's state; the first one empties what was there.
func (t *turn) snapshotPart(m *wire.Snapshot) {
	if m.Part == 0 {
		t.forget()
	}
	t.complete = m.Last
	for _, c := range m.Channels {
		t.channelChanged(c)
	}
	for _, u := range m.Users {
		t.userChanged(u)
	}
	for i := range m.Rosters {
		t.roster(&m.Rosters[i])
	}
	t.version++
}

// forget empties what is known of the server.
func (t *turn) forget() {
	clear(t.channels)
	clear(t.users)
	clear(t.rosters)
	t.complete = false
	t.version, t.people = t.version+1, t.people+1
}

func (t *turn) channelChanged(c Channel) {
	if _, known := t.channels[c.ID]; !known && len(t.channels) >= maxChannels {
		t.refuse()
		return
	}
	t.channels[c.ID] = c
	t.version++
}

// userChanged takes a user whose id is the hash of the key; any other is a lie.
func (t *turn) userChanged(u User) {
	_, known := t.users[u.ID]
	if identity.UserID(identity.PublicKey(u.Key)) != u.ID || !known && len(t.users) >= maxUsers {
		t.refuse()
		return
	}
	t.users[u.ID] = u
	t.version, t.people = t.version+1, t.people+1
	if u.ID == identity.UserID(t.me) {
		t.self.role = u.Role
	}
}

package server

import (
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"parley/wire"
)

// hub is who is a member, which channels there are, who is here and who sits where. Users and channels are a copy of the
// store's; the rest is rebuilt when people come back after a restart.
//
// It is not safe for concurrent use: Server.mu guards it, together with all sessions. A request is done, its events queued
// and its answer queued in one hold of that lock, so that an answer never shows a state older than the events before it.
// The few requests that write to the disk hold the lock meanwhile; they are rare and limited, and media doesn't pass here.
type hub struct {
	store  *store
	relay  *relay // nil where no server runs
	limits limits
	resume time.Duration
	beat   time.Duration // between heartbeats
	now    func() time.Time
	log    *slog.Logger
	// later runs f under Server.mu after d, unless stop was called before that, under Server.mu too.
	later func(d time.Duration, f func()) (stop func())
	link  wire.Link // to this server, without a secret

	users    map[string]*user
	channels []*channel          // in the order that people see
	sessions map[string]*session // by id; one for each user who is here, or was a moment ago
}

type user struct {
	id, name, role string
	key            ed25519.PublicKey
	session        *session // nil: offline
	meter          meter    // the user's, so that a new session doesn't fill it
	over           string   // the last call of theirs that was ended by one who was in it with them, or while they were absent
	lost           string   // the member id under which they sat in a channel when their session was lost; empty: they have sat since
}

type channel struct {
	id, name string
	seq      uint64 // grows with each change of members
	members  []*member
}

// member is a user in a channel.
type member struct {
	session *session
	channel *channel
	wire    wire.Member
}

// load reads the store.
func (h *hub) load() error {
	users, err := h.store.users()
	if err != nil {
		return fmt.Errorf("read the users: %w", err)
	}
	for _, u := range users {
		u.meter = newMeter(h.limits)
		h.users[u.id] = u
	}
	if h.channels, err = h.store.channels(); err != nil {
		return fmt.Errorf("read the channels: %w", err)
	}
	return nil
}

func (h *hub) channel(id string) (*channel, error) {
	if i := h.place(id); i >= 0 {
		return h.channels[i], nil
	}
	return nil, wire.Errorf(wire.NotFound, "There is no such channel.")
}

func (h *hub) place(id string) int {
	return slices.IndexFunc(h.channels, func(c *channel) bool { return c.id == id })
}

// broadcast queues an event for everyone who is here.
func (h *hub) broadcast(m wire.Message) {
	for _, s := range h.sessions {
		s.event(m)
	}
}

func (h *hub) userChanged(u *user) { h.broadcast(wire.UserChanged{User: u.wire()}) }

func (u *user) wire() wire.User {
	w := wire.User{ID: u.id, Key: wire.Bytes(u.key), Name: u.name, Role: u.role, Status: wire.Offline}
	if s := u.session; s != nil {
		w.Status, w.Web = s.status, s.web
		if s.seat != nil {
			w.Channel = s.seat.channel.id
		}
	}
	return w
}

func (c *channel) roster() wire.Roster {
	r := wire.Roster{Channel: c.id, Seq: c.seq, Members: make([]wire.Member, len(c.members))}
	for i, m := range c.members {
		r.Members[i] = m.wire
	}
	return r
}

func (h *hub) wireChannels() []wire.Channel {
	out := make([]wire.Channel, len(h.channels))
	for i, c := range h.channels {
		out[i] = wire.Channel{ID: c.id, Name: c.name, Position: i}
	}
	return out
}

// partSize keeps each part of a snapshot under wire.MaxMessage: a user or a member takes 400 bytes at most.
const partSize = 120

// snapshot is the whole state in parts.
func (h *hub) snapshot() []wire.Snapshot {
	parts := []wire.Snapshot{{}}
	room := partSize
	next := func(size int) *wire.Snapshot {
		if room -= size; room < 0 {
			parts = append(parts, wire.Snapshot{Part: len(parts)})
			room = partSize - size
		}
		return &parts[len(parts)-1]
	}
	for _, c := range h.wireChannels() {
		p := next(1)
		p.Channels = append(p.Channels, c)
	}
	for _, u := range h.users {
		p := next(1)
		p.Users = append(p.Users, u.wire())
	}
	for _, c := range h.channels {
		if len(c.members) > 0 {
			p := next(1 + len(c.members))
			p.Rosters = append(p.Rosters, c.roster())
		}
	}
	parts[len(parts)-1].Last = true
	return parts
}

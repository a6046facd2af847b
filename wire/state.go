package wire

import (
	"errors"
	"fmt"
)

// What a person shows of themselves.
const (
	Online  = "online"
	Away    = "away"
	Busy    = "dnd" // do not disturb
	Offline = "offline"
)

// What a person may do on a server.
const (
	RoleOwner  = "owner"
	RoleMember = "member"
)

// User is one person of the server, present or not.
type User struct {
	ID      string `json:"id"`
	Key     Bytes  `json:"key"` // ID is its hash: receivers check that
	Name    string `json:"name"`
	Role    string `json:"role"`
	Status  string `json:"status"`
	Channel string `json:"channel,omitempty"` // the voice channel they sit in

	// Web is the server's word, by the mode of the login: most often a browser, whose page the server has served and so could have made
	// listen.
	Web bool `json:"web,omitempty"`
}

// Channel is a place to talk.
type Channel struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Position int    `json:"position"` // order in the list, from 0
}

// PresenceSet tells others how one is.
type PresenceSet struct {
	Status string `json:"status"` // online, away or dnd
}

// NameSet changes one's display name.
type NameSet struct {
	Name string `json:"name"`
}

// UserChanged is an event: a user is new, or anything about them is.
type UserChanged struct {
	User User `json:"user"`
}

// UserRemoved is an event: the user is no member of the server any more.
type UserRemoved struct {
	User string `json:"user"`
}

// ChannelChanged is an event: a channel is new, renamed or moved. It also answers ChannelAdd.
type ChannelChanged struct {
	Channel Channel `json:"channel"`
}

// ChannelRemoved is an event; whoever sat in the channel has left it.
type ChannelRemoved struct {
	Channel string `json:"channel"`
}

func (PresenceSet) kind() string    { return "presence.set" }
func (NameSet) kind() string        { return "name.set" }
func (UserChanged) kind() string    { return "user.changed" }
func (UserRemoved) kind() string    { return "user.removed" }
func (ChannelChanged) kind() string { return "channel.changed" }
func (ChannelRemoved) kind() string { return "channel.removed" }

func checkStatus(s string) error { return oneOf("status", s, Online, Away, Busy) }
func checkRole(s string) error   { return oneOf("role", s, RoleOwner, RoleMember) }

func (u User) check() error {
	err := errors.Join(checkUser(u.ID), checkLen("key", u.Key, 32), checkText("name", u.Name, 0, MaxName), checkRole(u.Role),
		oneOf("status", u.Status, Online, Away, Busy, Offline))
	if u.Channel != "" {
		err = errors.Join(err, checkChannel(u.Channel))
	}
	return err
}

func (c Channel) check() error {
	if c.Position < 0 {
		return fmt.Errorf("position: negative")
	}
	return errors.Join(checkChannel(c.ID), checkText("name", c.Name, 1, MaxName))
}

func (m PresenceSet) check() error    { return checkStatus(m.Status) }
func (m NameSet) check() error        { return checkText("name", m.Name, 1, MaxName) }
func (m UserChanged) check() error    { return m.User.check() }
func (m UserRemoved) check() error    { return checkUser(m.User) }
func (m ChannelChanged) check() error { return m.Channel.check() }
func (m ChannelRemoved) check() error { return checkChannel(m.Channel) }

package wire

import (
	"errors"
	"fmt"
)

// Claim makes its sender the owner. The secret is the one that the server printed at its first start; it works once.
type Claim struct {
	Secret string `json:"secret"`
}

// ChannelAdd makes a channel at the end of the list.
type ChannelAdd struct {
	Name string `json:"name"`
}

// ChannelRename renames a channel.
type ChannelRename struct {
	Channel string `json:"channel"`
	Name    string `json:"name"`
}

// ChannelMove puts a channel at a place in the list, from 0.
type ChannelMove struct {
	Channel  string `json:"channel"`
	Position int    `json:"position"`
}

// ChannelRemove removes a channel; whoever sits in it leaves it.
type ChannelRemove struct {
	Channel string `json:"channel"`
}

// InviteCreate makes an invite. Zero means the default: 25 uses, 7 days.
type InviteCreate struct {
	Uses     int   `json:"uses,omitempty"`
	ExpiresS int64 `json:"expires_s,omitempty"` // seconds from now
}

// InviteList asks for the invites that still work.
type InviteList struct{}

// InviteRevoke ends an invite.
type InviteRevoke struct {
	Invite string `json:"invite"` // its ID
}

// Invite is one invite. URL holds the secret and is only in the answer to InviteCreate: the server keeps a hash.
type Invite struct {
	ID      string `json:"id"`
	URL     string `json:"url,omitempty"`
	Uses    int    `json:"uses"` // how often it may be used
	Used    int    `json:"used"`
	Expires int64  `json:"expires"` // Unix time, seconds
}

// Invites answers InviteCreate and InviteList.
type Invites struct {
	Invites []Invite `json:"invites"`
}

// Kick ends a user's membership and sessions. They may come back with a new invite.
type Kick struct {
	User string `json:"user"`
}

// Limits of invites.
const (
	MaxUses    = 100_000
	MaxExpires = 10 * 365 * 24 * 3600 // seconds
)

func (Claim) kind() string         { return "claim" }
func (ChannelAdd) kind() string    { return "channel.add" }
func (ChannelRename) kind() string { return "channel.rename" }
func (ChannelMove) kind() string   { return "channel.move" }
func (ChannelRemove) kind() string { return "channel.remove" }
func (InviteCreate) kind() string  { return "invite.create" }
func (InviteList) kind() string    { return "invite.list" }
func (InviteRevoke) kind() string  { return "invite.revoke" }
func (Invites) kind() string       { return "invites" }
func (Kick) kind() string          { return "kick" }

func (m Claim) check() error      { return checkText("secret", m.Secret, 1, 64) }
func (m ChannelAdd) check() error { return checkText("name", m.Name, 1, MaxName) }

func (m ChannelRename) check() error {
	return errors.Join(checkChannel(m.Channel), checkText("name", m.Name, 1, MaxName))
}

func (m ChannelMove) check() error {
	if m.Position < 0 {
		return fmt.Errorf("position: negative")
	}
	return checkChannel(m.Channel)
}

func (m ChannelRemove) check() error { return checkChannel(m.Channel) }

func (m InviteCreate) check() error {
	if m.Uses < 0 || m.Uses > MaxUses || m.ExpiresS < 0 || m.ExpiresS > MaxExpires {
		return fmt.Errorf("uses or expires_s: out of range")
	}
	return nil
}

func (InviteList) check() error     { return nil }
func (m InviteRevoke) check() error { return checkServerID("invite", m.Invite) }

func (i Invite) check() error {
	return errors.Join(checkServerID("id", i.ID), checkText("url", i.URL, 0, MaxText))
}

func (m Invites) check() error { return each(m.Invites) }
func (m Kick) check() error    { return checkUser(m.User) }

package server

import (
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"parley/wire"
)

// Defaults of an invite.
const (
	defaultUses    = 25
	defaultExpires = 7 * 24 * time.Hour
)

// metaClaim is the hash of the owner's claim, until it is used.
const metaClaim = "claim"

func newID() string     { return random(9) }
func newSecret() string { return random(16) } // 128 bits

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func (h *hub) claim(s *session, m *wire.Claim) (wire.Message, error) {
	if err := h.store.claim(s.user.id, m.Secret); err != nil {
		return nil, err
	}
	s.user.role = wire.RoleOwner
	h.log.Info("the owner's claim was used")
	h.userChanged(s.user)
	return wire.OK{}, nil
}

// newClaim makes a secret that makes its first user the owner; one made before ends.
func (h *hub) newClaim() (string, error) {
	secret := newSecret()
	return secret, h.store.setMeta(metaClaim, hash(secret))
}

// startClaim makes the claim of a start: each gives one until somebody has used it, so that a line that scrolled away, or a crash
// before it was used, costs another start and not the server.
func (h *hub) startClaim() (string, error) {
	for _, u := range h.users {
		if u.role == wire.RoleOwner {
			return "", nil
		}
	}
	return h.newClaim()
}

func (h *hub) channelAdd(_ *session, m *wire.ChannelAdd) (wire.Message, error) {
	name, err := h.channelName(m.Name, "")
	if err != nil {
		return nil, err
	}
	if len(h.channels) >= h.limits.channels {
		return nil, wire.Errorf(wire.LimitReached, "There are %d channels already.", len(h.channels))
	}
	c := &channel{id: newID(), name: name}
	if err := h.setChannels(append(slices.Clone(h.channels), c)); err != nil {
		return nil, err
	}
	return wire.ChannelChanged{Channel: wire.Channel{ID: c.id, Name: c.name, Position: len(h.channels) - 1}}, nil
}

// channelName cleans a name and refuses one that another channel than except has: people and programs go by names.
func (h *hub) channelName(name, except string) (string, error) {
	name, err := checkedName(name)
	if err != nil {
		return "", err
	}
	for _, c := range h.channels {
		if c.id != except && strings.EqualFold(c.name, name) {
			return "", wire.Errorf(wire.NameTaken, "There is a channel of that name.")
		}
	}
	return name, nil
}

// setChannels writes another list, and tells everyone what is not as it was. Who sits in a channel that is gone leaves it.
func (h *hub) setChannels(list []*channel) error {
	if err := h.store.setChannels(list); err != nil {
		return err
	}
	for _, c := range h.channels {
		if !slices.Contains(list, c) {
			for _, m := range slices.Clone(c.members) {
				h.leave(m.session, wire.LeftRemoved)
			}
			h.broadcast(wire.ChannelRemoved{Channel: c.id})
		}
	}
	before := h.wireChannels()
	h.channels = list
	for _, c := range h.wireChannels() {
		if !slices.Contains(before, c) {
			h.broadcast(wire.ChannelChanged{Channel: c})
		}
	}
	return nil
}

func (h *hub) channelRename(_ *session, m *wire.ChannelRename) (wire.Message, error) {
	c, err := h.channel(m.Channel)
	if err != nil {
		return nil, err
	}
	name, err := h.channelName(m.Name, c.id)
	if err != nil || name == c.name {
		return wire.OK{}, err
	}
	was := c.name
	c.name = name
	if err := h.store.setChannels(h.channels); err != nil {
		c.name = was
		return nil, err
	}
	h.broadcast(wire.ChannelChanged{Channel: h.wireChannels()[h.place(c.id)]})
	return wire.OK{}, nil
}

func (h *hub) channelMove(_ *session, m *wire.ChannelMove) (wire.Message, error) {
	c, err := h.channel(m.Channel)
	if err != nil {
		return nil, err
	}
	i := h.place(c.id)
	list := slices.Delete(slices.Clone(h.channels), i, i+1)
	return wire.OK{}, h.setChannels(slices.Insert(list, min(m.Position, len(list)), c))
}

func (h *hub) channelRemove(_ *session, m *wire.ChannelRemove) (wire.Message, error) {
	c, err := h.channel(m.Channel)
	if err != nil {
		return nil, err
	}
	i := h.place(c.id)
	return wire.OK{}, h.setChannels(slices.Delete(slices.Clone(h.channels), i, i+1))
}

func (h *hub) inviteCreate(_ *session, m *wire.InviteCreate) (wire.Message, error) {
	i, err := h.newInvite(m.Uses, time.Duration(m.ExpiresS)*time.Second, false)
	if err != nil {
		return nil, err
	}
	return wire.Invites{Invites: []wire.Invite{i}}, nil
}

// newInvite makes an invite; zero uses or life means the default.
func (h *hub) newInvite(uses int, life time.Duration, atStart bool) (wire.Invite, error) {
	if uses == 0 {
		uses = defaultUses
	}
	if life == 0 {
		life = defaultExpires
	}
	if uses < 1 || uses > wire.MaxUses || life < time.Second || life > wire.MaxExpires*time.Second {
		return wire.Invite{}, wire.Errorf(wire.BadMessage, "An invite has 1 to %d uses and lives from a second to ten years.", wire.MaxUses)
	}
	secret := newSecret()
	link := h.link
	link.Secret = secret
	i := wire.Invite{ID: newID(), URL: link.String(), Uses: uses, Expires: h.now().Add(life).Unix()}
	return i, h.store.addInvite(i, secret, atStart, h.now(), h.limits.invites)
}

func (h *hub) inviteList(*session, *wire.InviteList) (wire.Message, error) {
	list, err := h.store.invites(h.now())
	return wire.Invites{Invites: list}, err
}

func (h *hub) inviteRevoke(_ *session, m *wire.InviteRevoke) (wire.Message, error) {
	return wire.OK{}, h.store.revokeInvite(m.Invite)
}

// kick ends a membership. The invite that the user came by doesn't let them in again.
func (h *hub) kick(s *session, m *wire.Kick) (wire.Message, error) {
	u := h.users[m.User]
	switch {
	case u == nil:
		return nil, wire.Errorf(wire.NotFound, "There is no such user.")
	case u.role == wire.RoleOwner:
		return nil, wire.Errorf(wire.NotAllowed, "An owner can't be removed.")
	}
	if err := h.store.kick(u.id, h.now()); err != nil {
		return nil, err
	}
	if u.session != nil {
		h.endWith(u.session, wire.LeftKicked, wire.Goaway{Reason: wire.ReasonKicked, Text: "The owner has removed you from this server."})
	}
	delete(h.users, u.id)
	h.banish(u)
	h.relay.expel(u.id)
	h.broadcast(wire.UserRemoved{User: u.id})
	h.log.Info("kicked", "user", u.id)
	return wire.OK{}, nil
}

// checkedName is cleanName for names that must not be empty.
func checkedName(s string) (string, error) {
	if s = cleanName(s); s == "" {
		return "", wire.Errorf(wire.BadMessage, "A name needs at least one visible character.")
	}
	return s, nil
}

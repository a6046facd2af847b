package model

import (
	"bytes"
	"math"

	"parley/call"
)

// Card is what the popover of a person shows.
type Card struct {
	User, Name string
	Face       Face
	Presence   Presence
	Line       string // the channel that they sit in, or how they are
	Self       bool
	Owner      bool
	Key        []byte // public; the caller's to keep, not to change

	Volume     int    // here, percent
	LocalMuted bool   // here
	New        bool   // a key never met before
	Verified   bool   // the safety number was compared
	Web        bool   // see Row
	Connected  bool   // they are in one's own channel or call, and not Held
	Held       bool   // nothing is sent to them before a click
	HeldFor    string // why, as a sentence

	NoCall  string // why they can't be called now, as a sentence; empty: they can
	CanKick bool   // from the server
}

// CardOf draws up the card of a user; false: there is nobody of that id, who may have just left.
func CardOf(s *call.Snapshot, user string) (Card, bool) {
	known := directoryOf(s).Person(user)
	c, found := Card{User: user, Presence: Offline, LocalMuted: known.Muted, New: known.New, Verified: known.Verified}, false
	volume := known.Volume
	for _, u := range directoryOf(s).Users {
		if u.ID == user {
			found = true
			c.Name, c.Key, c.Owner, c.Web = u.Name, bytes.Clone(u.Key), u.Role == roleOwner, u.Web
			c.Presence = presenceOf(u.Status)
			c.Line = presenceLine(c.Presence)
			if at := channelName(s, channelOf(s, user)); at != "" {
				c.Line = at
			}
		}
	}
	for _, p := range s.Place.Peers {
		if p.User == user {
			found = true
			c.Name, c.Key, c.Line = p.Name, bytes.Clone(p.Key), channelName(s, s.Place.Channel)
			if inCall(s) {
				c.Line = "In a call with you"
			}
			if c.Presence == Offline {
				c.Presence = Online // the server may not say so, but there they are
			}
			volume, c.LocalMuted = p.Volume, p.LocalMuted
			c.New, c.Verified, c.Web = p.New, p.Verified, p.Web
			c.Held = p.Phase == call.Held
			c.Connected = !c.Held
			if c.Held {
				c.HeldFor = heldSentence(p.HeldFor)
			}
		}
	}
	c.Volume = int(math.Round(float64(volume) * 100))
	if c.Self = user == s.Self.User; c.Self {
		c.New = false
	}
	c.Face = FaceOf(c.Key, c.Name, user)
	c.Name = personName(c.Name, user)
	c.NoCall = NoCall(s, user)
	c.CanKick = s.Link == call.Online && s.Self.Role == roleOwner && !c.Self && !c.Owner
	return c, found
}

// Safety says how sure it is that the key is theirs, and what to do; verified may be newer than the card. The key is the one of the
// user's id, but whose id that is only the server says of somebody who was never met.
func (c Card) Safety(verified bool) string {
	switch {
	case c.Web:
		return "They come by a browser. Their page came from the server, which could listen through it, whatever you compare."
	case verified:
		return "You compared these: the key is theirs."
	case c.Connected:
		return "Encrypted, identity not verified. Read these aloud to each other, or compare them on paper."
	case c.New:
		return "Only the server says whose key this is. Compare these on paper, or aloud in a call."
	}
	return "Met before, identity not verified. Compare these on paper, or aloud in a call."
}

// heldLine says in short why nothing is sent to somebody.
func heldLine(why string) string {
	switch why {
	case call.HeldLookalike:
		return "named like somebody you know"
	case call.HeldUnknown:
		return "not known to you"
	}
	return "not let in yet"
}

// heldSentence says it with what to do.
func heldSentence(why string) string {
	switch why {
	case call.HeldLookalike:
		return "This name looks like that of somebody you know, but the key is another one. Nothing is sent to them before you let them in."
	case call.HeldUnknown:
		return "You talk to known people only, and have not met this key before. Nothing is sent to them before you let them in."
	}
	return "Nothing is sent to them before you let them in."
}

package wire

import (
	"errors"
	"fmt"
)

// Member is one presence in a voice channel.
type Member struct {
	Address
	Key      Bytes  `json:"key"`   // the user's Ed25519 key
	Name     string `json:"name"`  // as the user has set it
	Nonce    Bytes  `json:"nonce"` // 32 bytes, fresh for each join; signed in every offer and answer
	Muted    bool   `json:"muted,omitempty"`
	Deafened bool   `json:"deafened,omitempty"`
	Speaking bool   `json:"speaking,omitempty"` // as it last said; never while muted
	Web      bool   `json:"web,omitempty"`      // see User
}

// VoiceJoin enters a channel, leaving the one before. The member id and nonce are the client's, made at the local join; with
// the same ones a client that was there all the time says so to a server that has restarted.
type VoiceJoin struct {
	Channel  string `json:"channel"`
	Member   string `json:"member"`
	Nonce    Bytes  `json:"nonce"`
	Muted    bool   `json:"muted,omitempty"`
	Deafened bool   `json:"deafened,omitempty"`
}

// VoiceLeave leaves the channel.
type VoiceLeave struct{}

// VoiceState tells the others what one's own switches are.
type VoiceState struct {
	Muted    bool `json:"muted"`
	Deafened bool `json:"deafened"`
}

// VoiceSpeaking tells those outside of the channel that one begins or ends to speak. Without an id nobody answers.
type VoiceSpeaking struct {
	On bool `json:"on"`
}

// MemberSpeaking passes it on. It is no change of the roster and has no number, and may be dropped on its way.
type MemberSpeaking struct {
	Channel string  `json:"channel"`
	Member  Address `json:"member"`
	On      bool    `json:"on"`
}

// RosterGet asks for a channel's roster, after a gap in its Seq.
type RosterGet struct {
	Channel string `json:"channel"`
}

// Roster is who sits in a channel. Seq grows by one with every change of it.
type Roster struct {
	Channel string   `json:"channel"`
	Seq     uint64   `json:"channel_seq"`
	Members []Member `json:"members"`
	Relay   *Turn    `json:"relay,omitempty"` // in the answer to VoiceJoin only: what TurnGet would say, a round trip earlier
}

// MemberJoined is an event.
type MemberJoined struct {
	Channel string `json:"channel"`
	Seq     uint64 `json:"channel_seq"`
	Member  Member `json:"member"`
}

// MemberChanged is an event: the switches or the name of a member are new.
type MemberChanged struct {
	Channel string `json:"channel"`
	Seq     uint64 `json:"channel_seq"`
	Member  Member `json:"member"`
}

// MemberLeft is an event.
type MemberLeft struct {
	Channel string  `json:"channel"`
	Seq     uint64  `json:"channel_seq"`
	Member  Address `json:"member"`
	Reason  string  `json:"reason"`
}

// Reasons of MemberLeft. After LeftLost the media may go on: only the connection to the server is gone.
const (
	LeftSelf    = "left"
	LeftMoved   = "moved" // to another channel, or joined from elsewhere
	LeftKicked  = "kicked"
	LeftLost    = "lost"
	LeftRemoved = "removed" // the channel is gone
)

// TurnGet asks for credentials of the relay. People in a channel, or in a call that was taken, get them; others only where they
// look for what stands in the way of a call, and for five minutes.
type TurnGet struct {
	Doctor bool `json:"doctor,omitempty"`
}

// Turn answers TurnGet.
type Turn struct {
	URLs     []string     `json:"urls"` // stun:, turn: and turns: addresses; the last show a RelayProof
	Username string       `json:"username"`
	Password string       `json:"password"`
	TTL      int          `json:"ttl_s"`              // seconds until the credentials end, of the others too
	STUN     []string     `json:"stun,omitempty"`     // stun: addresses to compare what one is seen as from each
	External []TurnServer `json:"external,omitempty"` // other servers that may be used
}

// TurnServer is a relay that is not this server's.
type TurnServer struct {
	URLs     []string `json:"urls"`
	Username string   `json:"username"`
	Password string   `json:"password"`
}

// What a Turn may hold.
const (
	MaxRelayURLs      = 16
	MaxExternalRelays = 4
)

func (VoiceJoin) kind() string      { return "voice.join" }
func (VoiceLeave) kind() string     { return "voice.leave" }
func (VoiceState) kind() string     { return "voice.state" }
func (VoiceSpeaking) kind() string  { return "voice.speaking" }
func (MemberSpeaking) kind() string { return "member.speaking" }
func (RosterGet) kind() string      { return "roster.get" }
func (Roster) kind() string         { return "roster" }
func (MemberJoined) kind() string   { return "member.joined" }
func (MemberChanged) kind() string  { return "member.changed" }
func (MemberLeft) kind() string     { return "member.left" }
func (TurnGet) kind() string        { return "turn.get" }
func (Turn) kind() string           { return "turn" }

func (m Member) check() error {
	return errors.Join(m.Address.check(), checkLen("key", m.Key, 32), checkText("name", m.Name, 0, MaxName), checkLen("nonce", m.Nonce, 32))
}

func (m VoiceJoin) check() error {
	return errors.Join(checkChannel(m.Channel), checkMember(m.Member), checkLen("nonce", m.Nonce, 32))
}

func (VoiceLeave) check() error    { return nil }
func (VoiceState) check() error    { return nil }
func (VoiceSpeaking) check() error { return nil }
func (m RosterGet) check() error   { return checkChannel(m.Channel) }

func (m Roster) check() error {
	if len(m.Members) > MaxMembers {
		return fmt.Errorf("members: %d, at most %d", len(m.Members), MaxMembers)
	}
	if m.Relay != nil {
		if err := m.Relay.check(); err != nil {
			return err
		}
	}
	return errors.Join(checkChannel(m.Channel), each(m.Members))
}

func (m MemberJoined) check() error  { return errors.Join(checkChannel(m.Channel), m.Member.check()) }
func (m MemberChanged) check() error { return errors.Join(checkChannel(m.Channel), m.Member.check()) }

func (m MemberSpeaking) check() error { return errors.Join(checkChannel(m.Channel), m.Member.check()) }

func (m MemberLeft) check() error {
	return errors.Join(checkChannel(m.Channel), m.Member.check(), checkText("reason", m.Reason, 1, 32))
}

func (TurnGet) check() error { return nil }

func (m Turn) check() error {
	if m.TTL < 0 || len(m.External) > MaxExternalRelays {
		return fmt.Errorf("external or ttl_s: out of range")
	}
	return errors.Join(TurnServer{m.URLs, m.Username, m.Password}.check(), TurnServer{URLs: m.STUN}.check(), each(m.External))
}

func (m TurnServer) check() error {
	if len(m.URLs) > MaxRelayURLs {
		return fmt.Errorf("urls: out of range")
	}
	for _, u := range m.URLs {
		if err := checkText("urls", u, 1, MaxText); err != nil {
			return err
		}
	}
	return errors.Join(checkText("username", m.Username, 0, MaxText), checkText("password", m.Password, 0, MaxText))
}

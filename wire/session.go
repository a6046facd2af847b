package wire

import (
	"errors"
	"fmt"
)

// How a login is bound to the connection that carries it.
const (
	ModeNative = "native" // by the TLS 1.3 exporter of the connection
	ModeWeb    = "web"    // by the page's origin, where a browser or a reverse proxy hides the connection
)

// Hello opens every connection. The client chooses the mode; a native client takes it from the invite.
type Hello struct {
	Version int    `json:"version"`
	Mode    string `json:"mode"`
	Nonce   Bytes  `json:"nonce"` // 32 bytes that the server must sign
}

// ServerHello proves that the server holds the key of the invite and sits at the other end of this very connection. Nothing
// secret is sent before the signature is verified.
type ServerHello struct {
	Version   int    `json:"version"`
	Software  string `json:"software"`
	Name      string `json:"name"`
	Key       Bytes  `json:"key"`       // the server's Ed25519 key
	Challenge Bytes  `json:"challenge"` // 32 bytes that the client must sign
	Signature Bytes  `json:"signature"` // over tag, key, nonce, challenge, mode, binding
}

// Login makes a session. Invite is the secret of an invite; members who are known already leave it out.
type Login struct {
	Key       Bytes  `json:"key"`
	Name      string `json:"name"`
	Invite    string `json:"invite,omitempty"`
	Status    string `json:"status"`    // presence to start with
	Signature Bytes  `json:"signature"` // over tag, server key, challenge, mode, binding, key
}

// Resume takes up a session whose connection broke. LastSeq is the last event seen.
type Resume struct {
	Key       Bytes  `json:"key"`
	Session   string `json:"session"`
	LastSeq   uint64 `json:"last_seq"`
	Signature Bytes  `json:"signature"` // as Login's, with the session
}

// Welcome answers Login and Resume. With Resumed the missed events follow; without, a Snapshot does.
type Welcome struct {
	Session     string `json:"session"`
	User        string `json:"user"`
	Role        string `json:"role"`
	Resumed     bool   `json:"resumed,omitempty"`
	HeartbeatMS int    `json:"heartbeat_ms"` // how often the client sends Heartbeat; the server closes after three times that
}

// Heartbeat keeps the connection, tells the server what was seen, and is answered by one of the server's.
type Heartbeat struct {
	Seq uint64 `json:"seq"` // the last event seen by who sends this
}

// OK answers a request that has nothing to tell.
type OK struct{}

// Goaway is the server's last word before it closes the connection.
type Goaway struct {
	Reason  string `json:"reason"`             // see the Reason constants
	Text    string `json:"text,omitempty"`     // for people
	RetryMS int    `json:"retry_ms,omitempty"` // when to come back; zero: at will
}

// Reasons of Goaway. After ReasonKicked and ReasonReplaced a client does not come back by itself.
const (
	ReasonShutdown = "shutdown" // the server stops or restarts
	ReasonKicked   = "kicked"
	ReasonReplaced = "replaced" // the same user logged in with another session
	ReasonSlow     = "slow"     // the client does not read what it is sent
	ReasonFlood    = "flood"    // the client sends more than the limits allow
	ReasonSilent   = "silent"   // no heartbeat
)

// SnapshotGet asks for the whole state again, after a gap in Seq.
type SnapshotGet struct{}

// Snapshot is the state of the server in parts of at most MaxPart users; the last part has Last.
type Snapshot struct {
	Part     int       `json:"part"` // from 0
	Last     bool      `json:"last,omitempty"`
	Channels []Channel `json:"channels,omitempty"`
	Users    []User    `json:"users,omitempty"`
	Rosters  []Roster  `json:"rosters,omitempty"`
}

func (Hello) kind() string       { return "hello" }
func (ServerHello) kind() string { return "server_hello" }
func (Login) kind() string       { return "login" }
func (Resume) kind() string      { return "resume" }
func (Welcome) kind() string     { return "welcome" }
func (Heartbeat) kind() string   { return "heartbeat" }
func (OK) kind() string          { return "ok" }
func (Goaway) kind() string      { return "goaway" }
func (SnapshotGet) kind() string { return "snapshot.get" }
func (Snapshot) kind() string    { return "snapshot" }

func (m Hello) check() error {
	return errors.Join(oneOf("mode", m.Mode, ModeNative, ModeWeb), checkLen("nonce", m.Nonce, 32))
}

func (m ServerHello) check() error {
	return errors.Join(checkText("software", m.Software, 0, MaxName), checkText("name", m.Name, 0, MaxName),
		checkLen("key", m.Key, 32), checkLen("challenge", m.Challenge, 32), checkLen("signature", m.Signature, 64))
}

func (m Login) check() error {
	return errors.Join(checkLen("key", m.Key, 32), checkText("name", m.Name, 1, MaxName), checkText("invite", m.Invite, 0, 64),
		checkStatus(m.Status), checkLen("signature", m.Signature, 64))
}

func (m Resume) check() error {
	return errors.Join(checkLen("key", m.Key, 32), checkServerID("session", m.Session), checkLen("signature", m.Signature, 64))
}

func (m Welcome) check() error {
	if m.HeartbeatMS < 100 || m.HeartbeatMS > 300_000 {
		return fmt.Errorf("heartbeat_ms: out of range")
	}
	return errors.Join(checkServerID("session", m.Session), checkUser(m.User), checkRole(m.Role))
}

func (Heartbeat) check() error { return nil }
func (OK) check() error        { return nil }

func (m Goaway) check() error {
	if m.RetryMS < 0 {
		return fmt.Errorf("retry_ms: negative")
	}
	return errors.Join(checkText("reason", m.Reason, 1, 32), checkText("text", m.Text, 0, MaxText))
}

func (SnapshotGet) check() error { return nil }

func (m Snapshot) check() error {
	if m.Part < 0 || len(m.Users) > MaxPart || len(m.Channels) > MaxPart || len(m.Rosters) > MaxPart {
		return fmt.Errorf("snapshot: too much in one part")
	}
	return errors.Join(each(m.Channels), each(m.Users), each(m.Rosters))
}

// each checks the elements of a list and stops at the first bad one.
func each[T interface{ check() error }](list []T) error {
	for _, x := range list {
		if err := x.check(); err != nil {
			return err
		}
	}
	return nil
}

package wire

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Lengths and counts that hold for every message.
const (
	MaxMessage   = 64 << 10 // bytes in one websocket message
	MaxDepth     = 16       // nested objects and arrays
	MaxName      = 128      // bytes of a display or channel name (shown names are cut to 32 characters)
	MaxText      = 512      // bytes of a text for people
	MaxSDP       = 24 << 10 // bytes of a session description
	MaxCandidate = 512      // bytes of an ICE candidate line
	MaxMembers   = 8        // people in one voice channel
	MaxPart      = 200      // users, or members, in one part of a snapshot
	MaxMissed    = 50       // missed calls that are kept of a person
)

// Bytes is binary data: base64url without padding on the wire.
type Bytes []byte

// MarshalText implements encoding.TextMarshaler.
func (b Bytes) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText implements encoding.TextUnmarshaler. Only the canonical spelling is taken, so that equal bytes are equal text.
func (b *Bytes) UnmarshalText(text []byte) error {
	out, err := base64.RawURLEncoding.Strict().AppendDecode(nil, text)
	*b = out
	return err
}

func (b Bytes) String() string { return base64.RawURLEncoding.EncodeToString(b) }

// Address names one presence of one person: the user, and the member id that the client made when it joined.
type Address struct {
	User   string `json:"user"`   // 32 characters of base32: the hash of the user's key
	Member string `json:"member"` // 32 hexadecimal digits
}

var errForm = errors.New("malformed")

func field(name string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// alphabet checks a fixed-length id.
func alphabet(s string, n int, letters string) error {
	if len(s) != n || strings.Trim(s, letters) != "" {
		return errForm
	}
	return nil
}

const (
	hexDigits = "0123456789abcdef"
	base32    = "abcdefghijklmnopqrstuvwxyz234567"
)

func checkUser(s string) error   { return field("user", alphabet(s, 32, base32)) }
func checkMember(s string) error { return field("member", alphabet(s, 32, hexDigits)) }

// checkChannel also holds for invites and sessions: ids that the server makes.
func checkServerID(name, s string) error {
	if len(s) < 1 || len(s) > 64 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		return field(name, errForm)
	}
	return nil
}

func checkChannel(s string) error { return checkServerID("channel", s) }

func checkLen(name string, b Bytes, n int) error {
	if len(b) != n {
		return fmt.Errorf("%s: %d bytes, want %d", name, len(b), n)
	}
	return nil
}

// checkText bounds a string that people or programs wrote. What it says is shown inert by whoever shows it.
func checkText(name, s string, least, most int) error {
	switch {
	case len(s) < least:
		return fmt.Errorf("%s: missing", name)
	case len(s) > most:
		return fmt.Errorf("%s: %d bytes, at most %d", name, len(s), most)
	case !utf8.ValidString(s):
		return fmt.Errorf("%s: not UTF-8", name)
	}
	return nil
}

func (a Address) check() error { return errors.Join(checkUser(a.User), checkMember(a.Member)) }

func oneOf(name, s string, options ...string) error {
	for _, o := range options {
		if s == o {
			return nil
		}
	}
	return fmt.Errorf("%s: unknown value", name)
}

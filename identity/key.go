// Package identity is who somebody is: an Ed25519 key (RFC 8032) in a file of its owner, the id that follows from it,
// what is signed with it, and the number by which two people find out that nobody stands between them. A server's own
// key is the same kind of key, kept the same way.
//
// Nothing here speaks to a network or knows the time.
package identity

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// PublicKey is an Ed25519 public key in its 32-byte encoding (RFC 8032, section 5.1.2). One that came from outside is
// used only after CheckKey or ParseKey.
type PublicKey = ed25519.PublicKey

// UserIDLen is the length of a user id in characters.
const UserIDLen = 32

// Key is a private key together with its public half. The zero Key signs nothing.
//
// It prints as its id, so that it cannot end in a log. Package fmt reaches past a Format method into unexported fields
// and for odd verbs; what it finds there is the address of a function, and no secret.
type Key struct {
	private func() ed25519.PrivateKey // nil in the zero Key
}

// newKey makes the key of a seed of 32 bytes, which is copied.
func newKey(seed []byte) Key {
	private := ed25519.NewKeyFromSeed(seed)
	return Key{func() ed25519.PrivateKey { return private }}
}

// valid reports whether there is a key.
func (k Key) valid() bool { return k.private != nil }

// Generate makes a key from 32 bytes of random; nil means crypto/rand.
func Generate(random io.Reader) (Key, error) {
	if random == nil {
		random = rand.Reader
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return Key{}, fmt.Errorf("read randomness: %w", err)
	}
	return newKey(seed), nil
}

// Public returns a copy of the public half, nil for the zero Key.
func (k Key) Public() PublicKey {
	if !k.valid() {
		return nil
	}
	return k.private().Public().(ed25519.PublicKey)
}

// ID returns the UserID of the public half.
func (k Key) ID() string { return UserID(k.Public()) }

// Equal reports whether both are the same key.
func (k Key) Equal(other Key) bool { return k.Public().Equal(other.Public()) }

// Format prints the id in place of the secret.
func (k Key) Format(w fmt.State, _ rune) { fmt.Fprintf(w, "key of %s", k.ID()) }

// UserID returns the name by which machines know a person: the first 20 bytes of SHA-256 over "parley user v1" and the
// key, as 32 characters of lower-case base32 (RFC 4648, section 6). 160 bits leave no room for a second key with the
// same id, and the id is still short enough for a file or a log.
func UserID(pub PublicKey) string {
	sum := sha256.Sum256(append([]byte("parley user v1"), pub...))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:20]))
}

// ValidUserID reports whether s has the form of a UserID. It says nothing about whether such a user exists.
func ValidUserID(s string) bool {
	if len(s) != UserIDLen {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// FormatKey writes a public key as an invite or a message carries it: 43 characters of base64url without padding.
func FormatKey(pub PublicKey) string { return base64.RawURLEncoding.EncodeToString(pub) }

// ParseKey reads what FormatKey wrote and checks it with CheckKey.
func ParseKey(s string) (PublicKey, error) {
	raw, err := decode32(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return PublicKey(raw), CheckKey(raw)
}

// decode32 reads 32 bytes from their one base64url form: the length is checked before and after, because the decoder
// skips line breaks, and strict mode refuses stray bits in the last character.
func decode32(s string) ([]byte, error) {
	if len(s) != 43 {
		return nil, fmt.Errorf("%d characters, want 43", len(s))
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("base64url: %w", err)
	}
	if len(raw) != 32 {
		return nil, fmt.Errorf("%d bytes, want 32", len(raw))
	}
	return raw, nil
}

package identity

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
)

// ChallengeSize is the length in bytes of the nonce and the challenge of a login.
const ChallengeSize = 32

// NewChallenge makes the 32 random bytes that one side wants to see signed by the other. (crypto/rand never fails: where
// the system has no randomness the program ends.)
func NewChallenge() []byte {
	b := make([]byte, ChallengeSize)
	_, _ = rand.Read(b)
	return b
}

// NewMemberID makes the random 128-bit id under which somebody is in one channel or call, from join to leave: 32
// characters of lower-case hex.
func NewMemberID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// ValidMemberID reports whether s has the form of NewMemberID. There is one form for each number, so ids can be compared
// as text.
func ValidMemberID(s string) bool {
	if len(s) != 32 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// NewNonce makes the 256-bit number that a member publishes at join or accept, so that an offer or answer signed for it
// fits no other call: 43 characters of base64url.
func NewNonce() string { return base64.RawURLEncoding.EncodeToString(NewChallenge()) }

// ValidNonce reports whether s has the form of NewNonce.
func ValidNonce(s string) bool {
	_, err := decode32(s)
	return err == nil
}

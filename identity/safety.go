package identity

import (
	"crypto/sha512"
	"fmt"
	"strings"
)

// safetyRounds makes each guess at a key with the same number 5200 hashes dear, which adds some 12 bits to the 99 that 30
// digits have.
const safetyRounds = 5200

// SafetyNumber is what two people read to each other to know that nobody stands between them: 60 digits in twelve groups
// of five, the same on both sides. Each key gives 30 digits, and the smaller half comes first, so the order of the
// arguments is of no matter.
//
// It is built as Signal's numeric fingerprint is (libsignal, "fingerprint"; Marlinspike, "Safety number updates", 2016):
// SHA-512 over the state and the key, 5200 times, then six groups from five bytes each, modulo 100000. It takes a few
// milliseconds.
func SafetyNumber(a, b PublicKey) string {
	left, right := safetyHalf(a), safetyHalf(b)
	if right < left {
		left, right = right, left
	}
	return left + " " + right
}

func safetyHalf(key PublicKey) string {
	state := append([]byte("parley safety number v1"), key...)
	for range safetyRounds {
		sum := sha512.Sum512(append(state, key...))
		state = append(state[:0], sum[:]...)
	}
	groups := make([]string, 6)
	for i := range groups {
		n := uint64(0)
		for _, b := range state[i*5 : i*5+5] {
			n = n<<8 | uint64(b)
		}
		groups[i] = fmt.Sprintf("%05d", n%100000)
	}
	return strings.Join(groups, " ")
}

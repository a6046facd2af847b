package model

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/profile"
)

// maxText is how many characters of a server's text are shown.
const maxText = 200

// Inert makes a text that others wrote fit to be shown: one line of at most 200 characters, without anything that can't be
// seen, turns the line around or climbs out of it. See profile.CleanName, which is the same for names.
func Inert(s string) string {
	if len(s) > 4*maxText*utf8.UTFMax { // more costs, and is never shown
		s = s[:4*maxText*utf8.UTFMax]
	}
	var words []string
	for _, field := range strings.Fields(s) {
		if w := inertWord([]rune(field)); w != "" {
			words = append(words, w)
		}
	}
	all := []rune(strings.Join(words, " "))
	if len(all) <= maxText {
		return string(all)
	}
	return strings.TrimRight(string(all[:maxText-1]), " ") + "…"
}

// inertWord cleans ten characters at a time: NFC makes at most three out of one (Unicode Standard Annex 15, section 11), and
// CleanName takes 32.
func inertWord(r []rune) string {
	var out strings.Builder
	for len(r) > 0 {
		n := min(len(r), 10)
		out.WriteString(profile.CleanName(string(r[:n])))
		r = r[n:]
	}
	return out.String()
}

// personName is a name to be shown: there is always something to click.
func personName(name, user string) string {
	if clean := profile.CleanName(name); clean != "" {
		return clean
	}
	return "Somebody " + strings.ToUpper(user[:min(4, len(user))])
}

// placeName is the name of a channel or of a server.
func placeName(name, fallback string) string {
	if clean := profile.CleanName(name); clean != "" {
		return clean
	}
	return fallback
}

// Letters are what stands on an avatar: the first letter or digit of the first and of the last word of the name, else the
// first two characters of the user id.
func Letters(name, user string) string {
	var all []string
	for _, word := range strings.Fields(profile.CleanName(name)) {
		i := strings.IndexFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
		if i >= 0 {
			r, _ := utf8.DecodeRuneInString(word[i:])
			all = append(all, strings.ToUpper(string(unicode.ToUpper(r))))
		}
	}
	switch len(all) {
	case 0:
		return strings.ToUpper(user[:min(2, len(user))])
	case 1:
		return all[0]
	}
	return all[0] + all[len(all)-1]
}

// FaceOf is the avatar of the owner of a key: its colour is the key's, of twenty hues of which none is amber.
func FaceOf(key []byte, name, user string) Face {
	d := sha256.Sum256(key)
	hue := (70 + 16*(binary.BigEndian.Uint32(d[:4])%20)) % 360
	return Face{Letters: Letters(name, user), Hue: uint16(hue), Shade: d[4] & 1}
}

package profile

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// looks is a name twice reduced to what the eye takes from it, in the manner of the skeletons of Unicode Technical
// Standard 39. Two names look alike when either is equal: the first does not care about case, marks, spaces and
// punctuation; the second takes letters of other scripts and digits for the Latin ones that they resemble too. (One is
// not enough: a capital Greek Η is an H and the small η an n, so that the second tells "ΗΡΩ" and "ηρω" apart.)
type looks struct{ plain, drawn string }

func looksOf(name string) looks {
	name = CleanName(name)
	l := looks{plain: skeleton(name, nil), drawn: joined.Replace(skeleton(name, confusable))}
	if l.plain == "" { // only punctuation: then it stands for itself
		l.plain = name
	}
	if l.drawn == "" {
		l.drawn = name
	}
	return l
}

func (l looks) like(other looks) bool {
	return l.plain == other.plain || l.drawn == other.drawn
}

// Lookalike finds a known person whose name looks like name, under another id than id. Of several it prefers one that is
// verified, then the one known for longest.
func (p *Profile) Lookalike(name, id string) (Person, bool) {
	l := looksOf(name)
	if l.plain == "" {
		return Person{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var best *known
	for _, k := range p.people {
		if k.value.ID != id && k.looks.like(l) && (best == nil || better(k.value, best.value)) {
			best = k
		}
	}
	if best == nil {
		return Person{}, false
	}
	return best.copy(), true
}

// better orders people by how much a stranger would gain from being taken for them.
func better(a, b Person) bool {
	if a.Verified != b.Verified {
		return a.Verified
	}
	if !a.FirstSeen.Equal(b.FirstSeen) {
		return a.FirstSeen.Before(b.FirstSeen)
	}
	return a.ID < b.ID
}

// skeleton takes a name apart (NFKD: ﬁ is f and i, é is e and a mark, 𝐀 and Ａ are A), draws each letter as table says,
// as it stands or else as a small letter, and leaves out what is no letter or digit.
func skeleton(name string, table map[rune]string) string {
	var out strings.Builder
	for _, r := range norm.NFKD.String(name) {
		small := unicode.ToLower(unicode.ToUpper(r)) // by way of the capital: ς and σ are one
		if s, ok := table[r]; ok {
			out.WriteString(s)
		} else if s, ok := table[small]; ok {
			out.WriteString(s)
		} else if r == 'ß' || r == 'ẞ' {
			out.WriteString("ss")
		} else if !overlooked(r) {
			out.WriteRune(small)
		}
	}
	return norm.NFC.String(out.String())
}

// overlooked is what does not tell names apart: spaces, punctuation, symbols of one colour, and the marks above and below
// letters. The vowel signs of Indic scripts are marks too, but they are half of a name. Pictures (category So) count.
func overlooked(r rune) bool {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return unicode.In(r, unicode.Inherited, unicode.Hebrew, unicode.Arabic, unicode.Cyrillic)
	}
	return unicode.In(r, unicode.Z, unicode.P, unicode.Sk, unicode.Sm, unicode.Sc)
}

// joined are two letters that stand as one.
var joined = strings.NewReplacer("rn", "m", "vv", "w")

// confusable is our own short list, after looking at the letters in the fonts that we ship with. Keys are small letters,
// and capitals where the capital resembles another letter than the small one does. i, l, 1 and | are one.
var confusable = map[rune]string{
	'0': "o", '1': "l", '|': "l", 'i': "l", 'ı': "l", 'ɩ': "l", 'ǀ': "l", '5': "s", '$': "s", '@': "a",
	'ɑ': "a", 'ɡ': "g", 'ɴ': "n", 'ʏ': "y", 'ø': "o", 'ł': "l", 'đ': "d", 'ħ': "h",
	// Cyrillic
	'а': "a", 'в': "b", 'е': "e", 'ѕ': "s", 'і': "l", 'ј': "j", 'к': "k", 'м': "m", 'н': "h", 'о': "o", 'р': "p",
	'с': "c", 'т': "t", 'у': "y", 'х': "x", 'ь': "b", 'ԁ': "d", 'ԛ': "q", 'ԝ': "w", 'һ': "h", 'ӏ': "l", 'г': "r",
	'ѵ': "v", 'п': "n", 'Г': "г",
	// Greek
	'α': "a", 'β': "b", 'ε': "e", 'η': "n", 'ι': "l", 'κ': "k", 'ν': "v", 'ο': "o", 'ρ': "p", 'τ': "t", 'υ': "u",
	'χ': "x", 'γ': "y", 'μ': "u", 'ω': "w", 'Ζ': "z", 'Η': "h", 'Μ': "m", 'Ν': "n", 'Υ': "y", 'Γ': "г",
	// Armenian
	'օ': "o", 'ս': "u", 'ո': "n", 'հ': "h", 'յ': "j", 'ց': "g", 'ք': "p",
}

package updates

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Words is a State for people: one sentence, and what more there is to say (may be empty).
type Words struct {
	Line, Detail string
	Good, Wrong  bool // it is as it should be; something is not
}

// Words says how it stands in the version that runs.
func (s State) Words(current string, now time.Time) Words {
	there := "Version " + s.Version + " is there"
	switch s.Phase {
	case NoOrigin:
		return Words{
			Line:   "This build does not update itself.",
			Detail: "It was built from source. Get newer versions from where you have got this one.",
		}
	case Checking:
		return Words{Line: "Looking for a newer version…"}
	case Known:
		if s.Problem != "" && s.How == "" {
			return Words{Line: there + ", and could not be fetched.", Detail: Sentence(s.Problem), Wrong: true}
		}
		return Words{Line: there + ".", Detail: s.How + s.again()}
	case Waiting:
		return Words{Line: there + ".", Detail: "It is fetched when nobody talks here any more."}
	case Downloading:
		return Words{
			Line:   fmt.Sprintf("Fetching version %s: %d %%", s.Version, s.Done*100/max(s.All, 1)),
			Detail: fmt.Sprintf("%.1f of %.1f MB", float64(s.Done)/1e6, float64(s.All)/1e6),
		}
	case Ready:
		return Words{
			Line:   "Version " + s.Version + " is ready.",
			Detail: "Parley starts with it the next time. Should it not work here, this one comes back by itself." + s.again(),
			Good:   true,
		}
	case Failed:
		return Words{
			Line:   "Version " + s.Version + " did not work here. This one was put back.",
			Detail: "It is not tried again; the next one will be." + s.again(),
			Wrong:  true,
		}
	}
	if s.Problem != "" {
		return Words{Line: "Could not look for a newer version.", Detail: Sentence(s.Problem), Wrong: true}
	}
	if s.Phase == Current {
		return Words{Line: "Parley " + current + " is up to date.", Detail: looked(s.Looked, now), Good: true}
	}
	return Words{Line: "This is Parley " + current + ".", Detail: looked(s.Looked, now)}
}

// again says that a later look has failed, beside what is known from before; empty: it has not.
func (s State) again() string {
	if s.Problem == "" {
		return ""
	}
	return " Looking again did not work: " + s.Problem + stop(s.Problem)
}

func looked(at, now time.Time) string {
	switch at, now := at.Local(), now.Local(); {
	case at.IsZero():
		return "Nobody has looked for a newer version yet."
	case at.Format(time.DateOnly) == now.Format(time.DateOnly):
		return "Looked today at " + at.Format("15:04") + "."
	default:
		return "Looked on " + at.Format("2 January") + "."
	}
}

// Sentence makes one of an error.
func Sentence(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[n:] + stop(text)
}

// stop is what a text lacks at its end to be a sentence.
func stop(text string) string {
	if strings.ContainsAny(text[len(text)-1:], ".?!") {
		return ""
	}
	return "."
}

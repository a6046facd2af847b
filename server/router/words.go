package router

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// errNonsense is an answer that does not fit the question.
var errNonsense = errors.New("its answer does not fit what it was asked")

// answerError is a refusal by a router. What it wrote itself is not shown: a router is a stranger.
type answerError struct {
	way     string
	code    int
	meaning string // empty: a code that the standard does not have
}

// Error implements error.
func (e *answerError) Error() string {
	text := fmt.Sprintf("%s error %d", e.way, e.code)
	if e.meaning != "" {
		return e.meaning + " (" + text + ")"
	}
	return text
}

// refusal is what a person is told of an error.
func refusal(err error) string {
	var answer *answerError
	switch {
	case errors.As(err, &answer):
		return answer.Error()
	case errors.Is(err, errNonsense):
		return errNonsense.Error()
	}
	return "it stopped answering"
}

// Sentence says what the router answered and what is left to do. It holds no addresses.
func (s State) Sentence(ports []Port) string {
	by := "The router (" + s.Way + ")"
	switch s.Outcome {
	case Asking:
		return "The router is being asked to let people in."
	case Open:
		text := by + " passes " + list(s.Mapped) + " on to this computer, so anybody with the invite can join."
		if s.Seen {
			return text + " A connection from outside was seen to arrive."
		}
		return text
	case Partial:
		return by + " passes " + list(s.Mapped) + " on to this computer, but not all of " + ask(ports) + ": " + s.Refusal + ". Pass the rest on by hand, in the router's settings."
	case Behind:
		return by + " passes " + list(s.Mapped) + " on to this computer, but has no public address itself: there is another router, or the provider's, in front of it. " +
			"Have that one pass the ports on, ask the provider for a public address, or host on a rented machine."
	case Refused:
		return by + " refused: " + s.Refusal + ". Allow it there, or pass " + ask(ports) + " on to this computer by hand."
	case Silent:
		return "No router answered. Switch UPnP or NAT-PMP on in the router's settings, or pass " + ask(ports) + " on to this computer by hand."
	case Missing:
		return "This computer has no router: it is in no network, or in one that leads nowhere."
	case Needless:
		return "This computer has a public address itself, so no router need pass ports on. A firewall may still keep " + ask(ports) + " closed."
	case Apart:
		return "The server listens on an address that the router does not reach, so it was not asked. Listen on all addresses."
	case Lying:
		return by + " says that it passes ports on, but at the address that it calls its own somebody else answers. Pass " + ask(ports) + " on by hand, and look its address up there."
	}
	return ""
}

// list names mappings: "TCP 7440 and UDP 7440 (outside: 7441)".
func list(mappings []Mapping) string {
	words := make([]string, len(mappings))
	for i, m := range mappings {
		words[i] = m.Port.String()
		if m.Outside != m.Inside {
			words[i] += fmt.Sprintf(" (outside: %d)", m.Outside)
		}
	}
	return enumerate(words)
}

func ask(ports []Port) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = p.String()
	}
	return enumerate(words)
}

func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// String is the port as people write it.
func (p Port) String() string { return strings.ToUpper(p.Protocol) + " " + strconv.Itoa(int(p.Inside)) }

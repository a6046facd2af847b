package call

import (
	"errors"
	"slices"
	"strings"

	"parley/wire"
)

// Invitation is what a Parley link says, for people to look at before they connect.
type Invitation struct {
	Host      string // HOST:PORT
	Key       string // the server's public key, as profile.Server.Key writes it
	Link      string // the link by itself, for Connect
	HasSecret bool   // it lets somebody in who is no member yet
	Web       bool   // it goes through a browser's or proxy's certificate
}

// maxInviteText is how much pasted text is searched for a link.
const maxInviteText = 4096

// ReadInvite finds the one Parley link in a text that somebody pasted, with what mail and chat put around it, which may have the same one
// for browsers beside it. Its errors are sentences.
func ReadInvite(text string) (Invitation, error) {
	if len(text) > maxInviteText {
		return Invitation{}, errors.New("That is too long to be an invite: copy only the link, which starts with parley://.")
	}
	links, pages := linksIn(text, linkStart), linksIn(text, pageStart)
	for _, page := range pages { // any other address of the web is none of ours
		if l, err := wire.ParseLink(page); err == nil && !slices.Contains(links, l.String()) {
			links = append(links, l.String())
		}
	}
	switch {
	case strings.TrimSpace(text) == "":
		return Invitation{}, errors.New("There is no text: copy the invite, which starts with parley://.")
	case len(links) == 0:
		return Invitation{}, errors.New("There is no invite in this text: it starts with parley://.")
	case len(links) > 1:
		return Invitation{}, errors.New("There are several invites in this text: copy one of them.")
	}
	l, err := wire.ParseLink(links[0])
	if err != nil {
		return Invitation{}, sentence(err)
	}
	return Invitation{Host: l.Host, Key: l.Key.String(), Link: l.String(), HasSecret: l.Secret != "", Web: l.Mode == wire.ModeWeb}, nil
}

// PageOf is an invite as a browser takes it: the address of the server's page, for who has no Parley. Empty: it is no invite.
func PageOf(invite string) string {
	l, err := wire.ParseLink(invite)
	if err != nil {
		return ""
	}
	return l.Page()
}

const (
	linkStart = "parley://"
	pageStart = "https://"
)

// linksIn are the words of a text that begin so, or in which such a one begins.
func linksIn(text, start string) (links []string) {
	for _, word := range strings.FieldsFunc(text, betweenLinks) {
		if i := strings.Index(strings.ToLower(word), start); i >= 0 {
			links = append(links, start+strings.TrimRight(word[i+len(start):], ".,;:!?)]}*"))
		}
	}
	return links
}

// betweenLinks are the characters that no link holds and that people put around one.
func betweenLinks(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune("\"'`<>|\\^", r)
}

// sentence makes one of an error.
func sentence(err error) error {
	text := err.Error()
	return errors.New(strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + ".")
}

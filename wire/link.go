package wire

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Link is where a server is, who it must prove to be, and with a Secret an invite to it:
//
//	parley://HOST:PORT/?key=SERVERKEY[&mode=web]#SECRET
//
// With https in the place of parley it is the address of the server's page for people without the app, and means the same to the app.
// The secret stands in the fragment, which programs that are handed the address by mistake do not send on, and a browser sends to nobody.
type Link struct {
	Host   string // HOST:PORT
	Key    Bytes  // the server's Ed25519 key
	Mode   string // ModeNative unless the link says web
	Secret string // empty: the address of a server where one is known already
}

const (
	scheme     = "parley"
	pageScheme = "https"
	pagePort   = "443" // which browsers leave out
	maxLink    = 512
)

// ParseLink reads an invite or a server's address. Blanks and line breaks around it, as mail and chat leave them, are dropped.
func ParseLink(s string) (Link, error) {
	s = strings.TrimSpace(s)
	if len(s) > maxLink {
		return Link{}, fmt.Errorf("the link is too long to be an invite")
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != scheme && u.Scheme != pageScheme || u.User != nil || u.Opaque != "" {
		return Link{}, fmt.Errorf("not a Parley link: it starts with %s:// and holds a host, a port and a key", scheme)
	}
	l := Link{Host: u.Host, Mode: ModeNative, Secret: u.Fragment}
	if u.Scheme == pageScheme && u.Port() == "" {
		l.Host += ":" + pagePort
	}
	if err := l.Key.UnmarshalText([]byte(u.Query().Get("key"))); err != nil || len(l.Key) != 32 {
		return Link{}, fmt.Errorf("the link's server key is missing or damaged: copy the whole link")
	}
	if m := u.Query().Get("mode"); m != "" {
		l.Mode = m
	}
	if err := l.check(); err != nil {
		return Link{}, err
	}
	return l, nil
}

func (l Link) check() error {
	host, port, err := net.SplitHostPort(l.Host)
	n, numErr := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil || !isHost(host) || numErr != nil || n == 0:
		return fmt.Errorf("the link has no host and port")
	case oneOf("mode", l.Mode, ModeNative, ModeWeb) != nil:
		return fmt.Errorf("the link asks for a mode that this version does not know")
	case l.Secret != "" && checkServerID("secret", l.Secret) != nil:
		return fmt.Errorf("the link's secret is damaged: copy the whole link")
	}
	return nil
}

// isHost takes names and addresses as they are written in ASCII, and nothing that a shell or a terminal would make more of.
func isHost(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') && strings.IndexByte("-._:%", c) < 0 {
			return false
		}
	}
	return s != "" && len(s) <= 255
}

// String is the link's text.
func (l Link) String() string { return l.text(scheme) }

// Page is the address by which a browser comes in.
func (l Link) Page() string { return l.text(pageScheme) }

func (l Link) text(scheme string) string {
	q := url.Values{"key": {l.Key.String()}}
	if l.Mode == ModeWeb {
		q.Set("mode", ModeWeb)
	}
	u := url.URL{Scheme: scheme, Host: l.Host, Path: "/", RawQuery: q.Encode(), Fragment: l.Secret}
	return u.String()
}

// Server is the link without its secret.
func (l Link) Server() Link {
	l.Secret = ""
	return l
}

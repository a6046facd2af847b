package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/pion/stun/v3"

	"parley/wire"
)

// External is a TURN server of somebody else's that clients are told of beside this one's own. It shares a secret with this
// server and takes credentials of the REST scheme, as coturn does with use-auth-secret.
type External struct {
	URLs   []string // turn: and turns: addresses (RFC 7065), stun: ones too
	Secret string
}

func (e External) check() error {
	if len(e.URLs) == 0 || len(e.URLs) > wire.MaxRelayURLs || e.Secret == "" {
		return errors.New("an external TURN server needs addresses and a secret")
	}
	for _, u := range e.URLs {
		if uri, err := stun.ParseURI(u); err != nil {
			return fmt.Errorf("%q is no address of a TURN server, such as turn:turn.example.org:3478?transport=udp: %w", u, err)
		} else if uri.Scheme == stun.SchemeTypeSTUNS || uri.Scheme == stun.SchemeTypeTURNS && uri.Proto == stun.ProtoTypeUDP {
			return fmt.Errorf("%q: clients don't speak that", u)
		}
	}
	return nil
}

// externalRelay makes the credentials of an External.
type externalRelay struct {
	External
	pseudonyms []byte // a key: the other server is not told who is who
}

func (e externalRelay) credentials(ends time.Time, user string) wire.TurnServer {
	mac := hmac.New(sha256.New, e.pseudonyms)
	mac.Write([]byte(user))
	name := restName(ends, base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:12]))
	return wire.TurnServer{URLs: e.URLs, Username: name, Password: restPassword([]byte(e.Secret), name)}
}

func (c *Config) externals() []externalRelay {
	var list []externalRelay
	for _, e := range c.External {
		list = append(list, externalRelay{e, []byte(newSecret())})
	}
	return list
}

// Package setup puts an engine together from what a person's machine keeps and has: the profile folder, the codecs, the
// noise model, the sound devices. parley and parleyctl start with it; it decides nothing.
package setup

import (
	"fmt"
	"net/url"
	"os"

	"parley/identity"
	"parley/profile"
	"parley/wire"
)

// Home is an open profile folder and the key in it. Only one program at a time has it open.
type Home struct {
	Profile *profile.Profile
	Key     identity.Key
	Dir     string
}

// OpenHome opens a profile folder and makes it, with a new key, where there is none. An empty dir means the user's own. The
// notices tell of files that were broken and are kept aside.
func OpenHome(dir string) (*Home, []profile.Notice, error) {
	if dir == "" {
		var err error
		if dir, err = profile.DefaultDir(); err != nil {
			return nil, nil, err
		}
	}
	p, notices, err := profile.Open(dir)
	if err != nil {
		return nil, notices, err
	}
	key, err := identity.LoadOrCreate(profile.KeyPath(dir))
	if err != nil {
		_ = p.Close()
		return nil, notices, fmt.Errorf("the key of this profile: %w", err)
	}
	return &Home{Profile: p, Key: key, Dir: dir}, notices, nil
}

// Close lets other programs have the folder.
func (h *Home) Close() error { return h.Profile.Close() }

// DefaultName is what somebody is called who has not said: their account's name.
func DefaultName() string {
	for _, v := range []string{"PARLEY_NAME", "USER", "USERNAME", "LOGNAME"} {
		if name := profile.CleanName(os.Getenv(v)); name != "" {
			return name
		}
	}
	return "Guest"
}

// LinkOf is the link of a server that the profile remembers.
func LinkOf(s profile.Server) (wire.Link, error) {
	u, err := url.Parse(s.URL)
	if err != nil {
		return wire.Link{}, fmt.Errorf("remembered server: %w", err)
	}
	key, err := identity.ParseKey(s.Key)
	if err != nil {
		return wire.Link{}, fmt.Errorf("remembered server: %w", err)
	}
	return wire.Link{Host: u.Host, Key: wire.Bytes(key), Mode: string(s.Mode)}, nil
}

// Used keeps the server of a link as the one used last. The secret of an invite is not kept.
func (h *Home) Used(link, name string) error {
	l, err := wire.ParseLink(link)
	if err != nil {
		return err
	}
	return h.Profile.UseServer(profile.Server{Key: l.Key.String(), URL: "parley://" + l.Host, Mode: identity.Mode(l.Mode), Name: name})
}

package main

import (
	"errors"

	"parley/identity"
	"parley/profile"
)

// maxKeyText is more than any exported key is long.
const maxKeyText = 64 << 10

func (p *program) safety(other []byte) string {
	return identity.SafetyNumber(p.home.Key.Public(), other)
}

func (p *program) exportKey(passphrase string) ([]byte, error) {
	return identity.Export(p.home.Key, passphrase)
}

// importKey puts another key in the place of the profile's, which stays beside it under another name. This run goes on with
// the one that it has.
func (p *program) importKey(text []byte, passphrase string) error {
	if len(text) > maxKeyText {
		return errors.New("this is too long to be an exported key")
	}
	_, kept, err := identity.Import(profile.KeyPath(p.dir), text, passphrase, true)
	if err == nil {
		p.log.Info("the key was replaced", "kept", kept != "")
	}
	return err
}

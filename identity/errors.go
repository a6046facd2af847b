package identity

import "errors"

// What can be wrong with a key, its file, a signed statement or an exported key. They arrive wrapped; use errors.Is.
var (
	ErrKey         = errors.New("not a usable public key")
	ErrKeyFile     = errors.New("not a whole Parley key file")
	ErrPermissions = errors.New("key file can be read by other users")
	ErrKeyExists   = errors.New("another key is there already")
	ErrStatement   = errors.New("malformed statement")
	ErrSigner      = errors.New("statement names another signer")
	ErrSignature   = errors.New("signature does not match")
	ErrArmour      = errors.New("not a whole exported Parley key")
	ErrPassphrase  = errors.New("wrong passphrase, or the exported key was changed")
	ErrWeak        = errors.New("passphrase is too short")
)

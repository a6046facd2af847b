package identity

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A key file is three lines of text: this heading, the 32-byte seed and the public key, both as base64url. The public
// key is there as a check: a seed in which a bit fell over would otherwise be a good key of a stranger.
const (
	keyFileHead  = "parley key v1"
	keyFileStem  = "parley key v"
	keyFileLimit = 4096 // bytes; far above the 102 of a whole one
)

// Load reads a key file. It refuses one that others may read (ErrPermissions), and one that is cut, changed, a link or no
// file at all (ErrKeyFile). No file is fs.ErrNotExist.
func Load(path string) (Key, error) {
	data, err := readPrivate(path, keyFileLimit)
	if err != nil {
		return Key{}, fmt.Errorf("load key: %w", err)
	}
	k, err := parseKeyFile(data)
	if err != nil {
		return Key{}, fmt.Errorf("load key: %s: %w", path, err)
	}
	return k, nil
}

// LoadOrCreate reads the key file at path, or makes a new key and writes it, with the folders on the way (0700), when
// there is none. Whatever is there and is no good key stays as it is and is an error: a person's account is never
// replaced in silence. Of two processes that create at once, both end with the key of the one.
func LoadOrCreate(path string) (Key, error) {
	k, err := Load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if k, err = Generate(nil); err != nil {
		return Key{}, fmt.Errorf("make key: %w", err)
	}
	err = store(path, k)
	if errors.Is(err, fs.ErrExist) {
		return Load(path)
	}
	if err != nil {
		return Key{}, err
	}
	return k, nil
}

// store writes a key to a path that must be free.
func store(path string, k Key) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make key folder: %w", err)
	}
	if err := createFile(path, formatKeyFile(k)); err != nil {
		return fmt.Errorf("write key %s: %w", path, err)
	}
	return nil
}

func formatKeyFile(k Key) []byte {
	seed := base64.RawURLEncoding.EncodeToString(k.private().Seed())
	return []byte(keyFileHead + "\n" + seed + "\n" + FormatKey(k.Public()) + "\n")
}

func parseKeyFile(data []byte) (Key, error) {
	lines := strings.Split(string(data), "\n")
	if strings.HasPrefix(lines[0], keyFileStem) && len(lines) > 1 && lines[0] != keyFileHead {
		return Key{}, fmt.Errorf("%w: %q is of another version of Parley", ErrKeyFile, lines[0])
	}
	if len(lines) != 4 || lines[0] != keyFileHead || lines[3] != "" {
		return Key{}, fmt.Errorf("%w: cut or no key file", ErrKeyFile)
	}
	seed, err := decode32(lines[1])
	if err != nil {
		return Key{}, fmt.Errorf("%w: seed is damaged", ErrKeyFile) // the cause would quote the secret
	}
	k := newKey(seed)
	// The text is compared as a whole, so that each key has one form.
	if !bytes.Equal(data, formatKeyFile(k)) {
		return Key{}, fmt.Errorf("%w: the two halves do not belong together", ErrKeyFile)
	}
	return k, nil
}

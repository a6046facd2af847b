// Package update keeps an installed Parley current: it looks for a newer version, fetches it, puts it in the place of the running
// one and takes it back where it does not work.
//
//	Check ─► Offer ─► Download ─► Swap ─► the new version starts ─► Healthy
//	                                                    └─► (30 s without a word) Rollback
//
// Nothing is believed that no key of ours has signed (manifest.go), and nothing older than what was seen before (state.go). What
// comes from the network is bounded and checked before it is written where it would be run.
package update

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"aead.dev/minisign"
)

// Why a manifest is refused. The errors that wrap these are sentences for people.
var (
	ErrSignature = errors.New("the list of versions is not signed by Parley's makers")
	ErrExpired   = errors.New("the list of versions is out of date")
	ErrOlder     = errors.New("the list of versions is older than one that was seen before")
	ErrManifest  = errors.New("the list of versions can't be read")
)

const (
	// MaxManifest is how large a manifest and its signature may be together, in bytes.
	MaxManifest = 64 << 10
	// MaxSize is how large a file may be, in bytes.
	MaxSize = 512 << 20

	// Format is the number of the form that Manifest has.
	Format = 1

	maxFiles  = 64
	maxText   = 200
	maxNews   = 2000
	maxLife   = 400 * 24 * time.Hour
	clockSlop = 48 * time.Hour // that a machine's clock may be behind ours
)

// File is one platform's download.
type File struct {
	Name   string `json:"name"` // beside the manifest: no folder, no address
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Manifest is what is current. It is signed as the bytes that it came in, by minisign with one of two keys: the one in use, and one
// that lies elsewhere for when that is lost.
type Manifest struct {
	Format  int             `json:"format"`
	Channel string          `json:"channel"` // "stable" or "beta"
	Version string          `json:"version"`
	Issued  time.Time       `json:"issued"`
	Expires time.Time       `json:"expires"`        // after that, somebody may be holding newer ones back
	Files   map[string]File `json:"files"`          // by platform: see Platform
	News    string          `json:"news,omitempty"` // what is new in it, for people: some lines, 2000 bytes at most
}

// Keys are the public keys that a manifest may be signed with.
type Keys []minisign.PublicKey

// ParseKeys reads public keys as minisign prints them, one in each text.
func ParseKeys(texts ...string) (Keys, error) {
	keys := make(Keys, len(texts))
	for i, text := range texts {
		if err := keys[i].UnmarshalText([]byte(strings.TrimSpace(text))); err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
	}
	return keys, nil
}

// Open reads a manifest that one of the keys has signed. It says nothing of whether it is current: see Manifest.Current.
func (k Keys) Open(manifest, signature []byte) (*Manifest, error) {
	if len(manifest)+len(signature) > MaxManifest {
		return nil, fmt.Errorf("%w: it is too long", ErrManifest)
	}
	if !k.signed(manifest, signature) {
		return nil, ErrSignature
	}
	m, err := parse(manifest)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	return m, nil
}

func (k Keys) signed(manifest, signature []byte) bool {
	for _, key := range k {
		if minisign.Verify(key, manifest, signature) {
			return true
		}
	}
	return false
}

func parse(text []byte) (*Manifest, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	m := new(Manifest)
	if err := d.Decode(m); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows it")
	}
	return m, m.Validate()
}

// Validate tells what is wrong with a manifest, but for its time.
func (m *Manifest) Validate() error {
	switch {
	case m.Format != Format:
		return fmt.Errorf("format %d", m.Format)
	case m.Channel == "" || len(m.Channel) > maxText:
		return errors.New("no channel")
	case m.Issued.IsZero() || !m.Expires.After(m.Issued) || m.Expires.Sub(m.Issued) > maxLife:
		return errors.New("times that make no sense")
	case len(m.News) > maxNews:
		return errors.New("too much news")
	case len(m.Files) == 0 || len(m.Files) > maxFiles:
		return fmt.Errorf("%d files", len(m.Files))
	}
	if _, err := ParseVersion(m.Version); err != nil {
		return err
	}
	for platform, f := range m.Files {
		if err := f.validate(); err != nil {
			return fmt.Errorf("%.40q: %w", platform, err)
		}
	}
	return nil
}

func (f File) validate() error {
	if f.Name == "" || len(f.Name) > maxText || f.Name[0] == '.' || strings.ContainsFunc(f.Name, notInName) {
		return errors.New("a name that is none")
	}
	if f.Size <= 0 || f.Size > MaxSize {
		return fmt.Errorf("%d bytes", f.Size)
	}
	if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != 32 {
		return errors.New("a hash that is none")
	}
	return nil
}

// notInName keeps a name of a file from being a path or an address.
func notInName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-+~", r)
}

// Current tells whether it may be believed now: neither expired, nor issued in the time to come. Else the error is ErrExpired.
func (m *Manifest) Current(now time.Time) error {
	switch {
	case now.After(m.Expires):
		return fmt.Errorf("%w: it was good until %s. Is this machine's clock right?", ErrExpired, m.Expires.Format(time.DateOnly))
	case m.Issued.After(now.Add(clockSlop)):
		return fmt.Errorf("%w: it is of %s. Is this machine's clock right?", ErrExpired, m.Issued.Format(time.DateOnly))
	}
	return nil
}

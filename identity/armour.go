package identity

import (
	"bytes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/text/unicode/norm"
)

// An exported key is a block of text (the armour of RFC 7468) around these bytes:
//
//	version 1 | rounds 4 | memory in KiB 4 | lanes 1 | salt 16 | nonce 24 | encrypted seed 32 + tag 16
//
// The passphrase becomes the key by Argon2id (RFC 9106) with the parameters that stand there, so that they can grow; the
// seed is encrypted by XChaCha20-Poly1305, which covers everything before it too.
const (
	armourType    = "PARLEY KEY"
	armourVersion = 1
	armourLimit   = 8192 // bytes of text
	saltSize      = 16
	costSize      = 1 + 4 + 4 + 1
	headSize      = costSize + saltSize + chacha20poly1305.NonceSizeX
	armourSize    = headSize + ed25519.SeedSize + chacha20poly1305.Overhead
)

// Length of a passphrase: at least so many characters, at most so many bytes.
const (
	MinPassphrase = 8
	maxPassphrase = 1024
)

// cost is what one guess at the passphrase costs.
type cost struct {
	rounds, memory uint32 // memory in KiB
	lanes          uint8
}

// exportCost is the second recommendation of RFC 9106, section 4: 64 MiB, three passes. Some 0.15 s.
func exportCost() cost { return cost{rounds: 3, memory: 64 << 10, lanes: 4} }

// bearable holds a block from elsewhere within 256 MiB and a few seconds.
func (c cost) bearable() bool {
	return c.rounds >= 1 && c.rounds <= 8 && c.lanes >= 1 && c.lanes <= 8 &&
		c.memory >= 8*uint32(c.lanes) && c.memory <= 256<<10
}

// Export encrypts a key with a passphrase of MinPassphrase characters or more (ErrWeak). The block is text, fit for a
// file or a note.
func Export(k Key, passphrase string) ([]byte, error) {
	if !k.valid() {
		return nil, fmt.Errorf("export: %w", ErrKey)
	}
	if utf8.RuneCountInString(passphrase) < MinPassphrase || len(passphrase) > maxPassphrase {
		return nil, fmt.Errorf("export: %w: %d characters at least", ErrWeak, MinPassphrase)
	}
	fresh := make([]byte, saltSize+chacha20poly1305.NonceSizeX)
	_, _ = rand.Read(fresh)
	return seal(k, passphrase, exportCost(), fresh)
}

// seal is Export with everything that varies passed in; fresh is salt and nonce.
func seal(k Key, passphrase string, c cost, fresh []byte) ([]byte, error) {
	head := append(c.encode(), fresh...)
	aead, err := c.open(passphrase, head)
	if err != nil {
		return nil, err
	}
	body := aead.Seal(head, head[costSize+saltSize:headSize], k.private().Seed(), head)
	return pem.EncodeToMemory(&pem.Block{Type: armourType, Bytes: body}), nil
}

func (c cost) encode() []byte {
	b := binary.BigEndian.AppendUint32([]byte{armourVersion}, c.rounds)
	b = binary.BigEndian.AppendUint32(b, c.memory)
	return append(b, c.lanes)
}

// open derives the cipher from the passphrase. Its form is made equal first: the same é comes as one character from one
// keyboard and as two from another.
func (c cost) open(passphrase string, head []byte) (cipher.AEAD, error) {
	secret := norm.NFKC.Bytes([]byte(passphrase))
	key := argon2.IDKey(secret, head[costSize:costSize+saltSize], c.rounds, c.memory, c.lanes, chacha20poly1305.KeySize)
	return chacha20poly1305.NewX(key)
}

// Decode reads an exported key. Text around the block is skipped. ErrArmour: there is no whole block, or it is of
// another version or asks for more memory or time than an honest one; ErrPassphrase: it does not open.
func Decode(block []byte, passphrase string) (Key, error) {
	body, c, err := parseArmour(block)
	if err != nil {
		return Key{}, fmt.Errorf("read exported key: %w", err)
	}
	if len(passphrase) > maxPassphrase {
		return Key{}, fmt.Errorf("read exported key: %w", ErrPassphrase)
	}
	head := body[:headSize]
	aead, err := c.open(passphrase, head)
	if err != nil {
		return Key{}, fmt.Errorf("read exported key: %w", err)
	}
	seed, err := aead.Open(nil, head[costSize+saltSize:], body[headSize:], head)
	if err != nil {
		return Key{}, fmt.Errorf("read exported key: %w", ErrPassphrase)
	}
	return newKey(seed), nil
}

// parseArmour does all of Decode that needs no passphrase; it is cheap whatever it is given.
func parseArmour(block []byte) (body []byte, c cost, err error) {
	if len(block) > armourLimit {
		return nil, c, fmt.Errorf("%w: longer than %d bytes", ErrArmour, armourLimit)
	}
	p, _ := pem.Decode(block)
	if p == nil || p.Type != armourType || len(p.Headers) != 0 {
		return nil, c, fmt.Errorf("%w: no %s block", ErrArmour, armourType)
	}
	body = p.Bytes
	if len(body) == 0 || body[0] != armourVersion {
		return nil, c, fmt.Errorf("%w: of another version of Parley", ErrArmour)
	}
	if len(body) != armourSize {
		return nil, c, fmt.Errorf("%w: %d bytes, want %d", ErrArmour, len(body), armourSize)
	}
	c = cost{binary.BigEndian.Uint32(body[1:]), binary.BigEndian.Uint32(body[5:]), body[9]}
	if !c.bearable() {
		return nil, c, fmt.Errorf("%w: asks for %d KiB, %d rounds, %d lanes", ErrArmour, c.memory, c.rounds, c.lanes)
	}
	return body, c, nil
}

// Import reads an exported key and makes it the key file at path. Where that holds the same key nothing happens. Where it
// holds another, or is broken, the answer is ErrKeyExists, unless replace is set: then the old file stays beside the new
// one, under the name that is returned in kept.
func Import(path string, block []byte, passphrase string, replace bool) (k Key, kept string, err error) {
	if k, err = Decode(bytes.TrimSpace(block), passphrase); err != nil {
		return Key{}, "", err
	}
	switch old, err := Load(path); {
	case errors.Is(err, fs.ErrNotExist):
		if err = store(path, k); errors.Is(err, fs.ErrExist) { // another process was quicker
			err = fmt.Errorf("import: %w: %s", ErrKeyExists, path)
		}
		if err != nil {
			return Key{}, "", err
		}
		return k, "", nil
	case err == nil && old.Equal(k):
		return k, "", nil
	case !replace:
		return Key{}, "", fmt.Errorf("import: %w: %s", ErrKeyExists, path)
	}
	if kept, err = keepAside(path); err != nil {
		return Key{}, "", fmt.Errorf("keep old key: %w", err)
	}
	if err := WriteFile(path, formatKeyFile(k)); err != nil {
		return Key{}, kept, fmt.Errorf("import: %w", err)
	}
	return k, kept, nil
}

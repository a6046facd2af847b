package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// asideLimit is how long a file may be that is kept, in bytes. What is longer was never a key.
const asideLimit = 1 << 20

// keepAside copies the file at path to a name that follows from its content, so that path can be replaced at once and is
// never missing. The same content has the same name: keeping twice is keeping once. The copy is for its owner only,
// whatever the file was.
func keepAside(path string) (kept string, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%w: %s is a folder, a link or a device", ErrKeyFile, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, asideLimit+1))
	if err != nil {
		return "", err
	}
	if len(content) > asideLimit {
		return "", fmt.Errorf("%w: %s is longer than %d bytes", ErrKeyFile, path, asideLimit)
	}
	sum := sha256.Sum256(content)
	kept = path + ".old-" + hex.EncodeToString(sum[:6])
	if err := createFile(kept, content); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return kept, nil
}

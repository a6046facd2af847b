package update

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ready is a downloaded version that waits for the program's next start.
type ready struct {
	Version string `json:"version"`
	File    File   `json:"file"`
	News    string `json:"news"`
}

const readyName = "ready.json"

// Prepare keeps in mind that an offer was downloaded: the next start takes it.
func (i Installation) Prepare(o *Offer) error {
	text, err := json.Marshal(ready{o.Version.String(), o.File, o.News})
	if err != nil {
		return err
	}
	return why(write(filepath.Join(i.Folder, readyName), text, 0o600))
}

// Waiting is the version that the next start takes, if it is one that is newer than current and was not tried in vain. Its file is looked
// at only when it is taken.
func (i Installation) Waiting(current Version) (o Offer, ok bool) {
	text, err := os.ReadFile(filepath.Join(i.Folder, readyName))
	var r ready
	if err != nil || json.Unmarshal(text, &r) != nil || r.File.validate() != nil {
		return Offer{}, false
	}
	v, err := ParseVersion(r.Version)
	if err != nil || v.Compare(current) <= 0 || i.Failed(v) {
		return Offer{}, false
	}
	return Offer{v, r.File, r.News}, true
}

// take hands out what waits, once: whatever becomes of it, the start after that does not wait for it again before the next Prepare. What
// lay on the disk for a while is held against its hash once more.
func (i Installation) take(current Version) (file string, v Version, err error) {
	o, ok := i.Waiting(current)
	if !ok {
		return "", v, errors.New("no version waits")
	}
	if err := i.Discard(); err != nil {
		return "", v, err
	}
	file = filepath.Join(i.Folder, o.File.SHA256)
	sum, n, err := sumOf(file)
	if err != nil {
		return "", v, fmt.Errorf("the download is gone: %w", err)
	}
	if n != o.File.Size || !strings.EqualFold(sum, o.File.SHA256) {
		return "", v, errors.Join(ErrTampered, os.Remove(file))
	}
	return file, o.Version, nil
}

// Discard forgets what waits.
func (i Installation) Discard() error {
	if err := os.Remove(filepath.Join(i.Folder, readyName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Tried is the version that was rolled back here; ok: there is one.
func (i Installation) Tried() (v Version, ok bool) {
	text, err := os.ReadFile(filepath.Join(i.Folder, failedName))
	if err != nil {
		return v, false
	}
	v, err = ParseVersion(strings.TrimSpace(string(text)))
	return v, err == nil
}

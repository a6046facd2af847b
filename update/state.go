package update

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// seen is what was seen of manifests, so that nobody holds newer ones back by showing an old one.
type seen struct {
	Issued  time.Time `json:"issued"`
	Version string    `json:"version"`
}

const seenName = "seen.json"

// remember refuses a manifest that is older than one before, and keeps it in mind else.
func (s *Source) remember(m *Manifest) error {
	file := filepath.Join(s.Folder, s.Channel+"-"+seenName)
	var before seen
	if text, err := os.ReadFile(file); err == nil {
		_ = json.Unmarshal(text, &before) // what is broken was never seen
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("what was seen of updates can't be read: %w", err)
	}
	v, err := ParseVersion(m.Version)
	if err != nil {
		return err
	}
	if old, err := ParseVersion(before.Version); m.Issued.Before(before.Issued) || err == nil && v.Compare(old) < 0 {
		return fmt.Errorf("%w: version %s, after %s", ErrOlder, m.Version, before.Version)
	}
	if m.Issued.Equal(before.Issued) && m.Version == before.Version {
		return nil
	}
	text, err := json.Marshal(seen{m.Issued, m.Version})
	if err != nil {
		return err
	}
	if err := write(file, text, 0o600); err != nil {
		return fmt.Errorf("there is no place for what was seen of updates: %w", place(err))
	}
	return nil
}

// write puts a file in place at once: whoever reads it finds the old or the new.
func write(file string, data []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*.new")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

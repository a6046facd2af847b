package profile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"parley/identity"
)

// fileLimit is how long one of our files may be, in bytes; the largest honest one (people) stays below a quarter.
const fileLimit = 8 << 20

// keeping is a value in a file whose JSON object may have fields of a newer Parley. They are written back as they came.
// T has no omitempty: a field of its own must not be taken from the rest.
type keeping[T any] struct {
	value T
	rest  map[string]json.RawMessage
}

// UnmarshalJSON reads over what value holds: what is missing keeps its default.
func (k *keeping[T]) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &k.value); err != nil {
		return err
	}
	k.rest = nil
	if err := json.Unmarshal(data, &k.rest); err != nil {
		return err
	}
	own, err := fields(k.value)
	for name := range own {
		delete(k.rest, name)
	}
	return err
}

func (k keeping[T]) MarshalJSON() ([]byte, error) {
	all, err := fields(k.value)
	if err != nil {
		return nil, err
	}
	for name, raw := range k.rest {
		all[name] = raw
	}
	return json.Marshal(all)
}

func fields(value any) (map[string]json.RawMessage, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	return all, json.Unmarshal(data, &all)
}

// read decodes a file of the folder into v, and then has check throw out of v what makes no sense and say so. A file that
// does not exist is fine and leaves v alone. One that is damaged is set aside and told in the Notice, and what is good of
// it takes its place.
func (p *Profile) read(name string, v any, check func() error) (*Notice, error) {
	path := filepath.Join(p.dir, name)
	data, err := readLimited(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil && !errors.Is(err, ErrInvalid) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if err == nil {
		err = decode(data, v, check)
	}
	if err == nil {
		return nil, nil
	}
	kept, e := p.setAside(path)
	if e != nil {
		return nil, fmt.Errorf("set %s aside: %w", name, e)
	}
	return &Notice{File: name, Kept: kept, Err: err}, p.write(name, v)
}

func decode(data []byte, v any, check func() error) error {
	err := json.Unmarshal(data, v)
	if e := check(); err == nil { // what came before the error is in v already
		err = e
	}
	return err
}

func readLimited(path string) ([]byte, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: not a file", ErrInvalid)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, fileLimit+1))
	if err != nil {
		return nil, err
	}
	if len(data) > fileLimit {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrInvalid, fileLimit)
	}
	return data, nil
}

// setAside renames a damaged file to a name that is free, with the time in it.
func (p *Profile) setAside(path string) (string, error) {
	stem := path + ".broken-" + p.now().UTC().Format("20060102T150405")
	kept := stem
	for i := 2; ; i++ {
		if _, err := os.Lstat(kept); errors.Is(err, fs.ErrNotExist) {
			return kept, os.Rename(path, kept)
		} else if err != nil {
			return "", err
		}
		kept = fmt.Sprintf("%s-%d", stem, i)
	}
}

// change lets edit change what is in memory and writes what it returns as a file of the folder; nil: nothing has changed. Only
// edit runs under mu: what it returns is written while others read, and must stay as it is.
func (p *Profile) change(name string, edit func() (any, error)) error {
	p.disk.Lock()
	defer p.disk.Unlock()
	v, err := p.locked(edit)
	if err != nil || v == nil {
		return err
	}
	return p.write(name, v)
}

func (p *Profile) locked(edit func() (any, error)) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return edit()
}

// write writes v as a file of the folder.
func (p *Profile) write(name string, v any) error {
	data, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return fmt.Errorf("save %s: %w", name, err)
	}
	if err := identity.WriteFile(filepath.Join(p.dir, name), append(data, '\n')); err != nil {
		return fmt.Errorf("save %s: %w", name, err)
	}
	return nil
}

// sweep shows that dir can be written to, and removes what a process that was killed while it saved has left. The key's
// temporary files are not ours to judge.
func sweep(dir string) error {
	f, err := os.CreateTemp(dir, settingsFile+".tmp-*")
	if err != nil {
		return fmt.Errorf("write to it: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write to it: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch stem, _, left := strings.Cut(e.Name(), ".tmp-"); {
		case !left, stem != settingsFile && stem != peopleFile && stem != serversFile && stem != devicesFile:
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("clean up: %w", err)
		}
	}
	return nil
}

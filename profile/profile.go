// Package profile is what a person's own machine keeps in one folder: settings, the people they met, the servers they
// know. The key of the person lies there too (KeyPath); package identity reads it.
//
// Every change but UpdateLater's is on the disk when its method returns: written beside, synced, and put in place at once, so
// that a power cut costs nothing that was there. That takes as long as the disk takes; a method that changes nothing does not
// write, and one that only reads never waits for one that writes. A file that is damaged is set aside and never overwritten.
package profile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Errors of this package. They arrive wrapped; use errors.Is.
var (
	ErrInUse   = errors.New("the folder is in use by another Parley")
	ErrUnknown = errors.New("nobody of that id is known")
	ErrInvalid = errors.New("invalid value")
	ErrFull    = errors.New("too many are kept already")
)

// The files of the folder.
const (
	keyFile      = "identity.key"
	lockFile     = "lock"
	settingsFile = "settings.json"
	peopleFile   = "people.json"
	serversFile  = "servers.json"
	devicesFile  = "devices.json"
)

// DefaultDir is where the profile lies unless somebody says otherwise: "parley" in the user's folder for configuration.
func DefaultDir() (string, error) {
	base, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the profile folder: %w", err)
	}
	return filepath.Join(base, "parley"), nil
}

// KeyPath is where the user's key lies in a profile folder. It can be read without opening the profile.
func KeyPath(dir string) string { return filepath.Join(dir, keyFile) }

// Notice tells of a file that could not be used as it was found.
type Notice struct {
	File string // its name in the folder
	Kept string // full path of where the damaged file lies now
	Err  error  // what is wrong with it
}

// String is the notice as a sentence for the person.
func (n Notice) String() string {
	return fmt.Sprintf("%s is damaged and was set aside as %s: %v", n.File, n.Kept, n.Err)
}

// Profile is an open profile folder, which is locked against other processes. Its methods can be called from any
// goroutine. Where one can't save, the change holds until Close all the same, and the error says that it was not saved.
type Profile struct {
	dir  string
	lock *os.File
	now  func() time.Time

	disk sync.Mutex // guards the files and is taken before mu: changes are made and written one after the other

	mu       sync.Mutex // guards what follows; it is never held while a file is written
	settings keeping[Settings]
	people   map[string]*known           // by user id; an entry is replaced and not changed, so that a copy of the map stays as it is
	servers  map[string]*keeping[Server] // as people
	worked   worked                      // sound devices
	untold   []func(error)               // of the UpdateLater that are not written yet
	writing  bool                        // writeLater runs

	writer sync.WaitGroup // writeLater
}

// Open reads the profile in dir, which is made (0700) if need be, and holds it until Close. It fails where nothing can be
// written (better now than after the first change) and with ErrInUse where another process holds it. Damaged files do
// not keep it from opening: each is set aside and told in a Notice, and the good part of it is used.
func Open(dir string) (*Profile, []Notice, error) {
	return open(dir, time.Now)
}

func open(dir string, now func() time.Time) (*Profile, []Notice, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("there is no place for your key and your settings: %w", err)
	}
	lock, err := lockPath(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, nil, fmt.Errorf("lock profile %s: %w", dir, err)
	}
	p := empty()
	p.dir, p.lock, p.now = dir, lock, now
	notices, err := p.load()
	if err != nil {
		_ = lock.Close()
		return nil, nil, fmt.Errorf("open profile %s: %w", dir, err)
	}
	return p, notices, nil
}

// empty is a profile of somebody who was never here.
func empty() *Profile {
	return &Profile{
		settings: keeping[Settings]{value: DefaultSettings()},
		people:   map[string]*known{},
		servers:  map[string]*keeping[Server]{},
		worked:   worked{},
	}
}

// Close writes what waits to be, and lets other processes open the folder. The Profile is not used afterwards.
func (p *Profile) Close() error {
	p.writer.Wait()
	p.disk.Lock()
	defer p.disk.Unlock()
	if err := p.lock.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("unlock profile: %w", err)
	}
	return nil
}

// load is called once, before the Profile is seen by anybody.
func (p *Profile) load() ([]Notice, error) {
	if err := sweep(p.dir); err != nil {
		return nil, err
	}
	var notices []Notice
	for _, f := range []struct {
		name  string
		v     any
		check func() error
	}{
		{settingsFile, &p.settings, p.checkSettings},
		{peopleFile, &p.people, p.checkPeople},
		{serversFile, &p.servers, p.checkServers},
		{devicesFile, &p.worked, p.checkDevices},
	} {
		n, err := p.read(f.name, f.v, f.check)
		if err != nil {
			return nil, err
		}
		if n != nil {
			notices = append(notices, *n)
		}
	}
	return notices, nil
}

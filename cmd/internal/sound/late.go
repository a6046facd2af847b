// Package sound is the sound system of a program that does not wait for it: one that is not there at the start, or has no
// devices, is looked for again as long as the program runs.
package sound

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"parley/audio"
)

// ErrNone is the answer to opening a device while no sound system answers.
var ErrNone = errors.New("no sound system answers")

// again is how long a sound system that is missing, or has nothing, is left alone.
const again = 2 * time.Second

// Finder opens a sound system, if it is there, and returns what closes it.
type Finder func() (audio.Backend, func() error, error)

// LateConfig says how a Late finds its sound system.
type LateConfig struct {
	Find []Finder         // the best first
	Now  func() time.Time // nil: time.Now
	Log  *slog.Logger     // nil discards
}

// Late is an audio.Backend that is the best sound system that answers. While none does its list of devices is empty. Whenever
// the list is asked for, at most every two seconds and while no device is open, it looks for a better one than it has, or for
// any if it has nothing to offer: a sound server that starts after us is found, though the bare hardware answered first.
type Late struct {
	find []Finder
	now  func() time.Time
	log  *slog.Logger

	mu           sync.Mutex
	backend      audio.Backend // nil: none answers
	closeBackend func() error
	rank         int       // of backend in find; without one, the length of find
	tried        time.Time // when something was looked for last
	open         int       // devices of backend
	closed       bool
}

var _ audio.Backend = (*Late)(nil)

// NewLate looks for the sound system once and keeps what it finds.
func NewLate(c LateConfig) *Late {
	l := &Late{find: c.Find, now: c.Now, log: c.Log, rank: len(c.Find)}
	if l.now == nil {
		l.now = time.Now
	}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	l.seek(l.find)
	return l
}

// Devices implements audio.Backend.
func (l *Late) Devices() ([]audio.Info, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list, err := l.list()
	if l.closed || l.open > 0 || l.rank == 0 && len(list) > 0 || l.now().Sub(l.tried) < again {
		return list, err
	}
	if !l.seek(l.find[:l.rank]) && len(list) == 0 && l.backend != nil {
		_ = l.drop() // it may be a dead connection
		l.seek(l.find)
	}
	return l.list()
}

func (l *Late) list() ([]audio.Info, error) {
	if l.backend == nil {
		return nil, nil
	}
	return l.backend.Devices()
}

// Open implements audio.Backend.
func (l *Late) Open(r audio.Request, io func([]float32)) (audio.Device, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.backend == nil {
		return nil, ErrNone
	}
	d, err := l.backend.Open(r, io)
	if err != nil {
		return nil, err
	}
	l.open++
	return &device{Device: d, late: l}, nil
}

// Close closes the sound system, after its devices.
func (l *Late) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return l.drop()
}

// seek takes the first that answers in the place of what there is.
func (l *Late) seek(among []Finder) bool {
	first := l.tried.IsZero()
	l.tried = l.now()
	for i, find := range among {
		b, closeBackend, err := find()
		if err != nil {
			if first { // and not each two seconds
				l.log.Info("a sound system does not answer", "rank", i, "err", err)
			}
			continue
		}
		if err := l.drop(); err != nil {
			l.log.Warn("a sound system does not close", "err", err)
		}
		l.backend, l.closeBackend, l.rank = b, closeBackend, i
		l.log.Info("a sound system answers", "rank", i)
		return true
	}
	return false
}

func (l *Late) drop() error {
	if l.backend == nil {
		return nil
	}
	err := l.closeBackend()
	l.backend, l.closeBackend, l.rank = nil, nil, len(l.find)
	return err
}

// device counts itself, so that its system is not dropped under it.
type device struct {
	audio.Device
	late *Late
	once sync.Once
}

// Close implements audio.Device.
func (d *device) Close() error {
	err := d.Device.Close()
	d.once.Do(func() {
		d.late.mu.Lock()
		defer d.late.mu.Unlock()
		d.late.open--
	})
	return err
}

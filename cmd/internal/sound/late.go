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

// LateConfig says how a Late finds its sound system.
type LateConfig struct {
	// Find opens what there is now, and returns what closes it.
	Find func() (audio.Backend, func() error, error)
	Now  func() time.Time // nil: time.Now
	Log  *slog.Logger     // nil discards
}

// Late is an audio.Backend that asks for the sound system whenever its devices are listed, at most every two seconds, until
// it has one with devices. The list is empty before. A system that empties while nothing of it is open is given up for
// whatever answers then: PulseAudio that starts after us is found, though ALSA answered first.
type Late struct {
	find func() (audio.Backend, func() error, error)
	now  func() time.Time
	log  *slog.Logger

	mu           sync.Mutex
	backend      audio.Backend // nil: none answers
	closeBackend func() error
	tried        time.Time // when Find ran last
	open         int       // devices of backend
	closed       bool
}

var _ audio.Backend = (*Late)(nil)

// NewLate looks for the sound system once and keeps what it finds.
func NewLate(c LateConfig) *Late {
	l := &Late{find: c.Find, now: c.Now, log: c.Log}
	if l.now == nil {
		l.now = time.Now
	}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	l.seek()
	return l
}

// Devices implements audio.Backend.
func (l *Late) Devices() ([]audio.Info, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list, err := l.list()
	if len(list) > 0 || l.closed || l.open > 0 || l.now().Sub(l.tried) < again {
		return list, err
	}
	l.drop()
	l.seek()
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

func (l *Late) seek() {
	l.tried = l.now()
	b, closeBackend, err := l.find()
	if err != nil {
		l.log.Debug("no sound system", "err", err)
		return
	}
	l.backend, l.closeBackend = b, closeBackend
}

func (l *Late) drop() error {
	if l.backend == nil {
		return nil
	}
	err := l.closeBackend()
	l.backend, l.closeBackend = nil, nil
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

// Package device opens the real microphones and loudspeakers of this machine. It is the only importer of malgo
// (miniaudio): PulseAudio, then ALSA, then JACK on Linux; WASAPI or Core Audio elsewhere.
//
// PulseAudio moves a default stream by itself when its device goes away; a stream on a named device just stops being
// called. Neither tells anybody: audio.Follow polls Devices and watches the callbacks.
package device

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/gen2brain/malgo"

	"parley/audio"
)

const (
	// DefaultPeriod is the period if a Request names none; see latency for what others cost.
	DefaultPeriod = 10 * time.Millisecond
	minPeriod     = 2 * time.Millisecond
	maxPeriod     = 100 * time.Millisecond
	periods       = 2
)

// Backend is the sound system of this machine. It is safe for concurrent use.
type Backend struct {
	log  *slog.Logger
	list []malgo.Backend // in order of preference

	mu     sync.Mutex // guards the following
	system *system    // nil after Close
}

// system is one connection to a sound server. When the server restarts, the old connection answers with errors for ever,
// so a new one replaces it; the old is freed with the last device that was opened through it.
type system struct {
	ctx     *malgo.AllocatedContext
	backend malgo.Backend
	refs    int // Backend's own and one for each open device; guarded by Backend.mu
}

// NewBackend connects to the sound system. A nil log discards. It opens no device.
func NewBackend(log *slog.Logger) (*Backend, error) {
	return newBackend(log, preferred())
}

func preferred() []malgo.Backend {
	switch runtime.GOOS {
	case "windows":
		return []malgo.Backend{malgo.BackendWasapi, malgo.BackendDsound, malgo.BackendWinmm}
	case "darwin":
		return []malgo.Backend{malgo.BackendCoreaudio}
	}
	return []malgo.Backend{malgo.BackendPulseaudio, malgo.BackendAlsa, malgo.BackendJack}
}

// NewNull gives a sound system with one loudspeaker and one microphone that have a clock and no sound.
func NewNull(log *slog.Logger) (*Backend, error) {
	// malgo v0.11.24 lacks miniaudio's "custom" backend in its list, so its BackendNull is one too low.
	return newBackend(log, []malgo.Backend{malgo.BackendNull + 1})
}

func newBackend(log *slog.Logger, list []malgo.Backend) (*Backend, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s, err := connect(list)
	if err != nil {
		return nil, err
	}
	return &Backend{log: log, list: list, system: s}, nil
}

// connect takes the first sound system that answers. They are tried one by one because malgo does not tell which one of a
// list it has taken.
func connect(list []malgo.Backend) (*system, error) {
	name := append([]byte("Parley"), 0)
	var pin runtime.Pinner // the configuration is handed to C, which copies the name
	pin.Pin(&name[0])
	defer pin.Unpin()
	cfg := malgo.ContextConfig{Pulse: malgo.PulseContextConfig{PApplicationName: &name[0]}}
	err := errors.New("none known here")
	for _, b := range list {
		var ctx *malgo.AllocatedContext
		if ctx, err = malgo.InitContext([]malgo.Backend{b}, cfg, nil); err == nil {
			return &system{ctx: ctx, backend: b, refs: 1}, nil
		}
	}
	return nil, fmt.Errorf("connect to the sound system: %w", err)
}

var errClosed = errors.New("sound system is closed")

// acquire takes a reference to the connection, release gives it back.
func (b *Backend) acquire() (*system, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.system == nil {
		return nil, errClosed
	}
	b.system.refs++
	return b.system, nil
}

func (b *Backend) release(s *system) {
	b.mu.Lock()
	s.refs--
	last := s.refs == 0
	b.mu.Unlock()
	if last {
		_ = s.ctx.Uninit() // it can only fail for a connection that was never made
		s.ctx.Free()
	}
}

// reconnect replaces a connection that is of no use any more, by the same sound system or a better one: while PulseAudio
// restarts, ALSA would answer, and the two know the same devices by different names.
func (b *Backend) reconnect(old *system) (*system, error) {
	fresh, err := connect(b.list[:slices.Index(b.list, old.backend)+1])
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	if b.system != old { // closed meanwhile, or somebody else was faster
		b.mu.Unlock()
		b.release(fresh)
		return b.acquire()
	}
	b.system = fresh
	fresh.refs++ // the caller's
	b.mu.Unlock()
	b.log.Info("connected to the sound system again")
	b.release(old) // the Backend's own reference
	return fresh, nil
}

// Close disconnects. Open devices live on until they are closed.
func (b *Backend) Close() error {
	b.mu.Lock()
	s := b.system
	b.system = nil
	b.mu.Unlock()
	if s != nil {
		b.release(s)
	}
	return nil
}

// Devices lists microphones and loudspeakers. A sound server that was restarted is found again here.
func (b *Backend) Devices() ([]audio.Info, error) {
	s, err := b.acquire()
	if err != nil {
		return nil, err
	}
	all, err := devices(s)
	if err != nil || len(all) == 0 {
		fresh, again := b.reconnect(s)
		b.release(s)
		if again != nil {
			return nil, errors.Join(err, again)
		}
		s = fresh
		all, err = devices(s)
	}
	b.release(s)
	if err != nil {
		return nil, fmt.Errorf("list sound devices: %w", err)
	}
	return all, nil
}

// Open starts a device. io gets the driver's own memory, valid during the call.
func (b *Backend) Open(r audio.Request, io func(buf []float32)) (audio.Device, error) {
	s, err := b.acquire()
	if err != nil {
		return nil, err
	}
	d, err := open(s, r, io)
	if err != nil {
		b.release(s)
		return nil, fmt.Errorf("open %s: %w", kindName(r.Kind), err)
	}
	d.release = sync.OnceFunc(func() { b.release(s) })
	b.log.Debug("sound device opened", "kind", kindName(r.Kind), "latency", d.latency)
	return d, nil
}

func kindName(k audio.Kind) string {
	if k == audio.Input {
		return "microphone"
	}
	return "loudspeaker"
}

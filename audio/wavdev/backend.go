package wavdev

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"parley/audio"
)

// Config names the files. An empty name: there is no device of that kind.
type Config struct {
	Input  string // read as a microphone
	Loop   bool   // begin again at its end, instead of silence
	Output string // written as a loudspeaker; what was in it is lost
	// Make, if set, is a microphone without a file, and Input only its name: it fills 10 ms with what sounds from a moment on.
	Make func(frame []float32, from time.Time)
	Log  *slog.Logger // nil discards
}

// Backend is an audio.Backend of at most one microphone and one loudspeaker, both files, both in real time. A device that is
// opened again goes on where the one before was closed.
type Backend struct {
	config Config
	file   *os.File
	source *reader
	sink   *Writer
	mu     sync.Mutex
	open   [2]*device // by audio.Kind; guarded by mu
}

// New opens the files, so that whatever is wrong with them is said before a call begins.
func New(c Config) (*Backend, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	b := &Backend{config: c}
	if err := b.openFiles(); err != nil {
		_ = b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Backend) openFiles() (err error) {
	if in := b.config.Input; in != "" && b.config.Make == nil {
		if b.file, err = os.Open(in); err != nil {
			return err
		}
		if b.source, err = openReader(b.file); err != nil {
			return fmt.Errorf("%s: %w", in, err)
		}
	}
	if out := b.config.Output; out != "" {
		if info, err := os.Stat(out); err == nil && b.file != nil {
			if in, err := b.file.Stat(); err == nil && os.SameFile(in, info) {
				return fmt.Errorf("%s: %w", out, errBusy) // it would be emptied before it is read
			}
		}
		b.sink, err = Create(out)
	}
	return err
}

// Close closes the devices and completes the files. It can be called more than once.
func (b *Backend) Close() error {
	for k := range b.open {
		b.mu.Lock()
		d := b.open[k]
		b.mu.Unlock()
		if d != nil {
			_ = d.Close()
		}
	}
	var err error
	if b.sink != nil {
		err = b.sink.Close()
		b.sink = nil
	}
	if b.file != nil {
		_ = b.file.Close()
		b.file = nil
	}
	return err
}

// Devices implements audio.Backend.
func (b *Backend) Devices() ([]audio.Info, error) {
	var list []audio.Info
	if b.source != nil || b.config.Make != nil {
		list = append(list, audio.Info{Kind: audio.Input, ID: b.config.Input, Name: filepath.Base(b.config.Input), Default: true})
	}
	if b.sink != nil {
		list = append(list, audio.Info{Kind: audio.Output, ID: b.config.Output, Name: filepath.Base(b.config.Output), Default: true})
	}
	return list, nil
}

var (
	errNone = errors.New("no such device")
	errBusy = errors.New("file is in use as a device already")
)

// Open implements audio.Backend. The period is always 10 ms.
func (b *Backend) Open(r audio.Request, io func([]float32)) (audio.Device, error) {
	d := &device{b: b, kind: r.Kind, width: r.Width(), io: io, quit: make(chan struct{}), done: make(chan struct{})}
	name := b.config.Input
	switch {
	case r.Kind == audio.Input && b.config.Make != nil:
		d.step = d.sound
	case r.Kind == audio.Input && b.source != nil:
		d.step = d.play
	case r.Kind == audio.Output && b.sink != nil:
		d.step, name = d.record, b.config.Output
	default:
		return nil, errNone
	}
	if r.ID != "" && r.ID != name {
		return nil, errNone
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open[r.Kind] != nil {
		return nil, errBusy
	}
	if r.Kind == audio.Output && d.width == 2 && b.sink.width == 1 {
		_ = b.sink.SetStereo() // one that has begun goes on with one channel
	}
	b.open[r.Kind] = d
	go d.run()
	return d, nil
}

// device calls back every 10 ms of a monotonic clock.
type device struct {
	b      *Backend
	kind   audio.Kind
	width  int // channels
	io     func([]float32)
	step   func(frame []float32, due time.Time)
	ended  bool
	failed bool
	quit   chan struct{}
	done   chan struct{}
	once   sync.Once

	side, pairs [2 * audio.FrameSize]float32 // run's
}

// maxLate is how much a device catches up at once after the machine was busy; what is beyond that is left out, as a sound
// card would.
const maxLate = 100 * time.Millisecond

func (d *device) run() {
	defer close(d.done)
	tick := time.NewTicker(audio.FrameTime)
	defer tick.Stop()
	frame := make([]float32, audio.FrameSize)
	for due := time.Now().Add(audio.FrameTime); ; {
		select {
		case <-d.quit:
			return
		case <-tick.C:
		}
		now := time.Now()
		if now.Sub(due) > maxLate {
			due = now.Add(-maxLate)
		}
		for ; !due.After(now); due = due.Add(audio.FrameTime) {
			d.step(frame, due)
		}
	}
}

// play is one step of the microphone.
func (d *device) play(frame []float32, _ time.Time) {
	side := d.side[:len(frame)]
	clear(frame)
	clear(side)
	for n := 0; n < len(frame) && !d.ended; {
		k, err := d.b.source.read(frame[n:], side[n:])
		n += k
		switch {
		case err == nil:
		case errors.Is(err, io.EOF) && d.b.config.Loop:
			d.b.source.rewind()
		default:
			d.ended = true
			d.b.config.Log.Info("file played", "err", err)
		}
	}
	d.hear(frame)
}

// hear hands over the frame and its side.
func (d *device) hear(frame []float32) {
	if d.width == 1 {
		d.io(frame)
		return
	}
	for i, mid := range frame {
		d.pairs[2*i], d.pairs[2*i+1] = mid+d.side[i], mid-d.side[i]
	}
	d.io(d.pairs[:2*len(frame)])
}

// sound is one step of a microphone without a file: a frame is there when its last sample is.
func (d *device) sound(frame []float32, due time.Time) {
	d.b.config.Make(frame, due.Add(-audio.FrameTime))
	d.hear(frame)
}

// record is one step of the loudspeaker.
func (d *device) record(frame []float32, _ time.Time) {
	if d.width == 2 {
		frame = d.pairs[:2*len(frame)]
	}
	d.io(frame)
	if err := d.b.sink.Write(d.fit(frame)); err != nil && !d.failed {
		d.failed = true
		d.b.config.Log.Warn("record", "err", err)
	}
}

// fit gives what was played as many channels as the file has.
func (d *device) fit(frame []float32) []float32 {
	out := d.side[:0]
	switch {
	case d.width > d.b.sink.width:
		for i := 0; i < len(frame); i += 2 {
			out = append(out, (frame[i]+frame[i+1])/2)
		}
	case d.width < d.b.sink.width:
		for _, v := range frame {
			out = append(out, v, v)
		}
	default:
		return frame
	}
	return out
}

// Latency implements audio.Device: a file adds none, but the microphone's first sample waits for its frame to be full.
func (d *device) Latency() time.Duration { return audio.FrameTime }

// Period implements audio.Periodic.
func (d *device) Period() time.Duration { return audio.FrameTime }

// Close implements audio.Device.
func (d *device) Close() error {
	d.once.Do(func() { close(d.quit) })
	<-d.done
	d.b.mu.Lock()
	defer d.b.mu.Unlock()
	if d.b.open[d.kind] == d {
		d.b.open[d.kind] = nil
	}
	return nil
}

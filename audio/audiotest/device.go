package audiotest

import (
	"errors"
	"slices"
	"sync"
	"time"

	"parley/audio"
)

// Backend is a sound system without a clock of its own: nothing moves but in Step. Its loudspeakers can be heard by its
// microphones, and its devices come, go, fall silent and refuse to open as a test wants. It is safe for concurrent use.
type Backend struct {
	mu      sync.Mutex // guards the following, and is held while devices are called
	list    []audio.Info
	listErr error
	openErr map[audio.Kind]error
	open    []*device
	frozen  map[string]bool
	muted   map[string]bool
	refused map[string]bool
	lost    map[string]uint64
	periods bool
	opened  map[audio.Kind]int
	closed  map[audio.Kind]int
	echo    struct {
		past []float32 // what was played, oldest first, as long as the delay
		gain float32
	}
}

// device is one open device. id is what it was opened as: empty follows the default, as PulseAudio does.
type device struct {
	b      *Backend
	kind   audio.Kind
	id     string
	width  int // channels: a microphone of two hears the same with both, and of a loudspeaker's the mean is heard
	period time.Duration
	io     func([]float32)
	buf    []float32
	from   uint64 // how much its hardware had lost before it was opened
}

// ErrNoDevice is what Open gives for a device that is not there.
var ErrNoDevice = errors.New("no such device")

// NewBackend has the given devices. The first of a kind is the default if none says that it is.
func NewBackend(devices ...audio.Info) *Backend {
	b := &Backend{
		openErr: map[audio.Kind]error{}, frozen: map[string]bool{}, muted: map[string]bool{}, refused: map[string]bool{}, lost: map[string]uint64{},
		opened: map[audio.Kind]int{}, closed: map[audio.Kind]int{},
	}
	b.SetDevices(devices...)
	return b
}

// Mic is a microphone for NewBackend. Its name is its id with "the " before it.
func Mic(id string) audio.Info { return audio.Info{Kind: audio.Input, ID: id, Name: "the " + id} }

// Speaker is a loudspeaker likewise.
func Speaker(id string) audio.Info { return audio.Info{Kind: audio.Output, ID: id, Name: "the " + id} }

// SetDevices replaces the list. What was opened by the id of a device that is gone is not called any more.
func (b *Backend) SetDevices(devices ...audio.Info) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = slices.Clone(devices)
	for _, k := range []audio.Kind{audio.Input, audio.Output} {
		of := func(d audio.Info) bool { return d.Kind == k }
		if i := slices.IndexFunc(b.list, of); i >= 0 && b.defaultLocked(k) == "" {
			b.list[i].Default = true
		}
	}
}

// Appear adds a device.
func (b *Backend) Appear(d audio.Info) { b.SetDevices(append(b.listed(), d)...) }

// Vanish removes a device. The first of its kind that is left becomes the default if it was.
func (b *Backend) Vanish(id string) {
	b.SetDevices(slices.DeleteFunc(b.listed(), func(d audio.Info) bool { return d.ID == id })...)
}

// SetDefault makes a device the default of its kind.
func (b *Backend) SetDefault(id string) {
	list := b.listed()
	i := slices.IndexFunc(list, func(d audio.Info) bool { return d.ID == id })
	for j := range list {
		if list[j].Kind == list[i].Kind {
			list[j].Default = j == i
		}
	}
	b.SetDevices(list...)
}

func (b *Backend) listed() []audio.Info {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.list)
}

// Freeze stops or resumes the callbacks of what is open on a device, which stays listed.
func (b *Backend) Freeze(id string, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.frozen[id] = on
}

// Mute lets a microphone hear nothing, or again what the others hear: it gives zeros, as one with a switch of its own does.
func (b *Backend) Mute(id string, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.muted[id] = on
}

// Refuse lets a device, which stays listed, not be opened.
func (b *Backend) Refuse(id string, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused[id] = on
}

// Lose lets a device count n more under-runs.
func (b *Backend) Lose(id string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lost[id] += uint64(n)
}

// AnyPeriod lets devices have whatever period they are asked for, as far as anybody can tell; else they say that they have 10 ms,
// which is what Drive does, and that nobody's test is to see them reopened for another.
func (b *Backend) AnyPeriod() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.periods = true
}

// Period is what the device that Using names was opened with.
func (b *Backend) Period(k audio.Kind) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range b.open {
		if d.kind == k && d.runsOnLocked() != "" {
			return d.period
		}
	}
	return 0
}

// FailOpen makes Open fail for a kind; nil ends it.
func (b *Backend) FailOpen(k audio.Kind, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.openErr[k] = err
}

// FailDevices makes Devices fail; nil ends it.
func (b *Backend) FailDevices(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listErr = err
}

// SetEcho lets the microphones hear the loudspeakers, later by so many samples, with a gain. 0 samples: the same step.
func (b *Backend) SetEcho(samples int, gain float32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.echo.past, b.echo.gain = make([]float32, samples), gain
}

// Channels is how many a device has that is called now; 0: none is.
func (b *Backend) Channels(k audio.Kind) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range b.open {
		if d.kind == k && d.runsOnLocked() != "" {
			return d.width
		}
	}
	return 0
}

// Counts tells how many devices of a kind were ever opened and closed.
func (b *Backend) Counts(k audio.Kind) (opened, closed int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.opened[k], b.closed[k]
}

// Using is the device that the callbacks of a kind come from now, empty if there is none.
func (b *Backend) Using(k audio.Kind) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range b.open {
		if id := d.runsOnLocked(); d.kind == k && id != "" {
			return id
		}
	}
	return ""
}

// Devices implements audio.Backend.
func (b *Backend) Devices() ([]audio.Info, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.list), b.listErr
}

// Open implements audio.Backend.
func (b *Backend) Open(r audio.Request, io func([]float32)) (audio.Device, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.openErr[r.Kind]; err != nil {
		return nil, err
	}
	d := &device{b: b, kind: r.Kind, id: r.ID, width: r.Width(), period: r.Period, io: io}
	d.from = b.lost[d.runsOnLocked()]
	if id := d.listedLocked(); id == "" || b.refused[id] {
		return nil, ErrNoDevice
	}
	b.open = append(b.open, d)
	b.opened[r.Kind]++
	return d, nil
}

func (b *Backend) defaultLocked(k audio.Kind) string {
	for _, d := range b.list {
		if d.Kind == k && d.Default {
			return d.ID
		}
	}
	return ""
}

// runsOnLocked is the listed device that calls d, empty if none does.
func (d *device) runsOnLocked() string {
	id := d.listedLocked()
	if d.b.frozen[id] {
		return ""
	}
	return id
}

// listedLocked is the device that d means, empty if it is not listed.
func (d *device) listedLocked() string {
	id := d.id
	if id == "" {
		id = d.b.defaultLocked(d.kind)
	}
	if slices.ContainsFunc(d.b.list, func(i audio.Info) bool { return i.Kind == d.kind && i.ID == id }) {
		return id
	}
	return ""
}

// Latency implements audio.Device.
func (d *device) Latency() time.Duration { return 7 * time.Millisecond }

// Period implements audio.Periodic.
func (d *device) Period() time.Duration {
	d.b.mu.Lock()
	defer d.b.mu.Unlock()
	if d.b.periods {
		return d.period
	}
	return audio.FrameTime
}

// Underruns implements audio.Counting.
func (d *device) Underruns() uint64 {
	d.b.mu.Lock()
	defer d.b.mu.Unlock()
	lost := d.b.lost[d.runsOnLocked()]
	return lost - min(d.from, lost)
}

// Close implements audio.Device. It waits for a Step that runs.
func (d *device) Close() error {
	d.b.mu.Lock()
	defer d.b.mu.Unlock()
	if i := slices.Index(d.b.open, d); i >= 0 {
		d.b.open = slices.Delete(d.b.open, i, i+1)
		d.b.closed[d.kind]++
	}
	return nil
}

// Step passes len(in) samples of time: it plays so many on each loudspeaker, and lets each microphone hear in and the
// echo. It returns what was played, the loudspeakers' sum. The callbacks run on the caller's goroutine.
func (b *Backend) Step(in []float32) (out []float32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out = make([]float32, len(in))
	for _, d := range b.open {
		if d.kind == audio.Output && d.runsOnLocked() != "" {
			for i, v := range d.call(out, false) {
				out[i] += v
			}
		}
	}
	heard := slices.Clone(in)
	b.echo.past = append(b.echo.past, out...)
	for i := range heard {
		heard[i] += b.echo.gain * b.echo.past[i]
	}
	b.echo.past = slices.Delete(b.echo.past, 0, len(in))
	for _, d := range b.open {
		if id := d.runsOnLocked(); d.kind == audio.Input && id != "" {
			if b.muted[id] {
				d.call(make([]float32, len(heard)), true)
			} else {
				d.call(heard, true)
			}
		}
	}
	return out
}

// call hands the callback the device's own memory, filled with x or with noise that no callback may leave behind.
func (d *device) call(x []float32, input bool) []float32 {
	d.buf = slices.Grow(d.buf[:0], d.width*len(x))[:d.width*len(x)]
	for i := range d.buf {
		d.buf[i] = 0.99
		if input {
			d.buf[i] = x[i/d.width]
		}
	}
	d.io(d.buf)
	if d.width == 2 {
		for i := range x {
			d.buf[i] = (d.buf[2*i] + d.buf[2*i+1]) / 2
		}
	}
	return d.buf[:len(x)]
}

// Drive steps a backend in real time, 10 ms each, until stop is called, which waits. mic fills what the microphones hear
// and speaker is given what was played; either may be nil.
func (b *Backend) Drive(mic, speaker func(frame []float32)) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(audio.FrameTime)
		defer tick.Stop()
		frame := make([]float32, audio.FrameSize)
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			clear(frame)
			if mic != nil {
				mic(frame)
			}
			if out := b.Step(frame); speaker != nil {
				speaker(out)
			}
		}
	}()
	return sync.OnceFunc(func() { close(quit); <-done })
}

package audio

import "time"

// Kind tells a microphone from a loudspeaker.
type Kind uint8

// The two kinds of sound device.
const (
	Input Kind = iota
	Output
)

// Info describes one device as the system lists it.
type Info struct {
	Kind    Kind
	ID      string // the backend's own name for it, stable over restarts where the system allows (PulseAudio's name)
	Name    string // for people
	Default bool   // the one that "follow the system" means now
}

// Request asks a Backend for one mono 48 kHz device.
type Request struct {
	Kind   Kind
	ID     string        // empty: what the system says
	Period time.Duration // length of one callback's buffer; the backend takes the nearest that it has
}

// Backend is a sound system: audio/device (malgo), audio/wavdev (files), audio/audiotest (a fake with a settable echo
// path).
type Backend interface {
	// Devices lists what there is now. It may block for some milliseconds and is never called from a callback.
	Devices() ([]Info, error)
	// Open starts a device. An Input calls io with samples that are valid during the call only; an Output calls it to
	// have the buffer filled. io runs on the device's own thread: it must not block, lock or allocate.
	Open(r Request, io func(buf []float32)) (Device, error)
}

// Device is an open, running device. After Close returns, io is not called any more.
type Device interface {
	// Latency is what the device itself adds between air and callback, as far as the backend knows.
	Latency() time.Duration
	Close() error
}

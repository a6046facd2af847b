package audio

import (
	"errors"
	"time"
)

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
	Monitor bool   // an Input that hears what a loudspeaker plays, so others would hear themselves: only taken by name
}

// Request asks a Backend for one 48 kHz device.
type Request struct {
	Kind     Kind
	ID       string        // empty: what the system says
	Period   time.Duration // length of one callback's buffer; the backend takes the nearest that it has
	Channels int           // 2: left and right, interleaved, whole pairs in each callback; else one, of which the system makes more or less
}

// Width is the number of channels: 1 or 2.
func (r Request) Width() int {
	if r.Channels == 2 {
		return 2
	}
	return 1
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

// Counting is a Device that knows when it had nothing to play, or lost what it heard. One that does not is judged by the times
// of its callbacks.
type Counting interface {
	Underruns() uint64 // so far; it may be called while the device runs
}

// Periodic is a Device that knows its period. One that has another than was asked for has no choice, and is not reopened for a
// better one.
type Periodic interface {
	Period() time.Duration
}

// Join makes one Backend of two: inputs from the first, outputs from the second, say a WAV file as the microphone and a
// real loudspeaker. Either may be nil: then there are no devices of that kind.
func Join(input, output Backend) Backend { return joined{input, output} }

type joined [2]Backend // by Kind

func (j joined) Devices() (all []Info, err error) {
	for kind, b := range j {
		if b == nil {
			continue
		}
		list, err := b.Devices()
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			if d.Kind == Kind(kind) {
				all = append(all, d)
			}
		}
	}
	return all, nil
}

func (j joined) Open(r Request, io func([]float32)) (Device, error) {
	if int(r.Kind) >= len(j) || j[r.Kind] == nil {
		return nil, errNoDevice
	}
	return j[r.Kind].Open(r, io)
}

var errNoDevice = errors.New("no such device")

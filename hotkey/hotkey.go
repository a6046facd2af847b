// Package hotkey hears keys and mouse buttons everywhere on the system: to talk, to mute, to whisper, while another window has
// the focus and gets the same keys. Nothing is grabbed where the system lets us listen without it.
//
// A Source is what one system offers: X11's raw events, the portal of a Wayland desktop, the hooks of Windows and macOS. They
// share the Tracker, which makes presses and releases of whole chords out of single keys, and have one promise in common: no key
// is ever stuck. Whatever a source can no longer see the release of, it releases. Open gives the source of this system.
package hotkey

import (
	"errors"
	"time"
)

// Key is a key of the keyboard or a button of the mouse, by its place and not by what is printed on it: "KeyA", "Digit1", "F13",
// "Space", "ControlLeft", as W3C UI Events calls them (KeyboardEvent.code), and "Mouse1" to "Mouse9". Mouse1 is the left button,
// 2 the middle one, 3 the right one, 4 back, 5 forward.
type Key string

// Mods is a set of modifiers, those of the left and of the right alike.
type Mods uint8

// The modifiers. Super is the Windows key, and Command on a Mac; Alt is Option there.
const (
	Ctrl Mods = 1 << iota
	Alt
	Shift
	Super
)

// Binding says what a chord is for. Several bindings may have one ID: any of their chords does it.
type Binding struct {
	ID    string // "talk", "mute", "deafen", "whisper"...
	Words string // what it does, for a dialog of the system's own
	Chord Chord  // one with no key is bound to nothing
}

// Event is a chord pressed or let go of. Of one ID they come by turns: down, up, down, up.
type Event struct {
	ID   string
	Down bool
	At   time.Time
}

// Source hears bindings everywhere on the system. Its methods are safe for concurrent use.
type Source interface {
	// Bind replaces all bindings. What was down is released by an Event first, and counts again when it is pressed anew.
	// The errors wrap ErrTaken, ErrDenied or ErrUnsupported.
	Bind(all []Binding) error
	// Events gives one channel, closed after Close. Nobody has to read it for the source to go on: what is not read is
	// shortened by presses that are over, so that the newest state is in it and no release is ever lost. Who finds it closed takes
	// everything for released.
	Events() <-chan Event
	// Close ends it. A second call does nothing.
	Close() error
}

// What may be in the way.
var (
	ErrUnsupported = errors.New("this system has no keys that work everywhere")
	ErrDenied      = errors.New("keys that work everywhere are not allowed")
	ErrTaken       = errors.New("the key belongs to another program")
	ErrChord       = errors.New("not a key or chord")
)

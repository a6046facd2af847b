// Package ui is the window. It shows what ui/model draws up from the engine's snapshots, and hands commands down:
//
//	engine ─► pump ─► model.Update ─► View ─► one fyne.Do ─► screens          (pump.go, the only place that calls fyne.Do)
//	screens ─► Window.do(call.Command) ─► engine
//
// Nothing else crosses. ui/kit holds the theme and the widgets, which know nothing of calls.
package ui

import (
	"context"
	"log/slog"
	"time"

	"fyne.io/fyne/v2"

	"parley/call"
	"parley/profile"
	"parley/ui/model"
)

// Config is what a Window is made of. cmd/parley puts it together.
type Config struct {
	App     fyne.App // made by the caller, so that this package needs no graphics driver
	Engine  *call.Engine
	Profile *profile.Profile
	Notices []profile.Notice // files of the profile that were broken and are kept aside: to be said

	Key       []byte                                     // own public key
	Safety    func(other []byte) string                  // safety number with the owner of a key: 60 digits, may take milliseconds
	ExportKey func(passphrase string) ([]byte, error)    // as text
	ImportKey func(text []byte, passphrase string) error // takes effect after Restart; the key before is kept aside
	Voice     func(s profile.Settings) call.Voice        // how the settings want the microphone to be treated
	LinkOf    func(s profile.Server) (string, error)     // to connect again to a server of the profile
	Used      func(link, name string) error              // keeps the server of a link as the one used last
	Host      func(ctx context.Context) (Hosting, error) // starts the server in this process, or tells of the one that runs
	Unhost    func() error                               // stops it
	MapPorts  func(on bool)                              // has the router let people elsewhere in to that server, or ends that; waits for its answer
	Router    func() string                              // what it answered, in a sentence; empty: it was not asked
	AutoHost  bool                                       // host at the start
	Downloads string                                     // the folder of this system's user for what was downloaded; empty: there is none
	Restart   func()                                     // ends this process after the window has closed, and starts it anew

	NewConverter func() Converter // one for each picture that is shown

	Keys    GlobalKeys
	Updates Updates
	Desktop Desktop
	Opened  <-chan string // what another start of the program was given: a link, or nothing; the window comes to the front
	Link    string        // what this start was given
	Version string
	Log     *slog.Logger
	Clock   func() time.Duration // the calling thread's CPU time; not nil: frames are measured, for the log
}

// GlobalKeys are the keys that work while another window has the keyboard. Each function may be nil.
type GlobalKeys struct {
	State    func() (text string, ok bool) // whether they work, in words; empty: no key is bound
	Changed  <-chan struct{}               // State says something else
	Rebind   func()                        // the settings name other keys
	Typing   func(bool)                    // a field of text in the window has the focus
	Choosing func(bool)                    // a field waits for the key that is to be chosen
	Window   func(chord string, down bool) // a key of the window itself
	Lift     func()                        // the window lost the keyboard
}

// Updates is what keeps the program current. Where State is nil nothing does.
type Updates struct {
	State    func() UpdateState
	Changed  <-chan struct{} // State says something else
	Check    func()          // looks for a newer version now
	Switched func()          // the settings' switch was turned
}

// UpdateState is how an update stands, in words.
type UpdateState struct {
	Line, Detail string // a sentence, and what more there is to say; the latter may be empty, and hold what a server has sent
	Tone         model.Tone
	News         string  // what is new in it, as its makers have written it; empty: they have not
	Share        float32 // of the download, 0 to 1
	Loading      bool    // it is under way
	Busy         bool    // Check has nothing to do
	Ready        bool    // Restart starts it
	Never        bool    // this build does not update itself
	Say          string  // shown once, wherever one is; empty: nothing is worth it
}

// Hosting is a server in this process.
type Hosting struct {
	Key    string // as profile.Server.Key
	Name   string
	Invite string // to connect with
	Claim  string // makes its user the owner; empty once there is one
	Reach  Reach
	Host   string // HOST:PORT that an invite carries
}

// Reach is who can reach a server in this process, as far as this machine can tell.
type Reach uint8

// The kinds of Reach.
const (
	ReachMachine  Reach = iota // this machine alone
	ReachNetwork               // whoever is in the same network; others once the router maps the port
	ReachInternet              // the address is a public one; a firewall may still be in the way
)

// Desktop is what differs between systems.
type Desktop struct {
	Idle     func() (time.Duration, bool) // since somebody touched this machine; false: the platform does not tell
	Tray     func() bool                  // there is a place for a tray icon
	Minimize func(fyne.Window) bool       // false: it can't
	Surface  func(fyne.Window) Surface    // makes one for a picture, on Fyne's goroutine; nil, or nothing from it: Fyne paints pictures
	// Watch tells from now on, on any goroutine, whether the window can be seen by anybody; that it can is taken for granted. It is
	// called on Fyne's goroutine.
	Watch func(w fyne.Window, seen func(bool))
	// Reveal shows a file in its folder, and does not open the file. It may take its time. Nil: it can't be done.
	Reveal func(path string) error
	// Settled is called on Fyne's goroutine when the start is over for a while, for what only that needed.
	Settled func(fyne.Window)
}

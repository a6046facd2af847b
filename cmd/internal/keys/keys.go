// Package keys is what presses Parley's keys: a source that hears the keyboard everywhere, the window's own keys where there is
// none, and other programs over the control socket. It turns them into what the engine shall do:
//
//	hotkey.Source ──┐
//	the window ─────┴─► hands (keying) ──┐
//	control.sock ─────► others (keying) ─┴─► call.Talk, Prioritize, Whisper; Mute, Deafen ─► engine
//
// One goroutine, run, has all of it; it never waits. A source that asks a person, as a desktop's portal does, has a goroutine of its
// own. Of the source and the window one counts at a time: both hear the same key.
//
// No key sticks. What can no longer be seen is let go of: the window lost the keyboard, the source ended, a program at the socket has
// gone, the machine slept; and with the place, the call or channel, that one was in everything ends, what is locked as well.
package keys

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"parley/call"
	"parley/call/keying"
	"parley/cmd/internal/control"
	"parley/hotkey"
	"parley/profile"
)

// Engine is what keys work; call.Engine is one. Its methods do not wait.
type Engine interface {
	Do(c call.Command)
	Snapshot() *call.Snapshot
}

// Config is what Keys are made of.
type Config struct {
	Engine   Engine
	Settings func() profile.Settings                   // what the keys are, and what they do
	Whisper  func() []string                           // ids of those whom the key for it is for; nil: nobody
	Open     func(*slog.Logger) (hotkey.Source, error) // makes the source, hotkey.Open; nil: no key is heard but over the socket
	Dir      string                                    // the profile's folder, whose lock the caller has, for the socket; empty: there is none
	Log      *slog.Logger                              // never told which keys; nil: nothing is logged

	wall func() time.Time // of tests: time.Now
}

// The bindings' IDs.
const (
	talkID     = "talk"
	priorityID = "priority"
	whisperID  = "whisper"
	muteID     = "mute"
	deafenID   = "deafen"
)

var actions = map[string]keying.Action{talkID: keying.Talk, priorityID: keying.Priority, whisperID: keying.Whisper}

// lookEvery is how often the place and the clocks are looked at while anything is held or locked.
const lookEvery = 100 * time.Millisecond

// maxWhisper is to how many the engine lets one whisper.
const maxWhisper = 64

// sleptAfter is how much later than it should be a look means that the machine slept, or stood still.
const sleptAfter = 5 * time.Second

// Keys are the keys of a running Parley. The methods are safe for concurrent use and wait for nothing.
type Keys struct {
	c      Config
	asked  chan func()
	done   chan struct{} // closed by Close
	ended  chan struct{} // run has ended
	once   sync.Once
	server *control.Server // nil: no socket
	drops  chan time.Time  // capacity 1: see drop
	drop   sync.WaitGroup
	status status

	// run's
	use      use
	keys     chords
	global   *global             // nil: no source is wanted
	events   <-chan hotkey.Event // of the source; nil: there is none
	opened   bool                // a source was asked for
	gone     bool                // and has ended by itself
	works    bool                // it hears the keys, and so the window is not asked
	window   *hotkey.Tracker     // of the window's own keys
	typing   bool                // into a field of text of ours
	choosing bool                // a field of ours waits for a key
	hands    *keying.Keyer       // the person's keys
	others   *keying.Keyer       // what other programs hold
	handsTo  []string            // whom the hands' whispers are for,
	othersTo []string            // and those of other programs
	sent     sent
	place    string // see placeOf
	clocks   clocks
	timer    *time.Timer
	looking  bool // it runs
}

// sent is what the engine was told last.
type sent struct {
	talk, priority bool
	whisper        []string
}

// use is what the key to talk does.
type use uint8

const (
	useless  use = iota // the microphone opens without a key
	toTalk              // it is open by the key
	toSilent            // it is silent by the key
)

// New starts. Where no socket can be made the keys work all the same, and the log says so.
func New(c Config) *Keys {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.wall == nil {
		c.wall = time.Now
	}
	k := &Keys{
		c: c, asked: make(chan func()), done: make(chan struct{}), ended: make(chan struct{}), drops: make(chan time.Time, 1),
		window: hotkey.NewTracker(), hands: keying.New(keying.Config{}), others: keying.New(keying.Config{}),
	}
	k.status.changed, k.status.ok = make(chan struct{}, 1), true
	if c.Open != nil {
		k.global = newGlobal(c.Open, c.Log)
	}
	k.place = placeOf(c.Engine.Snapshot().Place)
	k.timer = time.NewTimer(time.Hour)
	k.timer.Stop()
	k.rebind()
	go k.run()
	if c.Dir != "" {
		var err error
		if k.server, err = control.Listen(c.Dir, controls{k}, c.Log); err != nil {
			c.Log.Warn("no other program can press keys", "err", err)
		} else {
			k.drop.Go(k.dropping)
		}
	}
	return k
}

// Close lets go of everything. A second call does nothing.
func (k *Keys) Close() error {
	var err error
	k.once.Do(func() {
		if k.server != nil {
			err = k.server.Close() // while run still answers it
		}
		close(k.done)
	})
	<-k.ended
	k.drop.Wait()
	return err
}

// do has run do something, and returns when that was done. After Close it is not done.
func (k *Keys) do(f func()) bool {
	did := make(chan struct{})
	select {
	case k.asked <- func() { f(); close(did) }:
		<-did
		return true
	case <-k.ended:
		return false
	}
}

func (k *Keys) run() {
	defer close(k.ended)
	defer k.timer.Stop()
	if k.global != nil {
		defer k.global.close()
	}
	for {
		var bound <-chan outcome
		if k.global != nil {
			bound = k.global.outcomes
		}
		select {
		case <-k.done:
			k.releaseAll()
			k.tell()
			return
		case f := <-k.asked:
			k.look()
			f()
		case e, open := <-k.events:
			k.look()
			k.heard(e, open)
		case o := <-bound:
			k.look()
			k.bound(o)
		case <-k.timer.C:
			k.look()
		}
		k.tell()
	}
}

// heard is an event of the source, or the end of it.
func (k *Keys) heard(e hotkey.Event, open bool) {
	switch {
	case !open:
		k.events, k.gone, k.works = nil, true, false
		k.hands.Release()
		k.status.set(k.keys.status(errGone, false))
	case k.works && !(e.Down && k.writing(e.ID)):
		k.act(e.ID, e.Down, e.At)
	}
}

// writing says whether a key is one that writes, while one does so in our own window.
func (k *Keys) writing(id string) bool { return k.typing && k.keys.writes[id] }

// rebind takes the settings as they are now.
func (k *Keys) rebind() {
	s := k.c.Settings()
	keys, use := chordsOf(s), useOf(s)
	if use != k.use {
		k.releaseAll()
	}
	k.use = use
	hands, others := keyingOf(s, use)
	k.hands.Configure(hands)
	k.others.Configure(others)
	if keys.equal(k.keys) {
		return // who has said no to them once is not asked at every change of a volume
	}
	k.keys = keys
	k.window.Bind(keys.bindings, k.pressed)
	if k.global == nil || len(keys.bindings) == 0 && !k.opened {
		k.status.set(keys.status(hotkey.ErrUnsupported, false))
		return
	}
	k.global.bind(request{keys.bindings, k.gone})
	k.opened, k.gone = true, false
	k.status.set(keys.status(nil, k.works))
}

// bound is what came of the last request to the source.
func (k *Keys) bound(o outcome) {
	if works := o.err == nil; works != k.works {
		k.works = works
		k.window.Release(time.Now(), func(hotkey.Event) {})
		k.hands.Lift()
	}
	k.events = o.events
	k.status.set(k.keys.status(o.err, k.works))
	k.c.Log.Info("keys", "everywhere", k.works)
}

// pressed is a chord of our own window.
func (k *Keys) pressed(e hotkey.Event) {
	if !k.works && !(e.Down && k.writing(e.ID)) {
		k.act(e.ID, e.Down, time.Now())
	}
}

// act is a chord of the hands' that was pressed or let go of.
func (k *Keys) act(id string, down bool, at time.Time) {
	action, held := actions[id]
	switch {
	case down && k.choosing:
	case held && down && id != talkID && k.place == "":
	case held && down && id == whisperID:
		if to := k.chosen(); len(to) > 0 {
			k.handsTo = to
			k.hands.Key(action, down, at)
		}
	case held:
		k.hands.Key(action, down, at)
	case !down:
	case id == muteID:
		k.c.Engine.Do(mute(k.c.Engine.Snapshot(), control.Other))
	case id == deafenID:
		k.c.Engine.Do(deafen(k.c.Engine.Snapshot(), control.Other))
	}
}

// chosen are those whom the key to whisper is for, but for who is held back, whom the engine refuses. Those of this server come first.
// Others are in it too: where none of those chosen is there, nobody hears, and not everybody.
func (k *Keys) chosen() (users []string) {
	if k.c.Whisper == nil {
		return nil
	}
	s := k.c.Engine.Snapshot()
	var others []string
	for _, id := range k.c.Whisper() {
		switch {
		case id == s.Self.User || isHeld(s, id):
		case slices.ContainsFunc(s.Directory.Users, func(u call.User) bool { return u.ID == id }):
			users = append(users, id)
		default:
			others = append(others, id)
		}
	}
	users = append(users, others...)
	return users[:min(len(users), maxWhisper)]
}

func isHeld(s *call.Snapshot, id string) bool {
	return slices.ContainsFunc(s.Place.Peers, func(p call.Peer) bool { return p.User == id && p.Phase == call.Held })
}

// look finds out what nobody tells: that the place is another, or that the machine slept.
func (k *Keys) look() {
	place := placeOf(k.c.Engine.Snapshot().Place)
	slept := k.clocks.look(time.Now(), k.c.wall(), k.looking)
	if place != k.place || slept {
		k.place = place
		k.releaseAll()
	}
}

// placeOf names a channel or call that one is in; empty: none.
func placeOf(p call.Place) string {
	if p.Phase == call.Idle {
		return ""
	}
	return p.Channel + "/" + p.Call
}

// releaseAll ends everything, also what programs hold.
func (k *Keys) releaseAll() {
	k.window.Release(time.Now(), func(hotkey.Event) {})
	k.hands.Release()
	k.others.Release()
	select {
	case <-k.drops:
	default:
	}
	k.drops <- time.Now() // run alone fills it
}

// dropping tells the programs at the socket that they hold nothing any more. It is not done by run, for which the server may be
// waiting.
func (k *Keys) dropping() {
	for {
		select {
		case at := <-k.drops:
			k.server.Drop(at)
		case <-k.ended:
			return
		}
	}
}

// tell tells the engine what has changed, and sees to it that the next change is not missed. Priority and whispers open the
// microphone by themselves: were the key to talk pressed for them too, everybody would hear a whisper that the engine refuses.
func (k *Keys) tell() {
	now := time.Now()
	hands, others := k.hands.State(now), k.others.State(now)
	want := sent{talk: k.use != useless && (hands.Talk || others.Talk), priority: hands.Priority || others.Priority}
	switch { // never to both: neither has chosen the other's
	case hands.Whisper:
		want.whisper = k.handsTo
	case others.Whisper:
		want.whisper = k.othersTo
	}
	if !slices.Equal(want.whisper, k.sent.whisper) {
		k.c.Engine.Do(call.Whisper{To: slices.Clone(want.whisper)})
	}
	if want.priority != k.sent.priority {
		k.c.Engine.Do(call.Prioritize{On: want.priority})
	}
	if want.talk != k.sent.talk {
		k.c.Engine.Do(call.Talk{Down: want.talk})
	}
	k.sent = want
	k.wake(now, want.talk || want.priority || want.whisper != nil || hands.Locked || others.Locked)
}

// wake sets the timer: to the next change that comes by itself, and while anything is held to the next look.
func (k *Keys) wake(now time.Time, held bool) {
	next := now.Add(lookEvery)
	for _, keyer := range []*keying.Keyer{k.hands, k.others} {
		if at, ok := keyer.Next(now); ok {
			held = true
			if at.Before(next) {
				next = at
			}
		}
	}
	if k.looking = held; held {
		k.timer.Reset(next.Sub(now))
	} else {
		k.timer.Stop()
	}
}

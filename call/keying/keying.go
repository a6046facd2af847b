// Package keying says what keys do to the microphone: hold to talk, press to begin and to end, or hold to be silent; and to whom
// one speaks while the keys for priority and for whispering are held. It has no clock: every call is told the time.
//
// No key sticks. A key that was let go of is up after the release delay at the latest, and Release ends everything at once. A clock
// that jumps back or ahead ends a delay.
package keying

import "time"

// Mode is what the key to talk does.
type Mode uint8

// The modes.
const (
	Hold       Mode = iota // the microphone is open while the key is down
	Toggle                 // a press opens it, the next one closes it
	PushToMute             // it is open but while the key is down
)

// Action is what a key is for.
type Action uint8

// The actions. Whoever holds Priority or Whisper need not hold Talk besides: they open the microphone as well.
const (
	Talk     Action = iota
	Priority        // others are turned down meanwhile
	Whisper         // only those chosen before hear it
	actions
)

// Times.
const (
	DefaultDelay = 200 * time.Millisecond
	MaxDelay     = time.Second
	TapWindow    = 300 * time.Millisecond

	// skew is how far two goroutines may be apart that tell the time. More than that is a clock that jumps.
	skew = 50 * time.Millisecond
)

// Config has the settings.
type Config struct {
	Mode Mode
	// Delay is how long a key counts as held after it was let go of, 0 to MaxDelay; what is outside of that is taken for the nearest
	// of the two. People let go on the last syllable. It is for keys that open the microphone: a press that ends Toggle and a key
	// let go of in PushToMute work at once.
	Delay time.Duration
	// DoubleTap lets two taps on Talk lock it down until the next tap, in Hold and PushToMute. Their presses are no more than
	// TapWindow apart, and the second is no longer than TapWindow: who presses again to talk on locks nothing.
	DoubleTap bool
}

// State is what the microphone does.
type State struct {
	Open     bool // it is heard
	Talk     bool // Talk is held, in Toggle pressed, or locked, whatever else is; in PushToMute that is silence
	Priority bool
	Whisper  bool // it is heard by those alone whom it is for. It lasts through the delay: nobody else hears a whisper's end.
	Locked   bool // Talk goes on although its key is up: by two taps, or in Toggle
}

// Keyer keeps count of the keys. It is used by one goroutine at a time and allocates nothing.
type Keyer struct {
	config Config
	keys   [actions]key
	locked bool // Talk, by DoubleTap or Toggle
	taps   taps
}

type key struct {
	down  bool
	tail  bool      // it counts as held for the delay
	letGo time.Time // since when
}

// taps is what is known of taps on Talk.
type taps struct {
	pressed time.Time // the press now, or the last one
	first   bool      // it was a tap, and may be the first of two
	second  bool      // it may be the second of two
	ending  bool      // it ended a lock, and is neither
}

// New makes a Keyer with all keys up.
func New(c Config) *Keyer {
	k := &Keyer{}
	k.Configure(c)
	return k
}

// Configure changes the settings. With another mode everything is released.
func (k *Keyer) Configure(c Config) {
	c.Delay = min(max(c.Delay, 0), MaxDelay)
	was := k.config
	k.config = c
	if c.Mode != was.Mode {
		k.Release()
	} else if !c.DoubleTap && c.Mode != Toggle {
		k.locked, k.taps = false, taps{}
	}
}

// Key tells of a key that went down or up. Telling the same twice is harmless, as is an action that does not exist.
func (k *Keyer) Key(a Action, down bool, at time.Time) {
	if a >= actions || k.keys[a].down == down {
		return
	}
	k.settle(at)
	key := &k.keys[a]
	key.down = down
	key.tail = false
	if !down && (a != Talk || k.config.Mode == Hold) {
		key.tail, key.letGo = true, at
	}
	switch {
	case a != Talk:
	case k.config.Mode == Toggle:
		if down {
			k.locked = !k.locked
		}
	case !k.config.DoubleTap:
	case down:
		k.press(at)
	default:
		k.lift(at)
	}
}

func (k *Keyer) press(at time.Time) {
	t := &k.taps
	*t = taps{pressed: at, ending: k.locked, second: t.first && !k.locked && within(at.Sub(t.pressed), TapWindow)}
	k.locked = false
}

func (k *Keyer) lift(at time.Time) {
	t := &k.taps
	tap := !t.ending && within(at.Sub(t.pressed), TapWindow)
	k.locked = tap && t.second
	t.first = tap && !k.locked
}

// State is what the microphone does at a time. It changes by itself at Next.
func (k *Keyer) State(at time.Time) State {
	k.settle(at)
	s := State{Priority: k.keys[Priority].held(), Whisper: k.keys[Whisper].held(), Locked: k.locked}
	s.Talk = k.locked || k.config.Mode != Toggle && k.keys[Talk].held()
	if k.config.Mode == PushToMute {
		s.Open = !s.Talk
	} else {
		s.Open = s.Talk || s.Priority || s.Whisper
	}
	return s
}

// Next is when the state may change without a key, after that time; ok is false when it does not.
func (k *Keyer) Next(at time.Time) (next time.Time, ok bool) {
	k.settle(at)
	for i := range k.keys {
		if !k.keys[i].tail {
			continue
		}
		if end := k.keys[i].letGo.Add(k.config.Delay); !ok || end.Before(next) {
			next, ok = end, true
		}
	}
	return next, ok
}

// Release ends everything at once, without a delay, what is locked and toggled as well: the machine goes to sleep, the call is
// over, the connection lost. In PushToMute the microphone is open then.
func (k *Keyer) Release() {
	k.Lift()
	k.locked = false
}

// Lift takes all keys for released, at once, but leaves what is locked or toggled as it is: the keys are not to be seen any more, as
// another window has the focus, and nobody holds what is locked.
func (k *Keyer) Lift() {
	k.keys = [actions]key{}
	k.taps = taps{}
}

// settle ends the delays that are over, for good: no clock that jumps brings them back.
func (k *Keyer) settle(at time.Time) {
	for i := range k.keys {
		key := &k.keys[i]
		if since := at.Sub(key.letGo); since >= k.config.Delay || since < -skew {
			key.tail = false
		}
	}
}

func (k *key) held() bool { return k.down || k.tail }

// within says whether d is not longer than most, nor back in time.
func within(d, most time.Duration) bool { return d >= 0 && d <= most }

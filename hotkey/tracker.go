package hotkey

import "time"

// maxKeys is how many keys are followed at a time: more than fingers, less than a broken keyboard could claim.
const maxKeys = 64

// Tracker turns single keys into Events of chords. It has neither clock nor lock: one goroutine at a time uses it, and events are
// emitted before the call returns. emit must not call the Tracker.
//
// A chord goes down with its key, when its modifiers are held already. It goes up with its key or the first of its modifiers, and
// comes back only with another press of the key. More modifiers than it asks for do not prevent it: people crouch with Ctrl while
// they talk. But of two chords of one key the one with more modifiers wins where both could be meant: with M and Ctrl+M bound,
// Ctrl+M is not M. The repeats of a held key are nothing.
type Tracker struct {
	bound []bound
	keys  []Key // that are down, in the order they were pressed
}

type bound struct {
	Binding
	down bool
}

// NewTracker makes one that has no bindings and knows of no key.
func NewTracker() *Tracker {
	return &Tracker{keys: make([]Key, 0, maxKeys)}
}

// Bind replaces the bindings, a copy of which is kept. What is down is released first, in the order of the old bindings; keys that
// are held now count as modifiers, but what they are bound to begins with another press. The releases bear no time, as there is no
// clock here; the queue sets it.
func (t *Tracker) Bind(all []Binding, emit func(Event)) {
	t.releaseAll(time.Time{}, emit)
	t.bound = make([]bound, 0, len(all))
	for _, b := range all {
		if b.Chord.Key != "" {
			t.bound = append(t.bound, bound{Binding: b})
		}
	}
}

// Key tells of one key that went down or up. Telling the same twice is harmless.
func (t *Tracker) Key(k Key, down bool, at time.Time, emit func(Event)) {
	if down {
		t.press(k, at, emit)
	} else {
		t.lift(k, at, emit)
	}
}

func (t *Tracker) press(k Key, at time.Time, emit func(Event)) {
	if t.has(k) || len(t.keys) == maxKeys {
		return
	}
	mods := t.mods() // before this key: Ctrl is not held before itself
	t.keys = append(t.keys, k)
	for i := range t.bound {
		b := &t.bound[i]
		if b.Chord.Key != k || b.Chord.Mods&^mods != 0 || t.outdone(b.Chord, mods) {
			continue
		}
		was := t.isDown(b.ID)
		if b.down = true; !was {
			emit(Event{ID: b.ID, Down: true, At: at})
		}
	}
}

func (t *Tracker) lift(k Key, at time.Time, emit func(Event)) {
	for i := range t.keys {
		if t.keys[i] == k {
			t.keys = append(t.keys[:i], t.keys[i+1:]...)
			break
		}
	}
	mods := t.mods() // the other Ctrl may still be there
	for i := range t.bound {
		b := &t.bound[i]
		if b.down && (b.Chord.Key == k || b.Chord.Mods&^mods != 0) {
			if b.down = false; !t.isDown(b.ID) {
				emit(Event{ID: b.ID, At: at})
			}
		}
	}
}

// Release lets go of everything: the connection is lost, the session suspended, or others get the keys and not we. Keys that are
// held all the same are known again when they are told of.
func (t *Tracker) Release(at time.Time, emit func(Event)) {
	t.keys = t.keys[:0]
	t.releaseAll(at, emit)
}

func (t *Tracker) releaseAll(at time.Time, emit func(Event)) {
	for i := range t.bound {
		b := &t.bound[i]
		if b.down {
			if b.down = false; !t.isDown(b.ID) {
				emit(Event{ID: b.ID, At: at})
			}
		}
	}
}

// Held is the IDs that are down, in the order of the bindings.
func (t *Tracker) Held() []string {
	var ids []string
	for i, b := range t.bound {
		if b.down && !heldBefore(t.bound[:i], b.ID) {
			ids = append(ids, b.ID)
		}
	}
	return ids
}

// outdone says whether another chord of the same key has all these modifiers and more, all of them held.
func (t *Tracker) outdone(c Chord, mods Mods) bool {
	for i := range t.bound {
		o := t.bound[i].Chord
		if o.Key == c.Key && o.Mods != c.Mods && o.Mods&c.Mods == c.Mods && o.Mods&^mods == 0 {
			return true
		}
	}
	return false
}

func (t *Tracker) isDown(id string) bool { return heldBefore(t.bound, id) }

func heldBefore(bound []bound, id string) bool {
	for i := range bound {
		if bound[i].down && bound[i].ID == id {
			return true
		}
	}
	return false
}

func (t *Tracker) has(k Key) bool {
	for _, key := range t.keys {
		if key == k {
			return true
		}
	}
	return false
}

func (t *Tracker) mods() (m Mods) {
	for _, key := range t.keys {
		m |= modifiers[key]
	}
	return m
}

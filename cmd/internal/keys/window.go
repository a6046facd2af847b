package keys

import (
	"time"

	"parley/hotkey"
)

// Status says whether the keys work, for a person; empty: no key is bound.
func (k *Keys) Status() (text string, ok bool) {
	k.status.mu.Lock()
	defer k.status.mu.Unlock()
	return k.status.text, k.status.ok
}

// Changed gets a value when Status has changed.
func (k *Keys) Changed() <-chan struct{} { return k.status.changed }

// Rebind takes the settings as they are now.
func (k *Keys) Rebind() { k.do(k.rebind) }

// Typing tells whether a field of text in our own window has the focus.
func (k *Keys) Typing(on bool) { k.do(func() { k.typing = on }) }

// Choosing tells whether a field in the settings waits for the key that is to be chosen: until it has it no key does anything.
func (k *Keys) Choosing(on bool) {
	k.do(func() {
		if k.choosing = on; on {
			k.hands.Lift()
		}
	})
}

// Window tells of a single key of our own window that went down or up, by Fyne's name or hotkey's. It counts where no source hears
// keys everywhere.
func (k *Keys) Window(key string, down bool) {
	chord, err := Parse(key)
	if err != nil || chord.Mods != 0 {
		return
	}
	k.do(func() { k.window.Key(chord.Key, down, time.Now(), k.pressed) })
}

// Lift tells that our own window lost the keyboard: it sees no key any more that is let go of.
func (k *Keys) Lift() {
	k.do(func() {
		k.window.Release(time.Now(), func(hotkey.Event) {})
		if !k.works {
			k.hands.Lift()
		}
	})
}

package control

import (
	"sync"
	"time"
)

// board knows who holds what. Its methods are safe for concurrent use.
type board struct {
	controls Controls

	mu     sync.Mutex
	held   [keys]*hold
	lifted time.Time // when everything was let go of, by who did it
}

// hold is a key that somebody holds. by is nil for toggle, which holds without a connection.
type hold struct {
	by    *client
	since time.Time
}

// do does what a client asks. Another that loses by it what it held is told.
func (b *board) do(c command, by *client, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.at.IsZero() {
		c.at = now
	}
	switch c.do {
	case press:
		return b.press(c, by)
	case lift:
		b.lift(c.at, by)
	case toggle:
		if b.held != [keys]*hold{} {
			b.lift(c.at, by)
			return nil
		}
		return b.press(c, nil)
	case mute:
		return b.controls.Mute(c.set)
	case deafen:
		return b.controls.Deafen(c.set)
	}
	return nil
}

// press gives a key to a client, or to nobody. Who had it is told.
func (b *board) press(c command, by *client) error {
	if late := b.lifted.Sub(c.at); by != nil && late > 0 && late <= maxLate { // more than that is a clock that was set
		by.lost()
		return nil
	}
	if err := b.controls.Press(c.key, c.to); err != nil {
		return err
	}
	if old := b.held[c.key]; old != nil && old.by != by {
		b.held[c.key] = nil
		b.tell(old.by)
	}
	b.held[c.key] = &hold{by, time.Now()}
	return nil
}

// lift lets go of everything. Who did it knows it.
func (b *board) lift(at time.Time, by *client) {
	b.lifted = at
	for k, h := range b.held {
		if h == nil {
			continue
		}
		b.held[k] = nil
		b.controls.Release(Key(k))
		if h.by != by {
			b.tell(h.by)
		}
	}
}

// tell says so to a client that holds nothing any more.
func (b *board) tell(c *client) {
	if c != nil && !b.holdsLocked(c) {
		c.lost()
	}
}

// leave lets go of what a client holds. It has gone.
func (b *board) leave(c *client) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, h := range b.held {
		if h != nil && h.by == c {
			b.held[k] = nil
			b.controls.Release(Key(k))
		}
	}
}

// drop lets go of what was held at a time.
func (b *board) drop(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, h := range b.held {
		if h != nil && !h.since.After(at) {
			b.held[k] = nil
			b.controls.Release(Key(k))
			b.tell(h.by)
		}
	}
}

// clear lets go of everything, as the server ends.
func (b *board) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, h := range b.held {
		if h != nil {
			b.held[k] = nil
			b.controls.Release(Key(k))
		}
	}
}

func (b *board) holds(c *client) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.holdsLocked(c)
}

func (b *board) holdsLocked(c *client) bool {
	for _, h := range b.held {
		if h != nil && h.by == c {
			return true
		}
	}
	return false
}

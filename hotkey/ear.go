package hotkey

import (
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// ear is what the sources of Windows and macOS share. The system calls us on a thread of its own, waits meanwhile, and takes the
// hook away from who is slow: there a change is put into a channel and nothing else is done. Here it becomes events.
//
// What the system says is not believed for long: every 100 ms it is asked whether the keys that are held are down. One that was
// seen down and is not any more, two times in a row, is released; two, as its state lags behind what hooks are told. One that was
// never seen down has longer: a program that is asked after us keeps the key to itself (a remapped one), and while it
// repeats it is held.
type ear struct {
	keyOf func(code uint32) Key         // names a key; "" is none of ours
	truth func(code uint32) (down bool) // asks the system
	queue *queue
	heard chan change
	upset chan struct{} // capacity 1: what is held is not known any more
	done  chan struct{}
	ended chan struct{}
	once  sync.Once

	mu      sync.Mutex
	tracker *Tracker
	closed  bool

	held map[Key]*pressed // run's
}

// change is a key that went down or up.
type change struct {
	code uint32
	down bool
	at   time.Time
}

// pressed is a key that is down.
type pressed struct {
	code    uint32
	since   time.Time // of the press, or of its last repeat
	seen    bool      // it was down in truth
	missing int       // how often in a row it was not
}

const (
	maxChanges  = 256
	truthEvery  = 100 * time.Millisecond
	maxMissing  = 2
	unseenUntil = 1500 * time.Millisecond // longer than the second that a key takes at most to repeat
)

// newEar begins. Who asks ends it by close.
func newEar(keyOf func(uint32) Key, truth func(uint32) bool) *ear {
	e := &ear{
		keyOf: keyOf, truth: truth, queue: newQueue(), tracker: NewTracker(), held: map[Key]*pressed{},
		heard: make(chan change, maxChanges), upset: make(chan struct{}, 1), done: make(chan struct{}), ended: make(chan struct{}),
	}
	go e.run()
	return e
}

// hear takes a change on the system's thread. It neither blocks nor allocates. When there is no room for it, all is released.
func (e *ear) hear(code uint32, down bool, at time.Time) {
	select {
	case e.heard <- change{code, down, at}:
	default:
		e.release()
	}
}

// release lets go of everything, as changes may have been missed. It does not block.
func (e *ear) release() {
	select {
	case e.upset <- struct{}{}:
	default:
	}
}

func (e *ear) bind(all []Binding) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return os.ErrClosed
	}
	now := time.Now()
	e.tracker.Bind(all, func(event Event) {
		event.At = now
		e.queue.put(event)
	})
	return nil
}

// close returns when nothing of it runs any more. hear and release may be called after it.
func (e *ear) close() {
	e.once.Do(func() {
		close(e.done)
		<-e.ended
		e.mu.Lock()
		e.closed = true
		e.mu.Unlock()
		e.queue.close()
	})
	<-e.ended
}

func (e *ear) run() {
	defer close(e.ended)
	var ask *time.Ticker // while something is held
	var tick <-chan time.Time
	defer func() {
		if ask != nil {
			ask.Stop()
		}
	}()
	for {
		select {
		case <-e.done:
			return
		case c := <-e.heard:
			e.change(c)
		case <-e.upset:
			e.forget()
		case now := <-tick:
			e.doubt(now)
		}
		switch {
		case len(e.held) > 0 && ask == nil:
			ask = time.NewTicker(truthEvery)
			tick = ask.C
		case len(e.held) == 0 && ask != nil:
			ask.Stop()
			ask, tick = nil, nil
		}
	}
}

func (e *ear) change(c change) {
	k := e.keyOf(c.code)
	if k == "" {
		return
	}
	switch h := e.held[k]; {
	case !c.down:
		delete(e.held, k)
	case h != nil: // a repeat; its virtual key changes with Num Lock
		h.code, h.since, h.missing = c.code, c.at, 0
	default:
		e.held[k] = &pressed{code: c.code, since: c.at}
	}
	e.tell(k, c.down, c.at)
}

// forget drops what waits: it is from before, or has a hole.
func (e *ear) forget() {
	for {
		select {
		case <-e.heard:
			continue
		default:
		}
		break
	}
	clear(e.held)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tracker.Release(time.Now(), e.queue.put)
}

// doubt asks the system about each key that is held, and releases those that are up in truth.
func (e *ear) doubt(now time.Time) {
	for k, h := range e.held {
		if e.truth(h.code) {
			h.seen, h.missing = true, 0
			continue
		}
		h.missing++
		if h.seen && h.missing >= maxMissing || !h.seen && now.Sub(h.since) >= unseenUntil {
			delete(e.held, k)
			e.tell(k, false, now)
		}
	}
}

func (e *ear) tell(k Key, down bool, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tracker.Key(k, down, at, e.queue.put)
}

// bindsMouse says whether a button of the mouse is among them.
func bindsMouse(all []Binding) bool {
	return slices.ContainsFunc(all, func(b Binding) bool { return strings.HasPrefix(string(b.Chord.Key), "Mouse") })
}

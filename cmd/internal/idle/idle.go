// Package idle tells for how long nobody has touched this machine, where the platform says: X11's screen saver extension,
// Windows' last input. Wayland tells no program, and X11 beneath it counts only what its own windows get, which is worse than
// nothing.
package idle

import (
	"errors"
	"sync"
	"time"
)

// source is one platform's way to ask. Only one goroutine uses it.
type source interface {
	idle() (time.Duration, error)
	close()
}

var errUnknown = errors.New("the platform does not tell")

const (
	patience = time.Second      // for an answer: the display may be far, or hang
	again    = 10 * time.Second // between two attempts to reach a source
)

// Watcher asks when it is asked, over a connection that it keeps and makes anew when it is lost. It must be made by New.
type Watcher struct {
	open  func() (source, error)
	now   func() time.Time
	limit time.Duration
	asks  chan chan answer
	quit  chan struct{}
	once  sync.Once
}

type answer struct {
	since time.Duration
	ok    bool
}

// New makes a Watcher for this machine. It connects when it is asked first.
func New() *Watcher { return newWatcher(openSource, time.Now, patience) }

func newWatcher(open func() (source, error), now func() time.Time, limit time.Duration) *Watcher {
	w := &Watcher{open: open, now: now, limit: limit, asks: make(chan chan answer), quit: make(chan struct{})}
	go w.run()
	return w
}

// Since is how long ago somebody touched this machine's keyboard or mouse. False: nobody knows, or not within a second. It
// may be called from any goroutine.
func (w *Watcher) Since() (time.Duration, bool) {
	late := time.NewTimer(w.limit)
	defer late.Stop()
	back := make(chan answer, 1) // so that a late answer holds nobody up
	select {
	case w.asks <- back:
	case <-late.C: // the last question still hangs
		return 0, false
	case <-w.quit:
		return 0, false
	}
	select {
	case a := <-back:
		return a.since, a.ok
	case <-late.C:
		return 0, false
	case <-w.quit:
		return 0, false
	}
}

// Close ends the connection and does not wait for an answer that hangs. Since tells nothing afterwards.
func (w *Watcher) Close() { w.once.Do(func() { close(w.quit) }) }

// run owns the source: a goroutine of its own, because nothing bounds how long a display may take.
func (w *Watcher) run() {
	var s source
	defer func() {
		if s != nil {
			s.close()
		}
	}()
	var next time.Time // no attempt to reach a source before
	for {
		var back chan answer
		select {
		case back = <-w.asks:
		case <-w.quit:
			return
		}
		if s == nil && !w.now().Before(next) {
			var err error
			if s, err = w.open(); err != nil {
				s, next = nil, w.now().Add(again)
			}
		}
		var a answer
		if s != nil {
			since, err := s.idle()
			if a = (answer{since, err == nil && since >= 0}); err != nil {
				s.close()
				s, next = nil, w.now() // lost: once at once, and then with patience
			}
		}
		back <- a
	}
}

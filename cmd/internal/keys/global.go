package keys

import (
	"log/slog"
	"sync"

	"parley/hotkey"
)

// global owns the source. To open it, and to have keys bound, may take as long as a person reads a dialog; so it has a goroutine of its
// own, which does one thing after the other.
type global struct {
	open     func(*slog.Logger) (hotkey.Source, error)
	log      *slog.Logger
	asked    chan request // capacity 1: the newest
	outcomes chan outcome
	done     chan struct{}

	mu     sync.Mutex
	source hotkey.Source // nil: none
	closed bool
}

type request struct {
	all   []hotkey.Binding
	fresh bool // the source that was there has ended
}

// outcome is what came of the newest request.
type outcome struct {
	events <-chan hotkey.Event // of the source, if there is one, bound or not
	err    error
}

func newGlobal(open func(*slog.Logger) (hotkey.Source, error), log *slog.Logger) *global {
	g := &global{open: open, log: log, asked: make(chan request, 1), outcomes: make(chan outcome), done: make(chan struct{})}
	go g.run()
	return g
}

// bind asks for keys in the place of those before. It does not wait. One goroutine calls it.
func (g *global) bind(r request) {
	select {
	case old := <-g.asked:
		r.fresh = r.fresh || old.fresh
	default:
	}
	g.asked <- r
}

func (g *global) run() {
	for {
		select {
		case <-g.done:
			return
		case r := <-g.asked:
			o := g.carryOut(r)
			if len(g.asked) > 0 { // nobody wants to know any more
				continue
			}
			select {
			case g.outcomes <- o:
			case <-g.done:
				return
			}
		}
	}
}

func (g *global) carryOut(r request) outcome {
	g.mu.Lock()
	source := g.source
	g.mu.Unlock()
	if source != nil && r.fresh {
		_ = source.Close() // of one that has ended there is nothing to tell
		source = nil
	}
	if source == nil {
		var err error
		if source, err = g.open(g.log); err != nil {
			g.keep(nil)
			return outcome{err: err}
		}
		g.keep(source)
	}
	return outcome{source.Events(), source.Bind(r.all)}
}

// keep keeps the source, or ends it where it comes too late.
func (g *global) keep(source hotkey.Source) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.source = source
	if g.closed && source != nil {
		_ = source.Close()
	}
}

// close ends the source, and with it a question that stands. One that is just being opened ends by itself.
func (g *global) close() {
	close(g.done)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	if g.source != nil {
		_ = g.source.Close()
	}
}

package hotkey

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	busPatience    = 5 * time.Second        // for the bus, and for a portal that may have to be started first
	dialogPatience = 30 * time.Second       // for a person who reads a dialog
	shortPause     = 500 * time.Millisecond // before the first attempt to get the shortcuts back
	longPause      = time.Minute            // between the later ones, each pause being twice the one before
)

// elsewhere is for who has to do without.
const elsewhere = "give `parleyctl ptt` a key in the desktop's own settings"

var (
	errClosed   = fmt.Errorf("%w: the source is closed", ErrUnsupported)
	errReplaced = fmt.Errorf("%w: other keys were asked for before the desktop had answered", ErrDenied)
	errLost     = fmt.Errorf("%w: the desktop's portal went away while it was asked", ErrUnsupported)
)

// portal is the Source of Wayland desktops: GlobalShortcuts of xdg-desktop-portal over D-Bus, version 1
// (org.freedesktop.portal.GlobalShortcuts.xml of xdg-desktop-portal 1.16). The desktop may ask the user, who decides about the keys:
// a Chord is only what we propose.
//
// One goroutine, run, decides what is to be done. An attempt, which may last as long as a dialog, is a goroutine of its own. Presses
// and releases pass by both: they go from the bus into the queue, see link.
type portal struct {
	log    *slog.Logger
	dial   dialFunc
	events *queue
	asked  chan ask
	ctx    context.Context // ends with Close
	stop   context.CancelFunc
	done   chan struct{} // run has ended
}

// dialFunc opens a connection to the session's bus, on which nothing has been said yet.
type dialFunc func(...dbus.ConnOption) (*dbus.Conn, error)

// ask is one Bind.
type ask struct {
	all    []shortcut
	answer chan error // capacity 1
}

// openPortal connects to the session's bus and asks for a portal with global shortcuts, for at most five seconds. The error wraps
// ErrUnsupported. When the bus, the portal or the desktop's part behind it ends later on, all that is down is released, and what was
// bound is bound again as soon as it can be.
func openPortal(log *slog.Logger) (Source, error) {
	return newPortal(log, dbus.SessionBusPrivateNoAutoStartup)
}

func newPortal(log *slog.Logger, dial dialFunc) (*portal, error) {
	p := &portal{log: log, dial: dial, events: newQueue(), asked: make(chan ask), done: make(chan struct{})}
	p.ctx, p.stop = context.WithCancel(context.Background())
	l, err := p.connect(p.ctx)
	if err != nil {
		p.stop()
		p.events.close()
		return nil, err
	}
	go p.run(l)
	return p, nil
}

// Events gives the presses and releases.
func (p *portal) Events() <-chan Event { return p.events.C() }

// Bind asks the desktop, which may ask the user: it can take 30 seconds, and ends earlier with Close or another Bind. After an error
// nothing is bound. No error does not mean that every binding has a key: the user may have left some without.
func (p *portal) Bind(all []Binding) error {
	list, err := shortcutsOf(all)
	if err != nil {
		return err
	}
	a := ask{list, make(chan error, 1)}
	select {
	case p.asked <- a:
	case <-p.ctx.Done():
		return errClosed
	}
	select {
	case err := <-a.answer:
		return err
	case <-p.done:
		return errClosed
	}
}

// Close ends it, and a dialog that is open. The portal forgets sessions whose connection has ended, so it isn't told.
func (p *portal) Close() error {
	p.stop()
	<-p.done
	return nil
}

// attempt is one try to have the shortcuts bound.
type attempt struct {
	all    []shortcut
	answer chan<- error // nil: nobody waits, they are bound again
	cancel context.CancelCauseFunc
	done   chan struct{} // link and err are set

	link *link // may be nil
	err  error
}

// state is what run knows.
type state struct {
	link   *link      // nil without a bus
	trying *attempt   // nil when nothing is tried
	bound  []shortcut // what is to be bound again when it is lost
	since  time.Time  // when they were bound
	retry  *time.Timer
	due    time.Time     // when it fires, or fired
	pause  time.Duration // before the next retry
}

func (p *portal) run(l *link) {
	defer close(p.done)
	defer p.events.close()
	s := state{link: l, retry: time.NewTimer(time.Hour), pause: shortPause}
	s.retry.Stop()
	defer s.retry.Stop()
	for {
		var tried, gone <-chan struct{}
		var lost, back <-chan struct{}
		if s.trying != nil {
			tried = s.trying.done
		}
		if s.link != nil {
			gone, lost, back = s.link.conn.Context().Done(), s.link.lost, s.link.back
		}
		select {
		case <-p.ctx.Done():
			return
		case a := <-p.asked:
			p.cancel(&s, errReplaced)
			s.bound, s.pause = nil, shortPause
			p.try(&s, a.all, a.answer)
		case <-tried:
			p.tried(&s)
		case <-gone:
			s.link.forget()
			p.lose(&s, "the bus is gone")
			if s.link != nil && s.link.conn.Context().Err() != nil { // an attempt may have made a new one
				s.link = nil
			}
		case <-lost:
			p.lose(&s, "the desktop's part ended")
		case <-back:
			if s.trying == nil && time.Until(s.due) > shortPause { // it was waiting, and need not any more
				s.after(shortPause)
			}
		case <-s.retry.C:
			if s.trying == nil {
				p.try(&s, s.bound, nil)
			}
		}
	}
}

// lose is when what was bound no longer is. Who had asked for it meanwhile is told; otherwise it is bound again after a pause, which
// grows when that does not last.
func (p *portal) lose(s *state, why string) {
	p.cancel(s, errLost)
	if len(s.bound) == 0 || time.Until(s.due) > 0 { // they are waited for already
		return
	}
	if time.Since(s.since) > longPause {
		s.pause = shortPause
	}
	p.log.Warn("Global shortcuts are lost and will be asked for again.", "why", why, "pause", s.pause)
	p.later(s)
}

func (p *portal) later(s *state) {
	s.after(s.pause)
	s.pause = min(2*s.pause, longPause)
}

func (s *state) after(pause time.Duration) {
	s.retry.Reset(pause)
	s.due = time.Now().Add(pause)
}

// try starts an attempt. There must be none.
func (p *portal) try(s *state, all []shortcut, answer chan<- error) {
	s.retry.Stop()
	s.due = time.Time{}
	ctx, cancel := context.WithCancelCause(p.ctx)
	t := &attempt{all: all, answer: answer, cancel: cancel, done: make(chan struct{}), link: s.link}
	s.trying = t
	if t.link != nil {
		t.link.release() // here, so that it is before anything that comes of the attempt
	}
	go func() {
		defer cancel(nil)
		defer close(t.done)
		t.err = p.bind(ctx, t)
	}()
}

// cancel ends the attempt, if there is one, and waits for it. It is over at once as all that it waits for ends with its context.
func (p *portal) cancel(s *state, why error) {
	if s.trying == nil {
		return
	}
	s.trying.cancel(why)
	select {
	case <-s.trying.done:
		p.tried(s)
	case <-p.ctx.Done():
	}
}

// tried is what comes of an attempt.
func (p *portal) tried(s *state) {
	t := s.trying
	s.trying = nil
	s.link = t.link
	again := t.answer == nil
	switch {
	case t.err == nil:
		s.bound, s.since = t.all, time.Now()
	case again && !errors.Is(t.err, ErrDenied):
		p.log.Info("Global shortcuts are not back.", "err", t.err, "pause", s.pause)
		p.later(s)
	default: // a dialog that was answered with no, or not at all, is not shown again and again
		s.bound = nil
		if again && !errors.Is(t.err, errReplaced) {
			p.log.Warn("Global shortcuts did not come back.", "err", t.err)
		}
	}
	if t.answer != nil {
		t.answer <- t.err
	}
}

// bind connects where it has to, and binds what t has in a new session, as a session can bind only once.
func (p *portal) bind(ctx context.Context, t *attempt) error {
	if t.link != nil && t.link.conn.Context().Err() != nil {
		t.link.forget()
		t.link = nil
	}
	if t.link == nil {
		if len(t.all) == 0 {
			return nil
		}
		l, err := p.connect(ctx)
		if err != nil {
			return err
		}
		t.link = l
	}
	t.link.leave(ctx)
	if len(t.all) == 0 {
		return nil
	}
	err := t.link.enter(ctx, t.all)
	if err != nil {
		t.link.leave(ctx)
	}
	return err
}

// connect gives a connection to a portal that has global shortcuts. What connects does not heed ctx at every step, so it is left
// behind when ctx or our patience ends.
func (p *portal) connect(ctx context.Context) (*link, error) {
	type result struct {
		l   *link
		err error
	}
	patience, cancel := context.WithTimeout(ctx, busPatience)
	defer cancel()
	came := make(chan result, 1)
	life, end := context.WithCancel(p.ctx) // the connection's
	go func() {
		l, err := newLink(life, patience, p.dial, p.events, p.log)
		came <- result{l, err}
	}()
	select {
	case r := <-came:
		if r.err != nil {
			end()
			return nil, r.err
		}
		context.AfterFunc(r.l.conn.Context(), end)
		return r.l, nil
	case <-patience.Done():
		end()
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, fmt.Errorf("%w: the session's bus or the desktop's portal does not answer: %s", ErrUnsupported, elsewhere)
	}
}

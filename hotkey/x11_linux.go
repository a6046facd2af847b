package hotkey

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// x11 hears keys by XInput2's raw events, which come to whoever asks, whichever window has the focus, and are taken away from
// nobody. A grab (XGrabKey) would be one of the whole keyboard while its key is held: who talks could not type or steer a game. Of
// a held key that repeats, raw events have presses or nothing, never a release.
//
// A server without XInput2 is asked for the state of all keys 100 times a second instead; of mouse buttons it tells only 1 to 3.
//
// What a server says is not believed for long: while anything is held it is asked four times a second whether that is so. A key
// that it has not down two times in a row is released; one time is not enough, as the server's state may lag behind its events
// while a window manager holds them back. With a server that does not answer, or is gone, all is released, and it is connected to
// again. Keys that are held then are pressed again by what the server says; buttons have to be pressed by the person.
type x11 struct {
	dial  func(context.Context) (*xconn, error)
	log   *slog.Logger
	queue *queue
	end   context.CancelFunc
	ended chan struct{}

	mu      sync.Mutex
	tracker *Tracker
}

const (
	heldEvery  = 250 * time.Millisecond // how often it is asked about what is held
	idleEvery  = 10 * time.Second       // and when nothing is: is it still there?
	pollEvery  = 10 * time.Millisecond  // without XInput2
	firstPause = time.Second            // before it is connected to again
	maxPause   = 30 * time.Second
)

var errSilent = errors.New("it does not answer")

// openX11 connects to the X server that DISPLAY names.
func openX11(log *slog.Logger) (Source, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s, err := newX11(log, dialX)
	if err != nil {
		return nil, fmt.Errorf("hear keys from the X server: %w", err)
	}
	return s, nil
}

func newX11(log *slog.Logger, dial func(context.Context) (*xconn, error)) (*x11, error) {
	ctx, end := context.WithCancel(context.Background())
	c, err := dial(ctx)
	if err != nil {
		end()
		if !errors.Is(err, ErrDenied) {
			err = errors.Join(ErrUnsupported, err)
		}
		return nil, err
	}
	s := &x11{dial: dial, log: log, queue: newQueue(), end: end, ended: make(chan struct{}), tracker: NewTracker()}
	go s.run(ctx, c)
	return s, nil
}

// Bind implements Source. Nothing can be taken: other programs hear the same keys.
func (s *x11) Bind(all []Binding) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.tracker.Bind(all, func(e Event) {
		e.At = now
		s.queue.put(e)
	})
	return nil
}

// Events implements Source.
func (s *x11) Events() <-chan Event { return s.queue.C() }

// Close implements Source. It returns when nothing of it runs any more.
func (s *x11) Close() error {
	s.end()
	<-s.ended
	s.queue.close()
	return nil
}

func (s *x11) run(ctx context.Context, c *xconn) {
	defer close(s.ended)
	for c != nil {
		if c.input == 0 {
			s.log.Info("hotkeys: the X server has no XInput2, keys are polled")
		}
		err := s.listen(ctx, c)
		s.release()
		if ctx.Err() != nil {
			return
		}
		s.log.Warn("hotkeys: the X server is lost", "err", err)
		c = s.again(ctx)
	}
}

// again connects until it is connected, or nil at the end of ctx.
func (s *x11) again(ctx context.Context) *xconn {
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		if c, err := s.dial(ctx); err == nil {
			s.log.Info("hotkeys: the X server is back")
			return c
		}
	}
}

// listen hears keys until the connection is of no use any more, and closes it.
func (s *x11) listen(ctx context.Context, c *xconn) error {
	ctx, cancel := context.WithCancel(ctx)
	var reader sync.WaitGroup
	defer reader.Wait()
	defer c.net.Close()
	defer cancel()
	reader.Go(func() { c.listen(ctx) })
	w := xwatch{x11: s, conn: c, held: map[Key]*heldKey{}, ask: time.NewTimer(0)}
	defer w.ask.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.ask.C:
			if w.waiting {
				return errSilent
			}
			var err error
			if w.keymap, w.pointer, err = c.askState(); err != nil {
				return err
			}
			w.waiting = true
			w.ask.Reset(patience)
		case m, ok := <-c.messages:
			if !ok {
				return c.why
			}
			if err := w.hear(m); err != nil {
				return err
			}
		}
	}
}

func (s *x11) key(k Key, down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tracker.Key(k, down, time.Now(), s.queue.put)
}

func (s *x11) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tracker.Release(time.Now(), s.queue.put)
}

// xwatch is what is known of the keys on one connection.
type xwatch struct {
	*x11
	conn            *xconn
	held            map[Key]*heldKey
	ask             *time.Timer // for the next question, or for the answer to the last one
	waiting         bool        // for the answers with these numbers
	keymap, pointer uint16
	begun           bool // the first answer is there
}

// heldKey is one that is down.
type heldKey struct {
	code   uint32
	button bool
	doubts int // how often in a row the server did not have it down
}

// maxDoubts is how often is too often, where events come, too.
const maxDoubts = 2

func (w *xwatch) hear(m []byte) error {
	sequence := le.Uint16(m[2:])
	switch kind := m[0] &^ 0x80; {
	case m[0] == isError:
		return fmt.Errorf("error %d to request %d", m[1], m[10])
	case m[0] == isReply && w.waiting && sequence == w.keymap:
		if len(m) < 40 {
			return errors.New("a reply is too short")
		}
		w.keys([32]byte(m[8:40]))
	case m[0] == isReply && w.waiting && sequence == w.pointer:
		w.buttons(w.conn.buttonsOf(m))
		w.waiting = false
		w.ask.Reset(w.pace())
	case kind == genericEvent && m[1] == w.conn.input && m[0] == genericEvent: // and not one that another program made up
		w.event(le.Uint16(m[8:]), le.Uint32(m[16:]))
	}
	return nil
}

func (w *xwatch) pace() time.Duration {
	switch {
	case w.conn.input == 0:
		return pollEvery
	case len(w.held) > 0:
		return heldEvery
	}
	return idleEvery
}

func (w *xwatch) event(kind uint16, detail uint32) {
	switch kind {
	case rawKeyPress:
		w.press(xKey(detail), heldKey{code: detail})
	case rawKeyRelease:
		w.lift(xKey(detail))
	case rawButtonPress:
		w.press(xButton(detail), heldKey{code: detail, button: true})
	case rawButtonRelease:
		w.lift(xButton(detail))
	}
}

func (w *xwatch) press(k Key, h heldKey) {
	if k == "" {
		return
	}
	if len(w.held) == 0 && !w.waiting && w.conn.input != 0 {
		w.ask.Reset(heldEvery)
	}
	w.held[k] = &h
	w.key(k, true)
}

func (w *xwatch) lift(k Key) {
	if k != "" {
		delete(w.held, k)
		w.key(k, false)
	}
}

// keys compares what is held with what the server has down. Only at first, and without events, are its keys taken for pressed.
func (w *xwatch) keys(down [32]byte) {
	isDown := func(code uint32) bool { return down[code/8]>>(code%8)&1 == 1 }
	for k, h := range w.held {
		if !h.button {
			w.doubt(k, h, isDown(h.code))
		}
	}
	if w.begun && w.conn.input != 0 {
		return
	}
	w.begun = true
	for code := range uint32(256) {
		if k := xKey(code); isDown(code) && w.held[k] == nil {
			w.press(k, heldKey{code: code})
		}
	}
}

// buttons does the same. Events have buttons by their place and answers by what they are swapped for, so that events are doubted
// only when there is no button down at all.
func (w *xwatch) buttons(down uint32) {
	for k, h := range w.held {
		if h.button {
			w.doubt(k, h, down>>h.code&1 == 1 || w.conn.input != 0 && down != 0)
		}
	}
	for n := uint32(1); w.conn.input == 0 && n <= 3; n++ {
		if k := xButton(n); down>>n&1 == 1 && w.held[k] == nil {
			w.press(k, heldKey{code: n, button: true})
		}
	}
}

func (w *xwatch) doubt(k Key, h *heldKey, down bool) {
	if down {
		h.doubts = 0
		return
	}
	if h.doubts++; h.doubts >= maxDoubts || w.conn.input == 0 {
		w.lift(k)
	}
}

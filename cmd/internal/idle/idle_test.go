package idle

import (
	"errors"
	"sync"
	"testing"
	"time"
)

// fake is a source whose answers and hang-ups the test decides.
type fake struct {
	mu     sync.Mutex
	opened int
	closed chan struct{} // gets one for each close
	refuse error
	answer func() (time.Duration, error)
}

func newFake(answer func() (time.Duration, error)) *fake {
	return &fake{closed: make(chan struct{}, 10), answer: answer}
}

func (f *fake) open() (source, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened++
	return f, f.refuse
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.opened
}

func (f *fake) idle() (time.Duration, error) { return f.answer() }
func (f *fake) close()                       { f.closed <- struct{}{} }

// clock goes when it is told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const ample = time.Minute // for a test that must not meet the limit

func TestTheConnectionIsKept(t *testing.T) {
	f := newFake(func() (time.Duration, error) { return 7 * time.Second, nil })
	w := newWatcher(f.open, new(clock).read, ample)
	if f.count() != 0 {
		t.Error("opened before anybody asked")
	}
	for range 3 {
		if d, ok := w.Since(); d != 7*time.Second || !ok {
			t.Errorf("%v %v", d, ok)
		}
	}
	if f.count() != 1 {
		t.Errorf("opened %d times", f.count())
	}
	w.Close()
	w.Close()
	<-f.closed
	if d, ok := w.Since(); ok {
		t.Errorf("after the end: %v", d)
	}
}

func TestALostConnectionIsMadeAgain(t *testing.T) {
	broken := errors.New("broken")
	answers := []struct {
		d   time.Duration
		err error
	}{{1, nil}, {0, broken}, {3, nil}}
	f := newFake(func() (time.Duration, error) {
		a := answers[0]
		answers = answers[1:]
		return a.d, a.err
	})
	w := newWatcher(f.open, new(clock).read, ample)
	defer w.Close()
	for i, want := range []bool{true, false, true} {
		if _, ok := w.Since(); ok != want {
			t.Errorf("question %d: %v", i, ok)
		}
	}
	if len(f.closed) != 1 || f.count() != 2 {
		t.Errorf("closed %d times, opened %d times", len(f.closed), f.count())
	}
}

// A machine that does not tell is not asked each second.
func TestUnknownIsAskedSeldom(t *testing.T) {
	f, c := newFake(nil), new(clock)
	f.refuse = errUnknown
	w := newWatcher(f.open, c.read, ample)
	defer w.Close()
	for range 5 {
		if _, ok := w.Since(); ok {
			t.Error("an answer from nobody")
		}
	}
	if f.count() != 1 {
		t.Errorf("opened %d times", f.count())
	}
	c.add(again)
	w.Since()
	if f.count() != 2 {
		t.Errorf("opened %d times after a while", f.count())
	}
}

func TestNonsenseIsUnknown(t *testing.T) {
	f := newFake(func() (time.Duration, error) { return -time.Second, nil })
	w := newWatcher(f.open, new(clock).read, ample)
	defer w.Close()
	if d, ok := w.Since(); ok {
		t.Errorf("%v", d)
	}
}

// A display that hangs holds up nobody, however often it is asked.
func TestAHangingSource(t *testing.T) {
	let := make(chan struct{})
	f := newFake(func() (time.Duration, error) { <-let; return 0, nil })
	w := newWatcher(f.open, new(clock).read, time.Millisecond)
	for range 3 {
		if _, ok := w.Since(); ok {
			t.Error("an answer from a source that hangs")
		}
	}
	w.Close()
	close(let)
	<-f.closed
}

package call

import "sync"

// serial runs functions one after the other on a goroutine of its own, for what may wait: a disk, a sound device.
type serial struct {
	mu      sync.Mutex
	waiting []func()
	closed  bool
	wake    chan struct{} // capacity 1
	done    chan struct{}
}

func newSerial() *serial {
	s := &serial{wake: make(chan struct{}, 1), done: make(chan struct{})}
	go s.run()
	return s
}

// do never waits.
func (s *serial) do(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.waiting = append(s.waiting, f)
	s.nudge()
}

func (s *serial) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *serial) run() {
	defer close(s.done)
	for range s.wake {
		s.mu.Lock()
		batch, closed := s.waiting, s.closed
		s.waiting = nil
		s.mu.Unlock()
		for _, f := range batch {
			f()
		}
		if closed {
			return
		}
	}
}

// shutdown runs what waits, ends the goroutine and waits for it.
func (s *serial) shutdown() {
	s.mu.Lock()
	s.closed = true
	s.nudge()
	s.mu.Unlock()
	<-s.done
}

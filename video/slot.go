package video

import "sync/atomic"

// Slot is where one side leaves pictures and the other takes the newest: neither ever waits. A picture that nobody took
// before the next came is released and counted. The zero Slot is ready, for who looks in at times of its own; NewSlot
// makes one that also says when there is something. It is safe for concurrent use and must not be copied.
type Slot struct {
	frame    atomic.Pointer[Frame]
	replaced atomic.Uint64
	ready    chan struct{}
}

// NewSlot makes an empty slot whose Ready speaks.
func NewSlot() *Slot { return &Slot{ready: make(chan struct{}, 1)} }

// Put leaves a picture and its reference with the slot, in place of the one before.
func (s *Slot) Put(f *Frame) {
	if old := s.frame.Swap(f); old != nil {
		s.replaced.Add(1)
		old.Release()
	}
	s.Remind()
}

// Remind has Ready speak although nothing was put: who got its value and leaves what is there to somebody else passes it on so.
func (s *Slot) Remind() {
	select {
	case s.ready <- struct{}{}:
	default: // said already, or nobody listens
	}
}

// Take hands out the newest picture and its reference, or nil if there was none since the last.
func (s *Slot) Take() *Frame { return s.frame.Swap(nil) }

// Next waits for a picture and hands it out with its reference. nil: quit was closed, or ended was, and the last one is taken. The
// slot is one that NewSlot made.
func (s *Slot) Next(quit, ended <-chan struct{}) *Frame {
	for over := false; ; {
		select {
		case <-quit:
			return nil
		default:
		}
		if f := s.Take(); f != nil || over {
			return f
		}
		select {
		case <-quit:
		case <-s.ready:
		case <-ended:
			over = true // but for what came just before
		}
	}
}

// Clear releases what is in the slot, as when a stream ends.
func (s *Slot) Clear() { s.Take().Release() }

// Ready has a value after a Put. One value may stand for several pictures, or for one that is taken already: who gets it
// looks and expects nothing. The zero Slot's is nil, which is never ready.
func (s *Slot) Ready() <-chan struct{} { return s.ready }

// Replaced counts the pictures that nobody took.
func (s *Slot) Replaced() uint64 { return s.replaced.Load() }

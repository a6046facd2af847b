package hotkey

import (
	"sync"
	"time"
)

// maxQueue is how many events wait for a reader before presses that are over are left out.
const maxQueue = 64

// queue is between a source, which must never wait, and who reads its events. Of each ID it passes on downs and ups by turns,
// whatever is put in. Its methods are safe for concurrent use.
type queue struct {
	out    chan Event
	wake   chan struct{} // capacity 1
	done   chan struct{}
	ending sync.Once

	mu      sync.Mutex
	waiting []Event
	down    map[string]bool // the IDs whose last event put in was a press; no others are in it
}

func newQueue() *queue {
	q := &queue{out: make(chan Event), wake: make(chan struct{}, 1), done: make(chan struct{}), down: map[string]bool{}}
	go q.pass()
	return q
}

// C is where the events come out. It is closed after close.
func (q *queue) C() <-chan Event { return q.out }

// put takes an event and never blocks. One that says nothing new, a second release say, is dropped. One without a time, as the
// Tracker's Bind makes them, is of now.
func (q *queue) put(e Event) {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.down[e.ID] == e.Down {
		return
	}
	if e.Down {
		q.down[e.ID] = true
	} else {
		delete(q.down, e.ID)
	}
	if q.waiting = append(q.waiting, e); len(q.waiting) > maxQueue {
		q.shorten()
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// shorten takes the oldest pair of one ID out, a press and its release or the other way round: who reads finds the same turns
// and the same end. With fewer than maxQueue IDs there always is one, so the queue is bounded by either number.
func (q *queue) shorten() {
	for i, e := range q.waiting {
		for j := i + 1; j < len(q.waiting); j++ {
			if q.waiting[j].ID == e.ID {
				rest := append(q.waiting[:i:i], q.waiting[i+1:j]...)
				q.waiting = append(rest, q.waiting[j+1:]...)
				return
			}
		}
	}
}

func (q *queue) pass() {
	defer close(q.out)
	for {
		e, ok := q.next()
		if !ok {
			select {
			case <-q.wake:
			case <-q.done:
				return
			}
			continue
		}
		select {
		case q.out <- e:
		case <-q.done:
			return
		}
	}
}

func (q *queue) next() (e Event, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return Event{}, false
	}
	e = q.waiting[0]
	q.waiting = append(q.waiting[:0], q.waiting[1:]...)
	return e, true
}

// close ends it: what was not read is gone, and the closed channel says that everything is up. It may be called twice, and put
// after it.
func (q *queue) close() { q.ending.Do(func() { close(q.done) }) }

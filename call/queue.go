package call

import "sync"

// queue carries events to the engine's goroutine. post never blocks, so that a foreign callback (a timer, a peer
// connection, a device) is never held up; admit waits while the queue is long, which is for whoever reads from the network:
// a server that floods is slowed down at its own socket.
type queue struct {
	mu      sync.Mutex
	room    sync.Cond
	waiting []event
	closed  bool

	wake chan struct{} // capacity 1: something waits
}

const queueLimit = 256 // above it admit waits

func newQueue() *queue {
	q := &queue{wake: make(chan struct{}, 1)}
	q.room.L = &q.mu
	return q
}

func (q *queue) post(e event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.appendLocked(e)
}

func (q *queue) admit(e event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) >= queueLimit && !q.closed {
		q.room.Wait()
	}
	q.appendLocked(e)
}

func (q *queue) appendLocked(e event) {
	if q.closed {
		return
	}
	q.waiting = append(q.waiting, e)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns all that waits, and hands spare back to be filled again.
func (q *queue) take(spare []event) []event {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.waiting
	clear(spare)
	q.waiting = spare[:0]
	q.room.Broadcast()
	return out
}

// close lets every admit return; what comes afterwards is dropped.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.room.Broadcast()
}

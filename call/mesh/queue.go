package mesh

import "sync"

// queue hands the commands of the engine and the callbacks of pion over to a peer's goroutine. Putting never blocks.
type queue struct {
	wake chan struct{} // capacity 1: there is something to take

	mu    sync.Mutex
	items []func()
}

// maxQueued is far above what a peer has under way: a description and 64 candidates in each direction.
const maxQueued = 512

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// put reports false when the queue is full.
func (q *queue) put(f func()) bool {
	q.mu.Lock()
	full := len(q.items) >= maxQueued
	if !full {
		q.items = append(q.items, f)
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default: // it is awake already
	}
	return !full
}

func (q *queue) take() []func() {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	return items
}

package server

import (
	"sync"
	"time"

	"parley/wire"
)

// outbox is what waits to be written to one connection, so that nobody waits for a slow client but itself. Bounded: a
// push that finds no room is refused, and the client is then dropped, for a gap would have to be repaired anyway.
type outbox struct {
	conn   *wire.Conn
	limits limits
	wake   chan struct{} // capacity 1

	mu    sync.Mutex
	queue [][]byte
	bytes int
	last  bool        // nothing comes after what is queued
	kill  *time.Timer // ends a connection that doesn't take the last word
}

// lastWord is how long a connection may take for what is queued when it ends.
const lastWord = 2 * time.Second

func newOutbox(conn *wire.Conn, l limits) *outbox {
	return &outbox{conn: conn, limits: l, wake: make(chan struct{}, 1)}
}

// push queues; false: there is no room. After finish it takes and drops everything.
func (o *outbox) push(data []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last {
		return true
	}
	if len(o.queue) >= o.limits.queueCount || o.bytes+len(data) > o.limits.queueBytes {
		return false
	}
	o.add(data)
	return true
}

// offerLimit is how much may wait for a client before it is spared what it can do without.
const offerLimit = 64

// offer queues what may be lost: it is dropped for a client that is behind.
func (o *outbox) offer(data []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.last && len(o.queue) < offerLimit {
		o.add(data)
	}
}

// finish queues the last message, in place of what is queued if drop is set, and ends the connection when it is written,
// or after lastWord. Only the first call counts.
func (o *outbox) finish(data []byte, drop bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last {
		return
	}
	o.last = true
	if drop {
		o.queue, o.bytes = nil, 0
	}
	o.add(data)
	o.kill = time.AfterFunc(lastWord, func() { o.conn.Close() })
}

func (o *outbox) add(data []byte) {
	o.queue = append(o.queue, data)
	o.bytes += len(data)
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *outbox) take() (batch [][]byte, last bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	batch, o.queue, o.bytes = o.queue, nil, 0
	return batch, o.last
}

// routineWrite writes until the last message, an error, or done, which the reader closes.
func (o *outbox) routineWrite(done <-chan struct{}) {
	for {
		select {
		case <-o.wake:
		case <-done:
			return
		}
		batch, last := o.take()
		for _, data := range batch {
			if o.conn.WriteEncoded(data) != nil {
				o.conn.Close() // the reader sees it and ends
				return
			}
		}
		if last {
			o.conn.Finish()
			return
		}
	}
}

// stop follows the reader's end.
func (o *outbox) stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = true
	if o.kill != nil {
		o.kill.Stop()
	}
}

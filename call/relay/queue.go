package relay

import (
	"io"
	"net"
	"sync"
	"time"

	"parley/wire"
)

const (
	queueFrames = 64              // that wait behind those that are on their way
	stuckTime   = 5 * time.Second // an end that takes nothing for so long is gone
)

// queue is a connection whose Write never waits, as that of a socket for packets does not: whoever writes here has other paths, and
// would stand still for all of them when this one's far end is gone without a word. What finds no room is dropped, the newest
// first, as networks do.
type queue struct {
	net.Conn
	under  io.Closer   // what it is made of: to close TLS in order may take as long as to write
	frames chan []byte // to be written; the buffers come from free
	free   chan []byte // and go back there
	closed chan struct{}
	once   sync.Once
}

// newQueue owns the connection, and what is under it, from then on.
func newQueue(conn net.Conn, under io.Closer) *queue {
	q := &queue{Conn: conn, under: under, frames: make(chan []byte, queueFrames), free: make(chan []byte, queueFrames), closed: make(chan struct{})}
	go q.run()
	return q
}

// Write implements net.Conn. p is one frame, and copied.
func (q *queue) Write(p []byte) (int, error) {
	select {
	case <-q.closed:
		return 0, net.ErrClosed
	default:
	}
	var b []byte
	select {
	case b = <-q.free:
	default: // none yet, or all are on their way
	}
	b = append(b[:0], p...)
	select {
	case q.frames <- b:
	default:
		q.giveBack(b)
	}
	return len(p), nil
}

func (q *queue) giveBack(b []byte) {
	select {
	case q.free <- b:
	default:
	}
}

// SetReadDeadline implements net.Conn; a frame that has begun has a time of its own besides.
func (q *queue) SetReadDeadline(t time.Time) error {
	if f, ok := q.Conn.(*wire.Frames); ok {
		f.Limit(t)
		return nil
	}
	return q.Conn.SetReadDeadline(t)
}

// run writes until the connection ends. Half a frame can't be taken back, so an error is the end.
func (q *queue) run() {
	defer q.Close()
	for {
		select {
		case b := <-q.frames:
			if q.SetWriteDeadline(time.Now().Add(stuckTime)) != nil {
				return
			}
			if _, err := q.Conn.Write(b); err != nil {
				return
			}
			q.giveBack(b)
		case <-q.closed:
			return
		}
	}
}

// Close implements net.Conn. What waits is not written any more.
func (q *queue) Close() error {
	q.once.Do(func() { close(q.closed) })
	return q.under.Close()
}

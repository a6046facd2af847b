package instance

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Handler does what a Request asks. Its error is told to whoever asked, as a sentence. It runs on a goroutine of its own and
// must return soon.
type Handler func(Request) error

// Listener answers requests until it is closed.
type Listener struct {
	path     string
	socket   net.Listener
	handlers map[string]Handler // by Do
	log      *slog.Logger
	seats    chan struct{} // one for each connection at a time
	serving  sync.WaitGroup
	closing  chan struct{}
	once     sync.Once
}

const (
	maxConns    = 8
	acceptPause = 300 * time.Millisecond // after a failed accept: too many open files is such a failure, and passes
)

// Listen makes the socket in dir and answers each Do by its handler; one that has none is refused. The caller holds the lock
// of the profile in dir, so a socket that is there already is a dead Parley's and is replaced. log may be nil.
func Listen(dir string, handlers map[string]Handler, log *slog.Logger) (*Listener, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	path := filepath.Join(dir, socketName)
	socket, err := ListenSocket(dir, socketName)
	if err != nil {
		return nil, fmt.Errorf("listen for other starts: %w", err)
	}
	l := &Listener{path: path, socket: socket, handlers: handlers, log: log, seats: make(chan struct{}, maxConns), closing: make(chan struct{})}
	l.serving.Go(l.accept)
	return l, nil
}

// Close stops listening and waits for the requests under way, no longer than their deadline. It can be called more than once.
func (l *Listener) Close() (err error) {
	l.once.Do(func() {
		close(l.closing)
		err = errors.Join(l.socket.Close(), os.Remove(l.path))
	})
	l.serving.Wait()
	return err
}

// accept takes connections as long as there are seats. Who finds none waits in the system's queue, and there is an end to
// that, too, because every connection has a deadline.
func (l *Listener) accept() {
	for {
		select {
		case l.seats <- struct{}{}:
		case <-l.closing:
			return
		}
		conn, err := l.socket.Accept()
		if err != nil {
			<-l.seats
			if errors.Is(err, net.ErrClosed) {
				return
			}
			l.log.Warn("other starts can't be heard", "err", err)
			select {
			case <-time.After(acceptPause):
			case <-l.closing:
			}
			continue
		}
		l.serving.Go(func() {
			defer func() { <-l.seats }()
			defer conn.Close()
			l.answer(conn)
		})
	}
}

func (l *Listener) answer(conn net.Conn) {
	if conn.SetDeadline(time.Now().Add(patience)) != nil {
		return
	}
	line, err := readLine(conn)
	if err != nil && !errors.Is(err, errMalformed) {
		return // gone, or too slow
	}
	r, err := decode(line)
	if err == nil {
		err = l.do(r)
	}
	var back []byte
	if err != nil {
		l.log.Debug("another start was refused", "do", r.Do)
		back, _ = json.Marshal(reply{Error: err.Error()})
	} else {
		back, _ = json.Marshal(reply{OK: true})
	}
	_, _ = conn.Write(append(back, '\n')) // who asked has gone, or has it
}

func (l *Listener) do(r Request) error {
	h, ok := l.handlers[r.Do]
	if !ok {
		return fmt.Errorf("this version does not know %q", r.Do)
	}
	return h(r)
}

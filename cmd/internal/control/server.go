package control

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"parley/cmd/internal/instance"
)

// Server answers until it is closed.
type Server struct {
	path    string
	socket  net.Listener
	board   *board
	log     *slog.Logger
	seats   chan struct{} // one for each connection at a time
	serving sync.WaitGroup
	ctx     context.Context
	end     context.CancelFunc
	once    sync.Once
}

const (
	maxConns    = 16
	patience    = 5 * time.Second        // for a line of a connection that holds nothing, and for a write
	acceptPause = 300 * time.Millisecond // after a failed accept
)

// Listen makes the socket in dir, whose profile's lock the caller has, and works controls by what comes. log may be nil.
func Listen(dir string, controls Controls, log *slog.Logger) (*Server, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	socket, err := instance.ListenSocket(dir, socketName)
	if err != nil {
		return nil, fmt.Errorf("listen for keys that other programs press: %w", err)
	}
	s := &Server{
		path: filepath.Join(dir, socketName), socket: socket, board: &board{controls: controls}, log: log, seats: make(chan struct{}, maxConns),
	}
	s.ctx, s.end = context.WithCancel(context.Background())
	s.serving.Go(s.accept)
	return s, nil
}

// Close ends all connections, lets go of what they hold, and returns when nothing of it runs any more. It can be called more than
// once.
func (s *Server) Close() (err error) {
	s.once.Do(func() {
		s.end()
		err = errors.Join(s.socket.Close(), os.Remove(s.path))
	})
	s.serving.Wait()
	s.board.clear()
	return err
}

// Drop lets go of what was held at a time, and tells those who held it: there is nothing to hold it for any more. What was pressed
// since is held.
func (s *Server) Drop(at time.Time) { s.board.drop(at) }

// accept takes connections as long as there are seats. Those that hold nothing give theirs back after their patience, and no
// more than three can hold something.
func (s *Server) accept() {
	for {
		select {
		case s.seats <- struct{}{}:
		case <-s.ctx.Done():
			return
		}
		conn, err := s.socket.Accept()
		if err != nil {
			<-s.seats
			if errors.Is(err, net.ErrClosed) {
				return
			}
			s.log.Warn("other programs' keys can't be heard", "err", err)
			select {
			case <-time.After(acceptPause):
			case <-s.ctx.Done():
			}
			continue
		}
		s.serving.Go(func() {
			defer func() { <-s.seats }()
			s.serve(conn)
		})
	}
}

// client is a connection.
type client struct {
	conn net.Conn
	mu   sync.Mutex    // held from a line's coming to its answer's going: "up" is not before the "ok" that it ends
	up   chan struct{} // capacity 1: what it held was let go of
}

// lost does not block.
func (c *client) lost() {
	select {
	case c.up <- struct{}{}:
	default:
	}
}

func (c *client) say(line string) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := c.conn.Write([]byte(line + "\n"))
	return err
}

func (s *Server) serve(conn net.Conn) {
	ctx, cancel := context.WithCancel(s.ctx)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	c := &client{conn: conn, up: make(chan struct{}, 1)}
	var telling sync.WaitGroup
	telling.Go(func() { s.tell(ctx, c) })
	s.listen(c)
	s.board.leave(c)
	stop()
	cancel()
	conn.Close()
	telling.Wait()
}

// tell says "up".
func (s *Server) tell(ctx context.Context, c *client) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.up:
		}
		c.mu.Lock()
		var err error
		if !s.board.holds(c) { // it may have pressed again
			err = errors.Join(c.say("up"), s.wait(c))
		}
		c.mu.Unlock()
		if err != nil {
			c.conn.Close()
			return
		}
	}
}

// wait sets how long the next line may take.
func (s *Server) wait(c *client) error {
	if s.board.holds(c) {
		return c.conn.SetReadDeadline(time.Time{})
	}
	return c.conn.SetReadDeadline(time.Now().Add(patience))
}

func (s *Server) listen(c *client) {
	if s.wait(c) != nil {
		return
	}
	r := bufio.NewReaderSize(c.conn, maxLine)
	for {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			c.mu.Lock()
			_ = c.say(fmt.Sprintf("error a line has no more than %d bytes", maxLine)) // and then it is gone
			c.mu.Unlock()
		}
		if err != nil || !s.answer(c, string(line[:len(line)-1])) {
			return
		}
	}
}

// answer does what a line asks, and says whether others may follow.
func (s *Server) answer(c *client, line string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	what, err := parse(line)
	if err == nil {
		err = s.board.do(what, c, time.Now())
	}
	reply := "ok"
	if err != nil {
		reply = "error " + plain(err.Error())
	}
	return c.say(reply) == nil && s.wait(c) == nil
}

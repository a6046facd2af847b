package pulse

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jfreymuth/pulse/proto"
)

// The frames of the protocol: a header of five words (length, channel, two of an offset, flags) and what follows.
const (
	headerSize = 20
	control    = 0xFFFFFFFF // the channel of requests, replies and events; others are streams
	prologue   = 10         // of a control frame: command and tag
	maxFrame   = 1 << 20    // a list of some hundred devices; the server's own limit is 16 MiB
)

// handler is the stream of a link. Its methods run on the reader's goroutine, and what they get is valid during the call.
type handler interface {
	data(payload []byte)                          // sound has come
	event(l *link, command uint32, values []byte) // the server tells something; values are what follows the tag
	created(l *link, reply []byte)                // the reply to the stream's request has come, checked
}

// link is one connection to the sound server. It stands between the socket and the module:
//
//	socket ─► frame ─┬─► sound, events ─► handler
//	                 └─► replies ─► fits ─► module ─► request
//
// so that sound and requests for sound pass without an allocation, and the module, which trusts what it reads, sees
// replies only that were waited for and are well-formed.
type link struct {
	conn    net.Conn
	client  proto.Client
	handler handler       // nil: no stream
	done    chan struct{} // closed when the reader is through: handler is not called any more

	asking  sync.Mutex              // held around a request: one at a time
	asked   uint32                  // how many there were, which is the next one's tag
	version int                     // of the protocol; written before the first stream
	waiting atomic.Pointer[awaited] // nil: no reply is due

	out []byte // a header of the module's that waits for its body; the module's lock guards it

	// The rest belongs to the reader.
	in         []byte
	begin, end int // what of in is filled
	pass       int // what of that is the module's
	over       bool
}

// awaited is the reply that is due.
type awaited struct {
	tag     uint32
	version int
	reply   reflect.Type
}

const version = 32 // of the protocol, PulseAudio 12: all that we need, and the newest that the module knows

var (
	errNoServer  = errors.New("no sound server answers")
	errBadFrame  = errors.New("malformed message from the sound server")
	errKilled    = errors.New("the sound server has ended the stream")
	errNoAddress = errors.New("PULSE_SERVER names no server of this machine")
)

// dial connects to the first server that lets us in, until ctx ends.
func dial(ctx context.Context, h handler) (*link, error) {
	err := errNoAddress
	for _, a := range addresses(os.Getenv) {
		var l *link
		if l, err = dialOne(ctx, a, h); err == nil {
			return l, nil
		}
	}
	return nil, fmt.Errorf("%w: %w", errNoServer, err)
}

func dialOne(ctx context.Context, a address, h handler) (*link, error) {
	conn, err := new(net.Dialer).DialContext(ctx, a.network, a.path)
	if err != nil {
		return nil, err
	}
	l := newLink(conn, h)
	if err := l.login(ctx); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// newLink starts the reader.
func newLink(conn net.Conn, h handler) *link {
	l := &link{conn: conn, handler: h, done: make(chan struct{}), in: make([]byte, 8<<10), version: version}
	l.client.Callback = func(any) {} // the module calls it at the connection's end, set or not
	// The module gives up a request without forgetting where to write the reply. Ours end by closing the connection.
	l.client.SetTimeout(time.Hour)
	l.client.Open(l)
	return l
}

func (l *link) login(ctx context.Context) error {
	var auth proto.AuthReply
	if err := l.request(ctx, &proto.Auth{Version: version, Cookie: cookie(os.Getenv)}, &auth); err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	if auth.Version.Version() < 13 { // PulseAudio 0.9.11 of 2008: no latency flags
		return fmt.Errorf("log in: protocol %d is too old", auth.Version.Version())
	}
	l.client.SetVersion(auth.Version)
	l.version = l.client.Version().Version()
	name := proto.PropList{"application.name": proto.PropListString("Parley")}
	if err := l.request(ctx, &proto.SetClientName{Props: name}, &proto.SetClientNameReply{}); err != nil {
		return fmt.Errorf("tell our name: %w", err)
	}
	return nil
}

// request asks and waits. When ctx ends first, or the answer is not to be understood, the link is of no use any more;
// it is not after a refusal, which is a proto.Error.
func (l *link) request(ctx context.Context, question proto.RequestArgs, reply proto.Reply) error {
	l.asking.Lock()
	defer l.asking.Unlock()
	stop := context.AfterFunc(ctx, func() { _ = l.conn.Close() })
	defer stop()
	l.waiting.Store(&awaited{l.asked, l.version, reflect.TypeOf(reply).Elem()})
	l.asked++
	err := l.client.Request(question, reply)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// alive tells whether the connection is still there.
func (l *link) alive() bool {
	select {
	case <-l.done:
		return false
	default:
		return true
	}
}

// close disconnects, which ends the stream, and waits for the reader. It must not be called by a handler.
func (l *link) close() {
	_ = l.conn.Close()
	<-l.done
}

// Write is for the module, which writes a header, then a body: they leave as one, or the server would wake twice.
func (l *link) Write(p []byte) (int, error) {
	l.out = append(l.out, p...)
	if len(l.out) <= headerSize {
		return len(p), nil
	}
	_, err := l.conn.Write(l.out) // whole: Go holds a lock of the socket's for as long as this takes
	l.out = l.out[:0]
	if err != nil {
		_ = l.conn.Close() // the module looks away
	}
	return len(p), err
}

// play writes a frame of sound, and reports whether the connection is still good.
func (l *link) play(frame []byte) bool {
	_, err := l.conn.Write(frame)
	if err != nil {
		_ = l.conn.Close()
	}
	return err == nil
}

// Read is for the module, on the goroutine that it started: our reader. It returns with what is a reply.
func (l *link) Read(p []byte) (int, error) {
	if l.over { // the module should not ask again
		return 0, net.ErrClosed
	}
	for l.pass == 0 {
		if err := l.frame(); err != nil {
			l.over = true
			_ = l.conn.Close()
			close(l.done)
			return 0, err
		}
	}
	n := copy(p, l.in[l.begin:l.begin+l.pass])
	l.begin += n
	l.pass -= n
	return n, nil
}

// frame reads one frame and handles it, or leaves it for the module.
func (l *link) frame() error {
	if err := l.need(headerSize); err != nil {
		return err
	}
	head := l.in[l.begin:]
	length := binary.BigEndian.Uint32(head)
	channel := binary.BigEndian.Uint32(head[4:])
	// The upper flags mean shared memory, which we have not offered.
	if length > maxFrame || binary.BigEndian.Uint32(head[16:])&0xC0000000 != 0 {
		return errBadFrame
	}
	size := headerSize + int(length)
	if err := l.need(size); err != nil {
		return err
	}
	body := l.in[l.begin+headerSize : l.begin+size]
	if channel != control {
		if l.handler != nil {
			l.handler.data(body)
		}
		l.begin += size
		return nil
	}
	return l.command(body, size)
}

// command handles the body of a control frame of that size.
func (l *link) command(body []byte, size int) error {
	if len(body) < prologue || body[0] != 'L' || body[5] != 'L' {
		return errBadFrame
	}
	command, tag, values := binary.BigEndian.Uint32(body[1:]), binary.BigEndian.Uint32(body[6:]), body[prologue:]
	switch command {
	case proto.OpReply, proto.OpError:
		due := l.waiting.Swap(nil)
		if due == nil || due.tag != tag {
			return errBadFrame
		}
		want := due.reply
		if command == proto.OpError {
			want = reflect.TypeFor[refusal]()
		}
		if !fits(values, want, due.version) {
			return errBadFrame
		}
		l.pass = size
		if command == proto.OpReply && l.handler != nil {
			switch want {
			case reflect.TypeFor[proto.CreatePlaybackStreamReply](), reflect.TypeFor[proto.CreateRecordStreamReply]():
				l.handler.created(l, values)
			}
		}
		return nil
	case proto.OpPlaybackStreamKilled, proto.OpRecordStreamKilled:
		return errKilled
	}
	if l.handler != nil {
		l.handler.event(l, command, values)
	}
	l.begin += size
	return nil
}

// refusal is what follows an error's tag.
type refusal struct{ Code uint32 }

// need reads until n bytes are there.
func (l *link) need(n int) error {
	if l.end-l.begin >= n {
		return nil
	}
	if len(l.in) < n {
		l.in = append(make([]byte, 0, 2*n), l.in...)[:2*n]
	}
	l.end = copy(l.in, l.in[l.begin:l.end])
	l.begin = 0
	for l.end < n {
		m, err := l.conn.Read(l.in[l.end:])
		l.end += m
		if err != nil && l.end < n {
			return err
		}
	}
	return nil
}

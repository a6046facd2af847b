package server

import (
	"net"
	"time"

	"github.com/pion/turn/v5"

	"parley/wire"
)

// streamBuffer is how many bytes may be on their way to a client: a third of a second of sound and pictures.
const streamBuffer = 64 << 10

// stream is a client's connection to the relay by TCP or TLS. pion above it reads one frame at a time; all that guards against
// clients that are slow, silent or deaf is here:
//
//   - without an allocation it has as long as any guest at the door, as which it counts until it has had one;
//   - a frame that has begun is whole within that time too;
//   - a write that hangs ends the connection. Meanwhile what comes for it waits in its own relay socket, where the system drops
//     what is too much, and nobody else waits.
type stream struct {
	*wire.Frames
	gate   *gate
	caller *caller
	proven bool // a nonce was signed; of the reader
}

func (g *gate) newStream(c *caller, deadline time.Time) *stream {
	if tcp, ok := c.guest.Conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(streamBuffer) // an advice
	}
	s := &stream{Frames: wire.NewFrames(c, g.patience), gate: g, caller: c}
	s.Limit(deadline)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.streams[keyOf(c.RemoteAddr(), c.LocalAddr())] = s
	return s
}

// Read returns one frame. The one by which a client of ours wants to see who it is connected to is answered here.
func (s *stream) Read(p []byte) (int, error) {
	for {
		n, err := s.Frames.Read(p)
		if err != nil || s.proven || s.caller.tls == nil {
			return n, err
		}
		nonce := wire.RelayNonce(p[:n])
		if nonce == nil {
			return n, nil
		}
		s.proven = true
		if _, err := s.Write(wire.RelayProof(p[:n], s.gate.prove(*s.caller.tls, nonce))); err != nil {
			return 0, err
		}
	}
}

// Write implements net.Conn. Half a frame can't be taken back, so an error is the end.
func (s *stream) Write(p []byte) (int, error) {
	if err := s.SetWriteDeadline(time.Now().Add(s.gate.stuck)); err != nil {
		return 0, err
	}
	n, err := s.Conn.Write(p)
	if err != nil {
		_ = s.Close()
	}
	return n, err
}

// settle follows an allocation: with one, the client is known and stays as long as that does.
func (s *stream) settle(allocated bool) {
	if allocated {
		s.caller.guest.welcome()
		s.Limit(time.Time{})
		return
	}
	s.Limit(time.Now().Add(s.gate.patience))
}

// Close implements net.Conn.
func (s *stream) Close() error {
	g := s.gate
	g.mu.Lock()
	if key := keyOf(s.RemoteAddr(), s.LocalAddr()); g.streams[key] == s {
		delete(g.streams, key)
	}
	g.mu.Unlock()
	return s.Conn.Close()
}

// streamKey names a stream by its two ends.
type streamKey struct{ from, to string }

func keyOf(from, to net.Addr) streamKey { return streamKey{from.String(), to.String()} }

// events tells each stream of its allocation, in the form that pion wants. That of a client by UDP with the same two ends, which
// pion does not tell apart, can't be a stranger's: who has an allocation has logged in.
func (g *gate) events() turn.EventHandler {
	settle := func(from, to net.Addr, allocated bool) {
		g.mu.Lock()
		s := g.streams[keyOf(from, to)]
		g.mu.Unlock()
		if s != nil {
			s.settle(allocated)
		}
	}
	return turn.EventHandler{
		OnAllocationCreated: func(from, to net.Addr, _, _, _ string, _ net.Addr, _ int) { settle(from, to, true) },
		OnAllocationDeleted: func(from, to net.Addr, _, _, _ string) { settle(from, to, false) },
	}
}

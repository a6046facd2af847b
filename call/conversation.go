package call

import (
	"context"
	"net"
	"time"

	"parley/wire"
)

// converse runs the writer beside the reader until either ends.
func (g *gateway) converse(ctx context.Context, c Conn, beat time.Duration) error {
	ended := make(chan error, 1)
	seen := make(chan uint64, 1)
	go func() { ended <- g.read(c, beat, seen) }()
	err := g.write(ctx, c, beat, seen, ended)
	_ = c.Close()
	g.mu.Lock()
	g.online, g.unsent = false, nil
	g.mu.Unlock()
	return err
}

func (g *gateway) write(ctx context.Context, c Conn, beat time.Duration, seen <-chan uint64, ended <-chan error) error {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	verdict := time.NewTimer(0)
	defer verdict.Stop()
	verdict.Stop()
	var last, heard uint64
	doubted := false // since when nothing more than heard has come
	for {
		var err error
		select {
		case err := <-ended:
			return err
		case last = <-seen:
		case <-ticker.C:
			err = c.Write(wire.Envelope{Body: wire.Heartbeat{Seq: last}})
		case <-g.out:
			err = g.flush(c)
		case <-g.doubt:
			if n := g.heard.Load(); !doubted || n != heard { // who asks again and again gets an answer too
				heard, doubted = n, true
				verdict.Reset(probeTimeout)
			}
			if err = c.Write(wire.Envelope{Body: wire.Heartbeat{Seq: last}}); cutOff(c) {
				err = errSilent
			}
		case <-verdict.C:
			if doubted = false; g.heard.Load() == heard {
				err = errSilent
			}
		case <-ctx.Done():
			g.goodbye(c, ended)
			return ctx.Err()
		}
		if err != nil {
			_ = c.Close()
			<-ended
			return err
		}
	}
}

// cutOff says that this machine no longer sends to the server from where the connection begins.
func cutOff(c Conn) bool {
	a, ok := c.(interface {
		LocalAddr() net.Addr
		RemoteAddr() net.Addr
	})
	return ok && misrouted(a.LocalAddr(), a.RemoteAddr())
}

// goodbye says the last words (a leave) and that they were the last, so that the server does not wait for this session, and
// gives them a moment to arrive.
func (g *gateway) goodbye(c Conn, ended <-chan error) {
	_ = g.flush(c)
	if f, ok := c.(interface{ Finish() error }); ok && f.Finish() == nil {
		select {
		case <-ended:
			return
		case <-time.After(goodbyeTimeout):
		}
	}
	_ = c.Close()
	<-ended
}

// goodbyeTimeout is how long the server may take to answer the end of a connection.
const goodbyeTimeout = 300 * time.Millisecond

func (g *gateway) flush(c Conn) error {
	g.mu.Lock()
	unsent := g.unsent
	g.unsent = nil
	g.mu.Unlock()
	for _, env := range unsent {
		if err := c.Write(env); err != nil {
			return err
		}
	}
	return nil
}

// read hands over what comes. The server answers each heartbeat: three without a word, and the connection is dead.
func (g *gateway) read(c Conn, beat time.Duration, seen chan uint64) error {
	var pace pace
	for garbage := 0; ; {
		env, err := c.Read(time.Now().Add(3 * beat))
		g.heard.Add(1)
		if wait := pace.take(time.Now(), env.Body); wait > 0 {
			<-time.After(wait)
		}
		if wire.CodeOf(err) != "" {
			// A type of a later version is none of our business; endless nonsense is.
			if garbage++; garbage > 100 {
				return errProtocol
			}
			continue
		}
		if err != nil {
			return err
		}
		if away, ok := env.Body.(*wire.Goaway); ok {
			return &goneAway{*away}
		}
		if env.Re != 0 {
			if t, ok := g.answered(env.Re); ok {
				g.admit(replied{t, env.Body})
			}
			continue
		}
		if env.Seq != 0 {
			if env.Seq <= g.lastSeq {
				continue // a repeat
			}
			if env.Seq != g.lastSeq+1 {
				g.admit(gapSeen{})
			}
			g.lastSeq = env.Seq
			select {
			case <-seen:
			default:
			}
			seen <- env.Seq
		}
		g.admit(received{env.Body})
	}
}

func (g *gateway) answered(id uint32) (tag, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, r := range g.pending {
		if r.env.ID == id {
			g.pending = append(g.pending[:i], g.pending[i+1:]...)
			return r.tag, true
		}
	}
	return tag{}, false
}

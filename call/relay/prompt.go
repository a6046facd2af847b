package relay

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/pion/stun/v3"
)

// Pion's client waits for a relay's answer wherever it sends to an address for the first time, on the goroutine that all paths of a
// peer connection need: a relay that is silent holds them all up, eight seconds for each address, and who wants to leave as well. So
// it is answered here, in the relay's place.
//
//	permission for an address, the first: granted at once, while the request goes its way. The binding of a channel, which follows it
//	                                      and for which nobody waits, asks for the same (RFC 8656, section 12) until it is answered.
//	anything, when all is over:           refused at once
type prompt struct {
	arm    func(time.Time) error // until when reading waits
	closed chan struct{}
	once   sync.Once

	mu        sync.Mutex
	permitted map[netip.Addr]bool
	asked     [maxAsked][stunHeader]byte // heads of the last requests
	next      int                        // in asked
	answers   [][stunHeader]byte         // to be read. While there are some, reading does not wait
	over      bool
}

const (
	maxAsked     = 16  // nobody waits for more at a time
	maxPermitted = 256 // addresses; a far end names up to 64 candidates

	stunHeader = 20 // RFC 8489, section 5
	// Of a message's type: the bits that say what of a transaction it is.
	classMask, classSuccess, classError = 0x0110, 0x0100, 0x0110
	createPermission                    = 0x0008
)

// newPrompt makes one that refuses all from when over is closed.
func newPrompt(arm func(time.Time) error, over <-chan struct{}) *prompt {
	p := &prompt{arm: arm, closed: make(chan struct{}), permitted: map[netip.Addr]bool{}}
	go p.watch(over)
	return p
}

// shut comes before the connection is closed.
func (p *prompt) shut() { p.once.Do(func() { close(p.closed) }) }

// sent looks at what the client has sent.
func (p *prompt) sent(frame []byte) {
	if len(frame) < stunHeader || frame[0] >= 0x40 || binary.BigEndian.Uint16(frame)&classMask != 0 {
		return // data, or no request
	}
	head := [stunHeader]byte(frame)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.over:
		p.answerLocked(head, classError)
	case binary.BigEndian.Uint16(frame) == createPermission && p.isFirstLocked(frame):
		p.answerLocked(head, classSuccess)
	default:
		p.asked[p.next%maxAsked] = head
		p.next++
	}
}

// isFirstLocked: what is asked for again, to keep it, is so by somebody who has the time.
func (p *prompt) isFirstLocked(frame []byte) bool {
	m := stun.Message{Raw: frame}
	var peer stun.XORMappedAddress
	if m.Decode() != nil || peer.GetFromAs(&m, stun.AttrXORPeerAddress) != nil {
		return false
	}
	a, _ := netip.AddrFromSlice(peer.IP)
	if p.permitted[a.Unmap()] || len(p.permitted) == maxPermitted {
		return false
	}
	p.permitted[a.Unmap()] = true
	return true
}

func (p *prompt) answerLocked(head [stunHeader]byte, class uint16) {
	binary.BigEndian.PutUint16(head[:], binary.BigEndian.Uint16(head[:])|class)
	binary.BigEndian.PutUint16(head[2:], 0) // no attributes
	p.answers = append(p.answers, head)
	_ = p.arm(time.Unix(1, 0)) // of a connection that is closed: reading says so
}

// take copies an answer, and returns its length; zero: there is none.
func (p *prompt) take(to []byte) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.answers) == 0 {
		return 0
	}
	n := copy(to, p.answers[0][:])
	if p.answers = p.answers[1:]; len(p.answers) == 0 {
		p.answers = nil
		_ = p.arm(time.Time{})
	}
	return n
}

// woken says that reading has ended only because there are answers.
func (p *prompt) woken(err error) bool {
	var timeout net.Error
	if !errors.Is(err, os.ErrDeadlineExceeded) && !(errors.As(err, &timeout) && timeout.Timeout()) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.answers) > 0
}

// end refuses what is waited for, and what is asked for from now on.
func (p *prompt) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	p.over = true
	for _, head := range p.asked[:min(p.next, maxAsked)] {
		p.answerLocked(head, classError)
	}
}

func (p *prompt) watch(over <-chan struct{}) {
	select {
	case <-over:
		p.end()
	case <-p.closed:
	}
}

// packets is a socket with a prompt in between.
type packets struct {
	net.PacketConn
	*prompt
}

// Prompt makes a socket on which pion's client never waits for the relay while it sends, and for nothing any more once over is
// closed. It owns the socket.
func Prompt(socket net.PacketConn, over <-chan struct{}) net.PacketConn {
	return &packets{socket, newPrompt(socket.SetReadDeadline, over)}
}

// ReadFrom implements net.PacketConn. What is answered here has no sender.
func (p *packets) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		if n := p.take(b); n > 0 {
			return n, nil, nil
		}
		if n, from, err := p.PacketConn.ReadFrom(b); !p.woken(err) {
			return n, from, err
		}
	}
}

// WriteTo implements net.PacketConn.
func (p *packets) WriteTo(b []byte, to net.Addr) (int, error) {
	n, err := p.PacketConn.WriteTo(b, to)
	if err == nil {
		p.sent(b)
	}
	return n, err
}

// Close implements net.PacketConn.
func (p *packets) Close() error {
	p.shut()
	return p.PacketConn.Close()
}

// frames is a connection with a prompt in between.
type frames struct {
	net.Conn
	*prompt
}

// PromptFrames does for a connection of Dial what Prompt does for a socket.
func PromptFrames(conn net.Conn, over <-chan struct{}) net.Conn {
	return &frames{conn, newPrompt(conn.SetReadDeadline, over)}
}

// Read implements net.Conn.
func (f *frames) Read(b []byte) (int, error) {
	for {
		if n := f.take(b); n > 0 {
			return n, nil
		}
		if n, err := f.Conn.Read(b); !f.woken(err) {
			return n, err
		}
	}
}

// Write implements net.Conn.
func (f *frames) Write(b []byte) (int, error) {
	n, err := f.Conn.Write(b)
	if err == nil {
		f.sent(b)
	}
	return n, err
}

// Close implements net.Conn.
func (f *frames) Close() error {
	f.shut()
	return f.Conn.Close()
}

package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"time"
)

// A relay over TCP or TLS carries STUN messages (RFC 8489) and ChannelData (RFC 8656, section 12.4), one after the other.
// Frames cuts them apart; the rest of this file is what Parley adds: over TLS the client's first frame may be a Binding
// request with a nonce in it, and the answer has the server's signature over that nonce and the connection's exporter, so that
// the relay needs no certificate that the client knows either.

const (
	// MaxFrame is the longest frame in bytes, header and padding included: more than a packet has with all that is put around it.
	MaxFrame = 2048

	// The attributes are of those that nobody else has to understand (RFC 8489, section 18.3).
	attrNonce     = 0xca70
	attrSignature = 0xca71

	bindingRequest, bindingSuccess = 0x0001, 0x0101
	magicCookie                    = 0x2112a442
	stunHeader                     = 20
	attrHeader                     = 4
	channelHeader                  = 4

	nonceSize, signatureSize = 32, 64
)

// ErrFrame is Frames' error where something else than STUN and ChannelData comes, or too much of it.
var ErrFrame = errors.New("neither STUN nor ChannelData")

// Frames is a connection whose Read returns one whole frame. One goroutine reads.
type Frames struct {
	net.Conn
	in       *bufio.Reader
	patience time.Duration

	mu     sync.Mutex
	limit  time.Time // as Limit was told
	urgent time.Time // when the frame that has begun must be whole
}

// NewFrames reads frames from c. One that has begun must be whole within patience; zero is for ever.
func NewFrames(c net.Conn, patience time.Duration) *Frames {
	return &Frames{Conn: c, in: bufio.NewReaderSize(c, 2*MaxFrame), patience: patience}
}

// Limit says until when Read waits at most; zero is for ever. It may be called while Read waits, by any goroutine.
func (f *Frames) Limit(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limit = t
	f.armLocked()
}

func (f *Frames) hurry(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.urgent = t
	f.armLocked()
}

func (f *Frames) armLocked() {
	t := f.limit
	if t.IsZero() || !f.urgent.IsZero() && f.urgent.Before(t) {
		t = f.urgent
	}
	_ = f.SetReadDeadline(t) // of a connection that is closed: Read says so
}

// Read returns one frame, padding included. p must have room for MaxFrame bytes.
func (f *Frames) Read(p []byte) (int, error) {
	head, err := f.in.Peek(1)
	if err != nil {
		return 0, err
	}
	if head[0] >= 0x50 {
		return 0, ErrFrame
	}
	atLeast := channelHeader
	if IsRelayed(head[0]) {
		atLeast = 8 // the cookie
	}
	if head, err = f.whole(atLeast); err != nil {
		return 0, err
	}
	n := frameSize(head)
	if n > min(MaxFrame, len(p)) || atLeast == 8 && binary.BigEndian.Uint32(head[4:]) != magicCookie {
		return 0, ErrFrame
	}
	if head, err = f.whole(n); err != nil {
		return 0, err
	}
	copy(p, head)
	_, _ = f.in.Discard(n) // they are there
	return n, nil
}

// whole peeks at n bytes, and hurries where they are not there yet.
func (f *Frames) whole(n int) ([]byte, error) {
	if f.in.Buffered() < n && f.patience > 0 {
		f.hurry(time.Now().Add(f.patience))
		defer f.hurry(time.Time{})
	}
	return f.in.Peek(n)
}

// IsRelayed tells by a connection's first byte whether it is for the relay. It begins with a STUN message, whose first two
// bits are 00, and HTTP with a letter.
func IsRelayed(first byte) bool { return first < 0x40 }

// frameSize: a STUN message's length is that of its attributes, ChannelData's that of the data, and over TCP the data are
// padded to a multiple of four.
func frameSize(head []byte) int {
	n := int(binary.BigEndian.Uint16(head[2:]))
	if IsRelayed(head[0]) {
		return stunHeader + n
	}
	return channelHeader + (n+3)&^3
}

// RelayHello is the frame in which a client asks a relay to sign the nonce (32 bytes). The id is random (12 bytes).
func RelayHello(id, nonce []byte) []byte {
	return stunFrame(bindingRequest, id, attrNonce, nonce)
}

// RelayNonce returns the nonce of a RelayHello; nil: the frame is none.
func RelayNonce(frame []byte) []byte {
	return stunAttribute(frame, bindingRequest, attrNonce, nonceSize)
}

// RelayProof is the answer to a RelayHello.
func RelayProof(hello, signature []byte) []byte {
	return stunFrame(bindingSuccess, hello[8:stunHeader], attrSignature, signature)
}

// RelaySignature returns the signature of the answer to a RelayHello; nil: the frame is not that answer.
func RelaySignature(hello, frame []byte) []byte {
	signature := stunAttribute(frame, bindingSuccess, attrSignature, signatureSize)
	if signature == nil || !bytes.Equal(hello[4:stunHeader], frame[4:stunHeader]) {
		return nil
	}
	return signature
}

// stunFrame is a message with one attribute, whose length is a multiple of four.
func stunFrame(kind uint16, id []byte, attribute uint16, value []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(attrHeader+len(value)))
	b = binary.BigEndian.AppendUint32(b, magicCookie)
	b = append(b, id...)
	b = binary.BigEndian.AppendUint16(b, attribute)
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}

// stunAttribute returns the value of a message that stunFrame has made, and nil for any other.
func stunAttribute(frame []byte, kind, attribute uint16, size int) []byte {
	want := stunFrame(kind, make([]byte, 12), attribute, make([]byte, size))
	const value = stunHeader + attrHeader
	if len(frame) != len(want) || !bytes.Equal(frame[:8], want[:8]) || !bytes.Equal(frame[stunHeader:value], want[stunHeader:value]) {
		return nil
	}
	return frame[value:]
}

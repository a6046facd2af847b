// Package relay connects to a relay (TURN, RFC 8656) by TCP or TLS. That a Parley server stands at the other end is shown, as
// at its gateway, by the key of the invite, which signs the connection's exporter; so a certificate of its own making will do. Relays
// of others show a certificate that this machine trusts.
package relay

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"parley/identity"
	"parley/wire"
)

// ErrKey says that whoever answered could not prove to hold the server's key.
var ErrKey = errors.New("the relay could not prove that it is the server's own")

const (
	frameTime   = 10 * time.Second // for a frame that has begun
	writeBuffer = 64 << 10         // bytes on their way: a longer queue would be heard as delay
)

// Security is what the far end must show.
type Security struct {
	TLS bool
	Key identity.PublicKey // of a Parley server; empty: a certificate that this machine trusts
}

// Dial connects to HOST:PORT, by IPv4 or IPv6, whichever answers first. Read returns one frame at a time; Write takes one, and never
// waits.
func Dial(ctx context.Context, address string, s Security) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(writeBuffer) // an advice
	}
	if !s.TLS {
		return newQueue(wire.NewFrames(conn, frameTime), conn), nil
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	frames, err := secure(ctx, conn, address, s.Key)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return newQueue(frames, conn), nil
}

func secure(ctx context.Context, conn net.Conn, address string, key identity.PublicKey) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("the relay's address: %w", err)
	}
	c := tls.Client(conn, &tls.Config{
		ServerName: host, MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"}, // as all that a firewall lets through says
	})
	if len(key) > 0 {
		c = tls.Client(conn, &tls.Config{
			ServerName: host, MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, // prove looks at the key
			NextProtos: []string{"http/1.1"},
		})
	}
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	frames := wire.NewFrames(c, frameTime)
	if len(key) > 0 {
		state := c.ConnectionState()
		if err := prove(frames, &state, key); err != nil {
			return nil, err
		}
	}
	return frames, nil
}

// prove has the far end sign this connection.
func prove(c net.Conn, state *tls.ConnectionState, key identity.PublicKey) error {
	binding, err := wire.Exporter(state)
	if err != nil {
		return err
	}
	id := make([]byte, 12)
	_, _ = rand.Read(id) // never fails
	nonce := identity.NewChallenge()
	hello := wire.RelayHello(id, nonce)
	if _, err := c.Write(hello); err != nil {
		return fmt.Errorf("ask for the proof: %w", err)
	}
	frame := make([]byte, wire.MaxFrame)
	n, err := c.Read(frame)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrKey, err)
	}
	statement := identity.RelayHello{Server: key, Nonce: nonce, Binding: binding}
	if statement.Verify(key, wire.RelaySignature(hello, frame[:n])) != nil {
		return ErrKey
	}
	return nil
}

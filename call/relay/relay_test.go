package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"parley/identity"
	"parley/wire"
)

func newKey(t *testing.T) identity.Key {
	t.Helper()
	k, err := identity.LoadOrCreate(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// serverTLS has a certificate that nobody trusts.
func serverTLS(t *testing.T) *tls.Config {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	s.Close() // for its certificate
	return &tls.Config{Certificates: s.TLS.Certificates, NextProtos: []string{"http/1.1"}}
}

// listen serves each connection by f.
func listen(t *testing.T, conf *tls.Config, f func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if conf != nil {
		l = tls.NewListener(l, conf)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer conn.Close(); f(conn) }()
		}
	}()
	return l.Addr().String()
}

// prover answers with the key's signature, and then says everything again.
func prover(k identity.Key) func(net.Conn) {
	return func(conn net.Conn) {
		frames, buf := wire.NewFrames(conn, time.Minute), make([]byte, wire.MaxFrame)
		n, err := frames.Read(buf)
		if err != nil {
			return
		}
		state := conn.(*tls.Conn).ConnectionState()
		binding, err := wire.Exporter(&state)
		if err != nil {
			return
		}
		h := identity.RelayHello{Server: k.Public(), Nonce: wire.RelayNonce(buf[:n]), Binding: binding}
		_, _ = conn.Write(wire.RelayProof(buf[:n], h.Sign(k)))
		_, _ = io.Copy(conn, frames)
	}
}

func dial(t *testing.T, address string, s Security) (net.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := Dial(ctx, address, s)
	if err == nil {
		t.Cleanup(func() { conn.Close() })
	}
	return conn, err
}

func echoes(t *testing.T, conn net.Conn) {
	t.Helper()
	frame := []byte{0x40, 1, 0, 4, 'h', 'e', 'r', 'e'}
	buf := make([]byte, wire.MaxFrame)
	if _, err := conn.Write(frame); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(buf); err != nil || string(buf[:n]) != string(frame) {
		t.Errorf("%x %v", buf[:n], err)
	}
}

// The server's own key is believed, whatever the certificate; another's, a middleman, and a certificate alone are not.
func TestDial(t *testing.T) {
	right, wrong := newKey(t), newKey(t)
	own := listen(t, serverTLS(t), prover(right))
	conn, err := dial(t, own, Security{TLS: true, Key: right.Public()})
	if err != nil {
		t.Fatal(err)
	}
	echoes(t, conn)
	plain, err := dial(t, listen(t, nil, func(c net.Conn) { _, _ = io.Copy(c, c) }), Security{})
	if err != nil {
		t.Fatal(err)
	}
	echoes(t, plain)

	middle := listen(t, serverTLS(t), func(conn net.Conn) { // who passes everything on to the right one
		far, err := tls.Dial("tcp", own, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer far.Close()
		go func() { _, _ = io.Copy(far, conn) }()
		_, _ = io.Copy(conn, far)
	})
	old := serverTLS(t)
	old.MaxVersion = tls.VersionTLS12
	for name, c := range map[string]struct {
		address string
		key     identity.PublicKey
		err     error // nil: any
	}{
		"another server":                {listen(t, serverTLS(t), prover(wrong)), right.Public(), ErrKey},
		"somebody in the middle":        {middle, right.Public(), ErrKey},
		"one that says it back":         {listen(t, serverTLS(t), func(c net.Conn) { _, _ = io.Copy(c, c) }), right.Public(), ErrKey},
		"one that hangs up":             {listen(t, serverTLS(t), func(net.Conn) {}), right.Public(), nil},
		"one that speaks HTTP":          {listen(t, serverTLS(t), func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }), right.Public(), ErrKey},
		"an old TLS":                    {listen(t, old, prover(right)), right.Public(), nil},
		"a certificate of nobody's":     {own, nil, nil},
		"nobody":                        {"127.0.0.1:1", right.Public(), nil},
		"an address that is none":       {"127.0.0.1", nil, nil},
		"one that speaks TLS to nobody": {listen(t, nil, func(c net.Conn) { _, _ = io.WriteString(c, "hello") }), right.Public(), nil},
	} {
		if conn, err := dial(t, c.address, Security{TLS: true, Key: c.key}); err == nil || c.err != nil && !errors.Is(err, c.err) {
			t.Errorf("%s: %v %v", name, conn, err)
		}
	}
}

// Whoever is silent is given up on, and at once when the caller does.
func TestDialEnds(t *testing.T) {
	over := make(chan struct{})
	defer close(over)
	for name, address := range map[string]string{
		"before TLS": listen(t, nil, func(net.Conn) { <-over }),
		"after TLS":  listen(t, serverTLS(t), func(c net.Conn) { _ = c.(*tls.Conn).Handshake(); <-over }),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if _, err := Dial(ctx, address, Security{TLS: true, Key: newKey(t).Public()}); err == nil {
			t.Errorf("%s: connected", name)
		}
		cancel()
	}
}

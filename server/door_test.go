package server

import (
	"crypto/tls"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"parley/wire"
)

// Who comes by TLS and speaks HTTP, but does not go on to log in, is put out too, whatever they do.
func TestDoorDoesNotWait(t *testing.T) {
	r := start(t, withLimits(func(l *limits) { l.handshake = 200 * time.Millisecond }))
	unharmed(t, r)
	get := "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, act := range map[string]func(c io.Writer){
		"silence":        func(io.Writer) {},
		"half a request": func(c io.Writer) { _, _ = io.WriteString(c, get[:len(get)-2]) },
		"no body": func(c io.Writer) {
			_, _ = io.WriteString(c, "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
		},
		"half a body for the gateway": func(c io.Writer) {
			_, _ = io.WriteString(c, "GET /gateway HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx")
		},
		"one request after the other, and nothing read": func(c io.Writer) {
			for err := error(nil); err == nil; {
				_, err = io.WriteString(c, strings.Repeat(get, 100))
			}
		},
		"a request now and then": func(c io.Writer) {
			every := time.NewTicker(20 * time.Millisecond)
			defer every.Stop()
			for err := error(nil); err == nil; <-every.C {
				_, err = io.WriteString(c, get)
			}
		},
	} {
		c, err := tls.Dial("tcp", r.invite().Host, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(patience))
		act(c)
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: still there", name)
		}
		c.Close()
	}
	// None of those deadlines is left on a websocket.
	ana := join(t, r, "Ana")
	every := time.NewTicker(50 * time.Millisecond)
	defer every.Stop()
	for range 10 {
		<-every.C
		want[*wire.OK](ana, &wire.PresenceSet{Status: wire.Away})
	}
}

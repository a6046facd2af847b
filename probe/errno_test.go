package probe

import (
	"errors"
	"net"
	"testing"
)

// What this system says is known by these names.
func TestErrno(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if _, err := net.Listen("tcp", at); !errors.Is(err, EADDRINUSE) {
		t.Errorf("a port that is taken: %v", err)
	}
	l.Close()
	if _, err := net.Dial("tcp", at); !errors.Is(err, ECONNREFUSED) {
		t.Errorf("a port at which nobody listens: %v", err)
	}
}

package screen

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"
)

func TestNoDisplay(t *testing.T) {
	for _, display := range []string{"", "nonsense", filepath.Join(t.TempDir(), "none:0"), ":-1"} {
		t.Setenv("DISPLAY", display)
		if err := Check(); !errors.Is(err, ErrNone) {
			t.Errorf("%q: %v", display, err)
		}
		if Minimize(7) {
			t.Errorf("%q: minimised", display)
		}
	}
	if Minimize(0) {
		t.Error("no window, and it was minimised")
	}
}

// Displays that take the connection and then hang, end or refuse.
func TestAStrangeDisplay(t *testing.T) {
	for name, handle := range map[string]func(net.Conn){
		"mute": func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"gone": func(net.Conn) {},
		"refuse": func(c net.Conn) {
			_, _ = c.Write([]byte{0, 4, 11, 0, 0, 0, 1, 0, 'n', 'o', 'n', 'e'})
			_, _ = io.Copy(io.Discard, c)
		},
	} {
		path := filepath.Join(t.TempDir(), "x:0")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer conn.Close()
					handle(conn)
				}()
			}
		}()
		t.Setenv("DISPLAY", path)
		if _, err := connect(50 * time.Millisecond); err == nil {
			t.Errorf("%s: connected", name)
		}
		if Minimize(7) {
			t.Errorf("%s: minimised", name)
		}
		l.Close()
	}
}

func TestAHangingQuestion(t *testing.T) {
	if within(time.Millisecond, nil) {
		t.Error("no answer is yes")
	}
	yes := make(chan bool, 1)
	yes <- true
	if !within(time.Minute, yes) {
		t.Error("yes is no")
	}
}

package idle

import (
	"net"
	"path/filepath"
	"testing"
)

// There is no display, or one that must not be believed.
func TestNoX11(t *testing.T) {
	for _, env := range [][2]string{{"", ""}, {"", "wayland-0"}, {":0", "wayland-0"}, {filepath.Join(t.TempDir(), "none:0"), ""}} {
		t.Setenv("DISPLAY", env[0])
		t.Setenv("WAYLAND_DISPLAY", env[1])
		if s, err := openSource(); err == nil {
			s.close()
			t.Errorf("%q: a source", env)
		}
	}
}

// A display that takes the connection and says nothing.
func TestAMuteDisplay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x:0")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conns := make(chan net.Conn, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns <- conn
		}
	}()
	t.Setenv("DISPLAY", path)
	t.Setenv("WAYLAND_DISPLAY", "")
	w := New()
	if d, ok := w.Since(); ok {
		t.Errorf("%v", d)
	}
	w.Close()
	(<-conns).Close()
}

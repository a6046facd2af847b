package instance

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func listenFor(t *testing.T, dir string, h Handler) *Listener {
	t.Helper()
	l, err := Listen(dir, map[string]Handler{Open: h}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestHandOver(t *testing.T) {
	dir := t.TempDir()
	got := make(chan Request, 1)
	l := listenFor(t, dir, func(r Request) error { got <- r; return nil })
	for _, link := range []string{"", "parley://example.org:7440/?key=x#" + strings.Repeat("s", 4000)} {
		if err := Send(t.Context(), dir, Request{Do: Open, Link: link}); err != nil {
			t.Fatal(err)
		}
		if r := <-got; r.Do != Open || r.Link != link {
			t.Errorf("%+v", r)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, socketName)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v %v", info, err)
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, socketName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after the end the socket is there: %v", err)
	}
	if err := Send(t.Context(), dir, Request{Do: Open}); !errors.Is(err, ErrNobody) {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestRefusal(t *testing.T) {
	dir := t.TempDir()
	listenFor(t, dir, func(Request) error { return errors.New("not now") })
	if err := Send(t.Context(), dir, Request{Do: Open}); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "not now") {
		t.Errorf("a handler's error: %v", err)
	}
	if err := Send(t.Context(), dir, Request{Do: "dance"}); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), `"dance"`) {
		t.Errorf("an unknown word: %v", err)
	}
	if err := Send(t.Context(), dir, Request{Do: Open, Link: strings.Repeat("x", maxLine)}); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("too long: %v", err)
	}
}

// A Parley that was killed leaves its socket, or anything else may lie there.
func TestALeftSocketIsReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, socketName)
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	if err := Send(t.Context(), dir, Request{Do: Open}); !errors.Is(err, ErrNobody) {
		t.Errorf("a dead socket: %v", err)
	}
	listenFor(t, dir, func(Request) error { return nil })
	if err := Send(t.Context(), dir, Request{Do: Open}); err != nil {
		t.Error(err)
	}
	full := t.TempDir() // a folder that is not empty can't be removed, and is nobody's socket
	if err := os.MkdirAll(filepath.Join(full, socketName, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(full, nil, nil); err == nil {
		t.Error("a folder in the socket's place was replaced")
	}
}

func TestALongFolder(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // there is no short name for it
	}
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 40))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	listenFor(t, dir, func(Request) error { return nil })
	if err := Send(t.Context(), dir, Request{Do: Open}); err != nil {
		t.Error(err)
	}
}

// say writes to the socket and returns the line that comes back.
func say(t *testing.T, dir, text string) string {
	t.Helper()
	conn, err := net.Dial("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := conn.Write([]byte(text)); err != nil {
		return ""
	}
	line, _ := readLine(conn)
	return string(line)
}

func TestNoise(t *testing.T) {
	dir := t.TempDir()
	asked := make(chan Request, 100)
	listenFor(t, dir, func(r Request) error { asked <- r; return nil })
	for _, text := range []string{
		"\n", "null\n", "[]\n", "{}\n", `{"do":""}` + "\n", `{"do":7}` + "\n", `{"do":"open","link":["x"]}` + "\n",
		`{"do":"open","link":"a\u0000b"}` + "\n", `{"do":"open","link":"\u001b[2J"}` + "\n", `{"do":"open","link":"\u202ex"}` + "\n",
		`{"do":"` + strings.Repeat("o", 33) + `"}` + "\n", "{\"do\":\"open\",\"link\":\"\xff\"}\n", strings.Repeat("{", maxLine),
	} {
		if got := say(t, dir, text); !strings.Contains(got, `"error"`) {
			t.Errorf("%.40q: %q", text, got)
		}
	}
	if len(asked) > 0 {
		t.Errorf("noise was a request: %+v", <-asked)
	}
	if got := say(t, dir, `{"do":"open","later":{"x":1}}`+"\n"); got != `{"ok":true}` {
		t.Errorf("a field of a later version: %q", got)
	}
}

// Connections that say nothing keep nobody else out for longer than their deadline.
func TestSilence(t *testing.T) {
	dir := t.TempDir()
	l := listenFor(t, dir, func(Request) error { return nil })
	for range 2 * maxConns {
		conn, err := net.Dial("unix", filepath.Join(dir, socketName))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	for { // Send has patience of its own, which may end first
		err := Send(t.Context(), dir, Request{Do: Open})
		if err == nil {
			break
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// A Parley that hangs does not hang the second start.
func TestAHangingParley(t *testing.T) {
	dir := t.TempDir()
	socket, err := net.Listen("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	ctx, cancel := context.WithCancel(t.Context())
	taken := make(chan struct{})
	go func() {
		conn, err := socket.Accept()
		if err == nil {
			defer conn.Close()
		}
		cancel()
		<-taken
	}()
	if err := Send(ctx, dir, Request{Do: Open}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	close(taken)
}

// Whoever answers may be anything.
func TestAForeignAnswer(t *testing.T) {
	for _, answer := range []string{"", "\n", "{}\n", "no\n", `{"ok":"yes"}` + "\n", `{"error":"\u001b[2J"}` + "\n", strings.Repeat("x", 2*maxLine)} {
		dir := t.TempDir()
		socket, err := net.Listen("unix", filepath.Join(dir, socketName))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			conn, err := socket.Accept()
			if err != nil {
				return
			}
			_, _ = readLine(conn)
			_, _ = conn.Write([]byte(answer))
			conn.Close()
		}()
		if err := Send(t.Context(), dir, Request{Do: Open}); err == nil || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%.20q: %v", answer, err)
		}
		socket.Close()
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"do":"open","link":"parley://h:1/?key=k#s"}`))
	f.Add([]byte(`{"do":"open"}`))
	f.Add([]byte(`{"do":"\u0007"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := decode(line)
		if err != nil {
			if r != (Request{}) {
				t.Errorf("an error and %+v", r)
			}
			return
		}
		if r.Do == "" || len(r.Do) > maxWord || len(r.Link) > maxLine || strings.ContainsAny(r.Do+r.Link, "\x00\n\r\x1b\x7f") {
			t.Errorf("taken: %+v", r)
		}
	})
}

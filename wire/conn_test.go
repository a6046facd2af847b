package wire

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// ends are both ends of one connection: a Conn on the server's side and the bare websocket that it talks to.
func ends(t *testing.T) (*Conn, *websocket.Conn) {
	t.Helper()
	conns := make(chan *Conn, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Upgrade(w, r)
		if err != nil {
			t.Error(err)
		}
		conns <- c
	}))
	t.Cleanup(s.Close)
	far, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := <-conns
	t.Cleanup(func() { c.Close(); far.Close() })
	return c, far
}

func soon() time.Time { return time.Now().Add(20 * time.Second) }

func say(t *testing.T, far *websocket.Conn, kind int, data []byte) {
	t.Helper()
	if err := far.WriteMessage(kind, data); err != nil {
		t.Fatal(err)
	}
}

// An end in order is told from a break, and from the answer to one's own.
func TestFinished(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(c *Conn, far *websocket.Conn)
		want bool
	}{
		"goodbye": {func(_ *Conn, far *websocket.Conn) {
			say(t, far, websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""))
		}, true},
		"a page that goes away": {func(_ *Conn, far *websocket.Conn) {
			say(t, far, websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, ""))
		}, false},
		"no code": {func(_ *Conn, far *websocket.Conn) { say(t, far, websocket.CloseMessage, nil) }, false},
		"a break": {func(_ *Conn, far *websocket.Conn) { far.Close() }, false},
		"an answer": {func(c *Conn, far *websocket.Conn) {
			if err := c.Finish(); err != nil {
				t.Fatal(err)
			}
			if _, _, err := far.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				t.Errorf("Finish arrived as %v", err)
			}
		}, false},
	} {
		near, far := ends(t)
		say(t, far, websocket.TextMessage, []byte(`{"type":"voice.leave","id":7}`))
		c.end(near, far)
		if e, err := near.Read(soon()); err != nil || e.ID != 7 {
			t.Errorf("%s: the last message: %v", name, err)
		}
		if _, err := near.Read(soon()); err == nil || errors.Is(err, ErrFinished) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Pings are answered, but not any number of them; pongs nobody needs.
func TestPings(t *testing.T) {
	for _, kind := range []int{websocket.PingMessage, websocket.PongMessage} {
		near, far := ends(t)
		pongs := 0
		far.SetPongHandler(func(string) error { pongs++; return nil })
		for range 3 {
			for range maxControl {
				say(t, far, kind, []byte("x"))
			}
			say(t, far, websocket.TextMessage, []byte(`{"type":"ok"}`))
			if _, err := near.Read(soon()); err != nil {
				t.Fatal(err)
			}
		}
		if err := near.Write(Envelope{Body: OK{}}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := far.ReadMessage(); err != nil {
			t.Fatal(err)
		}
		if want := map[int]int{websocket.PingMessage: 3 * maxControl}[kind]; pongs != want {
			t.Errorf("%d pongs, want %d", pongs, want)
		}
		for range maxControl + 1 {
			say(t, far, kind, []byte("x"))
		}
		say(t, far, websocket.TextMessage, []byte(`{"type":"ok"}`))
		if _, err := near.Read(soon()); !errors.Is(err, ErrFlood) {
			t.Errorf("a flood of kind %d: %v", kind, err)
		}
	}
}

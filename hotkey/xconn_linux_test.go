package hotkey

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

func TestParseDisplay(t *testing.T) {
	for in, want := range map[string]string{
		":0":            "0 unix /tmp/.X11-unix/X0 unix @/tmp/.X11-unix/X0",
		":12.1":         "12 unix /tmp/.X11-unix/X12 unix @/tmp/.X11-unix/X12",
		"unix:3":        "3 unix /tmp/.X11-unix/X3 unix @/tmp/.X11-unix/X3",
		"unix/host:3":   "3 unix /tmp/.X11-unix/X3 unix @/tmp/.X11-unix/X3",
		"localhost:10":  "10 tcp localhost:6010",
		"tcp/host:1.0":  "1 tcp host:6001",
		"[::1]:2":       "2 tcp [::1]:6002",
		"/tmp/launch:0": "0 unix /tmp/launch:0 unix /tmp/launch",
		"":              "",
		"0":             "",
		":":             "",
		":-1":           "",
		":59536":        "",
		"host:x":        "",
	} {
		d, err := parseDisplay(in)
		got := d.number
		for _, a := range d.addresses {
			got += " " + a[0] + " " + a[1]
		}
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
}

// entry is one as Xauth.h has it.
func entry(family uint16, fields ...string) []byte {
	b := binary.BigEndian.AppendUint16(nil, family)
	for _, f := range fields {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(f))), f...)
	}
	return b
}

func TestFindCookie(t *testing.T) {
	file := bytes.Join([][]byte{
		entry(256, "other", "0", cookieName, "of another machine"),
		entry(256, "here", "1", cookieName, "of display 1"),
		entry(256, "here", "0", "XDM-AUTHORIZATION-1", "of another kind"),
		entry(0, "\x0a\x00\x00\x07", "0", cookieName, "of 10.0.0.7"),
		entry(256, "here", "0", cookieName, "of display 0"),
		entry(65535, "", "", cookieName, "of any"),
	}, nil)
	unix := &net.UnixAddr{}
	for _, c := range []struct {
		host, number string
		server       net.Addr
		want         string
	}{
		{"here", "0", unix, "of display 0"},
		{"here", "1", unix, "of display 1"},
		{"here", "2", unix, "of any"},
		{"here", "0", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, "of display 0"}, // ssh's
		{"here", "0", &net.TCPAddr{IP: net.IPv4(10, 0, 0, 7)}, "of 10.0.0.7"},
		{"here", "0", &net.TCPAddr{IP: net.IPv4(10, 0, 0, 8)}, "of any"},
	} {
		if got := string(findCookie(file, c.host, c.number, c.server)); got != c.want {
			t.Errorf("%s:%s: %q, want %q", c.host, c.number, got, c.want)
		}
	}
	for n := range len(file) - 22 { // cut short anywhere
		if got := string(findCookie(file[:n], "nowhere", "9", unix)); got != "" {
			t.Fatalf("%d bytes: %q", n, got)
		}
	}
}

// said is a server that says what is given, whatever it is asked, and ends.
type said struct {
	bytes.Reader
	asked bytes.Buffer
}

func (s *said) Write(b []byte) (int, error)      { return s.asked.Write(b) }
func (s *said) Close() error                     { return nil }
func (s *said) LocalAddr() net.Addr              { return &net.UnixAddr{} }
func (s *said) RemoteAddr() net.Addr             { return &net.UnixAddr{} }
func (s *said) SetDeadline(time.Time) error      { return nil }
func (s *said) SetReadDeadline(time.Time) error  { return nil }
func (s *said) SetWriteDeadline(time.Time) error { return nil }

func connectTo(b []byte, cookie []byte) (*xconn, *said, error) {
	s := &said{}
	s.Reset(b)
	c, err := newXConn(s, cookie)
	return c, s, err
}

func TestSetup(t *testing.T) {
	_, s, err := connectTo([]byte("\x00\x05\x0b\x00\x00\x00\x02\x00go on   "), []byte("0123456789abcdef"))
	if !errors.Is(err, ErrDenied) || !strings.Contains(err.Error(), `"go on"`) {
		t.Error(err)
	}
	if want := "l\x00\x0b\x00\x00\x00\x12\x00\x10\x00\x00\x00MIT-MAGIC-COOKIE-1\x00\x000123456789abcdef"; s.asked.String() != want {
		t.Errorf("said %q, want %q", s.asked.String(), want)
	}
	if _, s, err = connectTo(nil, nil); err == nil || s.asked.Len() != 12 {
		t.Errorf("%d bytes, %v", s.asked.Len(), err)
	}
	no := make([]byte, 32) // there is no such extension
	no[0], no[2] = isReply, 1
	c, _, err := connectTo(append(setupOf(), no...), nil)
	if err != nil || c.root != 0x77 || c.input != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	for n := range setupOf() {
		if _, _, err := connectTo(setupOf()[:n], nil); err == nil {
			t.Fatalf("%d bytes are enough", n)
		}
	}
}

// FuzzServer lets a server say anything: it ends, with everything released.
func FuzzServer(f *testing.F) {
	version := append([]byte{isReply, 0, 2, 0, 0, 0, 0, 0, 2}, make([]byte, 23)...)
	extension := append([]byte{isReply, 0, 1, 0, 0, 0, 0, 0, 1, fakeInput}, make([]byte, 22)...)
	keymap := append([]byte{isReply, 0, 4, 0, 2}, make([]byte, 35)...)
	press := append([]byte{genericEvent, fakeInput, 0, 0, 0, 0, 0, 0, rawKeyPress, 0, 0, 0, 0, 0, 0, 0, xF13}, make([]byte, 15)...)
	f.Add([]byte{})
	f.Add(bytes.Join([][]byte{setupOf(), extension, version, keymap, press, press}, nil))
	f.Add(append(setupOf(), extension...))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &x11{tracker: NewTracker(), queue: newQueue()}
		defer s.queue.close()
		s.tracker.Bind(bindings(t, "talk=F13 v=V mouse=Mouse4"), s.queue.put)
		c, _, err := connectTo(b, nil)
		if err != nil {
			return
		}
		if err := s.listen(context.Background(), c); err == nil {
			t.Fatal("it goes on")
		}
		if s.release(); len(s.tracker.Held()) != 0 {
			t.Fatal("stuck")
		}
	})
}

// Every code has a name that chords can have, and no two have the same.
func TestCodes(t *testing.T) {
	codesOf := map[Key]uint32{}
	for code := range uint32(300) {
		k := xKey(code)
		if k == "" {
			continue
		}
		if known[strings.ToLower(string(k))] != k {
			t.Errorf("%d: there is no key %s", code, k)
		}
		if other, twice := codesOf[k]; twice {
			t.Errorf("%s is %d and %d", k, other, code)
		}
		codesOf[k] = code
	}
	// As browsers have them, from every row of the keyboard.
	for k, code := range map[Key]uint32{
		"Escape": 9, "Digit0": 19, "Tab": 23, "KeyQ": 24, "KeyP": 33, "Enter": 36, "KeyA": 38, "KeyL": 46, "Backquote": 49, "ShiftLeft": 50,
		"KeyM": 58, "ShiftRight": 62, "Space": 65, "F1": 67, "F10": 76, "Numpad7": 79, "Numpad0": 90, "IntlBackslash": 94, "F11": 95,
		"ControlRight": 105, "AltRight": 108, "ArrowUp": 111, "Delete": 119, "Pause": 127, "MetaLeft": 133, "ContextMenu": 135, "Help": 146,
		"AudioVolumeUp": 123, "BrowserBack": 166, "MediaPlayPause": 172, "F13": 191, "F24": 202,
	} {
		if codesOf[k] != code {
			t.Errorf("%s is %d, want %d", k, codesOf[k], code)
		}
	}
	for n, want := range map[uint32]Key{0: "", 1: "Mouse1", 2: "Mouse2", 3: "Mouse3", 4: "", 7: "", 8: "Mouse4", 9: "Mouse5", 13: "Mouse9", 14: ""} {
		if got := xButton(n); got != want {
			t.Errorf("button %d: %q, want %q", n, got, want)
		}
	}
}

package screen

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"parley/video"
)

// Where there is no display it is said why, by each of what asks one.
func TestNoDisplay(t *testing.T) {
	nobody := filepath.Join(t.TempDir(), "none:0")
	for name, c := range map[string]struct{ display, wayland, session, says string }{
		"none":            {"", "", "", "no display"},
		"nonsense":        {"nonsense", "", "", "nonsense"},
		"nobody":          {nobody, "", "", "connect"},
		"negative":        {":-1", "", "", "connect"},
		"wayland alone":   {"", "wayland-0", "", "Wayland"},
		"wayland":         {nobody, "wayland-0", "", "Wayland"},
		"wayland session": {nobody, "", "wayland", "Wayland"},
	} {
		t.Setenv("DISPLAY", c.display)
		t.Setenv("WAYLAND_DISPLAY", c.wayland)
		t.Setenv("XDG_SESSION_TYPE", c.session)
		s := New(Config{})
		_, err := s.List(t.Context())
		_, _, openErr := s.Open("screen:screen", video.Format{})
		_, smallErr := s.Thumbnail(t.Context(), "screen:screen", 100, 100)
		for _, err := range []error{err, openErr, smallErr} {
			if !errors.Is(err, video.ErrNoScreen) || errors.Is(err, video.ErrWayland) != (c.says == "Wayland") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	// Who names a display means it.
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	if _, err := New(Config{Display: "nonsense"}).List(t.Context()); !errors.Is(err, video.ErrNoScreen) || strings.Contains(err.Error(), "Wayland") {
		t.Error(err)
	}
	if _, err := New(Config{}).Thumbnail(t.Context(), "screen:screen", 0, 100); !errors.Is(err, video.ErrSize) {
		t.Error(err)
	}
}

// Displays that take the connection and then hang, end or refuse.
func TestStrangeDisplays(t *testing.T) {
	for name, c := range map[string]struct {
		handle func(net.Conn)
		want   error
	}{
		"mute": {func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, context.DeadlineExceeded},
		"gone": {func(net.Conn) {}, video.ErrNoScreen},
		"refuse": {func(c net.Conn) {
			_, _ = c.Write([]byte{0, 4, 11, 0, 0, 0, 1, 0, 'n', 'o', 'n', 'e'})
			_, _ = io.Copy(io.Discard, c)
		}, video.ErrNoScreen},
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
					c.handle(conn)
				}()
			}
		}()
		limit := answers
		if c.want == context.DeadlineExceeded {
			limit = 100 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		if list, err := New(Config{Display: path}).List(ctx); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v", name, list, err)
		}
		cancel()
		l.Close()
	}
}

// Names are one short line of visible text, whatever a program writes.
func TestText(t *testing.T) {
	for value, want := range map[string]string{
		"Notes":                                "Notes",
		"  Zoë – 你好\n":                         "Zoë – 你好\uFFFD",
		"Gr\xfc\xdfe":                          "Grüße", // Latin-1
		"a\x00b\x1b[31m":                       "a\uFFFDb\uFFFD[31m",
		"invoice\u202Egpj.exe":                 "invoice\uFFFDgpj.exe",
		"":                                     "",
		strings.Repeat("x", 1000):              strings.Repeat("x", maxName),
		strings.Repeat("你", 1000):              strings.Repeat("你", maxName),
		strings.Repeat("a\u0300", 1000):        strings.Repeat("a\u0300", maxName/2),
		strings.Repeat("x", 4*maxName-1) + "你": strings.Repeat("x", maxName),
	} {
		if got := text([]byte(value)); got != want {
			t.Errorf("%.40q: %q, want %q", value, got, want)
		}
	}
	for value, want := range map[string]string{
		"navigator\x00Firefox\x00": "Firefox", "": "", "one": "", "one\x00": "", "one\x00two": "two", "\x00\x00\x00": "", "a\x00b\x00c": "b",
		"a\x00\u2067b": "\uFFFDb",
	} {
		if got := program([]byte(value)); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}

func TestNumbered(t *testing.T) {
	for id, want := range map[string]uint32{
		"window:0x1c00007": 0x1c00007, "window:0x1": 1, "window:0x1fffffff": 0x1fffffff, "window:0x0": 0, "window:0x20000000": 0, "window:7": 0, "window:0x": 0,
		"window:0x-1": 0, "screen:0x7": 0, "": 0, "window:0x1c00007 ": 0, "window:0xffffffffffffffffffff": 0,
	} {
		w, ok := numbered(id)
		if ok != (want != 0) || ok && uint32(w) != want {
			t.Errorf("%q: %x, %v", id, w, ok)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"Notes", "Gr\xfc\xdfe", "a\x00b", "\u202Egpj", "\xe4\xbd", strings.Repeat("你", 200)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		for _, got := range []string{text(value), program(value)} {
			if !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxName || strings.ContainsFunc(got, func(r rune) bool {
				return !unicode.IsGraphic(r) || unicode.Is(unicode.Bidi_Control, r)
			}) {
				t.Errorf("%q became %q", value, got)
			}
		}
	})
}

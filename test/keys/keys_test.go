// Package keys_test presses keys on real X servers and listens for them.
package keys_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"parley/hotkey"
	"parley/test/lab"
	"parley/xserver"
)

// X keycodes, which are the kernel's numbers and 8.
const (
	codeM       = 50 + 8
	codeT       = 20 + 8
	codeControl = 97 + 8 // the right one
	codeF13     = 183 + 8
)

const patience = 20 * time.Second // far longer than anything takes here

// world is a display with somebody at its keyboard, and a window that has the focus.
type world struct {
	testing.TB
	server *lab.Process
	name   string
	conn   *xgb.Conn
	typed  chan xproto.Keycode // what the window got; repeats are in it as often as they come
	source hotkey.Source
}

func begin(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t}
	w.serve("")
	w.sit()
	t.Setenv("DISPLAY", w.name)
	t.Setenv("WAYLAND_DISPLAY", "")
	source, err := hotkey.Open(slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
		if _, open := <-source.Events(); open {
			t.Error("an event after the end")
		}
	})
	w.source = source
	w.bind("talk=F13", "mute=Ctrl+M", "whisper=Mouse4")
	return w
}

// serve starts a server, on a free display if it has no name yet.
func (w *world) serve(name string) {
	w.Helper()
	ready, write, err := os.Pipe()
	if err != nil {
		w.Fatal(err)
	}
	defer ready.Close()
	args := []string{"-displayfd", "3", "-screen", "0", "320x240x24", "-nolisten", "tcp", "-noreset", "-ac", "-s", "0"}
	if name != "" {
		args = append([]string{name}, args...)
	}
	w.server, err = lab.Start(lab.Command{Path: "Xvfb", Args: args, Files: []*os.File{write}}, nil, nil)
	write.Close()
	if err != nil {
		w.Fatal(err)
	}
	server := w.server
	w.Cleanup(func() { _ = server.Close() })
	if err := ready.SetReadDeadline(time.Now().Add(patience)); err != nil {
		w.Fatal(err)
	}
	number, err := io.ReadAll(ready)
	if err != nil || len(bytes.TrimSpace(number)) == 0 {
		w.Fatalf("wait for Xvfb: %v\n%s", err, server.Stderr())
	}
	w.name = ":" + string(bytes.TrimSpace(number))
}

// sit sits down at the display, and opens a window that gets what is typed.
func (w *world) sit() {
	w.Helper()
	xgb.Logger.SetOutput(io.Discard)
	conn, err := xgb.NewConnDisplay(w.name)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(conn.Close)
	w.conn, w.typed = conn, make(chan xproto.Keycode, 1000)
	if !xserver.Extend(conn, "XTEST") {
		w.Fatal("no XTEST")
	}
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	window, err := xproto.NewWindowId(conn)
	if err != nil {
		w.Fatal(err)
	}
	xproto.CreateWindow(conn, 0, window, root, 0, 0, 100, 100, 0, xproto.WindowClassInputOutput, 0,
		xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{1, xproto.EventMaskKeyPress})
	xproto.MapWindow(conn, window)
	if err := xproto.SetInputFocusChecked(conn, xproto.InputFocusNone, window, xproto.TimeCurrentTime).Check(); err != nil {
		w.Fatal(err)
	}
	go func(typed chan<- xproto.Keycode) {
		for {
			e, xerr := conn.WaitForEvent()
			if e == nil && xerr == nil {
				return
			}
			if press, ok := e.(xproto.KeyPressEvent); ok {
				select {
				case typed <- press.Detail:
				default:
				}
			}
		}
	}(w.typed)
}

func (w *world) bind(all ...string) {
	w.Helper()
	var bindings []hotkey.Binding
	for _, s := range all {
		id, chord, _ := bytes.Cut([]byte(s), []byte("="))
		c, err := hotkey.ParseChord(string(chord))
		if err != nil {
			w.Fatal(err)
		}
		bindings = append(bindings, hotkey.Binding{ID: string(id), Chord: c})
	}
	if err := w.source.Bind(bindings); err != nil {
		w.Fatal(err)
	}
}

// key presses a key, or lets go of it.
func (w *world) key(code byte, down bool) {
	w.Helper()
	kind := byte(xproto.KeyRelease)
	if down {
		kind = xproto.KeyPress
	}
	w.fake(kind, code)
}

func (w *world) button(n byte, down bool) {
	w.Helper()
	kind := byte(xproto.ButtonRelease)
	if down {
		kind = xproto.ButtonPress
	}
	w.fake(kind, n)
}

func (w *world) fake(kind, detail byte) {
	w.Helper()
	if err := xtest.FakeInputChecked(w.conn, kind, detail, 0, 0, 0, 0, 0).Check(); err != nil {
		w.Fatal(err)
	}
}

// hears waits for the next event, which must be "+talk" or the like.
func (w *world) hears(want ...string) {
	w.Helper()
	for _, want := range want {
		select {
		case e, open := <-w.source.Events():
			got := "-" + e.ID
			if e.Down {
				got = "+" + e.ID
			}
			if !open || got != want || e.At.IsZero() {
				w.Fatalf("heard %s (%+v), want %s", got, e, want)
			}
		case <-time.After(patience):
			w.Fatalf("%s is not heard", want)
		}
	}
}

// types waits until the window has got a key that many times.
func (w *world) types(code xproto.Keycode, times int) {
	w.Helper()
	for range times {
		select {
		case got := <-w.typed:
			if got != code {
				w.Fatalf("the window got key %d, want %d", got, code)
			}
		case <-time.After(patience):
			w.Fatalf("the window does not get key %d", code)
		}
	}
}

// tap presses a key and lets go of it.
func (w *world) tap(code byte) {
	w.Helper()
	w.key(code, true)
	w.key(code, false)
}

// While a key is held to talk, the window that has the focus gets it, and everything else that is typed.
func TestTypingGoesOn(t *testing.T) {
	w := begin(t)
	w.key(codeF13, true)
	w.hears("+talk")
	w.types(codeF13, 1)
	w.tap(codeT)
	w.types(codeT, 1)
	w.key(codeF13, false)
	w.hears("-talk")
}

// A key that repeats is pressed once, and its repeats are typed.
func TestRepeat(t *testing.T) {
	w := begin(t)
	w.key(codeF13, true)
	w.types(codeF13, 6)
	w.key(codeF13, false)
	w.hears("+talk", "-talk")
	w.tap(codeF13)
	w.hears("+talk", "-talk")
}

func TestChordsAndButtons(t *testing.T) {
	w := begin(t)
	w.tap(codeM) // without its modifier: nothing
	w.key(codeControl, true)
	w.key(codeM, true)
	w.hears("+mute")
	w.key(codeControl, false)
	w.hears("-mute")
	w.key(codeM, false)
	for n := byte(1); n <= 9; n++ {
		w.button(n, true)
		w.button(n, false)
	}
	w.hears("+whisper", "-whisper")
	w.button(8, true)
	w.hears("+whisper")
	w.key(codeF13, true)
	w.hears("+talk")
	w.bind("talk=T")
	w.hears("-talk", "-whisper")
	w.tap(codeF13)
	w.button(8, false)
	w.tap(codeT)
	w.hears("+talk", "-talk")
}

// A game that has grabbed the keyboard and the mouse takes nothing away from us.
func TestGrabbed(t *testing.T) {
	w := begin(t)
	root := xproto.Setup(w.conn).DefaultScreen(w.conn).Root
	const async = xproto.GrabModeAsync
	keyboard, err := xproto.GrabKeyboard(w.conn, false, root, xproto.TimeCurrentTime, async, async).Reply()
	if err != nil || keyboard.Status != xproto.GrabStatusSuccess {
		t.Fatalf("%+v, %v", keyboard, err)
	}
	pointer, err := xproto.GrabPointer(w.conn, false, root, 0, async, async, 0, 0, xproto.TimeCurrentTime).Reply()
	if err != nil || pointer.Status != xproto.GrabStatusSuccess {
		t.Fatalf("%+v, %v", pointer, err)
	}
	w.key(codeF13, true)
	w.button(8, true)
	w.hears("+talk", "+whisper")
	time.Sleep(time.Second) // it is asked for its state meanwhile, and has both down
	w.key(codeF13, false)
	w.button(8, false)
	w.hears("-talk", "-whisper")
}

// A server that ends while a key is held leaves nothing held, and one that takes its place is heard.
func TestServerGone(t *testing.T) {
	w := begin(t)
	w.key(codeF13, true)
	w.button(8, true)
	w.hears("+talk", "+whisper")
	if err := w.server.Close(); err != nil {
		t.Log(err)
	}
	w.hears("-talk", "-whisper")
	name := w.name
	w.serve(name)
	if w.name != name {
		t.Fatalf("the new server is %s, want %s", w.name, name)
	}
	w.sit()
	w.key(codeF13, true) // until it is connected to, and then it is known by the state
	w.hears("+talk")
	w.key(codeF13, false)
	w.hears("-talk")
}

// A server that stands still holds nothing, and is heard when it goes on.
func TestServerSilent(t *testing.T) {
	w := begin(t)
	w.key(codeF13, true)
	w.hears("+talk")
	if err := w.server.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	w.hears("-talk")
	if err := w.server.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	w.hears("+talk") // it is held all the time
	w.key(codeF13, false)
	w.hears("-talk")
}

// There is no source without a server.
func TestNoServer(t *testing.T) {
	t.Setenv("WAYLAND_DISPLAY", "")
	for _, display := range []string{":65000", "nonsense", fmt.Sprintf("%s/none:0", t.TempDir())} {
		t.Setenv("DISPLAY", display)
		if source, err := hotkey.Open(nil); err == nil || source != nil {
			t.Errorf("%s: %v", display, err)
		}
	}
}

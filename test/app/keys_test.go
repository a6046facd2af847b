package app_test

import (
	"fmt"
	"math"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"parley/audio/audiotest"
	"parley/profile"
	"parley/test/lab"
)

// TestKeysEverywhere: somebody plays a game and talks by a key that the game gets as well. They are heard while they hold it, and
// neither before nor afterwards. Another program does the same over the socket, whatever a third one sends there.
func TestKeysEverywhere(t *testing.T) {
	w := newWorld(t, 2)
	a := w.app("ada", func(s *profile.Settings) {
		lab.Person(0, "Ada")(s)
		s.Mode = profile.PushToTalk
	}, "--host")
	invite := a.copyInvite()
	a.join()
	bo := w.guest(1, "Bo", invite)
	w.await(bo, 0, "peer_connected")
	said := w.saying(0, w.speech(15))
	r := w.record()
	w.must(a.Window.Focus(w.ctx))
	w.must(a.Display.KeyDown(w.ctx, "F8")) // in Parley's own window, too; and a jitter buffer begins long
	w.hear(r, 3.5)
	w.must(a.Display.KeyUp(w.ctx, "F8"))
	game := a.otherWindow()
	before := r.Seconds() + tail
	w.hear(r, tail+0.5)

	first := w.holds(r, 3.5, func() { w.must(a.Display.KeyDown(w.ctx, "F8")) }, func() { w.must(a.Display.KeyUp(w.ctx, "F8")) })
	game.gets(codeF8)
	w.hear(r, tail+0.3)
	w.must(a.Display.Key(w.ctx, "x"))
	game.gets(codeX)

	var held *lab.Client
	second := w.holds(r, 3.5, func() {
		held = w.presses(a, "ptt", "down")
		w.mess(a)
	}, func() { w.pressed(w.presses(a, "ptt", "up")) })
	w.pressed(held)
	w.hear(r, tail+0.3)
	channels := w.stop(r)
	said()
	mouth, ear := channels[lab.Mouth(0)], channels[lab.Ear(1)]
	for when, span := range map[string][2]float64{
		"before": {before, first[0]}, "after the key": {first[1] + tail, second[0]}, "at the end": {second[1] + tail, r.Seconds() - 0.1},
	} {
		// What is left is the noise of the room she was in, which the listener's side goes on with for a moment.
		if got := level(ear, span[0], span[1]); got > -50 {
			t.Errorf("%s, from %.1f to %.1f s: %.1f dBFS, said at -20", when, span[0], span[1], got)
		}
	}
	for how, span := range map[string][2]float64{"by the key": first, "over the socket": second} {
		in, out := part(mouth, span[0]+0.5, span[1]), part(ear, span[0]+0.5, span[1])
		// The best half second: the jitter buffer has its length only after a while, and stretches some of what comes before.
		_, all := audiotest.WindowedSISDR(in, out, lab.SampleRate/2, lab.SampleRate)
		if len(all) < 4 || !(slices.Max(all) >= 15) {
			t.Errorf("%s: SI-SDR %.1f dB, want 15 somewhere", how, all)
		}
		if said, heard := audiotest.LevelDBFS(in), audiotest.LevelDBFS(out); math.Abs(said-heard) > 3 {
			t.Errorf("%s: %.1f dBFS, said at %.1f", how, heard, said)
		}
		t.Logf("%s: SI-SDR %.1f dB", how, all)
	}
	if n, err := a.LogHas("F8"); err != nil || n > 0 {
		t.Errorf("the log names the key %d times (%v)", n, err)
	}
}

// TestKeyOfTheWindow: where nothing hears keys everywhere, as in a Wayland session without a portal, the window's own key does it, and
// it does not stick when the window loses the keyboard while it is held. A field of text does not keep it from talking.
func TestKeyOfTheWindow(t *testing.T) {
	w := newWorld(t, 2)
	a := w.start(lab.AppConfig{Display: w.display(), Dir: filepath.Join(w.dir, "ada"), Pulse: w.pulse, Args: []string{"--host"},
		Env: []string{"WAYLAND_DISPLAY=wayland-of-nobody"}, Settings: func(s *profile.Settings) {
			lab.Person(0, "Ada")(s)
			s.Mode, s.PTTKey = profile.PushToTalk, "RightControl" // as Fyne calls it
		}})
	invite := a.copyInvite()
	a.join()
	bo := w.guest(1, "Bo", invite)
	w.await(bo, 0, "peer_connected")
	a.key("ctrl+k") // has a field with the focus
	said := w.saying(0, w.speech(8))
	r := w.record()
	from := r.Seconds()
	w.must(a.Display.KeyDown(w.ctx, "Control_R"))
	w.hear(r, 3)
	held := r.Seconds()
	a.otherWindow()
	w.hear(r, tail+0.5)
	channels := w.stop(r)
	w.must(a.Display.KeyUp(w.ctx, "Control_R"))
	ear := channels[lab.Ear(1)]
	audible(t, "while it is held", level(ear, from+1, held))
	if got := level(ear, held+tail, r.Seconds()-0.1); got > -50 {
		t.Errorf("the key sticks: %.1f dBFS", got)
	}
	said()
}

// tail is how long somebody is heard after the key: the settings' delay, and what is on its way.
const tail = 0.9

// X keycodes, which are the kernel's numbers and 8.
const (
	codeF8 = 66 + 8
	codeX  = 45 + 8
)

// holds has a key pressed for so many seconds, and says when that was in the recording.
func (w *world) holds(r *lab.Recording, seconds float64, press, lift func()) [2]float64 {
	w.Helper()
	from := r.Seconds()
	press()
	w.hear(r, seconds)
	to := r.Seconds()
	lift()
	return [2]float64{from, to}
}

// presses starts parleyctl, which presses a key of somebody's app.
func (w *world) presses(a *window, words ...string) *lab.Client {
	w.Helper()
	c, err := programs.Client(lab.Command{Args: append(words, "--home", a.Profile())})
	w.must(err)
	w.Cleanup(func() { _ = c.Close() })
	return c
}

// pressed waits for the good end of such a program.
func (w *world) pressed(c *lab.Client) {
	w.Helper()
	if status, err := c.Wait(w.within(20 * time.Second)); err != nil || status != 0 {
		w.Errorf("parleyctl ended with %d, %v: %s", status, err, c.Stderr())
	}
}

// mess is what a program does at the socket that means no good, or is broken.
func (w *world) mess(a *window) {
	w.Helper()
	for i := range 8 {
		conn, err := net.Dial("unix", filepath.Join(a.Profile(), "control.sock"))
		w.must(err)
		w.Cleanup(func() { _ = conn.Close() })
		w.must(conn.SetDeadline(time.Now().Add(time.Second)))
		for range 100 {
			if _, err := fmt.Fprintf(conn, "%*s\n", 100*i, "ptt\x00up\x1b[2J"); err != nil {
				break // it has had enough
			}
		}
	}
}

// otherWindow is another program's, which has the keyboard.
type otherWindow struct {
	w     *world
	typed chan xproto.Keycode
}

func (a *window) otherWindow() *otherWindow {
	a.w.Helper()
	var display string
	for _, v := range a.Display.Env() {
		if _, err := fmt.Sscanf(v, "DISPLAY=%s", &display); err == nil {
			break
		}
	}
	conn, err := xgb.NewConnDisplay(display)
	a.w.must(err)
	a.w.Cleanup(conn.Close)
	screen := xproto.Setup(conn).DefaultScreen(conn)
	id, err := xproto.NewWindowId(conn)
	a.w.must(err)
	a.w.must(xproto.CreateWindowChecked(conn, 0, id, screen.Root, 0, 0, 100, 100, 0, xproto.WindowClassInputOutput, 0,
		xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{1, xproto.EventMaskKeyPress}).Check())
	a.w.must(xproto.MapWindowChecked(conn, id).Check())
	a.w.must(xproto.SetInputFocusChecked(conn, xproto.InputFocusNone, id, xproto.TimeCurrentTime).Check())
	o := &otherWindow{a.w, make(chan xproto.Keycode, 1000)}
	go func() {
		for {
			e, xerr := conn.WaitForEvent()
			if e == nil && xerr == nil {
				return
			}
			if press, ok := e.(xproto.KeyPressEvent); ok {
				select {
				case o.typed <- press.Detail:
				default:
				}
			}
		}
	}()
	return o
}

// gets waits until the window has got a key, which may repeat those before it.
func (o *otherWindow) gets(want xproto.Keycode) {
	o.w.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case got := <-o.typed:
			if got == want {
				return
			}
		case <-late:
			o.w.Fatalf("the other window does not get key %d", want)
		}
	}
}

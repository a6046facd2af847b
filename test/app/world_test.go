// Package app_test uses the desktop app as a person does: a real window on a screen in memory, keys, mouse and clipboard,
// recorded speech through a real sound server, and what stands on the screen read from its pixels.
//
// Where PARLEY_SHOTS names a folder, a test that fails leaves pictures of its screens there.
package app_test

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/profile"
	"parley/test/lab"
)

const second = lab.SampleRate

var programs lab.Programs

func TestMain(m *testing.M) { os.Exit(lab.Main(&programs, lab.BuildApp, m.Run)) }

// world is a screen for each app, a sound server, and a scratch folder, all gone at the test's end.
type world struct {
	*testing.T
	ctx   context.Context
	dir   string
	pulse *lab.Pulse // nil: no sound
}

func newWorld(t *testing.T, people int) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(3*soak())*time.Minute)
	t.Cleanup(cancel)
	w := &world{T: t, ctx: ctx, dir: t.TempDir()}
	if people > 0 {
		var err error
		if w.pulse, err = lab.StartPulse(ctx, people, nil); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.pulse.Close() })
	}
	return w
}

// within bounds what may hang; it is no measurement.
func (w *world) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(w.ctx, d)
	w.Cleanup(cancel)
	return ctx
}

// must ends the test with what went wrong.
func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// app starts somebody's app on a screen of its own.
func (w *world) app(name string, settings func(*profile.Settings), args ...string) *window {
	w.Helper()
	return w.start(lab.AppConfig{Display: w.display(), Dir: filepath.Join(w.dir, name), Pulse: w.pulse, Settings: settings, Args: args})
}

func (w *world) display() *lab.Display {
	w.Helper()
	d, err := lab.StartDisplay(w.ctx, lab.AppWidth, lab.AppHeight, nil)
	w.must(err)
	w.Cleanup(func() { _ = d.Close() })
	return d
}

func (w *world) start(c lab.AppConfig) *window {
	w.Helper()
	a, err := programs.App(w.ctx, c)
	w.must(err)
	w.Cleanup(func() { w.end(a) })
	return &window{a, w, lab.Dark}
}

// end closes an app, after a picture of it if the test has failed, and wants nothing in its log that should not be there.
func (w *world) end(a *lab.App) {
	if w.Failed() {
		w.Logf("%s%s\n%s", filepath.Base(a.Dir), a.Shot(strings.ReplaceAll(w.Name(), "/", "-")), a.Stderr())
	}
	_ = a.Close()
	for _, bad := range []string{"panic:", "fatal error:", "DATA RACE"} {
		if strings.Contains(a.Stderr(), bad) {
			w.Errorf("the app wrote: %s", a.Stderr())
			return
		}
	}
}

// again ends the app politely and starts it once more.
func (w *world) again(a *window, args ...string) *window {
	w.Helper()
	w.must(a.Quit(w.ctx))
	return w.anew(a, args...)
}

// anew starts an app that has ended, with the profile as it left it.
func (w *world) anew(a *window, args ...string) *window {
	w.Helper()
	c := a.AppConfig
	c.Settings, c.Args = nil, args
	return w.start(c)
}

// guest starts "parleyctl join" for person i, who sends what the microphone hears as it is.
func (w *world) guest(i int, name, invite string, args ...string) *lab.Client {
	w.Helper()
	l := lab.Letter(i)
	c, err := programs.Client(lab.Command{
		Env: append(w.pulse.Env(), "HOME="+w.dir),
		Args: append([]string{"join", invite, "--channel", "General", "--name", name, "--home", filepath.Join(w.dir, name),
			"--mic", "mic_" + l, "--speaker", "spk_" + l, "--processing=off", "--mode", "open", "--bitrate", "64000"}, args...),
	})
	w.must(err)
	w.Cleanup(func() { _ = c.Close() })
	return c
}

// await waits for an event of a guest after a mark, and returns the mark behind it.
func (w *world) await(c *lab.Client, mark int, event string) int {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 45*time.Second)
	defer cancel()
	e, err := c.Await(ctx, mark, event, nil)
	w.must(err)
	return e.Next
}

// tell gives a guest a command and waits until it is done.
func (w *world) tell(c *lab.Client, command string) {
	w.Helper()
	mark := c.Mark()
	w.must(c.Tell(command))
	w.await(c, mark, "done")
}

// serve starts a server that no app hosts.
func (w *world) serve() *lab.Server {
	w.Helper()
	s, err := programs.Serve(w.ctx, "127.0.0.1:0", filepath.Join(w.dir, "server"), lab.Command{})
	w.must(err)
	w.Cleanup(func() { _ = s.Close() })
	return s
}

func (w *world) speech(seconds float64) []float32 {
	w.Helper()
	s, err := lab.Speech(seconds)
	w.must(err)
	return s
}

// saying plays speech into person i's microphone in the background. The returned function waits for its end.
func (w *world) saying(i int, samples []float32) (wait func()) {
	done := make(chan error, 1)
	go func() { done <- w.pulse.Play(w.ctx, "inj_"+lab.Letter(i), samples) }()
	return func() {
		w.Helper()
		w.must(<-done)
	}
}

// say plays speech into person i's microphone and returns when it has been said.
func (w *world) say(i int, samples []float32) {
	w.Helper()
	w.saying(i, samples)()
}

// record begins to record all mouths and ears.
func (w *world) record() *lab.Recording {
	w.Helper()
	r, err := w.pulse.Record(w.ctx)
	w.must(err)
	return r
}

// hear lets s more seconds be recorded.
func (w *world) hear(r *lab.Recording, s float64) {
	w.Helper()
	w.must(r.WaitSeconds(w.ctx, r.Seconds()+s))
}

func (w *world) stop(r *lab.Recording) [][]float32 {
	w.Helper()
	channels, err := r.Stop()
	w.must(err)
	return channels
}

// part is what of a recording lies between two times in seconds.
func part(x []float32, from, to float64) []float32 {
	i, j := int(from*second), int(to*second)
	return x[max(0, min(i, len(x))):max(0, min(j, len(x)))]
}

// level of a recording in dBFS between two times in seconds.
func level(x []float32, from, to float64) float64 {
	return audiotest.LevelDBFS(part(x, from, to))
}

// soak is how many times longer the long form of a test is (make soak).
func soak() float64 {
	if os.Getenv("PARLEY_SOAK") != "" {
		return 6
	}
	return 1
}

func audible(t *testing.T, what string, dbfs float64) {
	t.Helper()
	if dbfs < -30 {
		t.Errorf("%s: %.1f dBFS, said at -20", what, dbfs)
	}
}

func silent(t *testing.T, what string, dbfs float64) {
	t.Helper()
	if dbfs > -60 {
		t.Errorf("%s: %.1f dBFS, want silence", what, dbfs)
	}
}

// window is an app in the hands of a test: what fails ends the test, and says what was on the screen.
type window struct {
	*lab.App
	w       *world
	palette lab.Palette // of the theme that it has now
}

func (a *window) key(chords ...string) {
	a.w.Helper()
	a.w.must(a.Key(a.w.ctx, chords...))
}

func (a *window) click(at image.Point) {
	a.w.Helper()
	a.w.must(a.Click(a.w.ctx, at))
}

func (a *window) clickTwice(at image.Point) {
	a.w.Helper()
	a.w.must(a.Display.DoubleClick(a.w.ctx, at))
}

func (a *window) see(what string, r image.Rectangle, ok func(*image.RGBA) bool) {
	a.w.Helper()
	a.w.must(a.WaitFor(a.w.ctx, what, r, ok))
}

// typeText types into what has the focus.
func (a *window) typeText(text string) {
	a.w.Helper()
	a.w.must(a.Window.Focus(a.w.ctx))
	a.w.must(a.Display.Type(a.w.ctx, text))
}

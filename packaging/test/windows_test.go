//go:build packages

// Package test tries what "make packages" has made.
package test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/audio/wavdev"
	"parley/test/lab"
	"parley/wire"
)

const second = lab.SampleRate

// windows is a Windows by Wine with the programs of BUILD/windows-amd64, and a server that is none of Windows'.
type windows struct {
	*testing.T
	dir    string
	build  string       // what packaging has built
	own    lab.Programs // parley and parleyctl, for Windows
	linux  lab.Programs
	server *lab.Server
}

// newWindows makes a Windows and a server, which are gone at the test's end.
func newWindows(t *testing.T) *windows {
	t.Helper()
	w := &windows{T: t, dir: t.TempDir()}
	w.own.Dir = filepath.Join(w.dir, "programs")
	w.make()

	home := filepath.Join(w.dir, "parleyd")
	if err := os.Mkdir(home, 0o755); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.linux, err = lab.Build(w.within(10*time.Minute), home); err != nil {
		t.Fatal(err)
	}
	w.server, err = w.linux.Serve(w.within(30*time.Second), freeAddress(t), filepath.Join(w.dir, "server"), lab.Command{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.server.Close() })
	return w
}

// random stands in for the one function of Windows 10 that Wine 8 lacks and Go's run-time library starts with.
const random = `#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE to, SIZE_T n) { return RtlGenRandom(to, (ULONG)n); }
`

// make makes the prefix, which is what Wine calls a Windows, and a program of Linux for each of ours that runs it there.
func (w *windows) make() {
	w.Helper()
	build := os.Getenv("BUILD")
	if build == "" {
		build = filepath.Join("..", "..", "build")
	}
	var err error
	if w.build, err = filepath.Abs(build); err != nil {
		w.Fatal(err)
	}
	if err := os.Mkdir(w.own.Dir, 0o755); err != nil {
		w.Fatal(err)
	}
	// All of Wine's programs wait for this one, and with it they end.
	server, err := lab.Start(
		lab.Command{Path: w.script("server", "wineserver"), Args: []string{"--foreground", "--persistent"}, Env: w.env()}, nil, nil)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { server.Close() })
	w.run("wineboot", "--init")
	source := filepath.Join(w.dir, "random.c")
	if err := os.WriteFile(source, []byte(random), 0o644); err != nil {
		w.Fatal(err)
	}
	library := filepath.Join(w.dir, "prefix", "drive_c", "windows", "system32", "bcryptprimitives.dll")
	w.run("x86_64-w64-mingw32-gcc-posix", "-shared", "-Os", "-o", library, source, "-ladvapi32")

	for _, name := range []string{"parley", "parleyctl"} {
		exe := filepath.Join(w.build, "windows-amd64", name+".exe")
		if _, err := os.Stat(exe); err != nil {
			w.Fatalf("%v; packaging/windows/build.sh makes it", err)
		}
		w.script(name, fmt.Sprintf("wine '%s'", exe))
	}
}

// script makes a program that runs that command, before all others where it may: every wait in Wine is a message to its server and back, of
// which a packet costs some, and on a busy machine sound would come in when its turn is over.
func (w *windows) script(name, command string) string {
	w.Helper()
	path := filepath.Join(w.own.Dir, name)
	text := fmt.Sprintf("#!/bin/sh\nif chrt --rr 1 true 2>/dev/null; then exec chrt --rr 1 %s \"$@\"; fi\nexec %[1]s \"$@\"\n", command)
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		w.Fatal(err)
	}
	return path
}

// env is Wine's: quiet, and without the parts that it would fetch and ask for.
func (w *windows) env() []string {
	return []string{
		"WINEPREFIX=" + filepath.Join(w.dir, "prefix"), "WINEARCH=win64", "WINEDEBUG=-all",
		"WINEDLLOVERRIDES=mscoree=;mshtml=;winemenubuilder.exe=",
	}
}

func (w *windows) run(name string, args ...string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), w.env()...)
	// To files: whatever of Wine stays in the background would keep a pipe open.
	out, err := os.CreateTemp(w.dir, "out")
	if err != nil {
		w.Fatal(err)
	}
	defer out.Close()
	c.Stdout, c.Stderr = out, out
	if err := c.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		w.Fatalf("%s: %v: %s", name, err, said)
	}
}

// path is a file of this test as Windows calls it.
func (w *windows) path(name string) string {
	return "Z:" + strings.ReplaceAll(filepath.Join(w.dir, name), "/", `\`)
}

// start starts a command of parleyctl that comes to the server as somebody, who says the file and keeps what others say.
func (w *windows) start(command, name, file string, args ...string) *lab.Client {
	w.Helper()
	args = append([]string{command, w.server.Ready.Invite, "--name", name, "--home", w.path(name), "--play", w.path(file), "--loop",
		"--record-dir", w.path(name + " hörte"), "--processing=off", "--mode", "open", "--bitrate", "64000"}, args...)
	c, err := w.own.Client(lab.Command{Args: args, Env: w.env()})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { c.Close() })
	return c
}

func (w *windows) await(c *lab.Client, event string) lab.Event {
	w.Helper()
	e, err := c.Await(w.within(90*time.Second), 0, event, nil)
	if err != nil {
		w.Fatal(err)
	}
	return e
}

func (w *windows) user(c *lab.Client) string {
	w.Helper()
	var self struct{ User string }
	if err := json.Unmarshal(w.await(c, "self").JSON, &self); err != nil || self.User == "" {
		w.Fatalf("no user in %s: %v", c.Output(), err)
	}
	return self.User
}

// voice writes somebody's speech, which no one else has, to a file.
func (w *windows) voice(i int, file string) []float32 {
	w.Helper()
	voices, err := lab.Voices(20)
	if err == nil {
		err = lab.WriteWAV(filepath.Join(w.dir, file), voices[i])
	}
	if err != nil {
		w.Fatal(err)
	}
	return voices[i]
}

// heard wants that name has heard user say that speech, over and over, in the last twenty seconds.
func (w *windows) heard(name, user string, speech []float32) {
	w.Helper()
	x, err := wavdev.ReadFile(filepath.Join(w.dir, name+" hörte", user+".wav"))
	if err != nil {
		w.Fatal(err)
	}
	if len(x) < 20*second {
		w.Fatalf("%s has heard %.1f s", name, float64(len(x))/second)
	}
	x = x[len(x)-20*second:]
	at := audiotest.Align(append(append([]float32(nil), speech...), speech...), x, 2*len(speech))
	reference := make([]float32, len(x))
	for i := range reference {
		reference[i] = speech[((i-at)%len(speech)+len(speech))%len(speech)]
	}
	median, all := audiotest.WindowedSISDR(reference, x, second, second)
	if !(median >= 15) {
		w.Errorf("%s hears at an SI-SDR of %.1f dB in the median of %.1f, want 15", name, median, all)
	}
	w.Logf("%s hears at an SI-SDR of %.1f dB", name, median)
}

// within bounds what may hang; it is no measurement.
func (w *windows) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(w.Context(), d)
	w.Cleanup(cancel)
	return ctx
}

// listen lets real time pass: files are played at the speed of sound.
func listen(seconds float64) { <-time.After(time.Duration(seconds * float64(time.Second))) }

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestWindows: the programs for Windows run, and two of them hear and see each other by way of a server that is Linux's.
func TestWindows(t *testing.T) {
	w := newWindows(t)
	a, b := w.voice(0, "ä says.wav"), w.voice(1, "b says.wav")

	t.Run("version", func(t *testing.T) {
		out, status, err := w.own.Run(w.within(time.Minute), "parleyctl", lab.Command{Args: []string{"version"}, Env: w.env()})
		if want := fmt.Sprintf("{%q:%q}", "version", wire.Release); err != nil || status != 0 || strings.TrimSpace(out) != want {
			t.Errorf("%q, status %d, %v; want %s", out, status, err, want)
		}
	})
	t.Run("devices", func(t *testing.T) {
		out, status, err := w.own.Run(w.within(time.Minute), "parleyctl", lab.Command{Args: []string{"devices"}, Env: w.env()})
		if err != nil || status != 0 || !strings.Contains(out, `"kind":"camera"`) {
			t.Errorf("%q, status %d, %v", out, status, err)
		}
	})
	t.Run("channel", func(t *testing.T) {
		w := w.of(t)
		first := w.start("join", "ada", "ä says.wav", "--channel", "General")
		other := w.start("join", "bo", "b says.wav", "--channel", "General")
		w.await(first, "first_sound")
		w.await(other, "first_sound")
		listen(30)
		w.leave(first, other)
		w.heard("ada", w.user(other), b)
		w.heard("bo", w.user(first), a)
	})
	t.Run("call", func(t *testing.T) {
		w := w.of(t)
		answers := w.start("answer", "cleo", "b says.wav", "--auto", "--video", "--camera", "pattern:320x180@15", "--for", "1")
		w.await(answers, "online")
		calls := w.start("call", "dora", "ä says.wav", "cleo", "--video", "--camera", "pattern:320x180@15")
		for _, c := range []*lab.Client{calls, answers} {
			w.await(c, "first_sound")
			w.await(c, "first_picture")
		}
		listen(30)
		if err := calls.Tell("hangup"); err != nil {
			t.Error(err)
		}
		for _, c := range []*lab.Client{calls, answers} {
			w.await(c, "call_ended")
			if status, err := c.Wait(w.within(30 * time.Second)); err != nil || status != 0 {
				t.Errorf("status %d, %v\n%s\n%s", status, err, c.Output(), c.Stderr())
			}
		}
		w.heard("cleo", w.user(calls), a)
		w.heard("dora", w.user(answers), b)
	})
	t.Run("pictures", func(t *testing.T) { // libvpx and libyuv are other builds than those of Linux
		w.of(t).tests("video/yuv")
		w.of(t).tests("video/vp9")
	})
	t.Run("list of apps", func(t *testing.T) { w.of(t).tests("cmd/internal/updates", "-test.run", "^(TestList|TestKey)$") })
	t.Run("window", func(t *testing.T) { w.of(t).window() })
}

// tests runs tests there, which its arguments may choose, of one of our packages.
func (w *windows) tests(path string, args ...string) {
	w.Helper()
	tree, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		w.Fatal(err)
	}
	exe := filepath.Join(w.dir, filepath.Base(path)+".test.exe")
	build := exec.CommandContext(w.within(10*time.Minute), "go", "test", "-c", "-ldflags=-extldflags=-static", "-o", exe, "parley/"+path)
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=1", "CC=x86_64-w64-mingw32-gcc-posix",
		"CXX=x86_64-w64-mingw32-g++-posix", "PKG_CONFIG_PATH=",
		"PKG_CONFIG_LIBDIR="+filepath.Join(w.build, "windows-libs", "lib", "pkgconfig"))
	if out, err := build.CombinedOutput(); err != nil {
		w.Fatalf("build the tests of %s: %v: %s", path, err, out)
	}
	programs := lab.Programs{Dir: "/usr/bin"}
	out, status, err := programs.Run(w.within(5*time.Minute), "wine",
		lab.Command{Args: append([]string{exe}, args...), Dir: filepath.Join(tree, path), Env: w.env()})
	if err != nil || status != 0 || !strings.HasSuffix(strings.TrimSpace(out), "PASS") || strings.Contains(out, "no tests to run") {
		w.Errorf("%s: status %d, %v: %s", path, status, err, out)
	}
}

// window starts the app as a member of the server: it draws itself, comes online, and ends when it is asked to.
func (w *windows) window() {
	ctx := w.within(5 * time.Minute)
	display, err := lab.StartDisplay(ctx, lab.AppWidth, lab.AppHeight, nil)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { display.Close() })
	c := lab.AppConfig{Display: display, Dir: filepath.Join(w.dir, "eva"), Env: w.env(), Settings: lab.Person(0, "Eva")}
	if out, status, err := w.own.Run(ctx, "parleyctl", lab.Command{
		Args: []string{"who", w.server.Ready.Invite, "--home", c.Profile(), "--name", "Eva"}, Env: w.env(),
	}); err != nil || status != 0 {
		w.Fatalf("%q, status %d, %v", out, status, err)
	}
	app, err := w.own.App(ctx, c)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { app.Close() })
	if app.Window.Title != "Parley" {
		w.Errorf("the window is called %q", app.Window.Title)
	}
	for !w.online(ctx, "Eva") {
		listen(1)
	}
	img, err := display.WaitStill(ctx, display.Bounds(), 2*time.Second)
	if err == nil {
		err = lab.SavePNG(filepath.Join(w.ArtifactDir(), "parley.png"), img)
	}
	if err != nil {
		w.Error(err)
	}
	if err := app.Quit(ctx); err != nil {
		w.Error(err)
	}
}

// online says whether a member of that name is, by somebody else.
func (w *windows) online(ctx context.Context, name string) bool {
	w.Helper()
	out, status, err := w.linux.Run(ctx, "parleyctl", lab.Command{
		Args: []string{"who", w.server.Ready.Invite, "--home", filepath.Join(w.dir, "looks"), "--name", "Looks"},
	})
	if err != nil || status != 0 {
		w.Fatalf("%q, status %d, %v", out, status, err)
	}
	for line := range strings.Lines(out) {
		var p struct{ Name, Status string }
		if json.Unmarshal([]byte(line), &p) == nil && p.Name == name && p.Status == wire.Online {
			return true
		}
	}
	return false
}

// of is w for a part of its test.
func (w *windows) of(t *testing.T) *windows {
	part := *w
	part.T = t
	return &part
}

// leave ends clients, and wants that they do by themselves.
func (w *windows) leave(clients ...*lab.Client) {
	w.Helper()
	for _, c := range clients {
		if status, err := c.Leave(w.within(30 * time.Second)); err != nil || status != 0 {
			w.Errorf("leave: status %d, %v\n%s\n%s", status, err, c.Output(), c.Stderr())
		}
	}
}

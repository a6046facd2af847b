// Package test is what needs the real world: sound from a real sound server through real programs over real sockets.
package test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/test/lab"
	"parley/test/netlab"
)

// programsDir names the environment variable that hands the built programs from TestMain to the tests.
const programsDir = "PARLEY_TEST_PROGRAMS"

func TestMain(m *testing.M) {
	dir, err := lab.TempDir(nil)
	if err == nil {
		_, err = lab.Build(context.Background(), dir)
	}
	if err == nil {
		err = os.Setenv(programsDir, dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "test:", err)
		os.Exit(1)
	}
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// world is a server, a sound server if asked for, and a scratch folder, all gone at the test's end.
type world struct {
	*testing.T
	programs lab.Programs
	cred     *syscall.Credential // whom sound and clients run as; nil: this user
	dir      string
	pulse    *lab.Pulse
	server   *lab.Server
	listen   string
}

// newInternet makes networks that are gone at the test's end.
func newInternet(t *testing.T, seed uint64) *netlab.World {
	t.Helper()
	internet := netlab.NewWorld(seed)
	t.Cleanup(func() {
		if err := internet.Close(); err != nil {
			t.Error(err)
		}
	})
	return internet
}

// newWorld starts a sound server for that many people (0: none) and a parleyd, as cred.
func newWorld(t *testing.T, people int, cred *syscall.Credential) *world {
	t.Helper()
	w := &world{T: t, programs: lab.Programs{Dir: os.Getenv(programsDir)}, cred: cred}
	var err error
	if w.dir, err = lab.TempDir(cred); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(w.dir); err != nil {
			t.Error(err)
		}
	})
	ctx := w.within(30 * time.Second)
	if people > 0 {
		if w.pulse, err = lab.StartPulse(ctx, people, cred); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { w.pulse.Close() })
	}
	w.listen = freeAddress(t)
	w.serve(lab.Command{})
	return w
}

// serve starts the server, the first time or again.
func (w *world) serve(c lab.Command) {
	w.Helper()
	c.Cred = w.cred
	s, err := w.programs.Serve(w.within(30*time.Second), w.listen, filepath.Join(w.dir, "server"), c)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { s.Close() })
	w.server = s
}

// client starts "parleyctl join" for one person, who has a home of that name.
func (w *world) client(name string, c lab.Command, args ...string) *lab.Client {
	w.Helper()
	return w.visit("join", name, c, append([]string{"--channel", "General"}, args...)...)
}

// visit is client for other commands of parleyctl, which come to the server, too.
func (w *world) visit(command, name string, c lab.Command, args ...string) *lab.Client {
	w.Helper()
	c.Cred = w.cred
	c.Env = append(c.Env, "HOME="+w.dir)
	if w.pulse != nil {
		c.Env = append(c.Env, w.pulse.Env()...)
	}
	c.Args = append([]string{command, w.server.Ready.Invite, "--name", name, "--home", filepath.Join(w.dir, name)}, args...)
	p, err := w.programs.Client(c)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { p.Close() })
	return p
}

// person starts a client on the sound server's devices of person i, with the flags that keep a waveform measurable.
func (w *world) person(i int, args ...string) *lab.Client {
	w.Helper()
	letter := lab.Letter(i)
	return w.client(letter, lab.Command{}, append([]string{"--mic", "mic_" + letter, "--speaker", "spk_" + letter}, args...)...)
}

// plain sends what the microphone hears without a gate or suppression.
func plain(args ...string) []string {
	return append([]string{"--processing=off", "--mode", "open", "--bitrate", "64000"}, args...)
}

// couple starts persons 0 and 1 and waits until they are connected.
func (w *world) couple(args ...string) (a, b *lab.Client) {
	w.Helper()
	a, b = w.person(0, args...), w.person(1, args...)
	w.await(a, 0, "peer_connected")
	w.await(b, 0, "peer_connected")
	return a, b
}

// await waits for an event after mark.
func (w *world) await(c *lab.Client, mark int, event string) lab.Event {
	w.Helper()
	e, err := c.Await(w.within(45*time.Second), mark, event, nil)
	if err != nil {
		w.Fatal(err)
	}
	return e
}

// awaitCode waits for an event with that code, and for a device ("" for any).
func (w *world) awaitCode(c *lab.Client, mark int, event, code, device string) {
	w.Helper()
	_, err := c.Await(w.within(45*time.Second), mark, event, func(e lab.Event) bool {
		f := struct{ Code, Device string }{}
		return json.Unmarshal(e.JSON, &f) == nil && f.Code == code && (device == "" || f.Device == device)
	})
	if err != nil {
		w.Fatalf("code %q, device %q: %v", code, device, err)
	}
}

// tell gives a client a command and waits until it is done.
func (w *world) tell(c *lab.Client, command string) {
	w.Helper()
	mark := c.Mark()
	if err := c.Tell(command); err != nil {
		w.Fatal(err)
	}
	w.await(c, mark, "done")
}

// user is the client's user id.
func (w *world) user(c *lab.Client) string {
	w.Helper()
	var self struct{ User string }
	if err := json.Unmarshal(w.await(c, 0, "self").JSON, &self); err != nil || self.User == "" {
		w.Fatalf("no user in %s: %v", c.Output(), err)
	}
	return self.User
}

// leave ends clients and wants the exit status of those who left by themselves.
func (w *world) leave(clients ...*lab.Client) {
	w.Helper()
	for _, c := range clients {
		status, err := c.Leave(w.within(20 * time.Second))
		if err != nil || status != 0 {
			w.Errorf("leave: status %d, %v\n%s\n%s", status, err, c.Output(), c.Stderr())
		}
	}
}

// record starts a recording of all mouths and ears.
func (w *world) record() *lab.Recording {
	w.Helper()
	r, err := w.pulse.Record(w.within(20 * time.Second))
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// stop ends a recording.
func (w *world) stop(r *lab.Recording) [][]float32 {
	w.Helper()
	channels, err := r.Stop()
	if err != nil {
		w.Fatal(err)
	}
	return channels
}

// hear lets s more seconds be recorded.
func (w *world) hear(r *lab.Recording, s float64) {
	w.Helper()
	if err := r.WaitSeconds(w.within(time.Minute+time.Duration(s*float64(time.Second))), r.Seconds()+s); err != nil {
		w.Fatal(err)
	}
}

// say plays samples into a person's microphone and returns when they have been said.
func (w *world) say(i int, samples []float32) {
	w.Helper()
	if err := w.pulse.Play(w.within(time.Minute+time.Duration(len(samples))*time.Second/second), "inj_"+lab.Letter(i), samples); err != nil {
		w.Fatal(err)
	}
}

// saying is say in the background. The returned function waits for its end.
func (w *world) saying(i int, samples []float32) (wait func()) {
	done := make(chan error, 1)
	ctx := w.within(5 * time.Minute)
	go func() { done <- w.pulse.Play(ctx, "inj_"+lab.Letter(i), samples) }()
	return func() {
		w.Helper()
		if err := <-done; err != nil {
			w.Fatal(err)
		}
	}
}

// within bounds what may hang; it is no measurement.
func (w *world) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(w.Context(), d)
	w.Cleanup(cancel)
	return ctx
}

func (w *world) speech(seconds float64) []float32 {
	w.Helper()
	s, err := lab.Speech(seconds)
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// nobody is the user that a test of root runs things as.
func nobody(t *testing.T) *syscall.Credential {
	t.Helper()
	cred, err := lab.Nobody()
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// soak is how many times longer the long form of a test is (make soak).
func soak() float64 {
	if os.Getenv("PARLEY_SOAK") != "" {
		return 6
	}
	return 1
}

// part is what of a recording lies between two times in seconds.
func part(x []float32, from, to float64) []float32 {
	i, j := int(from*lab.SampleRate), int(to*lab.SampleRate)
	return x[max(0, min(i, len(x))):max(0, min(j, len(x)))]
}

// level of a recording in dBFS between two times in seconds.
func level(x []float32, from, to float64) float64 { return audiotest.LevelDBFS(part(x, from, to)) }

// apart is a world of two network namespaces with a link between them that can be made bad; the server is in the near one, A.
func apart(t *testing.T, seed uint64) (*world, *netlab.Net) {
	t.Helper()
	net, err := netlab.New(seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := net.Close(); err != nil {
			t.Error(err)
		}
	})
	w := newWorld(t, 0, nil)
	w.server.Close()
	w.listen = net.A.IP + ":7440"
	w.serve(lab.Command{Netns: net.A.Name})
	return w, net
}

// Package hostile_test shows real programs what is broken, expired, forged and ill-willed, each beside the same thing done
// right. No sound card is needed: files stand in for devices.
package hostile_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/audio/wavdev"
	"parley/test/lab"
)

var programs lab.Programs

func TestMain(m *testing.M) { os.Exit(lab.Main(&programs, lab.Build, m.Run)) }

// world is a server and a scratch folder.
type world struct {
	*testing.T
	ctx    context.Context
	dir    string
	server *lab.Server
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	w := &world{T: t, ctx: ctx, dir: t.TempDir()}
	w.server = w.serve("127.0.0.1:0", "data")
	return w
}

func (w *world) serve(listen, data string) *lab.Server {
	w.Helper()
	s, err := programs.Serve(w.ctx, listen, w.path(data), lab.Command{})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = s.Close() })
	return s
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// ctl runs parleyctl to its end and returns its exit status and the code of its error.
func (w *world) ctl(args ...string) (status int, code string) {
	w.Helper()
	out, status, err := programs.Run(w.ctx, "parleyctl", lab.Command{Args: args})
	if err != nil {
		w.Fatal(err)
	}
	for line := range lines(out) {
		if line.Event == "error" {
			code = line.Code
		}
	}
	return status, code
}

// parleyd runs parleyd to its end.
func (w *world) parleyd(args ...string) (out string, status int) {
	w.Helper()
	out, status, err := programs.Run(w.ctx, "parleyd", lab.Command{Args: args})
	if err != nil {
		w.Fatal(err)
	}
	return out, status
}

type event struct {
	Event, Code, Text, User, Name, Invite string
}

func lines(out string) func(yield func(event) bool) {
	return func(yield func(event) bool) {
		d := json.NewDecoder(strings.NewReader(out))
		for {
			var e event
			if d.Decode(&e) != nil || !yield(e) {
				return
			}
		}
	}
}

// sits starts a parleyctl in General that stays.
func (w *world) sits(name string, args ...string) *lab.Client {
	w.Helper()
	c, err := programs.Client(lab.Command{Args: append([]string{
		"join", w.server.Ready.Invite, "--channel", "General", "--name", name, "--home", w.path("home-" + name), "--processing=off", "--mode", "open",
	}, args...)})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = c.Close() })
	w.awaits(c, "joined")
	return c
}

func (w *world) awaits(c *lab.Client, name string) lab.Event {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
	defer cancel()
	e, err := c.Await(ctx, 0, name, nil)
	if err != nil {
		w.Fatal(err)
	}
	return e
}

// speech writes recorded voices to a file.
func (w *world) speech(name string, seconds float64) (path string, samples []float32) {
	w.Helper()
	samples, err := lab.Speech(seconds)
	if err != nil {
		w.Fatal(err)
	}
	if err := wavdev.WriteFile(w.path(name), samples); err != nil {
		w.Fatal(err)
	}
	return w.path(name), samples
}

// heard tells how much of the speech is in a recording: the median SI-SDR, in dB, of windows of a second.
func (w *world) heard(recording string, speech []float32) float64 {
	w.Helper()
	got, err := wavdev.ReadFile(recording)
	if err != nil {
		w.Fatal(err)
	}
	median, _ := audiotest.WindowedSISDR(speech, got, lab.SampleRate, len(got))
	return median
}

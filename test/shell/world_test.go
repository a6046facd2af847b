// Package shell_test does from a shell everything that parleyctl can, with real programs on a real server: each refusal
// stands beside the same thing done by somebody who may. No sound card is needed: files stand in for devices.
package shell_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/test/lab"
)

var programs lab.Programs

func TestMain(m *testing.M) { os.Exit(lab.Main(&programs, lab.Build, m.Run)) }

// Exit statuses.
const (
	done    = 0
	usage   = 2
	connect = 3
	refused = 4
	lost    = 5
)

// world is a server and a scratch folder. The tests have little to compute and much to listen to: they run side by side.
type world struct {
	*testing.T
	ctx    context.Context
	dir    string
	server *lab.Server

	programs lab.Programs // whose parleyctl is run
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	w := &world{T: t, ctx: ctx, dir: t.TempDir(), programs: programs}
	s, err := programs.Serve(ctx, "127.0.0.1:0", w.path("server"), lab.Command{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w.server = s
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// home is the profile folder of somebody.
func (w *world) home(who string) string { return w.path("home-" + who) }

// line is one of parleyctl's, with the fields of all kinds of them.
type line struct {
	Event, Code, Text, Command     string
	User, Name, Role, Status       string
	Channel, ID, URL, Key, Version string
	People                         []string
	Muted, Deafened, Verified      bool
	Call, Why, At, Device          string
	Video, Camera                  bool
	State, News                    string
	SafetyNumber                   string `json:"safety_number"`
	KeptAside                      string `json:"kept_aside"`
}

// answer is how a run of parleyctl has ended.
type answer struct {
	w      *world
	what   string
	status int
	out    string
	lines  []line
}

// run runs parleyctl with somebody's profile to its end.
func (w *world) run(who string, env []string, args ...string) answer {
	w.Helper()
	args = append(args, "--home", w.home(who))
	out, status, err := w.programs.Run(w.ctx, "parleyctl", lab.Command{Args: args, Env: env})
	if err != nil {
		w.Fatal(err)
	}
	a := answer{w: w, what: who + ": " + strings.Join(args, " "), status: status, out: out}
	for d := json.NewDecoder(strings.NewReader(out)); ; {
		var l line
		if d.Decode(&l) != nil {
			return a
		}
		a.lines = append(a.lines, l)
	}
}

// ctl runs a command on the world's server, whose invite newcomers show. Who knows the server needs no link.
func (w *world) ctl(who string, args ...string) answer {
	w.Helper()
	if _, err := os.Stat(w.home(who)); err != nil {
		args = append([]string{args[0], w.server.Ready.Invite}, args[1:]...)
		args = append(args, "--name", who)
	}
	return w.run(who, nil, args...)
}

// done wants that it went well and returns the lines.
func (a answer) done() []line {
	a.w.Helper()
	if a.status != done {
		a.w.Fatalf("%s: exit %d, want 0:\n%s", a.what, a.status, a.out)
	}
	return a.lines
}

// ends wants an exit status, and the code of the error that was printed ("": any).
func (a answer) ends(status int, code string) {
	a.w.Helper()
	last := line{}
	for _, l := range a.lines {
		if l.Event == "error" {
			last = l
		}
	}
	if a.status != status || code != "" && last.Code != code {
		a.w.Errorf("%s: exit %d %q, want %d %q:\n%s", a.what, a.status, last.Code, status, code, a.out)
	}
	if status != done && (last.Code == "" || last.Text == "") {
		a.w.Errorf("%s: ends without a word:\n%s", a.what, a.out)
	}
}

// owner makes somebody the server's owner.
func (w *world) owner(who string) {
	w.Helper()
	w.ctl(who, "claim", w.server.Ready.OwnerClaim).done()
}

// find returns the line for which ok holds, or an empty one.
func find(lines []line, ok func(line) bool) line {
	for _, l := range lines {
		if ok(l) {
			return l
		}
	}
	return line{}
}

// named finds a person or channel by name.
func named(name string) func(line) bool { return func(l line) bool { return l.Name == name } }

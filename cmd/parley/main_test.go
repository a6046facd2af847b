package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/cmd/internal/host"
	"parley/cmd/internal/instance"
	"parley/identity"
	"parley/profile"
	"parley/ui"
	"parley/wire"
)

// start runs the program where there is no display, and returns its exit code and what it wrote.
func start(t *testing.T, args ...string) (code int, out, people string) {
	t.Helper()
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(t.TempDir(), "config"))
	var o, p bytes.Buffer
	code, again, _ := run(args, &o, &p)
	if again {
		t.Error("it wants to start anew")
	}
	return code, o.String(), p.String()
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"--dance"}, {"a", "b"}, {"--profile"}, {"a", "--host", "b"}, {strings.Repeat("x", maxLink+1)}} {
		if code, out, people := start(t, args...); code != exitUsage || out != "" || !strings.Contains(people, "parley --version") {
			t.Errorf("%.40q: %d %q %.80q", args, code, out, people)
		}
	}
	for _, flag := range []string{"-h", "--help"} {
		if code, out, _ := start(t, flag); code != exitDone || out != usage {
			t.Errorf("%s: %d %q", flag, code, out)
		}
	}
	if code, out, _ := start(t, "--version"); code != exitDone || out != "parley "+wire.Release+"\n" {
		t.Errorf("version: %d %q", code, out)
	}
}

func TestFlagsAndLinkInAnyOrder(t *testing.T) {
	want := options{profile: "P", logFile: "L", link: "parley://x", host: true}
	for _, line := range []string{
		"--profile P --host --log L parley://x", "parley://x --profile=P --log L --host", "--host parley://x --profile P --log=L",
	} {
		if got, err := parse(strings.Fields(line)); err != nil || got != want {
			t.Errorf("%s: %+v %v", line, got, err)
		}
	}
	if got, err := parse([]string{" parley://x\n"}); err != nil || got.link != "parley://x" {
		t.Errorf("a pasted link: %+v %v", got, err)
	}
}

func TestNoDisplay(t *testing.T) {
	code, out, people := start(t, "--profile", t.TempDir())
	if code != exitNoDisplay || out != "" || people != "parley: no display. Start Parley in a desktop session, or use parleyctl\n" {
		t.Errorf("%d %q %q", code, out, people)
	}
}

// A second start needs no display of its own: it hands its link over and ends.
func TestSecondStart(t *testing.T) {
	dir := t.TempDir()
	p, _, err := profile.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	first := &program{opened: make(chan string, 1)}
	l, err := instance.Listen(dir, map[string]instance.Handler{instance.Open: first.take}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	code, out, people := start(t, "--profile", dir, "parley://x")
	if code != exitDone || out != "" || !strings.Contains(people, "open already") || <-first.opened != "parley://x" {
		t.Errorf("%d %q %q", code, out, people)
	}
	first.opened <- "one that the window has not taken yet"
	if code, _, people := start(t, "--profile", dir); code != exitFailed || !strings.Contains(people, "busy") {
		t.Errorf("a window that hangs: %d %q", code, people)
	}
	if err := first.take(instance.Request{Link: strings.Repeat("x", maxLink+1)}); err == nil {
		t.Error("a novel was taken")
	}
}

func TestABrokenProfile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, people := start(t, "--profile", file); code != exitFailed || !strings.HasPrefix(people, "parley: ") {
		t.Errorf("%d %q", code, people)
	}
}

// What is open is closed, the last first, whatever happens on the way.
func TestTheEnd(t *testing.T) {
	var order []int
	p := &program{options: options{profile: t.TempDir()}, people: new(bytes.Buffer)}
	broken := errors.New("broken")
	p.closeLater(func() error { order = append(order, 1); return nil })
	p.closeLater(func() error { order = append(order, 2); return broken })
	t.Setenv("DISPLAY", "")
	if code, err := p.run(); code != exitNoDisplay || !errors.Is(err, broken) {
		t.Errorf("%d %v", code, err)
	}
	if len(order) != 2 || order[0] != 2 {
		t.Errorf("closed in the order %v", order)
	}
	if q, _, err := profile.Open(p.dir); err != nil {
		t.Errorf("the profile is not free: %v", err)
	} else if err := q.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheKeyIsReplaced(t *testing.T) {
	p := &program{options: options{profile: t.TempDir()}}
	if first, err := p.openHome(); !first || err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.home.Close() }()
	if err := p.openLog(); err != nil {
		t.Fatal(err)
	}
	const passphrase = "correct horse"
	mine, err := p.exportKey(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.importKey(mine, "wrong horse battery"); !errors.Is(err, identity.ErrPassphrase) {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if err := p.importKey(make([]byte, maxKeyText+1), passphrase); err == nil {
		t.Error("a novel was taken")
	}
	other, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := identity.Export(other, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.importKey(text, passphrase); err != nil {
		t.Fatal(err)
	}
	if now, err := identity.Load(profile.KeyPath(p.dir)); err != nil || !now.Equal(other) {
		t.Errorf("the key is %v: %v", now, err)
	}
	kept, err := filepath.Glob(profile.KeyPath(p.dir) + ".*")
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept: %q %v", kept, err)
	}
	if old, err := identity.Load(kept[0]); err != nil || !old.Equal(p.home.Key) {
		t.Errorf("%s: %v", kept[0], err)
	}
	if a, b := p.safety(other.Public()), identity.SafetyNumber(other.Public(), p.home.Key.Public()); a != b || a == "" {
		t.Errorf("%q and %q", a, b)
	}
}

func TestNames(t *testing.T) {
	t.Setenv("PARLEY_NAME", "ada")
	for person, want := range map[string]string{
		"Ada": "Ada's server", "": "ada's server", " \u202e ": "ada's server",
		strings.Repeat("n", 30): strings.Repeat("n", 30), strings.Repeat("n", 23): strings.Repeat("n", 23) + "'s server",
	} {
		if got := serverName(person); got != want {
			t.Errorf("%q: %q, want %q", person, got, want)
		}
	}
	for from, to := range map[host.Reach]ui.Reach{
		host.Machine: ui.ReachMachine, host.Network: ui.ReachNetwork, host.Internet: ui.ReachInternet,
	} {
		if got := reach(from); got != to {
			t.Errorf("%d: %d", from, got)
		}
	}
	if _, err := linkOf(profile.Server{URL: "nowhere", Key: "none"}); err == nil {
		t.Error("a link from nonsense")
	}
}

func TestExplainer(t *testing.T) {
	var b bytes.Buffer
	e := explainer{&b}
	for _, line := range []string{"Fyne error:  something\n", "Fyne error:  window creation error\n"} {
		if n, err := e.Write([]byte(line)); n != len(line) || err != nil {
			t.Errorf("%d %v", n, err)
		}
	}
	if got := b.String(); strings.Count(got, "OpenGL") != 1 || !strings.HasPrefix(got, "Fyne error:  something\nFyne error:  window") {
		t.Errorf("%q", got)
	}
}

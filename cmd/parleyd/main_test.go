package main

import (
	"bufio"
	"bytes"
	"context"
	"debug/elf"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"parley/server"
	"parley/wire"
)

// call runs the program and returns its exit code and what it wrote.
func call(args ...string) (code int, out, people string) {
	var o, p bytes.Buffer
	code = run(context.Background(), args, &o, &p)
	return code, o.String(), p.String()
}

func TestUsage(t *testing.T) {
	dir := t.TempDir()
	for _, line := range []string{"", "dance", "serve", "serve --listen 127.0.0.1:0", "serve --data D", "serve --listen 127.0.0.1:0 --data D extra",
		"serve --listen 127.0.0.1:0 --data D --relay-allow nonsense", "serve --listen 127.0.0.1:0 --data D --turn /dev/null/x",
		"serve --listen 127.0.0.1:0 --data D --relay-rate fast", "invite", "invite --data D --uses 0", "invite --data D --uses x",
		"invite --data D --expires 0", "invite --data D --expires -1h", "invite --data D --expires soon", "invite --data D --expires -1d",
		"channels", "channels --data D", "channels dance --data D", "channels add --data D", "channels add A B --data D", "channels list A --data D",
		"serve --listen 127.0.0.1:0 --data D --acme-ca D/none", "serve --listen 127.0.0.1:0 --data D --acme-ca /dev/null",
		"doctor", "doctor --data D extra", "doctor --data D --nonsense", "status", "status --data D extra", "users", "users --data D extra", "users --nonsense", "claim", "version extra"} {
		code, out, people := call(strings.Fields(strings.ReplaceAll(line, " D", " "+dir))...)
		if code != exitUsage || out != "" || !strings.Contains(people, "parleyd serve") {
			t.Errorf("%q: %d %q %q", line, code, out, people)
		}
	}
	for _, line := range []string{"help", "--help", "serve --help", "invite -h"} {
		if code, out, people := call(strings.Fields(line)...); code != exitDone || out != "" || !strings.Contains(people, "parleyd serve") {
			t.Errorf("%q: %d %q %q", line, code, out, people)
		}
	}
	if code, out, _ := call("version"); code != exitDone || out != `{"version":"`+wire.Release+`"}`+"\n" {
		t.Errorf("version: %d %q", code, out)
	}
	for _, line := range []string{"users --data D", "serve --listen 127.0.0.1:999999 --data D", "serve --listen 127.0.0.1:0 --data /dev/null/x",
		"serve --listen 127.0.0.1:0 --data D --domain localhost", "serve --listen 127.0.0.1:0 --data D --acme-email a@example.org", "status --data D",
		"serve --listen 127.0.0.1:0 --data D --relay-rate -1", "serve --listen 127.0.0.1:0 --data D --relay-listen 127.0.0.1:999999"} {
		if code, out, people := call(strings.Fields(strings.ReplaceAll(line, " D", " "+dir))...); code != exitFailed || out != "" || !strings.HasPrefix(people, "parleyd: ") {
			t.Errorf("%q: %d %q %q", line, code, out, people)
		}
	}
}

// serving runs serve until the test stops it.
func serving(t *testing.T, args ...string) (server.Ready, func() (code int, rest string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"serve"}, args...), w, io.Discard)
		w.Close()
	}()
	t.Cleanup(cancel)
	out := bufio.NewReader(r)
	line, err := out.ReadString('\n')
	if err != nil {
		t.Fatalf("no line: %v", err)
	}
	text, ok := strings.CutPrefix(line, "ready ")
	var ready server.Ready
	if !ok || json.Unmarshal([]byte(text), &ready) != nil {
		t.Fatalf("the line is %q", line)
	}
	return ready, func() (int, string) {
		cancel()
		rest, _ := io.ReadAll(out)
		return <-code, string(rest)
	}
}

func TestServe(t *testing.T) {
	dir := t.TempDir()
	ready, stop := serving(t, "--listen", "127.0.0.1:0", "--data", dir, "--public-host", "localhost", "--relay-allow", "192.168.7.0/24", "--relay-allow=10.0.0.0/8")
	link, err := wire.ParseLink(ready.Invite)
	if err != nil || link.Secret == "" || !strings.HasPrefix(link.Host, "localhost:") || ready.URL != link.Server().String() || ready.OwnerClaim == "" || ready.Version == "" {
		t.Errorf("ready: %+v %v", ready, err)
	}
	lists(t, dir)
	var s server.Status
	if code, out, people := call("status", "--data", dir); code != exitDone || people != "" || json.Unmarshal([]byte(out), &s) != nil || s.Host != link.Host || s.Certificate.Until.IsZero() {
		t.Errorf("status: %d %q %q", code, out, people)
	}
	if code, out, people := call("doctor", "--data", dir); code != exitDone || !strings.Contains(out, `{"step":"turn_tls","result":"pass"`) || !strings.Contains(people, "The relay opens") {
		t.Errorf("doctor: %d %q %q", code, out, people)
	}
	if code, out, people := call("doctor", "--json", "--data", filepath.Join(dir, "server.key")); code != exitFailed || !strings.Contains(out, `"not_readable"`) || strings.Count(people, "\n") != 1 {
		t.Errorf("doctor of no folder: %d %q %q", code, out, people)
	}
	if code, _, people := call("serve", "--listen", "127.0.0.1:0", "--data", dir); code != exitFailed || !strings.Contains(people, "in use") {
		t.Errorf("a second server: %d %q", code, people)
	}
	if code, rest := stop(); code != exitDone || rest != "" {
		t.Errorf("stopped: %d, and after the line %q", code, rest)
	}
	lists(t, dir)
	ready, stop = serving(t, "--listen", "127.0.0.1:0", "--data", dir)
	if ready.OwnerClaim == "" {
		t.Error("no claim although there is no owner")
	}
	if code, _ := stop(); code != exitDone {
		t.Errorf("stopped: %d", code)
	}
}

// lists does what the command line can do; flags may stand before and after names.
func lists(t *testing.T, dir string) {
	t.Helper()
	type channel struct {
		Name     string
		Position int
	}
	decode := func(into any, args ...string) {
		t.Helper()
		code, out, people := call(args...)
		if code != exitDone || people != "" {
			t.Fatalf("%v: %d %q", args, code, people)
		}
		line, _, _ := strings.Cut(out, "\n")
		if err := json.Unmarshal([]byte(line), into); err != nil {
			t.Fatalf("%v: %q", args, out)
		}
	}
	var c channel
	decode(&c, "channels", "list", "--data", dir)
	if c.Name != "General" || c.Position != 0 {
		t.Errorf("list: %+v", c)
	}
	decode(&c, "channels", "add", "The Den", "--data", dir)
	if c.Name != "The Den" || c.Position != 2 {
		t.Errorf("add: %+v", c)
	}
	if code, _, people := call("channels", "add", "--data", dir, "the den"); code != exitFailed || !strings.Contains(people, "name_taken") {
		t.Errorf("add again: %d %q", code, people)
	}
	if _, out, _ := call("channels", "list", "--data", dir); strings.Count(out, "\n") != 3 {
		t.Errorf("list: %q", out)
	}
	decode(&c, "channels", "remove", "--data", dir, "the den")
	if code, _, people := call("channels", "remove", "the den", "--data", dir); code != exitFailed || !strings.Contains(people, "not_found") {
		t.Errorf("remove again: %d %q", code, people)
	}
	var i struct {
		Invite, ID string
		Uses       int
	}
	decode(&i, "invite", "--uses", "3", "--expires", "2d", "--data", dir)
	if l, err := wire.ParseLink(i.Invite); err != nil || l.Secret == "" || i.Uses != 3 {
		t.Errorf("invite: %+v %v", i, err)
	}
	var claim struct {
		Claim string `json:"owner_claim"`
	}
	if decode(&claim, "claim", "--data", dir); claim.Claim == "" {
		t.Error("no claim")
	}
	if code, out, _ := call("users", "--data", dir); code != exitDone || out != "" {
		t.Errorf("users: %d %q", code, out)
	}
}

// What is shipped needs no library of the system.
func TestStatic(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Log("looked at on Linux only")
		return
	}
	bin := filepath.Join(t.TempDir(), "parleyd")
	cmd := exec.Command("go", "build", "-o", bin, ".")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := elf.Open(bin)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("it has a %v", p.Type)
		}
	}
	if out, err := exec.Command(bin, "version").Output(); err != nil || !strings.Contains(string(out), wire.Release) {
		t.Errorf("version: %q %v", out, err)
	}
	terminate(t, bin)
}

// terminate ends a server as service managers do.
func terminate(t *testing.T, bin string) {
	t.Helper()
	cmd := exec.Command(bin, "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir())
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // where the test has failed before
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "ready {") {
		t.Fatalf("%q %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
}

func TestExternalOf(t *testing.T) {
	for text, want := range map[string]server.External{
		"turn:a.example:3478?transport=udp\nturns:a.example\ns3cret\n": {URLs: []string{"turn:a.example:3478?transport=udp", "turns:a.example"}, Secret: "s3cret"},
		"s3cret stun:a.example": {URLs: []string{"stun:a.example"}, Secret: "s3cret"},
		"turn:a.example":        {URLs: []string{"turn:a.example"}}, // which server.New refuses
		"":                      {},
	} {
		file := filepath.Join(t.TempDir(), "turn")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := externalOf(file); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v %v", text, got, err)
		}
		if err := os.WriteFile(file, []byte(text+" two secrets"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := externalOf(file); err == nil {
			t.Errorf("%q and two secrets: %+v", text, got)
		}
	}
}

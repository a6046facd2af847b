package server_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const top = "../.." // the repository

// An instruction is a line of a Containerfile.
type instruction struct{ name, rest string }

// instructions reads a Containerfile, as far as ours goes: no line goes on in the next.
func instructions(t *testing.T) (list []instruction) {
	t.Helper()
	data, err := os.ReadFile("Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasSuffix(line, "\\") {
			t.Errorf("a line that goes on: %q", line)
		}
		name, rest, _ := strings.Cut(line, " ")
		list = append(list, instruction{name, strings.TrimSpace(rest)})
	}
	return list
}

// all returns what follows each instruction of a name.
func all(list []instruction, name string) (rest []string) {
	for _, i := range list {
		if i.name == name {
			rest = append(rest, i.rest)
		}
	}
	return rest
}

// argv reads the form of a command that needs no shell, of which the image has none.
func argv(t *testing.T, text string) (args []string) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &args); err != nil {
		t.Fatalf("%s is no list of words: %v", text, err)
	}
	return args
}

// knows has parleyd itself read a command line; with --help behind it, it does nothing else.
func knows(t *testing.T, args []string) {
	t.Helper()
	cmd := exec.Command("go", slices.Concat([]string{"run", "./cmd/parleyd"}, args, []string{"--help"})...)
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		line, _, _ := strings.Cut(string(out), "\n")
		t.Errorf("parleyd %s: %v: %s", strings.Join(args, " "), err, line)
	}
}

func TestContainer(t *testing.T) {
	list := instructions(t)
	known := []string{"FROM", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
	stages := 0
	var last []instruction // the image's own
	for _, i := range list {
		if !slices.Contains(known, i.name) {
			t.Errorf("no instruction: %s", i.name)
		}
		if i.name == "FROM" {
			stages, last = stages+1, nil
		}
		last = append(last, i)
	}
	if stages != 2 || last[0].rest != "scratch" {
		t.Errorf("%d stages, the last from %q", stages, last[0].rest)
	}
	if len(all(last, "RUN")) != 0 {
		t.Error("the image has nothing that could run a command")
	}
	for name, want := range map[string]string{
		"USER": "65532:65532", "VOLUME": `["/data"]`, "STOPSIGNAL": "SIGTERM",
		"EXPOSE": "7440/tcp 7440/udp 3478/tcp 3478/udp 49152-65535/udp",
	} {
		if got := all(last, name); len(got) != 1 || got[0] != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	entry, cmd := all(last, "ENTRYPOINT"), all(last, "CMD")
	if len(entry) != 1 || len(cmd) != 1 || !slices.Equal(argv(t, entry[0]), []string{"/parleyd"}) {
		t.Fatalf("ENTRYPOINT %q CMD %q", entry, cmd)
	}
	knows(t, argv(t, cmd[0]))
	_, health, ok := strings.Cut(strings.Join(all(last, "HEALTHCHECK"), " "), " CMD ")
	if args := argv(t, health); !ok || args[0] != "/parleyd" || !slices.Equal(args[1:], []string{"status", "--data", "/data"}) {
		t.Errorf("HEALTHCHECK %q", health)
	}
}

// What is copied into the first stage is there, and is all that the server is made of.
func TestContainerCopiesTheServersSource(t *testing.T) {
	var copied []string
	for _, rest := range all(instructions(t), "COPY") {
		words := strings.Fields(rest)
		if strings.HasPrefix(words[0], "--from=") {
			continue
		}
		for _, path := range words[:len(words)-1] {
			if _, err := os.Stat(filepath.Join(top, path)); err != nil {
				t.Errorf("COPY: %v", err)
			}
			copied = append(copied, path)
		}
	}
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if .Main}}{{$.ImportPath}}{{end}}{{end}}", "./cmd/parleyd")
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if len(packages) == 0 {
		t.Error("the server is made of nothing")
	}
	for _, path := range packages {
		path = strings.TrimPrefix(path, "parley/")
		if !slices.ContainsFunc(copied, func(folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }) {
			t.Errorf("the server needs %s, which is not copied", path)
		}
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		if !slices.Contains(copied, file) {
			t.Errorf("%s is not copied", file)
		}
	}
	mod, err := os.ReadFile(filepath.Join(top, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(mod)
	if from := all(instructions(t), "FROM"); version == nil || from[0] != "golang:"+string(version[1])+"-bookworm AS build" {
		t.Errorf("FROM %s, and go.mod asks for Go %s", from[0], version[1])
	}
}

// service is what our compose file says of the server; a field that is not here is an error.
type service struct {
	Image string `yaml:"image"`
	Build struct {
		Context    string `yaml:"context"`
		Dockerfile string `yaml:"dockerfile"`
	} `yaml:"build"`
	NetworkMode string   `yaml:"network_mode"`
	Command     []string `yaml:"command"`
	Volumes     []string `yaml:"volumes"`
	Health      struct {
		Test     []string `yaml:"test"`
		Interval string   `yaml:"interval"`
		Timeout  string   `yaml:"timeout"`
		Start    string   `yaml:"start_period"`
	} `yaml:"healthcheck"`
	Restart         string         `yaml:"restart"`
	StopGracePeriod string         `yaml:"stop_grace_period"`
	ReadOnly        bool           `yaml:"read_only"`
	CapDrop         []string       `yaml:"cap_drop"`
	SecurityOpt     []string       `yaml:"security_opt"`
	Ulimits         map[string]int `yaml:"ulimits"`
}

func TestCompose(t *testing.T) {
	file, err := os.Open("compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var c struct {
		Services map[string]service  `yaml:"services"`
		Volumes  map[string]struct{} `yaml:"volumes"`
	}
	d := yaml.NewDecoder(file)
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	s, ok := c.Services["parleyd"]
	if !ok || len(c.Services) != 1 {
		t.Fatalf("services: %v", c.Services)
	}
	if _, err := os.Stat(filepath.Join(s.Build.Context, s.Build.Dockerfile)); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(s.Build.Context, "go.mod")); err != nil {
		t.Errorf("the context is not the repository: %v", err)
	}
	if s.NetworkMode != "host" || !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) ||
		!slices.Equal(s.SecurityOpt, []string{"no-new-privileges:true"}) {
		t.Errorf("not as closed as it may be: %+v", s)
	}
	if _, ok := c.Volumes["data"]; !ok || !slices.Equal(s.Volumes, []string{"data:/data"}) {
		t.Errorf("volumes %v and %v", c.Volumes, s.Volumes)
	}
	if s.Restart != "unless-stopped" || s.StopGracePeriod == "" || s.Ulimits["nofile"] < 4096 {
		t.Errorf("%+v", s)
	}
	_, health, _ := strings.Cut(strings.Join(all(instructions(t), "HEALTHCHECK"), " "), " CMD ")
	if want := append([]string{"CMD"}, argv(t, health)...); !slices.Equal(s.Health.Test, want) {
		t.Errorf("the health check is %q, and the image's %q", s.Health.Test, want)
	}
	var args []string
	for _, arg := range s.Command {
		args = append(args, regexp.MustCompile(`\$\{PARLEY_HOST[^}]*\}`).ReplaceAllString(arg, "your.host.example"))
	}
	line := strings.Join(args, " ")
	if strings.ContainsAny(line, "${}") || !strings.HasPrefix(line, "serve --listen 0.0.0.0:7440 --data /data") {
		t.Errorf("command %q", args)
	}
	knows(t, args)
}

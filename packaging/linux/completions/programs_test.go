package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const tree = "../../.."

// programs are all three, as their own help describes them: two are built and asked, and of the window, whose building takes minutes, the
// source is.
func programs(t *testing.T) (list []program, bin string) {
	t.Helper()
	bin = t.TempDir()
	for name, cgo := range map[string]string{"parleyd": "0", "parleyctl": "1"} {
		cmd := exec.Command("go", "build", "-o", bin, tree+"/cmd/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		p, err := examine(filepath.Join(bin, name))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	source, err := os.ReadFile(tree + "/cmd/parley/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, usage, _ := strings.Cut(string(source), "const usage = `")
	usage, _, _ = strings.Cut(usage, "`")
	p, err := read("parley", usage)
	if err != nil {
		t.Fatal(err)
	}
	var printed, defined []string
	for _, o := range p.flags {
		printed = append(printed, o.name)
	}
	for _, m := range regexp.MustCompile(`f\.\w+Var\(&o\.\w+, "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1) {
		defined = append(defined, m[1])
	}
	slices.Sort(printed)
	slices.Sort(defined)
	if len(defined) == 0 || !slices.Equal(printed, defined) {
		t.Errorf("parley prints the flags %v and has %v", printed, defined)
	}
	return append(list, p), bin
}

func flagNames(flags []option) (names []string) {
	for _, o := range flags {
		names = append(names, "--"+o.name)
	}
	return names
}

// TestPrograms: the manuals and the shells know every command and flag that the programs have, and no others.
func TestPrograms(t *testing.T) {
	list, bin := programs(t)
	sections := map[string]string{"parley": "1", "parleyctl": "1", "parleyd": "8"}
	for _, p := range list {
		page, err := os.ReadFile("../" + p.name + "." + sections[p.name])
		if err != nil {
			t.Fatal(err)
		}
		manual(t, p, string(page))
		shells(t, p)
	}
	if runtime.GOOS == "linux" {
		completes(t, list)
	}
	configuration(t, list[slices.IndexFunc(list, func(p program) bool { return p.name == "parleyd" })], filepath.Join(bin, "parleyd"))
}

// manual holds a man page against its program.
func manual(t *testing.T, p program, page string) {
	t.Helper()
	page = strings.NewReplacer(`\-`, "-", `\(dq`, `"`).Replace(page)
	has := flagNames(p.flags)
	for _, c := range p.commands {
		has = append(has, flagNames(c.flags)...)
		if !regexp.MustCompile(`(?m)^\.(B|BR) "?` + c.name + `\b|parleyctl help`).MatchString(page) {
			t.Errorf("%s: the manual has no command %s", p.name, c.name)
		}
		for _, w := range c.words {
			if !strings.Contains(page, w) {
				t.Errorf("%s %s: the manual has no %s", p.name, c.name, w)
			}
		}
	}
	paragraph := regexp.MustCompile(`(?m)^\.TP\n\.(?:B|BI|BR) (--[a-z-]+)`)
	var tells []string
	for _, m := range paragraph.FindAllStringSubmatch(page, -1) {
		tells = append(tells, m[1])
	}
	for _, name := range has {
		if !slices.Contains(tells, name) {
			t.Errorf("%s: the manual does not tell of %s", p.name, name)
		}
	}
	for _, name := range tells {
		if !slices.Contains(has, name) && name != "--help" {
			t.Errorf("%s: the manual tells of %s, which there is not", p.name, name)
		}
	}
	for n, line := range strings.Split(page, "\n") {
		if len(line) > 140 || strings.TrimRight(line, " ") != line || n < 1 && !strings.HasPrefix(line, `.\"`) {
			t.Errorf("%s: line %d of the manual is too long, or ends in blanks", p.name, n+1)
		}
	}
}

// shells looks that each shell's file names all.
func shells(t *testing.T, p program) {
	t.Helper()
	for shell, text := range map[string]string{"bash": bash(p), "zsh": zsh(p), "fish": fish(p)} {
		names := flagNames(p.flags)
		for _, c := range p.commands {
			names = append(append(append(names, c.name), c.words...), flagNames(c.flags)...)
		}
		if len(names) < 3 {
			t.Errorf("%s has only %v", p.name, names)
		}
		for _, name := range names {
			if shell == "fish" && strings.HasPrefix(name, "--") {
				name = " -l " + strings.TrimPrefix(name, "--")
			}
			if !strings.Contains(text, name) {
				t.Errorf("%s: %s has no %s", p.name, shell, name)
			}
		}
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Fatalf("%v: scripts/deps.sh test installs it", err)
		}
		cmd := exec.Command(path, "-n")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %s does not read its file: %v %s", p.name, shell, err, out)
		}
	}
}

// completes has bash complete lines.
func completes(t *testing.T, list []program) {
	t.Helper()
	for line, want := range map[string]string{
		"parleyd s":                         "serve status",
		"parleyd serve --acme-":             "--acme-directory --acme-ca --acme-email",
		"parleyd channels a":                "add",
		"parleyd serve --data /usr/share/d": "/usr/share/doc",
		"parleyd invite --uses ":            "",
		"parleyctl p":                       "ptt priority",
		"parleyctl ptt ":                    "down up toggle",
		"parleyctl join --aec o":            "on off",
		"parleyctl join --status ":          "online away dnd",
		"parleyctl channels re":             "rename remove",
		"parleyctl version":                 "version",
		"parley --p":                        "--profile",
		"parley --h":                        "--host --help",
	} {
		name, _, _ := strings.Cut(line, " ")
		p := list[slices.IndexFunc(list, func(p program) bool { return p.name == name })]
		script := bash(p) + "compopt() { :; }\nCOMP_WORDS=($1)\n[ -z \"$2\" ] || COMP_WORDS+=(\"\")\n" +
			"COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_" + name +
			"\necho \"${COMPREPLY[@]}\"\n"
		empty := ""
		if strings.HasSuffix(line, " ") {
			empty = "yes"
		}
		var wrong bytes.Buffer
		cmd := exec.Command("bash", "-c", script, "bash", line, empty)
		cmd.Stderr = &wrong
		out, err := cmd.Output()
		got := strings.Fields(string(out))
		for _, w := range strings.Fields(want) {
			if !slices.Contains(got, w) {
				t.Errorf("%q: %v, and not %q", line, got, w)
			}
		}
		if err != nil || wrong.Len() > 0 || want == "" && len(got) > 0 ||
			want != "" && !strings.HasPrefix(want, "/") && len(got) != len(strings.Fields(want)) {
			t.Errorf("%q: %v: %v %s", line, got, err, &wrong)
		}
	}
}

// configuration holds /etc/parleyd.conf to the flags of serve: a line for each, that works when its # is taken away.
func configuration(t *testing.T, p program, parleyd string) {
	t.Helper()
	data, err := os.ReadFile("../parleyd.conf")
	if err != nil {
		t.Fatal(err)
	}
	conf := string(data)
	serve := p.commands[slices.IndexFunc(p.commands, func(c command) bool { return c.name == "serve" })]
	for _, o := range serve.flags {
		if n := len(regexp.MustCompile(`(?m)^#?`+o.name+` = `).FindAllString(conf, -1)); n != 1 && o.name != "config" {
			t.Errorf("parleyd.conf has %d lines for %s", n, o.name)
		}
	}
	if got := regexp.MustCompile(`(?m)^[^#\n].*`).FindAllString(conf, -1); !slices.Equal(got, []string{"listen = 0.0.0.0:7440"}) {
		t.Errorf("parleyd.conf says %q", got)
	}
	// All of it is read, with files in the place of those that there are not here, until the line after it.
	turn, dir := filepath.Join(t.TempDir(), "turn"), t.TempDir()
	if err := os.WriteFile(turn, []byte("turn:a.example s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	conf = regexp.MustCompile(`(?m)^#([a-z-]+ = )`).ReplaceAllString(conf, "$1")
	conf = regexp.MustCompile(`(?m)^acme-ca = .*\n`).ReplaceAllString(conf, "\n") // a root of its own is parleyd's test
	conf = strings.Replace(conf, "/etc/parleyd.turn", turn, 1) + "nonsense = 1\n"
	file := filepath.Join(dir, "parleyd.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(parleyd, "serve", "--config", file, "--data", filepath.Join(dir, "data")).CombinedOutput()
	if err == nil || !strings.HasSuffix(string(out), "there is no flag \"nonsense\"\n") || strings.Count(string(out), "\n") != 1 {
		t.Errorf("parleyd.conf with all of its lines: %v %q", err, out)
	}
}

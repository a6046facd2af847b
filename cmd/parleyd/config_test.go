package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"parley/server"
)

// parsed is what serve makes of a command line and a file.
func parsed(text string, args ...string) (c server.Config, err error) {
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	serveFlags(f, &c)
	if err = f.Parse(args); err != nil {
		return c, err
	}
	settings, err := readConfig(strings.NewReader(text))
	if err == nil {
		err = apply(f, settings)
	}
	return c, err
}

func TestConfig(t *testing.T) {
	turn := filepath.Join(t.TempDir(), "turn of ours")
	if err := os.WriteFile(turn, []byte("turn:a.example s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "\ufeff# ours\r\n\r\nlisten = 0.0.0.0:7440\r\n\tdata=/var/lib/x\n  # name = no\nname =  Ana's = \"room\" # 1 \nmap-ports = true\nrelay-rate = 800\n" +
		"relay-allow = 10.0.0.0/8\nrelay-allow = 192.168.0.0/16\nturn = " + turn + "\nacme-email = a@example.org"
	want := server.Config{
		Listen: "0.0.0.0:7440", Dir: "/var/lib/x", Name: `Ana's = "room" # 1`, MapPorts: true, RelayRate: 800,
		RelayAllow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.168.0.0/16")},
		External:   []server.External{{URLs: []string{"turn:a.example"}, Secret: "s3cret"}},
	}
	want.Certs.Email = "a@example.org"
	if c, err := parsed(text); err != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("%+v %v", c, err)
	}
	want.Listen, want.MapPorts, want.RelayAllow = "127.0.0.1:0", false, want.RelayAllow[:1]
	if c, err := parsed(text, "--listen", "127.0.0.1:0", "--map-ports=false", "--relay-allow=10.0.0.0/8"); err != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("what is typed wins: %+v %v", c, err)
	}
	if c, err := parsed(""); err != nil || !reflect.DeepEqual(c, server.Config{}) {
		t.Errorf("an empty file: %+v %v", c, err)
	}
}

func TestConfigRefused(t *testing.T) {
	for text, want := range map[string]string{
		"listen 0.0.0.0:7440":                    "line 1: \"listen 0.0.0.0:7440\" is not of the form flag = value",
		"\n# x\n= 4":                             "line 3: there is no flag \"\"",
		"\nport = 4":                             "line 2: there is no flag \"port\"",
		"--listen = 4":                           "line 1: there is no flag \"--listen\"",
		"config = /etc/parleyd.conf":             "line 1: there is no flag \"config\"",
		"name =":                                 "line 1: \"name\" has no value",
		"name = A\nname = B":                     "line 2: name is in line 1 already",
		"map-ports = yes":                        "line 1: map-ports: it is true or false",
		"relay-rate = fast":                      "line 1: relay-rate: ",
		"relay-allow = 10.0.0.0/8\nrelay-allow=": "line 2: \"relay-allow\" has no value",
		"relay-allow = everybody":                "line 1: relay-allow: ",
		"turn = /dev/null/x":                     "line 1: turn: ",
		"acme-ca = /dev/null":                    "line 1: acme-ca: it holds no certificate",
		"name = A\x00B":                          "line 1 is not text",
		"name = A\x1b[2J":                        "line 1 is not text",
		"name = \xff":                            "line 1 is not text",
		"name = " + strings.Repeat("x", 5000):    "line 1: the value is longer than 4096 bytes",
		strings.Repeat("#", maxConfig+1):         "it is longer than 65536 bytes",
		strings.Repeat("#\n", maxConfig/2) + "#": "it is longer than 65536 bytes",
	} {
		if c, err := parsed(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.60q: %v, %+v", text, err, c)
		}
	}
	if _, err := parsed("#"+strings.Repeat(" ", maxConfig-1), "--name", "A"); err != nil {
		t.Errorf("the longest file: %v", err)
	}
	if _, err := parsed("name = A\nname = B", "--name", "C"); err == nil {
		t.Error("twice in the file is no better where it is typed as well")
	}
}

func TestConfigFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "parleyd.conf")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("listen = 127.0.0.1:0\ndata = " + dir + "/data\npublic-host = localhost\n")
	ready, stop := serving(t, "--config", file)
	if !strings.Contains(ready.URL, "//localhost:") {
		t.Errorf("ready: %+v", ready)
	}
	if code, out, _ := call("doctor", "--config", file); code != exitDone || !strings.Contains(out, `"result":"pass"`) {
		t.Errorf("doctor of a server that runs: %d %q", code, out)
	}
	if code, _ := stop(); code != exitDone {
		t.Errorf("stopped: %d", code)
	}
	if code, out, people := call("doctor", "--config", file, "--data", dir+"/other"); code != exitDone || !strings.Contains(out, `{"step":"ports","result":"pass"`) {
		t.Errorf("doctor of one that does not: %d %q %q", code, out, people)
	}
	write("listen = 127.0.0.1:0\nnonsense = 4\n")
	for _, args := range [][]string{{"serve", "--data", dir, "--config", file}, {"doctor", "--data", dir, "--config", file}} {
		// The line itself, and not the whole usage after it.
		if code, out, people := call(args...); code != exitUsage || out != "" || people != fmt.Sprintf("parleyd: %s: line 2: there is no flag \"nonsense\"\n", file) {
			t.Errorf("%v: %d %q %q", args, code, out, people)
		}
	}
	for _, missing := range []string{filepath.Join(dir, "none"), dir} {
		if code, _, people := call("serve", "--config", missing, "--data", dir); code != exitUsage || strings.Count(people, "\n") != 1 {
			t.Errorf("%s: %d %q", missing, code, people)
		}
	}
}

// FuzzConfig: whatever is in the file, each line becomes a setting or an error, and none of them holds what a terminal would obey.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{"", "listen = 0.0.0.0:7440\n# x\n", "=", "a=b\r\nc", "\ufeff#", "name = \x1b", "relay-allow=::/0\nrelay-allow=x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		settings, err := readConfig(strings.NewReader(text))
		if err != nil && settings != nil {
			t.Errorf("both %v and %v", settings, err)
		}
		for _, s := range settings {
			if s.value == "" || len(s.value) > maxValue || s.line < 1 || strings.ContainsAny(s.name+s.value, "\x00\x1b\r\n") {
				t.Errorf("%+v", s)
			}
		}
		set := flag.NewFlagSet("", flag.ContinueOnError)
		set.String("listen", "", "")
		set.Bool("map-ports", false, "")
		if err := apply(set, settings); err == nil && set.NFlag() > 2 {
			t.Error("more flags than there are")
		}
	})
}

func TestNotify(t *testing.T) {
	if err := notify("", "READY=1"); err != nil {
		t.Errorf("no service manager: %v", err)
	}
	dir := t.TempDir()
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if errors.Is(err, errors.ErrUnsupported) || err != nil && strings.Contains(err.Error(), "not supported") {
		t.Log("this system has no datagrams by name, and no systemd")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	t.Setenv(notifySocket, manager.LocalAddr().String())
	_, stop := serving(t, "--listen", "127.0.0.1:0", "--data", dir)
	said := make([]byte, 64)
	if n, err := manager.Read(said); err != nil || string(said[:n]) != "READY=1" {
		t.Errorf("%q %v", said[:n], err)
	}
	if code, _ := stop(); code != exitDone {
		t.Errorf("stopped: %d", code)
	}
	t.Setenv(notifySocket, filepath.Join(dir, "gone"))
	_, stop = serving(t, "--listen", "127.0.0.1:0", "--data", dir)
	if code, _ := stop(); code != exitDone {
		t.Errorf("a manager that is gone stops no server: %d", code)
	}
}

// What is not in the usage is in no manual and completed by no shell: these are held to it.
func TestUsageNamesEveryFlag(t *testing.T) {
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	serveFlags(f, &server.Config{})
	_, text, _ := strings.Cut(usage, "parleyd serve ")
	text, _, _ = strings.Cut(text, "parleyd status")
	f.VisitAll(func(x *flag.Flag) {
		if !strings.Contains(text, "--"+x.Name+" ") && !strings.Contains(text, "--"+x.Name+"]") {
			t.Errorf("the usage of serve has no --%s", x.Name)
		}
	})
}

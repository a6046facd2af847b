// Package linux_test holds the files that go into Linux packages to what desktops, systemd and package managers want, and to each other.
package linux_test

import (
	"encoding/xml"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const (
	id   = "chat.parley.app"
	root = "../.."
)

func text(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// keys reads what desktop files and units are written in: sections of lines KEY=VALUE, of which some keys come again.
func keys(t *testing.T, path string) map[string][]string {
	t.Helper()
	found, section := map[string][]string{}, ""
	for n, line := range strings.Split(text(t, path), "\n") {
		name, value, ok := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[' && strings.HasSuffix(line, "]"):
			section = line[1 : len(line)-1]
		case !ok || section == "" || name != strings.TrimSpace(name) || value != strings.TrimSpace(value):
			t.Errorf("%s:%d: %q", path, n+1, line)
		default:
			found[section+"/"+name] = append(found[section+"/"+name], value)
		}
	}
	return found
}

func TestDesktopFile(t *testing.T) {
	got := keys(t, id+".desktop")
	for name, want := range map[string]string{
		"Type": "Application", "Name": "Parley", "Exec": "parley %u", "TryExec": "parley", "Icon": id, "Terminal": "false",
		"StartupWMClass": "Parley", // what GLFW makes of the window's title, as packaging/test/deb.sh sees
		"MimeType":       "x-scheme-handler/parley;",
		"Comment":        field(t, root+"/FyneApp.toml", "Comment"), "GenericName": field(t, root+"/FyneApp.toml", "GenericName"),
	} {
		if v := got["Desktop Entry/"+name]; !slices.Equal(v, []string{want}) {
			t.Errorf("%s is %q, not %q", name, v, want)
		}
	}
	for _, name := range []string{"Categories", "Keywords"} {
		if v := got["Desktop Entry/"+name]; len(v) != 1 || !strings.HasSuffix(v[0], ";") {
			t.Errorf("%s: %q", name, v)
		}
	}
	if want := field(t, root+"/FyneApp.toml", "ID"); want != id {
		t.Errorf("the app's ID is %s", want)
	}
	check(t, "desktop-file-validate", id+".desktop")
}

// field is a string of FyneApp.toml.
func field(t *testing.T, path, name string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + name + ` = "(.*)"$`).FindStringSubmatch(text(t, path))
	if m == nil {
		t.Fatalf("%s has no %s", path, name)
	}
	return m[1]
}

// check has a tool of the system look, too; scripts/deps.sh installs them.
func check(t *testing.T, tool string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Fatalf("%v: scripts/deps.sh test installs it", err)
	}
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", tool, err, out)
	}
}

func TestMetainfo(t *testing.T) {
	data := text(t, id+".metainfo.xml")
	var m struct {
		Type       string   `xml:"type,attr"`
		ID         string   `xml:"id"`
		Name       string   `xml:"name"`
		Summary    string   `xml:"summary"`
		Metadata   string   `xml:"metadata_license"`
		Licence    string   `xml:"project_license"`
		Paragraphs []string `xml:"description>p"`
		Launchable string   `xml:"launchable"`
		Icon       string   `xml:"icon"`
		Categories []string `xml:"categories>category"`
		Keywords   []string `xml:"keywords>keyword"`
		Binaries   []string `xml:"provides>binary"`
		Media      []string `xml:"provides>mediatype"`
		Release    []struct {
			Version string `xml:"version,attr"`
			Date    string `xml:"date,attr"`
		} `xml:"releases>release"`
		Screenshots []string `xml:"screenshots>screenshot>image"`
		URLs        []string `xml:"url"`
	}
	if err := xml.Unmarshal([]byte(data), &m); err != nil {
		t.Fatal(err)
	}
	d := keys(t, id+".desktop")
	if m.Type != "desktop-application" || m.ID != id || m.Name != "Parley" || m.Summary != d["Desktop Entry/Comment"][0] ||
		m.Launchable != id+".desktop" || m.Icon != id {
		t.Errorf("%+v", m)
	}
	if m.Metadata != "MIT" || m.Licence != "MIT" || !strings.HasPrefix(text(t, root+"/LICENSE"), "MIT License") {
		t.Errorf("licences: %q, %q", m.Metadata, m.Licence)
	}
	if got := strings.Join(m.Categories, ";") + ";"; got != d["Desktop Entry/Categories"][0] {
		t.Errorf("categories: %q", got)
	}
	if got := strings.Join(m.Keywords, ";") + ";"; got != d["Desktop Entry/Keywords"][0] {
		t.Errorf("keywords: %q", got)
	}
	if got := strings.Join(m.Media, ";") + ";"; got != d["Desktop Entry/MimeType"][0] ||
		!slices.Equal(m.Binaries, []string{"parley", "parleyctl"}) {
		t.Errorf("provides: %q %q", m.Media, m.Binaries)
	}
	if len(m.Paragraphs) < 2 || len(m.Release) != 1 || m.Release[0].Version != "@VERSION@" || m.Release[0].Date != "@DATE@" {
		t.Errorf("description or releases: %+v", m)
	}
	if len(m.URLs)+len(m.Screenshots) > 0 {
		t.Errorf("addresses that nobody has given us: %q %q", m.URLs, m.Screenshots)
	}
	filled := filepath.Join(t.TempDir(), id+".metainfo.xml")
	data = strings.NewReplacer("@VERSION@", "1.2.3", "@DATE@", "2026-11-23").Replace(data)
	if err := os.WriteFile(filled, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, "appstreamcli", "validate", "--no-net", filled)
}

func TestUnit(t *testing.T) {
	got := keys(t, "parleyd.service")
	for name, want := range map[string]string{
		"ExecStart": "/usr/bin/parleyd serve --config /etc/parleyd.conf --data /var/lib/parleyd",
		"Type":      "notify", "User": "parleyd", "Group": "parleyd", "StateDirectory": "parleyd", "StateDirectoryMode": "0700", "UMask": "0077",
		"Restart": "on-failure", "RestartPreventExitStatus": "2", "StandardOutput": "null", "StandardError": "journal", "NoNewPrivileges": "yes",
		"CapabilityBoundingSet": "CAP_NET_BIND_SERVICE", "AmbientCapabilities": "CAP_NET_BIND_SERVICE",
		"ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes", "DevicePolicy": "closed",
		"ProtectProc": "invisible", "ProcSubset": "pid", "ProtectClock": "yes", "ProtectControlGroups": "yes", "ProtectHostname": "yes",
		"ProtectKernelLogs": "yes", "ProtectKernelModules": "yes", "ProtectKernelTunables": "yes", "LockPersonality": "yes",
		"MemoryDenyWriteExecute": "yes", "RestrictNamespaces": "yes", "RestrictRealtime": "yes", "RestrictSUIDSGID": "yes",
		"RestrictAddressFamilies": "AF_INET AF_INET6 AF_NETLINK AF_UNIX", "SystemCallArchitectures": "native",
	} {
		if v := got["Service/"+name]; !slices.Equal(v, []string{want}) {
			t.Errorf("%s is %q, not %q", name, v, want)
		}
	}
	if v := got["Service/SystemCallFilter"]; !slices.Equal(v, []string{"@system-service", "~@privileged @resources"}) {
		t.Errorf("system calls: %q", v)
	}
	if v := got["Install/WantedBy"]; !slices.Equal(v, []string{"multi-user.target"}) {
		t.Errorf("wanted by %q", v)
	}
	if got := text(t, "parleyd.sysusers"); got != "u parleyd - \"Parley server\" /var/lib/parleyd\n" {
		t.Errorf("user: %q", got)
	}
	exposure(t)
}

// exposure is what systemd says itself: 10 is a service that may do everything.
func exposure(t *testing.T) {
	t.Helper()
	path, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("there is no systemd-analyze here")
		return
	}
	if out, err := exec.Command(path, "security", "--offline=yes", "--threshold=25", "./parleyd.service").CombinedOutput(); err != nil {
		t.Errorf("its exposure is 2.5 or more: %v\n%s", err, out)
	}
}

// content is a line of an nfpm file's list.
type content struct{ Src, Dst, Type, Packager string }

type overridden struct {
	Depends, Recommends []string
	Scripts             map[string]string
}

type nfpm struct {
	Name, Arch, Version, Maintainer, License, Description string
	Contents                                              []content
	Overrides                                             map[string]overridden
	Deb                                                   struct{ Compression string }
	RPM                                                   struct{ Buildhost, Summary string }
}

func decode(t *testing.T, path string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text(t, path)), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func TestPackages(t *testing.T) {
	for name, want := range map[string][]string{
		"app": {
			"/usr/bin/parley", "/usr/bin/parleyctl", "/usr/share/applications/" + id + ".desktop", "/usr/share/metainfo/" + id + ".metainfo.xml",
			"/usr/share/icons/hicolor/scalable/apps/" + id + ".svg", "/usr/share/man/man1/parley.1.gz", "/usr/share/man/man1/parleyctl.1.gz",
			"/usr/share/doc/parley/copyright", "/usr/share/licenses/parley/THIRD-PARTY-NOTICES.txt",
		},
		"server": {
			"/usr/bin/parleyd", "/etc/parleyd.conf", "/usr/lib/systemd/system/parleyd.service", "/usr/lib/sysusers.d/parleyd.conf",
			"/usr/share/man/man8/parleyd.8.gz", "/usr/share/doc/parleyd/copyright", "/usr/share/licenses/parleyd/THIRD-PARTY-NOTICES.txt",
		},
	} {
		var p nfpm
		decode(t, "nfpm-"+name+".yaml", &p)
		var places []string
		for _, c := range p.Contents {
			places = append(places, c.Dst)
			if strings.HasPrefix(c.Dst, "/etc/") != (c.Type == "config|noreplace") {
				t.Errorf("%s: %s is of type %q", name, c.Dst, c.Type)
			}
		}
		for _, w := range want {
			if !slices.Contains(places, w) {
				t.Errorf("%s: no %s", name, w)
			}
		}
		if p.Version != "${VERSION}" || p.License != "MIT" || !strings.Contains(p.Description, "\n") ||
			p.RPM.Summary == "" || p.RPM.Buildhost == "" {
			t.Errorf("%s: %+v", name, p)
		}
		folders(t, p)
		for packager, o := range p.Overrides {
			for _, script := range o.Scripts {
				path := strings.TrimPrefix(script, "scripts/")
				if !strings.HasPrefix(path, packager+"/") {
					t.Errorf("%s: %s for %s", name, script, packager)
				}
				if out, err := exec.Command("sh", "-n", path).CombinedOutput(); err != nil {
					t.Errorf("%s: %v %s", path, err, out)
				}
			}
		}
		if name == "app" {
			icons(t, places)
			libraries(t, p)
		}
	}
}

// folders: a .rpm that does not name a folder of its own leaves it behind. dpkg knows by itself.
func folders(t *testing.T, p nfpm) {
	t.Helper()
	var named []string
	for _, c := range p.Contents {
		if c.Type == "dir" {
			named = append(named, c.Dst)
		}
	}
	for _, c := range p.Contents {
		dir := filepath.Dir(c.Dst)
		if c.Packager != "deb" && c.Type != "dir" && strings.HasPrefix(filepath.Base(dir), "parley") && !slices.Contains(named, dir) {
			t.Errorf("%s: the .rpm leaves %s behind", p.Name, dir)
		}
	}
}

// icons: every size that there is goes in, and is what its folder says.
func icons(t *testing.T, places []string) {
	t.Helper()
	found, err := filepath.Glob(root + "/assets/icons/app/*.png")
	if err != nil || len(found) < 8 {
		t.Fatalf("icons: %v %v", found, err)
	}
	for _, path := range found {
		size := strings.TrimSuffix(filepath.Base(path), ".png")
		if place := fmt.Sprintf("/usr/share/icons/hicolor/%sx%s/apps/%s.png", size, size, id); !slices.Contains(places, place) {
			t.Errorf("no %s", place)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := png.DecodeConfig(f)
		f.Close()
		if err != nil || fmt.Sprint(c.Width) != size || c.Height != c.Width {
			t.Errorf("%s: %d by %d, %v", path, c.Width, c.Height, err)
		}
	}
}

// libraries: what is asked for is the same in both kinds of packages.
func libraries(t *testing.T, p nfpm) {
	t.Helper()
	soname := map[string]string{"libgl1": "libGL.so.1", "libx11-6": "libX11.so.6", "libxcursor1": "libXcursor.so.1", "libxi6": "libXi.so.6",
		"libxinerama1": "libXinerama.so.1", "libxrandr2": "libXrandr.so.2", "libc6 (>= 2.34)": "libc.so.6(GLIBC_2.34)"}
	rpm := p.Overrides["rpm"].Depends
	if deb := p.Overrides["deb"].Depends; len(deb) != len(soname) {
		t.Errorf("the .deb depends on %q", deb)
	}
	for _, d := range p.Overrides["deb"].Depends {
		if !slices.ContainsFunc(rpm, func(r string) bool {
			return strings.HasPrefix(r, soname[d]) && soname[d] != "" && strings.HasSuffix(r, "(64bit)")
		}) {
			t.Errorf("%s of the .deb is nothing of the .rpm: %q", d, rpm)
		}
	}
}

func TestFlatpak(t *testing.T) {
	var f struct {
		ID      string `yaml:"app-id"`
		Runtime string
		Version string `yaml:"runtime-version"`
		SDK     string
		Command string
		Finish  []string `yaml:"finish-args"`
		Modules []struct {
			Name, Buildsystem string
			Commands          []string `yaml:"build-commands"`
			Sources           []struct{ Type, Path, Dest string }
		}
	}
	decode(t, id+".yaml", &f)
	if f.ID != id || f.Command != "parley" || f.Runtime != "org.freedesktop.Platform" || f.SDK != "org.freedesktop.Sdk" || f.Version == "" {
		t.Errorf("%+v", f)
	}
	for _, want := range []string{"--share=network", "--share=ipc", "--socket=x11", "--socket=pulseaudio", "--device=all"} {
		if !slices.Contains(f.Finish, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, arg := range f.Finish {
		if strings.HasPrefix(arg, "--filesystem=") && arg != "--filesystem=xdg-download" || strings.HasPrefix(arg, "--socket=s") {
			t.Errorf("%s is more than it needs", arg)
		}
	}
	if len(f.Modules) != 1 || f.Modules[0].Buildsystem != "simple" || len(f.Modules[0].Commands) == 0 {
		t.Fatalf("modules: %+v", f.Modules)
	}
	// The folder that is copied says "deb", "rpm" or what else it was last packed as.
	commands := f.Modules[0].Commands
	kind := slices.Index(commands, "echo flatpak >/app/share/parley/parley.install")
	if kind < 0 || kind < slices.Index(commands, "cp -r share /app/") {
		t.Errorf("the app does not know that it came by Flatpak: %q", commands)
	}
	var packed []string
	for _, s := range f.Modules[0].Sources {
		packed = append(packed, filepath.Base(s.Path))
	}
	for _, want := range []string{"parley", "parleyctl", "share", "LICENSE", "THIRD-PARTY-NOTICES.txt"} {
		if !slices.Contains(packed, want) {
			t.Errorf("%s is not packed: %v", want, packed)
		}
	}
	if !strings.Contains(text(t, id+".yaml"), "NEVER BUILT BY US") {
		t.Error("nobody is told that it was never built")
	}
}

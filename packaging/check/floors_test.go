// Package check_test holds what is linked to what is known against it: versions with known flaws, and machines that are too old. What it
// can say without packages is looked at by plain "go test"; the rest, with the tag "packages", by "make packages-test".
package check_test

import (
	"encoding/json"
	"go/version"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// The Go vulnerability database is asked over the network, which tests are not. So here is what it said of modules that we have, last
// looked at on 2026-11-23: the database itself (github.com/golang/vulndb) as of 2026-08-21, and what other projects wrote of later numbers.
// To look again, with a network: go run golang.org/x/vuln/cmd/govulncheck@v1.8.0 -tags migrated_fynedo ./...
//
// A floor is the lowest version without a known flaw; the numbers are those of the flaws that it is the first without. A module without a
// line has none that is known: wazero, malgo, modernc.org/sqlite, pion's others.
var floors = []struct{ module, floor, advisories string }{
	{"github.com/gorilla/websocket", "v1.4.1", "GO-2020-0019 CVE-2020-27813"},
	{"github.com/pion/dtls/v3", "v3.1.4", "GO-2026-6165 CVE-2026-54908; v3.1.1: GO-2026-4479 CVE-2026-26014"},
	{"github.com/pion/interceptor", "v0.1.39", "GO-2025-3748 CVE-2025-49140"},
	{"github.com/pion/stun/v3", "v3.1.5", "GO-2026-6163 CVE-2026-54909"},
	{"github.com/yuin/goldmark", "v1.7.17", "GO-2026-5320 CVE-2026-5160"},
	{"golang.org/x/crypto", "v0.56.0", "GO-2026-6354 CVE-2026-78662, GO-2026-6355 CVE-2026-56855"},
	{"golang.org/x/image", "v0.45.0", "GO-2026-6222 CVE-2026-46603"},
	{"golang.org/x/net", "v0.56.0", "GO-2026-5942 CVE-2026-46600"},
	{"golang.org/x/sys", "v0.44.0", "GO-2026-5024 CVE-2026-39824"},
	{"golang.org/x/text", "v0.39.0", "GO-2026-5970 CVE-2026-56852"},
	{"gopkg.in/yaml.v3", "v3.0.1", "GO-2022-0603 CVE-2022-28948; the first release with what was fixed on 2022-05-21"},
}

// goFloor is the same for Go: its library is in every program.
const (
	goFloor      = "go1.26.6"
	goAdvisories = "GO-2026-5026, GO-2026-5942, GO-2026-5972, GO-2026-6088, GO-2026-6089, GO-2026-6090, GO-2026-6218"
)

// unmaintained are packages that no version is without a known flaw of.
var unmaintained = map[string]string{"golang.org/x/crypto/openpgp": "GO-2026-5932"}

// debianFloors are the versions in Debian 12 of what is linked into the app from there, after their changelogs.
var debianFloors = []struct{ name, floor, advisories string }{
	{"libvpx-dev", "1.12.0-1+deb12u5", "CVE-2026-2447; u3: CVE-2024-5197; u2: CVE-2023-44488; u1: CVE-2023-5217"},
}

// go.mod names every module that goes into a program or a test, so no list has to be asked for over the network.
func TestModulesHaveNoKnownFlaws(t *testing.T) {
	cmd := exec.Command("go", "mod", "edit", "-json")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct{ Path, Version string }
		Replace []any
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	if len(mod.Replace) > 0 {
		t.Error("go.mod replaces modules: their versions say nothing")
	}
	have := map[string]string{}
	for _, r := range mod.Require {
		have[r.Path] = r.Version
	}
	for _, f := range floors {
		switch v := have[f.module]; {
		case v == "":
			t.Errorf("%s is no longer in go.mod: its line here can go", f.module)
		case less(v, f.floor):
			t.Errorf("%s %s has known flaws, take %s or later: %s", f.module, v, f.floor, f.advisories)
		}
	}
}

func TestGoHasNoKnownFlaws(t *testing.T) {
	if goIsTooOld(runtime.Version()) {
		t.Errorf("%s has known flaws, take %s or later: %s", runtime.Version(), goFloor, goAdvisories)
	}
	for v, want := range map[string]bool{"go1.25.13": true, "go1.26.0": true, "go1.26.5": true, goFloor: false,
		"go1.26.10": false, "go1.27.0": false, "go1.26.8 X:jsonv2": false} {
		if goIsTooOld(v) != want {
			t.Errorf("%s: %v", v, !want)
		}
	}
}

// goIsTooOld says so of what runtime.Version or a program's build information says, which can end in experiments.
func goIsTooOld(v string) bool {
	v, _, _ = strings.Cut(v, " ")
	return version.Compare(v, goFloor) < 0
}

func TestDebiansLibrariesHaveNoKnownFlaws(t *testing.T) {
	for _, f := range debianFloors {
		out, err := exec.Command("dpkg-query", "-W", "-f", "${Version}", f.name).Output()
		if err != nil {
			t.Fatalf("dpkg-query %s: %v (scripts/deps.sh build installs it)", f.name, err)
		}
		if debianLess(t, string(out), f.floor) {
			t.Errorf("%s %s has known flaws, take %s or later: %s", f.name, out, f.floor, f.advisories)
		}
	}
	if !debianLess(t, "1.12.0-1+deb12u4", "1.12.0-1+deb12u5") || debianLess(t, "1.15.0-2", "1.12.0-1+deb12u5") {
		t.Error("versions are compared wrongly")
	}
}

func debianLess(t *testing.T, v, floor string) bool {
	t.Helper()
	err := exec.Command("dpkg", "--compare-versions", v, "lt", floor).Run()
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() != 1) {
		t.Fatalf("dpkg --compare-versions: %v", err)
	}
	return err == nil
}

// less compares two versions of modules: three numbers; what has something behind a "-" is before the version itself.
func less(v, floor string) bool {
	v, pre, _ := strings.Cut(strings.TrimPrefix(v, "v"), "-")
	want, _, _ := strings.Cut(strings.TrimPrefix(floor, "v"), "-")
	a, b := strings.Split(v, "."), strings.Split(want, ".")
	for i := range b {
		x, errX := strconv.Atoi(a[min(i, len(a)-1)])
		y, errY := strconv.Atoi(b[i])
		if errX != nil || errY != nil || len(a) != len(b) {
			return true // what can't be read is not known to be good
		}
		if x != y {
			return x < y
		}
	}
	return pre != ""
}

func TestLess(t *testing.T) {
	for _, tt := range []struct {
		v, floor string
		want     bool
	}{
		{"v1.2.3", "v1.2.3", false},
		{"v1.2.2", "v1.2.3", true},
		{"v1.10.0", "v1.9.9", false},
		{"v0.0.0-20220521103104-8f96da9f5d5e", "v3.0.1", true},
		{"v1.2.3-0.20220521103104-8f96da9f5d5e", "v1.2.3", true},
		{"v2.0.0-rc.1", "v1.2.3", false},
		{"", "v1.2.3", true},
		{"v1.2", "v1.2.3", true},
		{"v1.x.3", "v1.2.3", true},
	} {
		if got := less(tt.v, tt.floor); got != tt.want {
			t.Errorf("%s < %s: %v", tt.v, tt.floor, got)
		}
	}
}

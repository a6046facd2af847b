package check_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/packaging/internal/parts"
	"parley/wire"
)

// The version stands in three places, of which two are read by other programs.
func TestThereIsOneVersion(t *testing.T) {
	toml, err := os.ReadFile("../../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^Version = "(.*)"$`).FindSubmatch(toml)
	if found == nil || string(found[1]) != wire.Release {
		t.Errorf("FyneApp.toml has the version %q, and wire.Release is %q", found, wire.Release)
	}
	if v, err := parts.Release("../.."); err != nil || v != wire.Release {
		t.Errorf("packaging reads %q, %v, and wire.Release is %q", v, err, wire.Release)
	}
	// And nothing of whoever builds gets in.
	cmd := exec.Command("sh", "-c", `. ../env.sh && echo "$VERSION${LDFLAGS-}${GOOS-}${XZ_OPT-}"`, "./check")
	dir := t.TempDir()
	cmd.Env = append(os.Environ(), "BUILD="+dir, "DIST="+dir, "CDPATH=/", "LDFLAGS=-pie", "GOOS=plan9", "XZ_OPT=-9")
	if out, err := cmd.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != wire.Release {
		t.Errorf("packaging/env.sh reads %q, %v, and wire.Release is %q", out, err, wire.Release)
	}
	if !regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9a-z]+(\.[0-9a-z]+)*)?$`).MatchString(wire.Release) {
		t.Errorf("%q is no version that packages can have", wire.Release)
	}
}

// No program reaches what is known to be unsafe in every version.
func TestNothingUnmaintainedIsShipped(t *testing.T) {
	root, err := parts.Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts.All() {
		if p.Arch != "amd64" {
			continue
		}
		list, err := parts.List(root, p)
		if err != nil {
			t.Fatal(err)
		}
		for path, why := range unmaintained {
			if slices.ContainsFunc(list, func(pkg parts.Package) bool {
				return pkg.ImportPath == path || strings.HasPrefix(pkg.ImportPath, path+"/")
			}) {
				t.Errorf("%v has %s: %s", p, path, why)
			}
		}
	}
}

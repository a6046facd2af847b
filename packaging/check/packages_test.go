//go:build packages

package check_test

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"parley/packaging/internal/parts"
	"parley/wire"
)

// folder is BUILD or DIST, which packaging/env.sh says; there is something in it.
func folder(t *testing.T, env, name string) string {
	t.Helper()
	dir := os.Getenv(env)
	if dir == "" {
		dir = filepath.Join("../..", name)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		t.Fatalf("%s has nothing (%v): make packages comes first", dir, err)
	}
	return dir
}

// built are the programs as they are packed.
func built(t *testing.T) (files []string) {
	t.Helper()
	build := folder(t, "BUILD", "build")
	for _, p := range parts.All() {
		if p.System == "darwin" && p.Cgo {
			continue // Apple's compiler builds those, on a Mac
		}
		file := filepath.Join(build, p.System+"-"+p.Arch, filepath.Base(p.Path))
		if p.System == "windows" {
			file += ".exe"
		}
		files = append(files, file)
	}
	return files
}

func TestNothingThatIsBuiltAsksForANewerSystem(t *testing.T) {
	seen := 0
	for _, dir := range []string{folder(t, "BUILD", "build"), folder(t, "DIST", "dist")} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			head := make([]byte, 4)
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			if n, _ := f.Read(head); n < 4 || string(head) != elf.ELFMAG {
				return nil
			}
			if e, err := elf.NewFile(f); err == nil && e.Type == elf.ET_REL {
				return nil // on the way to a program
			}
			seen++
			holds(t, path)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if seen < 4 {
		t.Errorf("%d programs were found", seen)
	}
}

// What programs say of themselves: which Go, which modules.
func TestProgramsAreBuiltOfWhatIsKnown(t *testing.T) {
	for _, file := range built(t) {
		info, err := buildinfo.ReadFile(file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if goIsTooOld(info.GoVersion) {
			t.Errorf("%s is built by %s, take %s or later: %s", file, info.GoVersion, goFloor, goAdvisories)
		}
		for _, s := range info.Settings {
			if strings.HasPrefix(s.Key, "vcs") || s.Key == "-trimpath" && s.Value != "true" {
				t.Errorf("%s is built with %s=%s", file, s.Key, s.Value)
			}
		}
		for _, m := range info.Deps {
			if m.Replace != nil {
				t.Errorf("%s: %s is replaced", file, m.Path)
			}
			for _, f := range floors {
				if m.Path == f.module && less(m.Version, f.floor) {
					t.Errorf("%s: %s %s has known flaws: %s", file, m.Path, m.Version, f.advisories)
				}
			}
		}
		// No name of this machine's folders is in it.
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		root, err := parts.Root()
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{root, runtime.GOROOT(), "/root/go", "/tmp/go-build"} {
			if path != "" && bytes.Contains(data, []byte(path+"/")) {
				t.Errorf("%s has the name of the folder %s in it", file, path)
			}
		}
	}
}

func TestSumsAreThoseOfAllPackages(t *testing.T) {
	dist := folder(t, "DIST", "dist")
	text, err := os.ReadFile(filepath.Join(dist, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]string{}
	for line := range strings.Lines(string(text)) {
		sum, name, found := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !found || len(sum) != 64 {
			t.Errorf("the line %q", line)
		}
		sums[name] = sum
	}
	entries, err := os.ReadDir(dist)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "SHA256SUMS" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dist, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != sums[e.Name()] {
			t.Errorf("%s has another sum", e.Name())
		}
		delete(sums, e.Name())
	}
	for name := range sums {
		t.Errorf("%s has a sum, and is not there", name)
	}
}

func TestTheBillHasEveryProgramAndTheNoticesAll(t *testing.T) {
	dist := folder(t, "DIST", "dist")
	var bill struct {
		Components []struct{ Name, Version, Type string }
	}
	data, err := os.ReadFile(filepath.Join(dist, "parley-"+wire.Release+"-sbom.cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &bill); err != nil {
		t.Fatal(err)
	}
	notices, err := os.ReadFile(filepath.Join(dist, "THIRD-PARTY-NOTICES.txt"))
	if err != nil {
		t.Fatal(err)
	}
	programs := 0
	for _, c := range bill.Components {
		switch c.Type {
		case "application":
			programs++
			continue
		case "file":
			continue
		}
		ours := slices.ContainsFunc(parts.Table, func(p parts.Part) bool { return p.Ours && p.Name == c.Name })
		if !ours && !bytes.Contains(notices, []byte("* "+c.Name+" "+c.Version+"\n")) {
			t.Errorf("%s %s is in a program, and not in the notices", c.Name, c.Version)
		}
	}
	if want := len(built(t)); programs != want {
		t.Errorf("the bill has %d programs, and there are %d", programs, want)
	}
	for _, part := range parts.Table {
		if !part.Ours && !bytes.Contains(notices, []byte("* "+part.Name+" ")) {
			t.Errorf("%s is not in the notices", part.Name)
		}
	}
}

func TestScriptsArePlain(t *testing.T) {
	args := append([]string{"-x", "-P", "../..", "-S", "warning"}, scripts(t)...)
	for _, pattern := range []string{"../linux/deb/p[or]*", "../linux/rpm/*"} { // what package managers run
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) != 3 {
			t.Errorf("%s: %q %v", pattern, found, err)
		}
		args = append(args, found...)
	}
	if out, err := exec.Command("shellcheck", args...).CombinedOutput(); err != nil {
		t.Errorf("shellcheck: %v\n%s", err, out)
	}
}

package cmd_test

import (
	"os"
	"os/exec"
	"slices"
	"testing"
)

// Whatever needs no C compiles for Windows and macOS from here, its tests included. The first run compiles what they
// import, a minute's work; after that it is seconds, from the build cache.
func TestPureGoCompilesForOtherSystems(t *testing.T) {
	pkgs := list(t)
	portable, drawing := pureGo(pkgs)
	for _, want := range []string{"parley/identity", "parley/wire", "parley/audio", "parley/probe", "parley/server/certs", "parley/server/router",
		"parley/cmd/internal/instance", "parley/cmd/internal/idle", "parley/cmd/internal/tray", "parley/cmd/internal/screen",
		"parley/cmd/internal/control", "parley/cmd/internal/crash", "parley/cmd/internal/folder", "parley/cmd/internal/host",
		"parley/cmd/internal/restart", "parley/cmd/internal/sound", "parley/cmd/internal/surface", "parley/hotkey", "parley/xserver"} {
		if !slices.Contains(portable, want) {
			t.Errorf("%s is not pure Go", want)
		}
	}
	for _, system := range []string{"windows", "darwin"} {
		t.Run(system, func(t *testing.T) {
			what := portable
			if system == "windows" {
				what = slices.Concat(portable, drawing) // the window, all but the driver of graphics
			}
			cmd := exec.Command("go", append([]string{"vet"}, what...)...)
			cmd.Dir = ".."
			cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("go vet: %v\n%s", err, out)
			}
		})
	}
}

// pureGo lists the packages of ours that reach no cgo but the standard library's, which has a way around it. What drives
// programs that only Linux has (test, bench) is left out. What draws, be it in a test, is a list of its own: Fyne has C of its own on
// macOS.
func pureGo(pkgs map[string]pkg) (portable, drawing []string) {
	for _, p := range pkgs {
		path, ours := below(p.ImportPath)
		if !ours || matches([]string{"test/...", "bench/..."}, path) {
			continue
		}
		draws := slices.ContainsFunc(slices.Concat(p.Deps, p.TestImports, p.XTestImports), func(dep string) bool {
			return matches([]string{fyne}, dep)
		})
		if slices.ContainsFunc(append(slices.Clone(p.Deps), p.ImportPath), func(dep string) bool {
			return !pkgs[dep].Standard && len(pkgs[dep].CgoFiles) > 0
		}) {
			continue
		}
		if draws {
			drawing = append(drawing, p.ImportPath)
		} else {
			portable = append(portable, p.ImportPath)
		}
	}
	slices.Sort(portable)
	slices.Sort(drawing)
	return portable, drawing
}

func TestPureGo(t *testing.T) {
	got, draws := pureGo(map[string]pkg{
		"net":                {ImportPath: "net", Standard: true, CgoFiles: []string{"c.go"}},
		"example.org/c":      {ImportPath: "example.org/c", CgoFiles: []string{"c.go"}},
		"parley/wire":        {ImportPath: "parley/wire", Deps: []string{"net"}},
		"parley/audio/opus":  {ImportPath: "parley/audio/opus", CgoFiles: []string{"c.go"}},
		"parley/audio/other": {ImportPath: "parley/audio/other", Deps: []string{"net", "example.org/c"}},
		"parley/test/lab":    {ImportPath: "parley/test/lab"},
		"parley/ui":          {ImportPath: "parley/ui", Deps: []string{"fyne.io/fyne/v2"}},
		"parley/assets":      {ImportPath: "parley/assets", XTestImports: []string{"fyne.io/fyne/v2/test"}},
	})
	if want := []string{"parley/wire"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if want := []string{"parley/assets", "parley/ui"}; !slices.Equal(draws, want) {
		t.Errorf("drawing: %q, want %q", draws, want)
	}
}

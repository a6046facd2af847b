// Package parts knows what the programs that are given to people are made of: modules by what the go command says, and what no module
// file names (C libraries, models, fonts) by a table. The bill of materials and the licence texts come from it.
package parts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A Target is a system that programs are shipped for, and which.
type Target struct {
	System, Arch string // GOOS, GOARCH
	Programs     []string
}

// Targets are all there are. parleyd is built without cgo, the others with it.
var Targets = []Target{
	{"linux", "amd64", []string{"parley", "parleyctl", "parleyd"}},
	{"linux", "arm64", []string{"parleyd"}},
	{"windows", "amd64", []string{"parley", "parleyctl", "parleyd"}},
	{"windows", "arm64", []string{"parleyd"}},
	{"darwin", "amd64", []string{"parley", "parleyctl", "parleyd"}},
	{"darwin", "arm64", []string{"parley", "parleyctl", "parleyd"}},
}

// A Program is one main package as it is built for one system. Its fields are what the go command's build information calls Path, GOOS,
// GOARCH, CGO_ENABLED and -tags.
type Program struct {
	Path         string
	System, Arch string
	Cgo          bool
	Tags         string
}

// All lists every program for every system.
func All() (list []Program) {
	for _, t := range Targets {
		for _, name := range t.Programs {
			p := Program{Path: "parley/cmd/" + name, System: t.System, Arch: t.Arch, Cgo: name != "parleyd"}
			if name == "parley" {
				p.Tags = "migrated_fynedo"
			}
			list = append(list, p)
		}
	}
	return list
}

func (p Program) String() string { return filepath.Base(p.Path) + " for " + p.System + "/" + p.Arch }

// A Module is somebody else's code, or with Version "" ours.
type Module struct {
	Path, Version, Dir string
}

// A Package is what "go list" says of it.
type Package struct {
	ImportPath, Dir   string
	Standard          bool
	Module            *Module
	CgoFiles          []string
	CFiles, CXXFiles  []string
	MFiles, SysoFiles []string
	CgoLDFLAGS        []string
	CgoPkgConfig      []string
	EmbedFiles        []string
}

// C says whether there is C in it, or what else the Go compiler does not make.
func (p Package) C() bool {
	return len(p.CgoFiles)+len(p.CFiles)+len(p.CXXFiles)+len(p.MFiles)+len(p.SysoFiles) > 0
}

// List asks for every package that ends up in a program, ordered by path. It needs the modules, and no compiler for the system.
// root is the repository.
func List(root string, p Program) ([]Package, error) {
	const fields = "ImportPath,Dir,Standard,Module,CgoFiles,CFiles,CXXFiles,MFiles,SysoFiles,CgoLDFLAGS,CgoPkgConfig,EmbedFiles"
	cmd := exec.Command("go", "list", "-deps", "-tags", p.Tags, "-json="+fields, p.Path)
	cmd.Dir = root
	cgo := "0"
	if p.Cgo {
		cgo = "1"
	}
	cmd.Env = append(os.Environ(), "GOOS="+p.System, "GOARCH="+p.Arch, "CGO_ENABLED="+cgo, "GOFLAGS=-mod=readonly")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %v: %w: %s", p, err, &stderr)
	}
	var list []Package
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg Package
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			slices.SortFunc(list, func(a, b Package) int { return strings.Compare(a.ImportPath, b.ImportPath) })
			return list, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list %v: %w", p, err)
		}
		list = append(list, pkg)
	}
}

// Modules are others' modules among packages, ordered by path.
func Modules(list []Package) (modules []Module) {
	seen := map[string]bool{}
	for _, p := range list {
		if m := p.Module; m != nil && m.Version != "" && !seen[m.Path] {
			seen[m.Path] = true
			modules = append(modules, *m)
		}
	}
	slices.SortFunc(modules, func(a, b Module) int { return strings.Compare(a.Path, b.Path) })
	return modules
}

// Root is the repository that the working directory is in.
func Root() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod here or above")
		}
	}
	return "", err
}

// Release is the version of our programs, as wire/release.go of a repository says it.
func Release(root string) (string, error) {
	return match("", "wire/release.go", `const Release = "([^"]+)"`)(Source{Root: root})
}

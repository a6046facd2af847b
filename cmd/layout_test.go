// Package cmd_test holds the tree to the table of who may import whom.
package cmd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A rule says what packages may reach. Patterns are paths; one that ends in "/..." is that path and all below it. Paths
// of ours are below the module, those of others are whole.
type rule struct {
	path   string   // the packages it is for; the longest pattern wins
	own    []string // what of ours they may reach, besides themselves
	only   []string // what of others they may reach, besides the standard library; nil is anything that is not in never
	never  []string // what they may not reach, the standard library's included
	cgo    bool     // they may reach C
	direct bool     // their own imports are looked at, and not what these import
}

// What several rules name.
var (
	all    = []string{"..."}
	leaves = []string{"audio/aec", "audio/agc", "audio/jitter", "audio/mix", "audio/ns", "audio/red", "audio/vad"}
	none   = []string{}
	wazero = []string{"github.com/tetratelabs/wazero/...", "golang.org/x/sys/..."}
	crypto = []string{"golang.org/x/crypto/...", "golang.org/x/text/...", "golang.org/x/sys/..."}

	fyne    = "fyne.io/..."
	fyneApp = "fyne.io/fyne/v2/app/..." // brings the graphics driver
	x11     = "github.com/jezek/xgb/..."
	dbus    = "github.com/godbus/dbus/..."
	pulse   = "github.com/jfreymuth/pulse/..."
	malgo   = "github.com/gen2brain/malgo/..."
	devices = "github.com/pion/mediadevices/..."
	pion    = "github.com/pion/..."
	webrtc  = "github.com/pion/webrtc/..."
)

// rules is the table. A package that no line is for fails the test: who adds one says here what it is for.
var rules = []rule{
	{path: "audio/aec", own: none, only: none},
	{path: "audio/agc", own: none, only: none},
	{path: "audio/jitter", own: none, only: none},
	{path: "audio/mix", own: none, only: none},
	{path: "audio/ns", own: none, only: wazero},
	{path: "audio/red", own: none, only: none},
	{path: "audio/vad", own: none, only: none},
	{path: "audio", own: leaves, only: wazero},
	{path: "audio/audiotest", own: join(leaves, "audio"), only: wazero},
	{path: "audio/wavdev", own: join(leaves, "audio"), only: wazero},
	{path: "audio/device", own: join(leaves, "audio"), only: join(wazero, malgo), cgo: true},
	{path: "audio/pulse", own: join(leaves, "audio"), only: join(wazero, pulse)},
	{path: "audio/opus", own: join(leaves, "audio"), never: []string{fyne, malgo}, cgo: true}, // mediadevices brings webrtc

	{path: "video", own: none, only: []string{"github.com/pion/rtp/...", "github.com/pion/randutil/..."}},
	{path: "video/videotest", own: []string{"video"}, never: []string{fyne, malgo, devices, webrtc}},
	{path: "video/yuv", own: []string{"video"}, never: []string{fyne, malgo, devices, webrtc}, cgo: true},
	{path: "video/vp9", own: []string{"video"}, never: []string{fyne, malgo, devices, webrtc}, cgo: true},
	{path: "video/camera", own: []string{"video", "video/videotest"}, never: []string{fyne, malgo}, cgo: true},
	{path: "video/screen", own: []string{"video", "video/yuv", "xserver"}, never: []string{fyne, malgo, devices, webrtc}, cgo: true}, // libyuv's
	{path: "xserver", own: none, only: []string{x11, "golang.org/x/sys/..."}},

	{path: "assets", own: none, only: none, never: []string{"net", "os/exec"}},
	{path: "identity", own: none, only: crypto, never: []string{"net", "os/exec"}},
	{path: "profile", own: []string{"identity"}, only: crypto, never: []string{"net", "os/exec"}},
	{path: "update", own: none, only: join(crypto, "aead.dev/minisign/..."), never: []string{fyne}},
	{path: "wire", own: none, only: []string{"github.com/gorilla/websocket/..."}},
	{path: "probe", own: []string{"wire"}, never: []string{fyne, malgo, devices, webrtc}},
	{path: "server/certs", own: none, only: []string{"golang.org/x/crypto/...", "golang.org/x/net/...", "golang.org/x/text/..."}},
	{path: "server/router", own: none, only: []string{"github.com/huin/goupnp/...", "github.com/jackpal/go-nat-pmp", "golang.org/x/net/...", "golang.org/x/sync/...", "golang.org/x/text/..."}},
	{path: "server/page", own: none, only: none},
	{path: "server", own: []string{"identity", "wire", "probe", "server/..."}, never: []string{fyne, malgo, devices, webrtc}},
	{
		path:  "call/...",
		own:   join(leaves, "audio", "video", "identity", "wire", "probe", "call/..."),
		never: []string{fyne, malgo, devices},
	},
	{path: "call/transfer", own: none, only: []string{"golang.org/x/sys/..."}, never: []string{"net"}},
	{
		path:  "call/calltest", // engines with microphones, for tests alone
		own:   join(leaves, "audio", "audio/audiotest", "video", "identity", "wire", "probe", "call/..."),
		never: []string{fyne, malgo, devices},
	},
	{path: "hotkey", own: none, never: []string{fyne, pion, malgo}, cgo: true},
	{
		path:   "ui/...",
		own:    []string{"call", "call/doctor", "profile", "video", "assets", "ui/..."}, // doctor: the words of what was found
		never:  []string{pion, malgo},
		direct: true,
	},

	{path: "cmd", own: none, only: none}, // this test
	{path: "cmd/parley", own: all, cgo: true},
	{path: "cmd/parleyctl/...", own: all, never: []string{fyne, "parley/ui/..."}, cgo: true},
	{path: "cmd/internal/...", own: all, never: []string{fyne, "parley/ui/..."}, cgo: true},
	{path: "cmd/internal/calm", own: none, only: none, never: []string{"net"}},
	{path: "cmd/internal/control", own: []string{"cmd/internal/instance"}, only: none},
	{path: "cmd/internal/crash", own: none, only: none},
	{path: "cmd/internal/folder", own: none, only: none, never: []string{"net"}},
	{path: "cmd/internal/host", own: []string{"server/...", "identity", "wire", "probe"}, never: []string{fyne, malgo, devices, webrtc}},
	{path: "cmd/internal/idle", own: []string{"xserver"}, only: []string{x11, "golang.org/x/sys/..."}},
	{path: "cmd/internal/instance", own: none, only: none},
	{path: "cmd/internal/keys", own: all, never: []string{fyne, malgo, devices, "parley/ui/..."}, cgo: true}, // hotkey's
	{path: "cmd/internal/restart", own: none, only: none, never: []string{"net"}},
	{path: "cmd/internal/screen", own: none, only: []string{x11}},
	{path: "cmd/internal/sound", own: join(leaves, "audio"), only: wazero},
	{path: "cmd/internal/surface", own: []string{"xserver"}, only: []string{x11, "golang.org/x/sys/..."}},
	{path: "cmd/internal/thread", own: none, only: none, never: []string{"net"}},
	{path: "cmd/internal/updates", own: []string{"update"}, only: join(crypto, "aead.dev/minisign/..."), never: []string{fyne}},
	{path: "cmd/internal/tray", own: none, only: []string{dbus}},
	{path: "cmd/parley-release", own: []string{"update"}, never: []string{fyne, malgo, devices, webrtc}},
	{path: "cmd/parleyd/...", own: []string{"server/...", "identity", "wire", "probe"}, never: []string{fyne, malgo, devices, webrtc}},
	{path: "packaging/...", own: []string{"wire", "packaging/..."}, only: []string{"github.com/gorilla/websocket/..."}, never: []string{fyne}}, // wire's
	{path: "packaging/linux/completions", own: none, only: none},
	{path: "packaging/macos/...", own: none, only: none, never: []string{"net", "os/exec"}},
	{path: "test/...", own: all, cgo: true},
	{path: "packaging/windows/side", own: none, only: none, never: []string{"net", "os/exec"}},
	{path: "bench/...", own: all, cgo: true},
}

func join(list []string, more ...string) []string { return slices.Concat(list, more) }

// onlyIn says in which files and folders something is imported at all, on whatever system. Tests are free.
var onlyIn = map[string][]string{
	malgo:                               {"audio/device/..."},
	pulse:                               {"audio/pulse/..."},
	devices:                             {"audio/opus/...", "video/camera/..."},
	fyne:                                {"ui/...", "cmd/parley/..."},
	fyneApp:                             {"cmd/parley/..."}, // so that the window's tests need neither display nor OpenGL
	x11:                                 {"cmd/internal/idle/...", "cmd/internal/screen/...", "cmd/internal/surface/...", "hotkey/...", "video/screen/...", "xserver/...", "test/..."},
	dbus:                                {"cmd/internal/tray/...", "hotkey/...", "video/screen/...", "test/..."},
	webrtc:                              {"call/...", "test/...", "bench/..."},
	"github.com/pion/turn/...":          {"server/...", "test/...", "bench/..."},
	"github.com/gorilla/websocket":      {"wire/conn.go", "test/lab/firefox.go"},
	"golang.org/x/crypto/acme/...":      {"server/certs/..."},
	"github.com/huin/goupnp/...":        {"server/router/..."},
	"github.com/jackpal/go-nat-pmp":     {"server/router/..."},
	"github.com/tetratelabs/wazero/...": {"audio/ns/..."},
	"modernc.org/sqlite/...":            {"server/...", "bench/..."}, // Mumble's settings are in one
	"C":                                 {"audio/opus/...", "video/vp9/...", "video/yuv/...", "video/camera/...", "hotkey/...", "cmd/parley/memory_linux.go"},
}

const module = "parley"

// pkg is what go list says of a package.
type pkg struct {
	ImportPath string
	Standard   bool
	CgoFiles   []string
	Imports    []string
	Deps       []string

	TestImports, XTestImports []string // of the package's tests alone
}

func TestWhoImportsWhom(t *testing.T) {
	pkgs := list(t)
	for _, complaint := range check(pkgs, rules) {
		t.Error(complaint)
	}
	for _, complaint := range checkFiles(os.DirFS("..")) {
		t.Error(complaint)
	}
	if len(pkgs) == 0 {
		t.Error("go list names no package")
	}
}

// list asks once for every package of ours and all that they reach. cgo is on, so that nothing hides.
func list(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Standard,CgoFiles,Imports,Deps,TestImports,XTestImports", "./...")
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, &stderr)
	}
	pkgs := map[string]pkg{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		pkgs[p.ImportPath] = p
	}
}

// check holds packages against rules and returns what is wrong, in order.
func check(pkgs map[string]pkg, rules []rule) []string {
	var complaints []string
	for _, p := range pkgs {
		path, ours := below(p.ImportPath)
		if !ours {
			continue
		}
		r, ok := ruleFor(rules, path)
		if !ok {
			complaints = append(complaints, fmt.Sprintf("%s: no rule is for it, see rules in cmd/layout_test.go", p.ImportPath))
			continue
		}
		reached := p.Deps
		if r.direct {
			reached = p.Imports
		}
		if !r.cgo && len(p.CgoFiles) > 0 {
			complaints = append(complaints, p.ImportPath+" has cgo")
		}
		for _, to := range reached {
			if why := r.refuses(pkgs, to); why != "" {
				complaints = append(complaints, fmt.Sprintf("%s reaches %s: %s", p.ImportPath, to, why))
			}
		}
	}
	slices.Sort(complaints)
	return complaints
}

// refuses says why a package must not be reached, or "".
func (r rule) refuses(pkgs map[string]pkg, to string) string {
	target, known := pkgs[to]
	if matches(r.never, to) {
		return "never"
	}
	if path, ours := below(to); ours {
		if !matches(r.own, path) && !matches([]string{r.path}, path) {
			return "not a package of ours for it"
		}
	} else if known && !target.Standard && r.only != nil && !matches(r.only, to) {
		return "not a package of others for it"
	}
	if !r.cgo && !r.direct && !target.Standard && len(target.CgoFiles) > 0 {
		return "cgo"
	}
	return ""
}

// ruleFor finds the rule with the longest pattern.
func ruleFor(rules []rule, path string) (best rule, ok bool) {
	for _, r := range rules {
		if matches([]string{r.path}, path) && (!ok || len(r.path) > len(best.path)) {
			best, ok = r, true
		}
	}
	return best, ok
}

// below returns an import path of ours without the module.
func below(importPath string) (string, bool) {
	if importPath == module {
		return "", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

func matches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		stem, deep := strings.CutSuffix(pattern, "...")
		stem = strings.TrimSuffix(stem, "/")
		return path == stem || deep && (stem == "" || strings.HasPrefix(path, stem+"/"))
	})
}

// checkFiles reads the imports of every file of the tree, those for other systems too, and holds them against onlyIn.
func checkFiles(tree fs.FS) []string {
	var complaints []string
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || path == "pins.go" {
			return nil
		}
		data, err := fs.ReadFile(tree, path)
		if err != nil {
			return err
		}
		found, err := checkFile(path, data)
		complaints = append(complaints, found...)
		return err
	})
	if err != nil {
		complaints = append(complaints, err.Error())
	}
	return complaints
}

func checkFile(path string, data []byte) (complaints []string, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, data, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	for _, spec := range file.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		for what, where := range onlyIn {
			if matches([]string{what}, to) && !matches(where, path) {
				complaints = append(complaints, fmt.Sprintf("%s imports %s, which is for %v only", path, to, where))
			}
		}
	}
	return complaints, nil
}

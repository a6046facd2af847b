package cmd_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// tree is a small world: what it says of each package is allowed.
func tree() map[string]pkg {
	pkgs := map[string]pkg{}
	add := func(path string, deps ...string) {
		pkgs[path] = pkg{ImportPath: path, Deps: deps, Imports: deps}
	}
	for _, std := range []string{"net", "embed", "fmt"} {
		pkgs[std] = pkg{ImportPath: std, Standard: true, CgoFiles: []string{"cgo.go"}}
	}
	for _, other := range []string{"fyne.io/fyne/v2", "github.com/pion/webrtc/v4", "github.com/pion/turn/v5",
		"github.com/tetratelabs/wazero", "github.com/gorilla/websocket", "golang.org/x/crypto/argon2"} {
		add(other)
	}
	for _, c := range []string{"github.com/gen2brain/malgo", "parley/audio/opus"} {
		pkgs[c] = pkg{ImportPath: c, CgoFiles: []string{"c.go"}}
	}
	add("parley/audio/mix", "fmt")
	add("parley/audio/ns", "fmt", "github.com/tetratelabs/wazero")
	add("parley/audio", "fmt", "parley/audio/mix", "parley/audio/ns", "github.com/tetratelabs/wazero")
	add("parley/audio/device", "parley/audio", "github.com/gen2brain/malgo")
	add("parley/identity", "fmt", "golang.org/x/crypto/argon2")
	add("parley/wire", "net", "github.com/gorilla/websocket")
	add("parley/server", "net", "parley/wire", "parley/identity", "github.com/pion/turn/v5")
	add("parley/call", "net", "parley/wire", "parley/identity", "parley/audio", "parley/call/mesh", "github.com/pion/webrtc/v4")
	add("parley/call/mesh", "github.com/pion/webrtc/v4")
	add("parley/ui", "parley/call", "fyne.io/fyne/v2")
	add("parley/cmd/parleyd", "parley/server", "parley/wire", "parley/identity", "github.com/pion/turn/v5")
	add("parley/cmd/parleyctl", "parley/call", "parley/audio/device", "github.com/gen2brain/malgo")
	add("parley/cmd/parley", "parley/ui", "parley/server", "fyne.io/fyne/v2", "github.com/gen2brain/malgo")
	return pkgs
}

func TestTheRulesAllowWhatTheyShould(t *testing.T) {
	if complaints := check(tree(), rules); len(complaints) != 0 {
		t.Errorf("complaints: %q", complaints)
	}
}

// Each line adds one import that the table forbids to the world that is in order.
func TestTheRulesRefuse(t *testing.T) {
	tests := []struct{ from, to, why string }{
		{"parley/audio/mix", "parley/audio", "not a package of ours"},
		{"parley/audio/mix", "parley/audio/ns", "not a package of ours"},
		{"parley/audio/mix", "github.com/tetratelabs/wazero", "not a package of others"},
		{"parley/audio", "parley/call", "not a package of ours"},
		{"parley/audio", "parley/audio/opus", "not a package of ours"},
		{"parley/audio", "github.com/pion/webrtc/v4", "not a package of others"},
		{"parley/audio", "github.com/gen2brain/malgo", "not a package of others"},
		{"parley/audio/device", "parley/audio/opus", "not a package of ours"},
		{"parley/audio/device", "parley/call", "not a package of ours"},
		{"parley/identity", "net", "never"},
		{"parley/identity", "parley/wire", "not a package of ours"},
		{"parley/wire", "parley/identity", "not a package of ours"},
		{"parley/wire", "github.com/pion/webrtc/v4", "not a package of others"},
		{"parley/server", "parley/call", "not a package of ours"},
		{"parley/server", "parley/audio", "not a package of ours"},
		{"parley/server", "github.com/pion/webrtc/v4", "never"},
		{"parley/call", "fyne.io/fyne/v2", "never"},
		{"parley/call", "github.com/gen2brain/malgo", "never"},
		{"parley/call/mesh", "parley/audio/opus", "not a package of ours"},
		{"parley/call", "parley/server", "not a package of ours"},
		{"parley/call", "parley/ui", "not a package of ours"},
		{"parley/ui", "parley/wire", "not a package of ours"},
		{"parley/ui", "parley/audio", "not a package of ours"},
		{"parley/ui", "parley/server", "not a package of ours"},
		{"parley/ui", "github.com/pion/webrtc/v4", "never"},
		{"parley/cmd/parleyd", "fyne.io/fyne/v2", "never"},
		{"parley/cmd/parleyd", "parley/call", "not a package of ours"},
		{"parley/cmd/parleyctl", "fyne.io/fyne/v2", "never"},
		{"parley/cmd/parleyctl", "parley/ui", "never"},
	}
	for _, tt := range tests {
		pkgs := tree()
		p := pkgs[tt.from]
		p.Deps = append(slices.Clone(p.Deps), tt.to)
		p.Imports = p.Deps
		pkgs[tt.from] = p
		complaints := check(pkgs, rules)
		if len(complaints) != 1 || !strings.HasPrefix(complaints[0], tt.from+" reaches "+tt.to+": "+tt.why) {
			t.Errorf("%s to %s: %q, want one with %q", tt.from, tt.to, complaints, tt.why)
		}
	}
}

func TestTheRulesRefuseCgoAndStrangers(t *testing.T) {
	pkgs := tree()
	pkgs["parley/call"] = pkg{ImportPath: "parley/call", CgoFiles: []string{"c.go"}}
	pkgs["parley/misc"] = pkg{ImportPath: "parley/misc"}
	pkgs["example.org/c"] = pkg{ImportPath: "example.org/c", CgoFiles: []string{"c.go"}}
	pkgs["parley/server"] = pkg{ImportPath: "parley/server", Deps: []string{"example.org/c"}}
	want := []string{"parley/call has cgo", "parley/misc: no rule", "parley/server reaches example.org/c: cgo"}
	got := check(pkgs, rules)
	if len(got) != len(want) {
		t.Fatalf("complaints: %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
}

func TestTheFilesAreHeldToo(t *testing.T) {
	file := func(to string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("package x\n\nimport \"" + to + "\"\n")}
	}
	good := fstest.MapFS{
		"pins.go":                       file("github.com/gen2brain/malgo"),
		"wire/conn.go":                  file("github.com/gorilla/websocket"),
		"wire/conn_test.go":             file("C"),
		"audio/device/device.go":        file("github.com/gen2brain/malgo"),
		"audio/opus/opus.go":            file("github.com/pion/mediadevices/pkg/codec/opus"),
		"call/mesh/mesh.go":             file("github.com/pion/webrtc/v4"),
		"ui/window.go":                  file("fyne.io/fyne/v2"),
		"cmd/parley/show.go":            file("fyne.io/fyne/v2/app"),
		"audio/testdata/x.go":           {Data: []byte("not Go")},
		"server/turn.go":                file("github.com/pion/turn/v5"),
		"video/camera/camera_darwin.go": file("github.com/pion/mediadevices/pkg/driver/camera"),
	}
	if complaints := checkFiles(good); len(complaints) != 0 {
		t.Errorf("complaints: %q", complaints)
	}
	for path, to := range map[string]string{
		"wire/other.go":            "github.com/gorilla/websocket",
		"server/gateway.go":        "github.com/gorilla/websocket",
		"audio/device_windows.go":  "github.com/gen2brain/malgo",
		"call/call_darwin.go":      "C",
		"call/devices.go":          "github.com/pion/mediadevices",
		"server/rtc.go":            "github.com/pion/webrtc/v4",
		"cmd/parleyctl/window.go":  "fyne.io/fyne/v2",
		"ui/window.go":             "fyne.io/fyne/v2/app",
		"ui/model/idle.go":         "github.com/jezek/xgb/screensaver",
		"cmd/parley/tray.go":       "github.com/godbus/dbus/v5",
		"audio/mix/wasm.go":        "github.com/tetratelabs/wazero/api",
		"profile/database_unix.go": "modernc.org/sqlite",
	} {
		if got := checkFiles(fstest.MapFS{path: file(to)}); len(got) != 1 || !strings.HasPrefix(got[0], path+" imports "+to) {
			t.Errorf("%s imports %s: %q", path, to, got)
		}
	}
	if got := checkFiles(fstest.MapFS{"wire/broken.go": {Data: []byte("no Go")}}); len(got) != 1 {
		t.Errorf("a file that is no Go: %q", got)
	}
}

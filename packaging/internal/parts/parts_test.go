package parts

import (
	"strings"
	"testing"
)

// lists are what several tests ask for, a third of a second's work each.
var lists = map[Program][]Package{}

func listed(t *testing.T, p Program) []Package {
	t.Helper()
	if lists[p] == nil {
		root, err := Root()
		if err != nil {
			t.Fatal(err)
		}
		if lists[p], err = List(root, p); err != nil {
			t.Fatal(err)
		}
	}
	return lists[p]
}

// Whoever links a library or embeds a model that the table does not name has to say here what it is, and under which licence.
func TestEverythingThatIsLinkedOrEmbeddedIsNamed(t *testing.T) {
	used := map[string]bool{}
	for _, p := range All() {
		list := listed(t, p)
		found, strange := In(p, list)
		for _, s := range strange {
			t.Errorf("%s: no part of packaging/internal/parts/table.go is it", s)
		}
		for _, part := range found {
			used[part.Name] = true
			if strings.HasPrefix(part.Name, "lib") && p.Path == "parley/cmd/parleyd" {
				t.Errorf("%v has %s", p, part.Name)
			}
		}
	}
	for _, name := range []string{"Parley-Setup-1.2.3.exe", "Parley-1.2.3-x86_64.AppImage"} {
		found := Around(name)
		if len(found) == 0 {
			t.Errorf("nothing is around %s", name)
		}
		for _, part := range found {
			used[part.Name] = true
		}
	}
	if found := Around("parley_1.2.3_amd64.deb"); len(found) > 0 {
		t.Errorf("around a .deb: %v", found)
	}
	for _, part := range Table {
		if !used[part.Name] {
			t.Errorf("nothing has the part %q any more", part.Name)
		}
		if part.Licence == "" || part.Version == nil || len(part.Texts) == 0 && part.About == "" {
			t.Errorf("the part %q says too little", part.Name)
		}
	}
}

func TestStrangersAreSeen(t *testing.T) {
	p := Program{Path: "parley/cmd/parley", System: "linux", Arch: "amd64", Cgo: true}
	other := &Module{Path: "example.org/c", Version: "v1.0.0"}
	for _, tt := range []struct {
		pkg  Package
		want string // "": known
	}{
		{Package{ImportPath: "example.org/c", Module: other, CgoLDFLAGS: []string{"-lm", "-lcurl"}}, "the flag -lcurl of example.org/c"},
		{Package{ImportPath: "example.org/c", Module: other, CgoPkgConfig: []string{"dav1d"}}, "pkg-config's dav1d of example.org/c"},
		{Package{ImportPath: "example.org/c", Module: other, CFiles: []string{"c.c"}}, "the C of example.org/c"},
		{Package{ImportPath: "example.org/c", Module: other, SysoFiles: []string{"c.syso"}}, "the C of example.org/c"},
		{Package{ImportPath: "parley/assets", EmbedFiles: []string{"models/deeper.onnx"}}, "the file models/deeper.onnx of parley/assets"},
		{Package{ImportPath: "example.org/c", Module: other, CgoLDFLAGS: []string{"-framework"}}, "the flag -framework of example.org/c"},
		{Package{ImportPath: "parley/assets", EmbedFiles: []string{"models/rnnoise_simd.wasm", "icons/x.svg"}}, ""},
		{Package{ImportPath: "parley/video/vp9", CgoFiles: []string{"a.go"}, CgoLDFLAGS: []string{"-l:libvpx.a", "-lm"}}, ""},
		{Package{ImportPath: "runtime/cgo", Standard: true, CgoLDFLAGS: []string{"-lanything"}, CgoFiles: []string{"a.go"}}, ""},
	} {
		_, strange := In(p, []Package{tt.pkg})
		switch {
		case tt.want == "" && len(strange) > 0:
			t.Errorf("%+v: %q", tt.pkg, strange)
		case tt.want != "" && (len(strange) != 1 || !strings.HasSuffix(strange[0], tt.want)):
			t.Errorf("%+v: %q, want %q", tt.pkg, strange, tt.want)
		}
	}
}

// What this machine can build says of itself which version it is.
func TestVersionsAndTextsAreFound(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	p := All()[0]
	list := listed(t, p)
	source := Source{Root: root, Modules: Modules(list)}
	found, _ := In(p, list)
	for _, part := range found {
		version, err := part.Version(source)
		if err != nil || version == "" || strings.ContainsAny(version, "\n \x00") {
			t.Errorf("%s: version %q, %v", part.Name, version, err)
		}
		for _, text := range part.Texts {
			got, err := source.Read(text)
			if err != nil || len(got) < 500 || strings.Contains(got, "\r") {
				t.Errorf("%s: %s: %d octets, %v", part.Name, text.File, len(got), err)
			}
		}
	}
}

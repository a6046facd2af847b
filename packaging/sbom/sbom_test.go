package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"parley/packaging/internal/parts"
)

func sample(t *testing.T) []program {
	t.Helper()
	info, err := debug.ParseBuildInfo("go\tgo1.26.8\npath\tparley/cmd/parleyd\nmod\tparley\t(devel)\t\n" +
		"dep\tgolang.org/x/net\tv0.62.0\th1:AAAA=\ndep\texample.org/x\tv1.0.0\t\n=>\texample.org/y\tv1.1.0\th1:BBBB=\n" +
		"build\tCGO_ENABLED=1\nbuild\tGOARCH=amd64\nbuild\tGOOS=linux\nbuild\t-tags=a,b\n")
	if err != nil {
		t.Fatal(err)
	}
	return []program{{
		name: "parleyd", sum: "00ff", build: info, program: settings(info),
		parts: []part{{parts.Part{Name: "libvpx", Licence: "BSD-3-Clause"}, "1.12.0"}},
	}}
}

func TestTheBillNamesEverything(t *testing.T) {
	programs := sample(t)
	is := parts.Program{Path: "parley/cmd/parleyd", System: "linux", Arch: "amd64", Cgo: true, Tags: "a,b"}
	if got := programs[0].program; got != is {
		t.Errorf("settings %+v, want %+v", got, is)
	}
	doc := bill(programs, "1.2.3", time.Unix(1700000000, 0))
	var refs []string
	for _, c := range doc.Components {
		refs = append(refs, c.Ref)
	}
	want := []string{"parleyd@1.2.3?os=linux&arch=amd64", "part:libvpx@1.12.0", "pkg:golang/example.org/y@v1.1.0",
		"pkg:golang/golang.org/x/net@v0.62.0"}
	if !slices.Equal(refs, want) {
		t.Errorf("components %q, want %q", refs, want)
	}
	// What depends on something depends on something that is there.
	refs = append(refs, doc.Metadata.Component.Ref)
	for _, d := range doc.Dependencies {
		for _, ref := range append(d.On, d.Ref) {
			if !slices.Contains(refs, ref) {
				t.Errorf("nothing is %q", ref)
			}
		}
	}
	if doc.Metadata.Timestamp != "2023-11-14T22:13:20Z" || doc.Format != "CycloneDX" || doc.Spec != "1.5" || doc.Version != 1 {
		t.Errorf("head: %+v", doc)
	}
}

func TestTheSameProgramsGiveTheSameBill(t *testing.T) {
	at := time.Unix(1700000000, 0)
	one, _ := json.Marshal(bill(sample(t), "1.2.3", at))
	two, _ := json.Marshal(bill(sample(t), "1.2.3", at.In(time.FixedZone("", 3600))))
	if !bytes.Equal(one, two) {
		t.Errorf("%s\n%s", one, two)
	}
	uuid := regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	first := bill(sample(t), "1.2.3", at)
	changed := sample(t)
	changed[0].sum = "00fe"
	if second := bill(changed, "1.2.3", at); !uuid.MatchString(first.Serial) || first.Serial == second.Serial {
		t.Errorf("serials %q and %q", first.Serial, second.Serial)
	}
}

func TestWhatIsNoProgramIsRefused(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	var out bytes.Buffer
	text := t.TempDir() + "/text"
	if err := os.WriteFile(text, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{text, text + ".missing"} {
		if err := run([]string{file}, &out); err == nil || out.Len() > 0 {
			t.Errorf("%s: %v, %q", file, err, out.String())
		}
	}
	t.Setenv("SOURCE_DATE_EPOCH", "")
	if err := run([]string{text}, &out); err == nil {
		t.Error("a bill without a time")
	}
}

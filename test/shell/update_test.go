package shell_test

import (
	"os"
	"path/filepath"
	"testing"

	"parley/test/lab"
	"parley/update"
)

// TestUpdate: a shell says whether there is a newer version, and has the next start of the app beside parleyctl take it.
func TestUpdate(t *testing.T) {
	w := newWorld(t)
	w.run("Ana", nil, "update").ends(refused, "update") // a build from source
	w.run("Ana", nil, "update", "dance").ends(usage, "usage")
	r, err := lab.NewRelease(w.dir, "9.0.0", []byte("#!/bin/sh\necho parley 9.0.0\n"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	says := func(a answer, state string) {
		t.Helper()
		if l := a.done()[0]; l.Event != "update" || l.State != state || l.Version != "9.0.0" || l.News == "" {
			t.Errorf("%s: %+v, want %s", a.what, l, state)
		}
	}
	says(w.run("Ana", r.Env, "update"), "known")
	says(w.run("Ana", r.Env, "update", "get"), "known") // there is no app beside it

	folder := w.path("Größe und Maß")
	ctl, err := os.ReadFile(filepath.Join(programs.Dir, "parleyctl"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"parleyctl": ctl, "parley": []byte("#!/bin/sh\necho parley 1.0.0\n"), lab.Install: []byte("tar\n")} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mine := *w
	mine.programs = lab.Programs{Dir: folder}
	says(mine.run("Ana", r.Env, "update", "check"), "known")
	says(mine.run("Ana", r.Env, "update", "get"), "ready")
	if _, err := os.Stat(filepath.Join(w.home("Ana"), "updates", "ready.json")); err != nil {
		t.Error(err)
	}
	r.Tamper("parley")
	says(mine.run("Ana", r.Env, "update", "get"), "ready") // it is here already
	mine.run("Ben", r.Env, "update", "get").ends(connect, "update")
	r.Tamper(update.ManifestName)
	mine.run("Ana", r.Env, "update").ends(connect, "update")
}

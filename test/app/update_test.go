package app_test

import (
	"bytes"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/test/lab"
	"parley/wire"
)

// newer is what a Parley calls itself that newerParley has made.
var newer = "9" + wire.Release[1:]

// newerParley is the program with another version in it: all that it knows of its own is that text.
func (w *world) newerParley() []byte {
	w.Helper()
	b, err := os.ReadFile(filepath.Join(programs.Dir, "parley"))
	w.must(err)
	return bytes.ReplaceAll(b, []byte(wire.Release), []byte(newer))
}

// installed is a copy of the app as a tar.xz has it, in a folder with blanks and umlauts, and a server that offers a newer one.
type installed struct {
	*world
	programs lab.Programs
	env      []string
}

func (w *world) install(offer []byte) *installed {
	w.Helper()
	i := &installed{world: w, programs: lab.Programs{Dir: filepath.Join(w.dir, "Größe und Maß")}}
	b, err := os.ReadFile(filepath.Join(programs.Dir, "parley"))
	w.must(err)
	w.must(os.MkdirAll(i.programs.Dir, 0o755))
	w.must(os.WriteFile(i.program(), b, 0o755))
	w.must(os.WriteFile(filepath.Join(i.programs.Dir, lab.Install), []byte("tar\n"), 0o644))

	r, err := lab.NewRelease(w.dir, newer, offer)
	w.must(err)
	w.Cleanup(r.Close)
	i.env = r.Env
	return i
}

func (i *installed) program() string { return filepath.Join(i.programs.Dir, "parley") }

// start shows the window, and the page about updates in it.
func (i *installed) start() *window {
	i.Helper()
	a, err := i.programs.App(i.ctx, lab.AppConfig{
		Display: i.display(), Dir: filepath.Join(i.dir, "ada"), Settings: lab.Person(0, "Ada"), Env: i.env,
	})
	i.must(err)
	i.Cleanup(func() { i.end(a) })
	w := &window{a, i.world, lab.Dark}
	w.key("ctrl+comma")
	w.click(lab.Page(10))
	return w
}

// fetch looks for what is new, and presses the button that starts it.
func (i *installed) fetch(a *window) {
	i.Helper()
	a.updates("update-page")
	a.click(lab.LookNow)
	var restart image.Rectangle
	a.see("the button to restart", lab.Stage, func(img *image.RGBA) (ok bool) {
		restart, ok = lab.Filled(img, lab.Stage, a.palette.Primary)
		return ok && restart.Dx() > 80
	})
	a.Shot("update-ready")
	a.click(restart.Min.Add(restart.Max).Div(2))
}

// updates waits for the page, by its line in the list, and takes a picture.
func (a *window) updates(name string) {
	a.w.Helper()
	icon := image.Rect(84, 442, 100, 458)
	a.see("the page about updates", icon, func(img *image.RGBA) bool { return lab.Count(img, icon, a.palette.Primary) > 10 })
	_, err := a.Still(a.w.ctx, lab.Stage)
	a.w.must(err)
	a.Shot(name)
}

// version is what the program in place calls itself.
func (i *installed) version() string {
	i.Helper()
	out, err := exec.CommandContext(i.ctx, i.program(), "--version").Output()
	i.must(err)
	return strings.TrimSpace(string(out))
}

// left wants that nothing but what is named lies beside the program.
func (i *installed) left(want ...string) {
	i.Helper()
	entries, err := os.ReadDir(i.programs.Dir)
	i.must(err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if strings.Join(names, " ") != strings.Join(want, " ") {
		i.Errorf("beside the program lie %q", names)
	}
}

// TestUpdate: a newer version is found, fetched, and put in the place of the one that runs, which ends when the new one says that it
// works.
func TestUpdate(t *testing.T) {
	w := newWorld(t, 0)
	i := w.install(w.newerParley())
	a := i.start()
	i.fetch(a)
	next, err := a.Display.Window(i.within(time.Minute), func(w *lab.Window) bool { return w.PID != 0 && w.PID != a.PID() })
	i.must(err)
	t.Cleanup(func() { _ = syscall.Kill(-next.PID, syscall.SIGKILL) })
	if status, err := a.Wait(i.within(time.Minute)); err != nil || status != 0 {
		t.Fatalf("the version before ends with %d, %v: %s", status, err, a.Stderr())
	}
	if got := i.version(); got != "parley "+newer {
		t.Errorf("in place is %q", got)
	}
	i.left("parley", lab.Install)
	a.Window = next
	a.key("ctrl+comma")
	a.click(lab.Page(10))
	a.updates("update-done")
	a.key("ctrl+q")
	i.must(next.Gone(i.within(20 * time.Second)))
}

// TestUpdateThatDoesNotWork: a version that only knows its number is taken back at once, and the one before goes on in the same process.
func TestUpdateThatDoesNotWork(t *testing.T) {
	i := newWorld(t, 0).install([]byte("#!/bin/sh\n[ \"$1\" = --version ] && exec echo parley " + newer + "\nexit 1\n"))
	a := i.start()
	i.fetch(a)
	failed := filepath.Join(a.Profile(), "updates", "failed")
	a.see("that it is known not to work", lab.Stage, func(*image.RGBA) bool { _, err := os.Stat(failed); return err == nil })
	var err error
	a.Window, err = a.Display.Window(i.within(time.Minute), lab.OfPID(a.PID()))
	i.must(err)
	if got := i.version(); got != "parley "+wire.Release {
		t.Errorf("in place is %q", got)
	}
	i.left("parley", lab.Install)
	if text, err := os.ReadFile(failed); err != nil || strings.TrimSpace(string(text)) != newer {
		t.Errorf("%q, %v", text, err)
	}
	a.key("ctrl+comma")
	a.click(lab.Page(10))
	a.updates("update-failed")
	i.must(a.Quit(i.ctx))
}

package update

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// prepared has a newer program wait for the next start.
func prepared(t *testing.T, does string) (i Installation, before string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "Größe und Maß")
	i = Installation{Target: filepath.Join(folder, "parley"), Folder: filepath.Join(folder, "updates")}
	if err := os.MkdirAll(i.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	program(t, i.Target, "exit 0 # old")
	prepare(t, i, does)
	return i, read(t, i.Target)
}

func prepare(t *testing.T, i Installation, does string) {
	t.Helper()
	download := filepath.Join(i.Folder, "download")
	program(t, download, does)
	sum, size, err := sumOf(download)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(download, filepath.Join(i.Folder, sum)); err != nil {
		t.Fatal(err)
	}
	if err := i.Prepare(&Offer{Version: to, File: File{Name: "parley", Size: size, SHA256: sum}, News: "Much."}); err != nil {
		t.Fatal(err)
	}
}

func (i Installation) starting() *exec.Cmd {
	return exec.Command(i.Target, filepath.Join(i.Folder, trialName))
}

func TestRenew(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		does   string
		within time.Duration
		works  bool
	}{
		"it works":             {`rm "$1"`, time.Minute, true},
		"it breaks":            {"exit 3", time.Minute, false},
		"it does nothing":      {"exit 0", time.Minute, false},
		"it hangs":             {"exec sleep 60", 300 * time.Millisecond, false},
		"what it starts hangs": {"sleep 60; sleep 60", 300 * time.Millisecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			i, before := prepared(t, c.does)
			if o, ok := i.Waiting(from); !ok || o.Version != to || o.News != "Much." {
				t.Fatal(o, ok)
			}
			renewed, failed, err := i.Renew(ctx, from, c.within, i.starting)
			if renewed != c.works || (failed != "") == c.works || (err == nil) != c.works {
				t.Fatal(renewed, failed, err)
			}
			if (read(t, i.Target) != before) != c.works || i.Failed(to) == c.works {
				t.Error("the wrong version is in place")
			}
			if _, ok := i.Waiting(from); ok {
				t.Error("it would be tried at the next start, too")
			}
			if c.works {
				return
			}
			if on, failed, err := i.Begin(from); on || failed != "" || err != nil || exec.Command(i.Target).Run() != nil {
				t.Error("the version before does not start as if nothing had been", on, failed, err)
			}
			prepare(t, i, c.does)
			if renewed, failed, err := i.Renew(ctx, from, c.within, i.starting); renewed || failed != "" || err != nil {
				t.Error("what failed is tried again", renewed, failed, err)
			}
		})
	}
}

// TestElsewhere: another start was quicker than the one that was to show that the new version works. Where that one says it, it works; else
// it is taken back, is not one that failed, and is tried again when it is looked for again.
func TestElsewhere(t *testing.T) {
	for name, c := range map[string]struct {
		does   string
		within time.Duration
		works  bool
	}{
		"the other one works": {`(sleep 0.2; rm "$1") & exit 4`, time.Minute, true},
		"nobody says it":      {"exit 4", 2 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			i, before := prepared(t, c.does)
			renewed, failed, err := i.Renew(context.Background(), from, c.within, i.starting)
			if renewed != c.works || failed != "" || errors.Is(err, errElsewhere) == c.works || i.Failed(to) {
				t.Fatal(renewed, failed, err)
			}
			if (read(t, i.Target) != before) != c.works {
				t.Error("the wrong version is in place")
			}
			if _, on := i.trial(); on {
				t.Error("it is still on trial")
			}
			if c.works {
				return
			}
			prepare(t, i, `rm "$1"`)
			if renewed, failed, err := i.Renew(context.Background(), from, time.Minute, i.starting); !renewed || failed != "" || err != nil {
				t.Error(renewed, failed, err)
			}
		})
	}
}

// asking has a program asked for its version before it is put in place.
func asking(i Installation) Installation {
	i.Ask = func(file string) (Version, error) {
		out, err := exec.Command(file, "--version").Output()
		if err != nil {
			return Version{}, err
		}
		return ParseVersion(strings.TrimSpace(string(out)))
	}
	return i
}

// TestNoStart: what does not start on this machine, or is another version than was signed for, is never put in place, whenever the power
// goes, and is not tried again.
func TestNoStart(t *testing.T) {
	const answers = `[ "$1" = --version ] && exec echo `
	for name, c := range map[string]struct {
		does  string
		works bool
	}{
		"it starts":          {answers + "1.3.0\nrm \"$1\"", true},
		"a library is gone":  {"echo 1.3.0; exit 127", false},
		"it says nothing":    {"exit 0", false},
		"it is another one":  {answers + "1.2.0", false},
		"it is for a beta":   {answers + "1.3.0-beta.1", false},
		"it says it at ease": {"echo parley, version 1.3.0", false},
	} {
		t.Run(name, func(t *testing.T) {
			i, before := prepared(t, c.does)
			i = asking(i)
			o, _ := i.Waiting(from)
			renewed, failed, err := i.Renew(context.Background(), from, time.Minute, i.starting)
			if renewed != c.works || (failed != "") == c.works || errors.Is(err, ErrNoStart) == c.works || (err == nil) != c.works {
				t.Fatal(renewed, failed, err)
			}
			if (read(t, i.Target) != before) != c.works || i.Failed(to) == c.works {
				t.Error("the wrong version is in place, or the wrong one is not tried again")
			}
			left := []string{i.fresh(), i.bad(), filepath.Join(i.Folder, trialName), filepath.Join(i.Folder, o.File.SHA256)}
			if !c.works {
				left = append(left, i.old())
			}
			for _, file := range left {
				if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s is left: %v", filepath.Base(file), err)
				}
			}
		})
	}
}

// TestRollbackTakesNoRoom: a version can be taken back on a full disk.
func TestRollbackTakesNoRoom(t *testing.T) {
	i, before := swapped(t, "true")
	must(t, os.Mkdir(i.bad(), 0o700))
	must(t, os.WriteFile(filepath.Join(i.bad(), "x"), nil, 0o600)) // nothing can be written by that name
	must(t, i.Rollback())
	if read(t, i.Target) != before {
		t.Error("the version before is not back")
	}
}

// TestRenewRefused: what can't be swapped leaves the version before, and no start waits for it again.
func TestRenewRefused(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, i Installation, download string)
		want  error
	}{
		"a byte less":     {func(t *testing.T, _ Installation, file string) { must(t, os.Truncate(file, 5)) }, ErrTampered},
		"another byte":    {func(t *testing.T, _ Installation, file string) { program(t, file, `RM "$1"`) }, ErrTampered},
		"it is gone":      {func(t *testing.T, _ Installation, file string) { must(t, os.Remove(file)) }, fs.ErrNotExist},
		"no place for it": {func(t *testing.T, i Installation, _ string) { must(t, os.Mkdir(i.fresh(), 0o755)) }, syscall.EISDIR},
	} {
		t.Run(name, func(t *testing.T) {
			i, before := prepared(t, `rm "$1"`)
			o, _ := i.Waiting(from)
			c.spoil(t, i, filepath.Join(i.Folder, o.File.SHA256))
			renewed, failed, err := i.Renew(context.Background(), from, time.Minute, i.starting)
			if renewed || failed != "" || !errors.Is(err, c.want) {
				t.Fatal(renewed, failed, err)
			}
			if read(t, i.Target) != before {
				t.Error("the version before is damaged")
			}
			if renewed, failed, err := i.Renew(context.Background(), from, time.Minute, i.starting); renewed || failed != "" || err != nil {
				t.Error(renewed, failed, err)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestOneAtATime: while one start swaps and looks after the new version, another one touches nothing.
func TestOneAtATime(t *testing.T) {
	i, before := prepared(t, `rm "$1"`)
	unlock, err := i.lock()
	must(t, err)
	renewed, failed, err := i.Renew(context.Background(), from, time.Minute, i.starting)
	if renewed || failed != "" || !errors.Is(err, ErrBusy) {
		t.Error(renewed, failed, err)
	}
	must(t, i.keep(trial{Target: i.Target, From: from.String(), To: to.String()}))
	if on, failed, err := i.Begin(from); on || failed != "" || err != nil {
		t.Error(on, failed, err)
	}
	if _, kept := i.trial(); !kept || read(t, i.Target) != before {
		t.Error("a start spoils what another one does")
	}
	unlock()
	if _, _, err := i.Begin(from); err != nil {
		t.Error(err)
	}
	if renewed, failed, err := i.Renew(context.Background(), from, time.Minute, i.starting); !renewed || failed != "" || err != nil {
		t.Error(renewed, failed, err)
	}
}

// TestPowerCut: whatever steps of a swap have been made when the power goes, there is a program that starts, and the update comes about
// in the end.
func TestPowerCut(t *testing.T) {
	i, _ := prepared(t, `rm "$1"`)
	for n := range len(i.steps("", from, to)) + 1 {
		t.Run(fmt.Sprintf("after %d steps", n), func(t *testing.T) {
			i, before := prepared(t, `[ -z "$1" ] || rm "$1"`)
			file, _, err := i.take(from)
			must(t, err)
			after := read(t, file)
			steps := i.steps(file, from, to)
			for _, step := range steps[:n] {
				must(t, step())
			}
			version, there := from, read(t, i.Target)
			if there == after {
				version = to
			} else if there != before {
				t.Fatal("it is neither of the two")
			}
			if (version == to) != (n == len(steps)) || exec.Command(i.Target).Run() != nil {
				t.Fatal("the wrong one starts, or none")
			}
			on, failed, err := i.Begin(version)
			if on != (version == to) || failed != "" || err != nil {
				t.Fatal(on, failed, err)
			}
			if on {
				must(t, i.Healthy())
				return
			}
			prepare(t, i, `[ -z "$1" ] || rm "$1"`) // as the next look does, which finds the download
			if renewed, failed, err := i.Renew(context.Background(), from, time.Minute, i.starting); !renewed || failed != "" || err != nil {
				t.Error(renewed, failed, err)
			}
		})
	}
	must(t, os.WriteFile(i.fresh(), []byte("#!/bin/"), 0o600)) // the power went in the middle of a step
	if renewed, failed, err := i.Renew(context.Background(), from, time.Minute, i.starting); !renewed || failed != "" || err != nil {
		t.Error(renewed, failed, err)
	}
}

// TestNothingToRollBackTo: a version that never says that it works goes on all the same where the one before is gone, and no start tries
// that again.
func TestNothingToRollBackTo(t *testing.T) {
	i, _ := swapped(t, "true")
	must(t, os.Remove(i.old()))
	for range maxStarts {
		if on, _, err := i.Begin(to); !on || err != nil {
			t.Fatal(on, err)
		}
	}
	if on, failed, err := i.Begin(to); on || failed != to.String() || !errors.Is(err, fs.ErrNotExist) {
		t.Error(on, failed, err)
	}
	if on, failed, err := i.Begin(to); on || failed != "" || err != nil {
		t.Error(on, failed, err)
	}
}

// TestWhy: a system says in many ways that a file can't be written.
func TestWhy(t *testing.T) {
	for err, want := range map[error]error{
		syscall.EROFS: ErrReadOnly, syscall.EACCES: ErrReadOnly, syscall.EPERM: ErrReadOnly, syscall.ENOSPC: ErrFull,
	} {
		if got := why(&fs.PathError{Op: "open", Path: "x", Err: err}); !errors.Is(got, want) || !errors.Is(got, err) {
			t.Errorf("%v: %v", err, got)
		}
	}
	if err := why(fs.ErrNotExist); errors.Is(err, ErrReadOnly) || errors.Is(err, ErrFull) || why(nil) != nil {
		t.Error(err)
	}
	i, _ := prepared(t, "true")
	must(t, i.Writable())
	left, err := filepath.Glob(filepath.Join(filepath.Dir(i.Target), ".parley-*"))
	if err != nil || len(left) != 0 {
		t.Error(left, err)
	}
	i.Target = filepath.Join(i.Folder, "missing", "parley")
	if i.Writable() == nil {
		t.Error("a folder that is not there can be written")
	}
}

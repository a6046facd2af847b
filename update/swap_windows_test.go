package update

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// holds, in the environment, has this test program be a Parley that runs until its input ends.
const holds = "PARLEY_UPDATE_HOLDS"

func TestMain(m *testing.M) {
	if os.Getenv(holds) != "" {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// running starts what is in place, until the function that it returns is called.
func (i Installation) running(t *testing.T) (end func()) {
	t.Helper()
	command := exec.Command(i.Target)
	command.Env = append(os.Environ(), holds+"=1")
	in, err := command.StdinPipe()
	must(t, errors.Join(err, command.Start()))
	return func() { must(t, errors.Join(in.Close(), command.Wait())) }
}

// TestRunning: a program that runs is swapped, and taken back, and what can't be removed as long as it runs is removed by a later start. A
// file is asked for its version whatever its name ends with. (Run it in Wine: GOOS=windows go test -c, and -test.run TestRunning.)
func TestRunning(t *testing.T) {
	folder, err := os.MkdirTemp("", "Größe und Maß")
	must(t, err)
	i := Installation{Target: filepath.Join(folder, "parley.exe"), Folder: filepath.Join(folder, "updates")}
	t.Cleanup(func() { must(t, errors.Join(os.Remove(i.Target), os.Remove(i.Folder), os.Remove(folder))) }) // Wine 8 has no os.RemoveAll
	i.Ask = func(file string) (Version, error) {
		command := exec.Command(file)
		command.Env = append(os.Environ(), holds+"=1") // its input is empty
		return to, command.Run()
	}
	must(t, copyFile(os.Args[0], i.Target, 0o755))
	gone := func(file string) {
		t.Helper()
		if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", filepath.Base(file), err)
		}
	}

	end := i.running(t)
	must(t, i.Swap(os.Args[0], from, to))
	if on, failed, err := i.Begin(to); !on || failed != "" || err != nil {
		t.Fatal(on, failed, err)
	}
	must(t, i.Healthy())
	gone(i.old())
	gone(i.fresh())
	end()
	if on, failed, err := i.Begin(to); on || failed != "" || err != nil {
		t.Fatal(on, failed, err)
	}
	gone(i.bad())

	must(t, i.Swap(os.Args[0], from, to))
	end = i.running(t)
	must(t, i.Rollback())
	gone(i.old())
	end()
	if _, _, err := i.Begin(from); err != nil {
		t.Fatal(err)
	}
	gone(i.bad())
	i.running(t)()

	unlock, err := i.lock()
	must(t, err)
	if _, err := i.lock(); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	unlock()
	unlock, err = i.lock()
	must(t, err)
	unlock()
	gone(i.Target + ".lock")
}

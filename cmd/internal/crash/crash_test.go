package crash

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// dirVariable makes this test program die in a folder.
const dirVariable = "PARLEY_CRASH_IN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(dirVariable); dir != "" {
		if _, err := Open(dir); err != nil {
			os.Exit(5)
		}
		panic("as asked: " + os.Getenv("PARLEY_CRASH_SAYS"))
	}
	os.Exit(m.Run())
}

func die(t *testing.T, dir, says string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), dirVariable+"="+dir, "PARLEY_CRASH_SAYS="+says)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() == 5 {
		t.Fatalf("%v: %s", err, out)
	}
}

func holds(t *testing.T, path, text string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(data), text) {
		t.Errorf("%s holds %.200q, want %q: %v", filepath.Base(path), data, text, err)
	}
}

func TestTheLastTwoCrashesAreKept(t *testing.T) {
	dir := t.TempDir()
	now, old := filepath.Join(dir, name), filepath.Join(dir, oldName)
	die(t, dir, "one")
	holds(t, now, "as asked: one")
	holds(t, now, "crash_test.go")
	die(t, dir, "two")
	holds(t, now, "as asked: two")
	holds(t, old, "as asked: one")
	l, err := Open(dir) // an ordinary run: the crash is looked at afterwards
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	holds(t, old, "as asked: two")
	for range 2 { // and more of them do not push it out
		l, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	holds(t, old, "as asked: two")
	if _, err := os.Stat(now); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty log is left: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v %v", entries, err)
	}
}

func TestNoFolder(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a log in a folder that is not there")
	}
}

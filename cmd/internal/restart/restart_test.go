package restart

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// lives is how often this test program has been started in a row: set, it is not a test but the program to be restarted.
const lives = "PARLEY_RESTART_LIVES"

// other is the file that is started, if not the program's own.
const other = "PARLEY_RESTART_OTHER"

func TestMain(m *testing.M) {
	switch os.Getenv(lives) {
	case "":
		os.Exit(m.Run())
	case "x":
		os.Setenv(lives, "xx")
		fmt.Println("first", os.Args[1:])
		fmt.Println(Process(os.Getenv(other))) // is not reached on Unix
	default:
		own, err := os.Executable()
		fmt.Println("second", os.Args[1:], filepath.Base(own), err)
	}
}

func TestProcess(t *testing.T) {
	moved := filepath.Join(t.TempDir(), "Größe und Maß")
	b, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(moved, b, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"", moved} { // itself, and what has been put elsewhere
		name := filepath.Base(os.Args[0])
		if file != "" {
			name = filepath.Base(file)
		}
		cmd := exec.Command(os.Args[0], "--profile", "a b")
		cmd.Env = append(os.Environ(), lives+"=x", other+"="+file)
		out, err := cmd.Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		if !slices.Contains(lines, "first [--profile a b]") || !slices.Contains(lines, "second [--profile a b] "+name+" <nil>") {
			t.Errorf("%q", lines)
		}
	}
	if err := Process(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("nothing was started")
	}
}

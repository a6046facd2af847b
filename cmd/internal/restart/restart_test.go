package restart

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// lives is how often this test program has been started in a row: set, it is not a test but the program to be restarted.
const lives = "PARLEY_RESTART_LIVES"

func TestMain(m *testing.M) {
	switch os.Getenv(lives) {
	case "":
		os.Exit(m.Run())
	case "x":
		os.Setenv(lives, "xx")
		fmt.Println("first", os.Args[1:])
		fmt.Println(Process()) // is not reached on Unix
	default:
		fmt.Println("second", os.Args[1:])
	}
}

func TestProcess(t *testing.T) {
	cmd := exec.Command(os.Args[0], "--profile", "a b")
	cmd.Env = append(os.Environ(), lives+"=x")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("%v: %s", err, exit.Stderr)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if !slices.Contains(lines, "first [--profile a b]") || !slices.Contains(lines, "second [--profile a b]") {
		t.Errorf("%q", lines)
	}
}

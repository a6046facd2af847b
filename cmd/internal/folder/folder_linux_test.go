package folder

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// opener puts a program in the place of xdg-open that writes what it was given.
func opener(t *testing.T, script string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return dir
}

// The folder is opened, and never the file.
func TestShow(t *testing.T) {
	dir := opener(t, `printf '%s' "$*" > "$(dirname "$0")/told"`)
	file := filepath.Join(dir, "a file;touch x")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Show(file); err != nil {
		t.Fatal(err)
	}
	if told, err := os.ReadFile(filepath.Join(dir, "told")); err != nil || string(told) != dir {
		t.Errorf("%q %v", told, err)
	}
	opener(t, "exit 3")
	if Show(file) == nil {
		t.Error("a program that can't is not told of")
	}
}

// A program that stays is left alone.
func TestShowStays(t *testing.T) {
	opener(t, "exec sleep 5")
	if err := run(10*time.Millisecond, "xdg-open"); err != nil {
		t.Error(err)
	}
}

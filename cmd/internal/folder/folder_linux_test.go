package folder

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestListed(t *testing.T) {
	for list, want := range map[string]string{
		"":                                    "",
		"# XDG_DOWNLOAD_DIR=\"/x\"\n":         "",
		"XDG_DOWNLOAD_DIR=\"$HOME/Netz\"\n":   "/home/sam/Netz",
		"XDG_DOWNLOAD_DIR=\"$HOME/\"\n":       "",
		"  XDG_DOWNLOAD_DIR=\"/data/down\"\n": "/data/down",
		"XDG_DESKTOP_DIR=\"$HOME/Desktop\"\nXDG_DOWNLOAD_DIR=\"$HOME/a/../b\"": "/home/sam/b",
		"XDG_DOWNLOAD_DIR=" + strings.Repeat("x", maxConfig):                   "",
	} {
		if got := listed(strings.NewReader(list), "/home/sam"); got != want {
			t.Errorf("%.40q: %q, want %q", list, got, want)
		}
	}
}

func TestDownloads(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
	if got := Downloads(); got != filepath.Join(home, "Downloads") {
		t.Errorf("without a list: %q", got)
	}
	if err := os.MkdirAll(filepath.Join(home, ".config"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".config", "user-dirs.dirs"), []byte("XDG_DOWNLOAD_DIR=\"relative\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Downloads(); got != filepath.Join(home, "Downloads") {
		t.Errorf("a relative one: %q", got)
	}
}

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

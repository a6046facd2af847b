package setup

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestDownloads(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	check := func(want string) {
		t.Helper()
		if got, err := Downloads(); err != nil || got != want {
			t.Errorf("%q, %v, not %q", got, err, want)
		}
	}
	check(filepath.Join(home, "Downloads"))
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return
	}
	if err := os.Mkdir(filepath.Join(home, ".config"), 0o700); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		`XDG_DOWNLOAD_DIR="$HOME/Geladen"`: filepath.Join(home, "Geladen"),
		`XDG_DOWNLOAD_DIR="/srv/files"`:    "/srv/files",
		`XDG_DOWNLOAD_DIR="$HOME/"`:        filepath.Join(home, "Downloads"), // what it says where there is none
		`XDG_DOWNLOAD_DIR="x"`:             filepath.Join(home, "Downloads"),
	} {
		if err := os.WriteFile(filepath.Join(home, ".config", "user-dirs.dirs"), []byte("# x\n"+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		check(want)
	}
}

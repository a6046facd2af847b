package folder

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxConfig is more than anybody's list of folders is long.
const maxConfig = 64 << 10

// downloads reads the list of xdg-user-dirs (freedesktop.org): XDG_DOWNLOAD_DIR="$HOME/Downloads".
func downloads() string {
	config, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	f, err := os.Open(filepath.Join(config, "user-dirs.dirs"))
	if err != nil {
		return ""
	}
	defer f.Close()
	return listed(io.LimitReader(f, maxConfig), os.Getenv("HOME"))
}

func listed(list io.Reader, home string) (dir string) {
	for lines := bufio.NewScanner(list); lines.Scan(); {
		value, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "XDG_DOWNLOAD_DIR=")
		if !ok {
			continue
		}
		value = strings.Trim(value, `"`)
		if below, ok := strings.CutPrefix(value, "$HOME"); ok {
			value = home + below
		}
		if dir = filepath.Clean(value); dir == filepath.Clean(home) { // how the list says that there is none
			dir = ""
		}
	}
	return dir
}

// show opens the folder alone: which programs can point at a file is not known.
func show(path string) error { return run(patience, "xdg-open", filepath.Dir(path)) }

package setup

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Downloads is the user's own folder for what comes from elsewhere, whether there is one yet or not.
func Downloads() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil || home == "" {
		return "", errors.New("this user has no home for files")
	}
	if folder := desktopDownloads(home); folder != "" {
		return folder, nil
	}
	return filepath.Join(home, "Downloads"), nil
}

// desktopDownloads is what the desktop calls it (xdg-user-dirs), in the user's language.
func desktopDownloads(home string) string {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return ""
	}
	config := os.Getenv("XDG_CONFIG_HOME")
	if config == "" {
		config = filepath.Join(home, ".config")
	}
	f, err := os.Open(filepath.Join(config, "user-dirs.dirs"))
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		value, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "XDG_DOWNLOAD_DIR=")
		if !ok {
			continue
		}
		folder := strings.Trim(value, `"`)
		if rest, ok := strings.CutPrefix(folder, "$HOME"); ok {
			folder = filepath.Join(home, rest)
		}
		if filepath.IsAbs(folder) && filepath.Clean(folder) != filepath.Clean(home) {
			return folder
		}
	}
	return ""
}

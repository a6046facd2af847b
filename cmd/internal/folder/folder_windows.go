package folder

import (
	"errors"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/windows"
)

func downloads() string {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_Downloads, 0)
	if err != nil {
		return ""
	}
	return dir
}

// show opens the folder. Explorer ends with 1 whatever it has done.
func show(path string) error {
	err := run(patience, "explorer.exe", filepath.Dir(path))
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil
	}
	return err
}

package folder

import (
	"errors"
	"os/exec"
	"path/filepath"
)

// show opens the folder. Explorer ends with 1 whatever it has done.
func show(path string) error {
	err := run(patience, "explorer.exe", filepath.Dir(path))
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil
	}
	return err
}

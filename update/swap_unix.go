//go:build !windows

package update

import (
	"errors"
	"io/fs"
	"os"
)

// replace puts fresh in target's place and keeps target as old. There is a target at every moment.
func replace(target, fresh, old string) error {
	if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(target, old); err != nil { // a file system without links: a copy is as good
		if err := copyFile(target, old, 0o755); err != nil {
			_ = os.Remove(old)
			return err
		}
	}
	return os.Rename(fresh, target)
}

func busy(error) bool { return false }

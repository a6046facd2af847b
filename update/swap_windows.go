package update

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// replace puts fresh in target's place and keeps target as old. A program that runs can be renamed, but not replaced.
func replace(target, fresh, old string) error {
	if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(target, old); err != nil {
		return err
	}
	if err := os.Rename(fresh, target); err != nil {
		return errors.Join(err, os.Rename(old, target))
	}
	return nil
}

// busy tells whether a file can't be removed as it runs.
func busy(err error) bool {
	return errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
}

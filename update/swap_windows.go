package update

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// replacing are the steps that put fresh in target's place and keep target as old. A program that runs can be renamed, but not replaced.
func replacing(target, fresh, old string) []func() error {
	return []func() error{
		func() error {
			if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return nil
		},
		func() error { return os.Rename(target, old) },
		func() error {
			if err := os.Rename(fresh, target); err != nil {
				return errors.Join(err, os.Rename(old, target))
			}
			return nil
		},
	}
}

// putBack gives old the name target again, and what had it the name bad.
func putBack(target, old, bad string) error {
	for _, step := range replacing(target, old, bad) {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// busy tells whether a file can't be removed as it runs.
func busy(err error) bool {
	return errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
}

// full tells whether there was no room for what was written.
func full(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

// lock is a file in the folder that nobody else can open, and that is gone with the process. ErrBusy: somebody has it.
func lock(folder, file string) (unlock func(), err error) {
	name, err := windows.UTF16PtrFromString(filepath.Join(folder, file))
	if err != nil {
		return nil, err
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil,
		windows.OPEN_ALWAYS, windows.FILE_FLAG_DELETE_ON_CLOSE, 0)
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		return nil, ErrBusy
	}
	if err != nil {
		return nil, why(err)
	}
	return func() { _ = windows.CloseHandle(h) }, nil
}

func alone(*exec.Cmd) {} // the programs of Windows start no others

func kill(command *exec.Cmd) error {
	if err := command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

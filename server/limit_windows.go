package server

import (
	"errors"

	"golang.org/x/sys/windows"
)

// freeBytes is what this user may still write to the disk of a folder.
func freeBytes(dir string) (free uint64, err error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err == nil {
		err = windows.GetDiskFreeSpaceEx(name, &free, nil, nil)
	}
	return free, err
}

// diskFull is what a write says.
const diskFull = windows.ERROR_DISK_FULL

// openFiles has no answer: Windows bounds it by its memory alone.
func openFiles() (uint64, error) { return 0, errors.ErrUnsupported }

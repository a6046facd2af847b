//go:build !windows

package main

import (
	"os"
	"syscall"
)

// restart puts a new start of this program, with the same arguments, in the place of this one.
func restart() error {
	path, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(path, os.Args, os.Environ())
}

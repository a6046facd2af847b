//go:build !linux && !darwin && !freebsd && !windows

package server

import (
	"errors"
	"syscall"
)

// freeBytes has no answer here.
func freeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }

// diskFull is what a write says.
const diskFull = syscall.ENOSPC

// openFiles has none either.
func openFiles() (uint64, error) { return 0, errors.ErrUnsupported }

//go:build !linux && !darwin && !freebsd && !windows

package server

import "errors"

// freeBytes has no answer here.
func freeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }

// openFiles has none either.
func openFiles() (uint64, error) { return 0, errors.ErrUnsupported }

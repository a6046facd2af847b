//go:build !windows

package restart

import (
	"os"
	"syscall"
)

// replace returns only where it fails. The process keeps its id, so whoever waits for it goes on waiting.
func replace(path string) error { return syscall.Exec(path, os.Args, os.Environ()) }

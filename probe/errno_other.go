//go:build !windows

package probe

import "syscall"

// What systems say of sockets. On Windows package syscall has these names for numbers that nobody gives.
const (
	ECONNREFUSED = syscall.ECONNREFUSED
	ENETUNREACH  = syscall.ENETUNREACH
	EHOSTUNREACH = syscall.EHOSTUNREACH
	EADDRINUSE   = syscall.EADDRINUSE
)

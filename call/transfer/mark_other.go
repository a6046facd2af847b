//go:build !windows && !darwin

package transfer

// mark does nothing: a file that comes is not one that can be run here, until somebody says so.
func mark(string) {}

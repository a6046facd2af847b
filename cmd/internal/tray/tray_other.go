//go:build !linux

package tray

// Available is true on Windows and macOS: there is always a tray.
func Available() bool { return true }

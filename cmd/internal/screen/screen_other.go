//go:build !linux && !windows

package screen

// Check has nothing to look for: a program that starts on macOS has a display.
func Check() error { return nil }

// Minimize is not known here.
func Minimize(uintptr) bool { return false }

// Watch tells nothing: every window is taken to be seen.
func Watch(uintptr, func(bool)) (stop func()) { return func() {} }

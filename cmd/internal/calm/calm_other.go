//go:build !linux

package calm

// Runtime changes nothing here: only Linux tells how late a thread may wake.
func Runtime() {}

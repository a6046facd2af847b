//go:build !linux && !windows

package folder

// show has Finder point at the file; it opens nothing.
func show(path string) error { return run(patience, "open", "-R", path) }

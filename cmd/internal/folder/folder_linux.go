package folder

import "path/filepath"

// show opens the folder alone: which programs can point at a file is not known.
func show(path string) error { return run(patience, "xdg-open", filepath.Dir(path)) }

// Package restart starts this very program anew, or what has been put in its place, with the arguments and the environment that it was
// given.
package restart

import (
	"fmt"
	"os"
)

// Process puts the new start in the place of this one, or beside it where the system can't (Windows): the caller ends when it
// returns without an error. Everything that the new start needs for itself is closed before. path is the file to start; empty: this
// program's own.
func Process(path string) error {
	if path == "" {
		own, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find this program: %w", err)
		}
		path = own
	}
	if err := replace(path); err != nil {
		return fmt.Errorf("start %s: %w", path, err)
	}
	return nil
}

// Package restart starts this very program anew, with the arguments and the environment that it was given.
package restart

import (
	"fmt"
	"os"
)

// Process puts the new start in the place of this one, or beside it where the system can't (Windows): the caller ends when it
// returns without an error. Everything that the new start needs for itself is closed before.
func Process() error {
	path, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if err := replace(path); err != nil {
		return fmt.Errorf("start %s: %w", path, err)
	}
	return nil
}

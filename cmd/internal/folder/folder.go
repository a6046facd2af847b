// Package folder shows files in their folders, by the system's own means. No file is ever opened by it.
package folder

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Show has the system show the folder that a file is in, and the file in it where the system can. It does not wait for the person.
func Show(path string) error {
	if !filepath.IsAbs(path) {
		return errors.New("show a file: its place is not known")
	}
	info, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("show a file: %w", err)
	}
	if !info.IsDir() {
		return errors.New("show a file: there is no such folder")
	}
	if err := show(filepath.Clean(path)); err != nil {
		return fmt.Errorf("show a file: %w", err)
	}
	return nil
}

// patience is how long a program has to say that it can't. Some stay for as long as the folder is shown.
const patience = 5 * time.Second

// run starts a program and leaves it alone if it stays.
func run(patience time.Duration, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		return nil
	}
}

package folder

import (
	"path/filepath"
	"testing"
)

func TestShowRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"", "file", "../file", filepath.Join(dir, "gone", "file")} {
		if Show(path) == nil {
			t.Errorf("%q is shown", path)
		}
	}
}

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

func TestDownloadsIsAbsolute(t *testing.T) {
	if dir := Downloads(); dir != "" && !filepath.IsAbs(dir) {
		t.Errorf("%q", dir)
	}
}

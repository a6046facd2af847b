package pulse

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestCookie: a file that can't be used does not keep anybody from a server that asks for none.
func TestCookie(t *testing.T) {
	dir := t.TempDir()
	whole, short := filepath.Join(dir, "whole"), filepath.Join(dir, "short")
	secret := bytes.Repeat([]byte{7}, cookieSize)
	for file, data := range map[string][]byte{whole: secret, short: secret[:100]} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string][]byte{
		whole: secret, short: make([]byte, cookieSize), filepath.Join(dir, "missing"): make([]byte, cookieSize), dir: make([]byte, cookieSize),
	} {
		if got := cookie(func(name string) string { return map[string]string{"PULSE_COOKIE": path}[name] }); !bytes.Equal(got, want) {
			t.Errorf("%s: %v", filepath.Base(path), got[:4])
		}
	}
}

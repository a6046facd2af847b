package transfer

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mark tells macOS that a file is from somebody else (quarantine), so that it asks before it runs one. A disk that can't hold the mark
// has none.
func mark(path string) {
	seen, err := os.Lstat(path)
	if err != nil {
		return
	}
	value := fmt.Sprintf("0081;%08x;Parley;", seen.ModTime().Unix()) // flags (downloaded, not looked at yet), when, by what
	_ = unix.Setxattr(path, "com.apple.quarantine", []byte(value), 0)
}

//go:build linux || darwin

package transfer

import "golang.org/x/sys/unix"

// freeSpace is how many bytes this user may still write to the disk that a folder is on.
func freeSpace(folder string) (free uint64, known bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}

// diskFull is what a write says, beside ENOSPC: the user's share of the disk is full.
var diskFull error = unix.EDQUOT

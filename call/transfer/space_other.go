//go:build !linux && !darwin && !windows

package transfer

// freeSpace is not known here: a full disk is noticed by the write that fails.
func freeSpace(string) (free uint64, known bool) { return 0, false }

// diskFull is nothing more than ENOSPC here.
var diskFull error = ErrSpace

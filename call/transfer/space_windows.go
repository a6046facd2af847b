package transfer

import "golang.org/x/sys/windows"

// freeSpace is how many bytes this user may still write to the disk that a folder is on.
func freeSpace(folder string) (free uint64, known bool) {
	path, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, false
	}
	err = windows.GetDiskFreeSpaceEx(path, &free, nil, nil)
	return free, err == nil
}

// diskFull is what a write says, beside ENOSPC.
var diskFull error = windows.ERROR_DISK_FULL

//go:build !windows

package update

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
)

// replacing are the steps that put fresh in target's place and keep target as old. There is a target at every moment.
func replacing(target, fresh, old string) []func() error {
	return []func() error{
		func() error {
			if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return nil
		},
		func() error {
			err := os.Link(target, old)
			if err == nil {
				return nil
			}
			if err := copyFile(target, old, 0o755); err != nil { // a file system without links: a copy is as good
				_ = os.Remove(old)
				return err
			}
			return nil
		},
		func() error { return os.Rename(fresh, target) },
	}
}

// putBack gives old the name target again, in one step. It takes no room, so that a full disk does not keep anybody from it.
func putBack(target, old, _ string) error { return os.Rename(old, target) }

// busy tells whether a file can't be removed as it runs.
func busy(error) bool { return false }

// full tells whether there was no room for what was written.
func full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

// lock is on the folder itself, so that nothing is left there. ErrBusy: somebody has it. A file system that knows no locks has to do
// without.
func lock(folder, _ string) (unlock func(), err error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, why(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(ErrBusy, f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// alone has a command and what it starts, as an AppImage does, end together.
func alone(command *exec.Cmd) {
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	command.SysProcAttr.Setpgid = true
}

func kill(command *exec.Cmd) error {
	if err := syscall.Kill(-command.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

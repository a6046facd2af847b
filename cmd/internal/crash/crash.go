// Package crash keeps what Go prints when the program dies: a desktop app has no terminal to read it on.
package crash

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
)

const (
	name    = "crash.log"
	oldName = "crash.old.log"
)

// Log is the open crash log of this process.
type Log struct {
	path string
	file *os.File
}

// Open has a crash of this process written to DIR/crash.log. The log of the last crash is kept as crash.old.log, and the
// one before is thrown away. The caller holds the folder's lock.
func Open(dir string) (*Log, error) {
	l := &Log{path: filepath.Join(dir, name)}
	if err := keep(l.path, filepath.Join(dir, oldName)); err != nil {
		return nil, fmt.Errorf("crash log: %w", err)
	}
	var err error
	if l.file, err = os.OpenFile(l.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("crash log: %w", err)
	}
	if err := debug.SetCrashOutput(l.file, debug.CrashOptions{}); err != nil {
		l.file.Close()
		return nil, fmt.Errorf("crash log: %w", err)
	}
	return l, nil
}

// keep moves a log that holds something.
func keep(path, old string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Rename(path, old)
}

// Close ends the log of a process that did not crash, and leaves no empty file behind.
func (l *Log) Close() error {
	err := errors.Join(debug.SetCrashOutput(nil, debug.CrashOptions{}), l.file.Close())
	if info, e := os.Lstat(l.path); e == nil && info.Size() == 0 {
		err = errors.Join(err, os.Remove(l.path))
	}
	return err
}

package identity

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// WriteFile puts data in the place of path at once: whoever reads it, after a power cut too, finds the old content or the
// new one and nothing between. The file is for its owner only (0600). The folder has to be there.
func WriteFile(path string, data []byte) error {
	temp, err := writeTemp(path, data)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		os.Remove(temp)
		return fmt.Errorf("put in place: %w", err)
	}
	syncDir(filepath.Dir(path))
	return nil
}

// createFile is WriteFile for a path that must not exist: a file that is there already, or that another process makes at
// the same moment, stays as it is and the error is fs.ErrExist.
func createFile(path string, data []byte) error {
	temp, err := writeTemp(path, data)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	if err := moveNew(temp, path); err != nil {
		return fmt.Errorf("put in place: %w", err)
	}
	syncDir(filepath.Dir(path))
	return nil
}

// moveNew gives the file from the name to as well, unless there is one. A hard link is the one portable operation that
// refuses to replace; where the file system has none (FAT), a look and a rename must do.
func moveNew(from, to string) error {
	err := os.Link(from, to)
	if err == nil || os.IsExist(err) {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: fs.ErrExist}
	}
	return os.Rename(from, to)
}

// writeTemp writes data, down to the disk, to a new file beside path. os.CreateTemp makes it 0600.
func writeTemp(path string, data []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp-*")
	if err != nil {
		return "", fmt.Errorf("write beside: %w", err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(f.Name())
		return "", fmt.Errorf("write beside: %w", err)
	}
	return f.Name(), nil
}

// syncDir makes a new name last. Windows can't sync a folder and needs no asking; elsewhere a failure leaves the old
// state or the new one, and both are whole.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// readPrivate reads a file of at most limit bytes that only its owner may read. A link is refused too: what it points to
// may be under somebody else's hand. On Windows the folder's access list does what the mode does elsewhere.
func readPrivate(path string, limit int64) ([]byte, error) {
	before, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is a folder, a link or a device", ErrKeyFile, path)
	}
	if mode := before.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s has mode %04o, make it 0600", ErrPermissions, path, mode)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	after, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(before, after) {
		return nil, fmt.Errorf("%w: %s was exchanged while it was opened", ErrKeyFile, path)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%w: %s is longer than %d bytes", ErrKeyFile, path, limit)
	}
	return data, nil
}

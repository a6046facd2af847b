package instance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
)

// ListenSocket makes a socket in dir that only the folder's owner may open. The caller holds the lock of the profile in dir, so one
// that is there already is a dead Parley's and is replaced. Who closes the listener removes the file.
func ListenSocket(dir, name string) (net.Listener, error) {
	path := filepath.Join(dir, name)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	near, done, err := shorten(dir, name)
	if err != nil {
		return nil, err
	}
	defer done()
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: near, Net: "unix"})
	if err != nil {
		return nil, err
	}
	socket.SetUnlinkOnClose(false) // the name may be a shortened one; the caller knows the true one
	if err := os.Chmod(path, 0o600); err != nil {
		socket.Close()
		return nil, err
	}
	return socket, nil
}

// DialSocket connects to a socket in dir. ErrNobody: there is none, or one that a dead Parley left.
func DialSocket(ctx context.Context, dir, name string) (net.Conn, error) {
	near, done, err := shorten(dir, name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNobody, err)
	}
	defer done()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "unix", near)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNobody, err)
	}
	return conn, nil
}

// maxSocketPath is what every system takes; the least is 104 bytes with the final zero (sockaddr_un of the BSDs).
const maxSocketPath = 100

// shorten names the socket by a path that a socket's address has room for.
func shorten(dir, name string) (path string, done func(), err error) {
	path = filepath.Join(dir, name)
	if len(path) <= maxSocketPath || runtime.GOOS != "linux" {
		return path, func() {}, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", f.Fd(), name), func() { f.Close() }, nil
}

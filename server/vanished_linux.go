package server

import (
	"net"
	"syscall"
	"time"
)

// tcpUserTimeout is TCP_USER_TIMEOUT (tcp(7)), which package syscall does not know everywhere.
const tcpUserTimeout = 18

// giveUpAfter ends a connection to which something was sent and not acknowledged for so long: the system's own patience is a quarter
// of an hour, and it does not ask meanwhile.
func giveUpAfter(conn *net.TCPConn, d time.Duration) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	failed := raw.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(d.Milliseconds()))
	})
	if failed != nil {
		return failed
	}
	return err
}

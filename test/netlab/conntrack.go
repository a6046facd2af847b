//go:build linux

package netlab

import (
	"encoding/binary"
	"fmt"
	"syscall"
)

// flushConnections empties the table of connections of the namespace that the calling thread is in, as "conntrack -F" does
// (linux/netfilter/nfnetlink_conntrack.h): one message that names no connection, and an acknowledgement.
func flushConnections() error {
	const (
		netfilter = 12          // NETLINK_NETFILTER
		remove    = 1<<8 | 2    // NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE
		head      = 16          // struct nlmsghdr
		size      = 16 + 4      // and struct nfgenmsg
		flags     = 0x01 | 0x04 // NLM_F_REQUEST, NLM_F_ACK
	)
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, netfilter)
	if err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	defer syscall.Close(fd)
	m := make([]byte, size)
	binary.NativeEndian.PutUint32(m, size)
	binary.NativeEndian.PutUint16(m[4:], remove)
	binary.NativeEndian.PutUint16(m[6:], flags)
	if err := syscall.Sendto(fd, m, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return fmt.Errorf("flush connections: %w", err)
	}
	answer := make([]byte, 4096)
	n, _, err := syscall.Recvfrom(fd, answer, 0)
	if err != nil || n < head+4 {
		return fmt.Errorf("flush connections: answer of %d bytes: %w", n, err)
	}
	if code := int32(binary.NativeEndian.Uint32(answer[head:])); code != 0 {
		return fmt.Errorf("flush connections: %w", syscall.Errno(-code))
	}
	return nil
}

package server

import (
	"net"
	"syscall"
	"testing"
)

// Both ports' connections are watched over by the system: see TestVanished in test for what comes of it.
func TestNoticeVanished(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	there, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	here, err := (&door{limits: defaultLimits()}).accept(l)
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	raw, err := here.Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for name, option := range map[string]struct{ level, name, want int }{
		"asks":     {syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1},
		"idle":     {syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, 15},
		"interval": {syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, 10},
		"count":    {syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT, 3},
		"patience": {syscall.IPPROTO_TCP, tcpUserTimeout, 30_000},
	} {
		var got int
		if failed := raw.Control(func(fd uintptr) { got, err = syscall.GetsockoptInt(int(fd), option.level, option.name) }); failed != nil || err != nil || got != option.want {
			t.Errorf("%s: %d, want %d; %v %v", name, got, option.want, failed, err)
		}
	}
}

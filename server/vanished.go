package server

import (
	"net"
	"time"
)

// A client whose network is gone says nothing any more, and does not close either. The session's deadline finds that out by itself
// (deadlineBeats); what comes by TCP to the relay may be silent for minutes, so there the system asks, and gives up soon.
const (
	vanishedIdle  = 15 * time.Second // of silence, before the system asks
	vanishedEvery = 10 * time.Second
	vanishedAsks  = 3
	vanishedSent  = 30 * time.Second // without an answer to what was sent, or asked, where the system can tell
)

// noticeVanished has a connection end within 45 s of its other end having vanished. What is not TCP is left alone.
func noticeVanished(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	// A connection for which that fails is as good as before, or at its end already.
	_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: vanishedIdle, Interval: vanishedEvery, Count: vanishedAsks})
	_ = giveUpAfter(tcp, vanishedSent)
}

package mesh

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/pion/stun/v3"
	"github.com/pion/transport/v4"
	"github.com/pion/webrtc/v4"

	"parley/call/relay"
)

const (
	// backupAfter is how long after the descriptions are exchanged a path by UDP has to come about before relays are asked by TCP
	// and TLS: on those, what is lost or late delays all that follows.
	backupAfter = time.Second
	tlsAfter    = 300 * time.Millisecond // later still: it takes a round trip or two more
	// relayedAfter is how much later who has a relay already asks for a worse one. What is missing then is most often the far end's
	// relay, which comes about by TCP or TLS; with a second one on this side the two would race, and the better one not always win.
	relayedAfter = 2 * time.Second
	dialTimeout  = 10 * time.Second
)

var (
	errNotNeeded = errors.New("there is a path")
	errClosing   = errors.New("the peer connection is closed")
)

// dialer connects pion to relays by TCP and TLS, in place of its own, which knows only certificates.
type dialer struct{ peer *peer }

// Dial waits until a relay by TCP is needed, and connects to it. (pion, which asks for tcp4, is on a goroutine of its own here.)
func (d dialer) Dial(_, address string) (net.Conn, error) {
	p := d.peer
	security := p.security(address)
	after := backupAfter
	if security.TLS {
		after += tlsAfter
	}
	if err := p.needsBackup(after); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-p.closing:
			cancel()
		case <-over:
		}
	}()
	conn, err := relay.Dial(ctx, address, security)
	if err != nil {
		return nil, err
	}
	return relayConn{relay.PromptFrames(conn, p.closing)}, nil
}

// relayNet is a network whose sockets to relays by UDP hold nobody up. Pion opens those alone by ListenPacket.
type relayNet struct {
	transport.Net
	peer *peer
}

func (n relayNet) ListenPacket(network, address string) (net.PacketConn, error) {
	socket, err := n.Net.ListenPacket(network, address)
	if err != nil {
		return nil, err
	}
	return relay.Prompt(socket, n.peer.closing), nil
}

// relayConn is a connection to a relay as pion sees it. Pion asks for a relayed address of the family that the connection's own is
// of, and who has IPv6 alone needs one of IPv4 to reach those who have only that: it is left to the server, which has one of them.
type relayConn struct{ net.Conn }

// LocalAddr has the port, and no address.
func (c relayConn) LocalAddr() net.Addr {
	a := &net.TCPAddr{IP: net.IPv4zero}
	if own, ok := c.Conn.LocalAddr().(*net.TCPAddr); ok {
		a.Port = own.Port
	}
	return a
}

// needsBackup waits for what UDP brings.
func (p *peer) needsBackup(after time.Duration) error {
	select {
	case <-p.described:
	case <-p.closing:
		return errClosing
	}
	if err := p.inVain(after); err != nil || !p.relayed.Load() {
		return err
	}
	return p.inVain(relayedAfter)
}

// inVain waits that long for a path, and says if there is one.
func (p *peer) inVain(long time.Duration) error {
	wait := time.NewTimer(long)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-p.closing:
		return errClosing
	}
	switch p.pc.ICEConnectionState() {
	case webrtc.ICEConnectionStateConnected, webrtc.ICEConnectionStateCompleted:
		return errNotNeeded
	}
	return nil
}

// security is what the relay at an address must show: pion tells the address alone.
func (p *peer) security(address string) relay.Security {
	for _, s := range *p.servers.Load() {
		for _, u := range s.URLs {
			uri, err := stun.ParseURI(u)
			if err == nil && uri.Scheme == stun.SchemeTypeTURNS && net.JoinHostPort(uri.Host, strconv.Itoa(uri.Port)) == address {
				return relay.Security{TLS: true, Key: s.Key}
			}
		}
	}
	return relay.Security{}
}

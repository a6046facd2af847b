package relay

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/pion/stun/v3"

	"parley/wire"
)

var (
	permit = stun.NewType(stun.MethodCreatePermission, stun.ClassRequest)
	bind   = stun.NewType(stun.MethodChannelBind, stun.ClassRequest)
)

// request asks for something about a peer's address.
func request(t testing.TB, kind stun.MessageType, host string) []byte {
	m, err := stun.Build(stun.TransactionID, kind)
	if err != nil {
		t.Fatal(err)
	}
	if err := (stun.XORMappedAddress{IP: net.ParseIP(host), Port: 5000}).AddToAs(m, stun.AttrXORPeerAddress); err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

// answered wants the next frame to be an answer to that request.
func answered(t *testing.T, c net.Conn, request []byte, class uint16) {
	t.Helper()
	buf := make([]byte, wire.MaxFrame)
	n, err := c.Read(buf)
	if err != nil || n != stunHeader || binary.BigEndian.Uint16(buf) != binary.BigEndian.Uint16(request)|class || !bytes.Equal(buf[4:n], request[4:stunHeader]) {
		t.Errorf("%x to %x: %v", buf[:n], request, err)
	}
}

// connPacket is a socket to one far end as a connection: what is under test is the same for both.
type connPacket struct {
	net.PacketConn
	to net.Addr
}

func (c connPacket) Read(b []byte) (int, error)  { n, _, err := c.ReadFrom(b); return n, err }
func (c connPacket) Write(b []byte) (int, error) { return c.WriteTo(b, c.to) }
func (c connPacket) RemoteAddr() net.Addr        { return c.to }

// The first request for an address is granted at once, and goes on to the relay; all others are the relay's, until all is over, and
// are refused then.
func TestPrompt(t *testing.T) {
	over := make(chan struct{})
	udp := func() net.PacketConn {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	socket, server := udp(), udp()
	echo := listen(t, serverTLS(t), func(c net.Conn) { // says nothing to requests, and other things again
		frames, buf := wire.NewFrames(c, time.Minute), make([]byte, wire.MaxFrame)
		for n, err := frames.Read(buf); err == nil; n, err = frames.Read(buf) {
			if buf[0] >= 0x40 {
				_, _ = c.Write(buf[:n])
			}
		}
	})
	conn, err := net.Dial("tcp", echo)
	if err != nil {
		t.Fatal(err)
	}
	secured := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	if err := secured.Handshake(); err != nil { // first, as Dial does: it reads, and deadlines of reading are Prompt's
		t.Fatal(err)
	}
	go func() {
		buf := make([]byte, wire.MaxFrame)
		for n, from, err := server.ReadFrom(buf); err == nil; n, from, err = server.ReadFrom(buf) {
			if buf[0] >= 0x40 {
				_, _ = server.WriteTo(buf[:n], from)
			}
		}
	}()
	ends := map[string]net.Conn{
		"UDP": connPacket{Prompt(socket, over), server.LocalAddr()},
		"TLS": PromptFrames(newQueue(wire.NewFrames(secured, frameTime), conn), over),
	}
	data := []byte{0x40, 1, 0, 4, 'h', 'e', 'r', 'e'}
	waiting := map[string][]byte{}
	for name, c := range ends {
		t.Cleanup(func() { c.Close() })
		write := func(b []byte) {
			if _, err := c.Write(b); err != nil {
				t.Fatal(name, err)
			}
		}
		first, other := request(t, permit, "192.0.2.1"), request(t, permit, "2001:db8::1")
		write(first)
		write(other)
		answered(t, c, first, classSuccess)
		answered(t, c, other, classSuccess)
		if name == "UDP" { // where a part of a frame does not spoil what follows
			write(first[:10])
		}
		write(request(t, permit, "192.0.2.1")) // to keep it
		write(request(t, bind, "192.0.2.1"))
		waiting[name] = request(t, bind, "192.0.2.2")
		write(waiting[name])
		write(data)
		buf := make([]byte, wire.MaxFrame)
		if n, err := c.Read(buf); err != nil || !bytes.Equal(buf[:n], data) {
			t.Errorf("%s: %x %v", name, buf[:n], err)
		}
	}
	close(over)
	for name, c := range ends {
		buf := make([]byte, wire.MaxFrame)
		for range 3 {
			if n, err := c.Read(buf); err != nil || n != stunHeader || buf[0] != 1 || buf[1]&0x10 == 0 {
				t.Fatalf("%s: %x %v", name, buf[:n], err)
			}
		}
		if !bytes.Equal(buf[4:stunHeader], waiting[name][4:stunHeader]) {
			t.Errorf("%s: another one was refused last", name)
		}
		late := request(t, permit, "192.0.2.9")
		if _, err := c.Write(late); err != nil {
			t.Fatal(name, err)
		}
		answered(t, c, late, classError)
		if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(name, err)
		}
		if _, err := c.Read(buf); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: read after the end: %v", name, err)
		}
	}
}

func FuzzPrompt(f *testing.F) {
	f.Add(request(f, permit, "192.0.2.1"))
	f.Add(request(f, bind, "2001:db8::1"))
	f.Add([]byte{0, 8})
	f.Fuzz(func(t *testing.T, b []byte) {
		p := newPrompt(func(time.Time) error { return nil }, nil)
		defer p.shut()
		for range 3 {
			p.sent(b)
		}
		p.end()
		p.sent(b)
		to := make([]byte, stunHeader)
		for n := 0; p.take(to) > 0; n++ {
			if n > 4 || to[0]&0xc0 != 0 {
				t.Fatalf("answer %d: %x", n, to)
			}
		}
	})
}

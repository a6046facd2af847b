package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/stun/v3"

	"parley/wire"
)

// requestUDP asks for a relay of UDP (RFC 8656, section 18.7).
var requestUDP = stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{17, 0, 0, 0}}

// Requests for allocations from everywhere, without credentials, with forged ones, and far too many with good ones: their user gets the
// quota, others what they ask for, and logins go on.
func TestAllocationFlood(t *testing.T) {
	r := start(t, withLimits(eager))
	unharmed(t, r)
	_, w := seated(t, r, "Ana")
	uri, err := stun.ParseURI(w.URLs[1])
	if err != nil {
		t.Fatal(err)
	}
	to := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(uri.Port))
	const sockets, requests = 30, 300
	var floods, greedy sync.WaitGroup
	for i := range sockets {
		floods.Go(func() { flood(t, to, w, requests, i) })
	}
	var granted atomic.Int32
	for range 3 * allocationsPerUser / 2 {
		greedy.Go(func() {
			if _, err := allocate(t, w); err == nil {
				granted.Add(1)
			}
		})
	}
	_, ben := seated(t, r, "Ben")
	mustAllocate(t, ben)
	floods.Wait()
	greedy.Wait()
	if n := granted.Load(); n > allocationsPerUser { // a busy machine's answer may come too late
		t.Errorf("%d allocations were granted to one, want %d", n, allocationsPerUser)
	}
	if n := r.hub.relay.sockets(); n != allocationsPerUser+1 {
		t.Errorf("%d relay sockets, want %d and Ben's", n, allocationsPerUser)
	}
	_, cat := seated(t, r, "Cat")
	mustAllocate(t, cat)
}

// flood sends requests for allocations, and reads nothing.
func flood(t *testing.T, to netip.AddrPort, w *wire.Turn, requests, salt int) {
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	kind := stun.NewType(stun.MethodAllocate, stun.ClassRequest)
	for i := range requests {
		setters := []stun.Setter{stun.TransactionID, kind, requestUDP}
		if i%2 == 1 {
			name := fmt.Sprintf("9999999999:%x", i*salt)
			if i%4 == 1 {
				name = w.Username
			}
			setters = append(setters, stun.NewUsername(name), stun.NewRealm(realm), stun.NewNonce(fmt.Sprint("guess", i)),
				stun.NewLongTermIntegrity(name, realm, "guess"))
		}
		m, err := stun.Build(setters...)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = conn.Write(m.Raw) // where nobody takes it any more, it is lost
	}
}

// besieged is a server that gets garbage, by UDP on both ports and by TCP, from strangers and from one whose credentials are good.
type besieged struct {
	relay *relay
	ports [2]netip.AddrPort // UDP: the https port's, and the relay's
	conns [2]*net.UDPConn
	tcp   string
}

func besiege(tb testing.TB) *besieged {
	tb.Helper()
	limits := defaultLimits()
	eager(&limits)
	limits.handshake = 100 * time.Millisecond
	srv, err := New(Config{Dir: tb.TempDir(), Listen: "127.0.0.1:0", limits: &limits})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Error("serve:", err)
		}
	})
	b := &besieged{relay: srv.hub.relay, tcp: srv.sockets.relay.Addr().String()}
	b.relay.sit("ana")
	for i, l := range []net.Listener{srv.sockets.web, srv.sockets.relay} {
		b.ports[i] = l.Addr().(*net.TCPAddr).AddrPort()
		if b.conns[i], err = net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(b.ports[i])); err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { b.conns[i].Close() })
	}
	return b
}

// answers reports whether a request for one's own address is still answered, and how many bytes came before that.
func (b *besieged) answers(conn *net.UDPConn) (before int, err error) {
	buf := make([]byte, 4096)
	for range 20 {
		ask, err := stun.Build(stun.TransactionID, stun.BindingRequest)
		if err != nil {
			return before, err
		}
		if _, err = conn.Write(ask.Raw); err != nil {
			return before, err
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Second))
		for {
			n, err := conn.Read(buf)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break // a datagram may get lost
			}
			if err != nil {
				return before, err
			}
			m := &stun.Message{Raw: buf[:n]}
			if m.Decode() == nil && bytes.Equal(m.TransactionID[:], ask.TransactionID[:]) {
				if m.Type != stun.BindingSuccess {
					return before, fmt.Errorf("answered by %v", m.Type)
				}
				return before, nil
			}
			before += n
		}
	}
	return before, errors.New("no answer")
}

// challenge is the nonce that a request with credentials needs.
func (b *besieged) challenge(conn *net.UDPConn) (nonce stun.Nonce, err error) {
	buf := make([]byte, 4096)
	for range 20 {
		ask, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), requestUDP)
		if err != nil {
			return nil, err
		}
		if _, err = conn.Write(ask.Raw); err != nil {
			return nil, err
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := conn.Read(buf); err == nil {
			if m := (&stun.Message{Raw: buf[:n]}); m.Decode() == nil && nonce.GetFrom(m) == nil {
				return bytes.Clone(nonce), nil
			}
		}
	}
	return nil, errors.New("no nonce")
}

// garbage is what no client of ours sends; each kind of trouble once.
func garbage() map[string][]byte {
	binding := stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw
	long := append(bytes.Clone(binding), 0x80, 0x22, 0xff, 0xff, 'x')
	long[3] = 5
	many := bytes.Clone(binding)
	for range 300 {
		many = append(many, 0x00, 0x06, 0x00, 0x00)
	}
	many[2], many[3] = 1200>>8, 1200&0xff
	print := stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.Fingerprint).Raw
	print[len(print)-1] ^= 1
	return map[string][]byte{
		"nothing": {}, "a byte": {0}, "ones": bytes.Repeat([]byte{0xff}, 1500), "zeros": make([]byte, 1500), "a head": binding[:20], "half a head": binding[:10],
		"an attribute longer than the rest": long, "three hundred attributes": many, "a wrong fingerprint": print,
		"a channel that nobody has": {0x40, 0x01, 0, 4, 'a', 'b', 'c', 'd'}, "a channel of wrong length": {0x7f, 0xff, 0xff, 0xff},
		"http": []byte("GET /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n"), "rtp": append([]byte{0x80, 111, 0, 1}, make([]byte, 60)...), "dtls": append([]byte{22, 254, 253}, make([]byte, 60)...),
	}
}

// FuzzGarbage sends datagrams to both ports, and then still expects to be answered; what a stranger gets back is little.
func FuzzGarbage(f *testing.F) {
	b := besiege(f)
	for _, g := range garbage() {
		f.Add(g)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		data = data[:min(len(data), 1500)]
		for _, conn := range b.conns {
			if _, err := conn.Write(data); err != nil {
				t.Fatal(err)
			}
			before, err := b.answers(conn)
			if err != nil {
				t.Fatal(err)
			}
			if before > 400 {
				t.Errorf("%d bytes for %d", before, len(data))
			}
		}
	})
}

// FuzzSigned does so as somebody who sits in a channel: whatever is in a request, the relay goes on, and nothing but the quota is had.
func FuzzSigned(f *testing.F) {
	b := besiege(f)
	credentials := b.relay.credentials("ana", turnLife)
	udp, peer := []byte{0, 0x19, 0, 4, 17, 0, 0, 0}, []byte{0, 0x12, 0, 8, 0, 1, 0x21, 0x42, 0x29, 0x1a, 0xac, 0x4a}
	for _, c := range []struct {
		method     stun.Method
		indication bool
		attributes []byte
	}{
		{stun.MethodAllocate, false, udp}, {stun.MethodAllocate, false, nil}, {stun.MethodAllocate, false, []byte{0, 0x19, 0, 4, 6, 0, 0, 0}},
		{stun.MethodAllocate, false, append(bytes.Clone(udp), 0, 0x18, 0, 1, 0x80, 0, 0, 0)},          // EVEN-PORT
		{stun.MethodAllocate, false, append(bytes.Clone(udp), 0, 0x22, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8)}, // RESERVATION-TOKEN
		{stun.MethodAllocate, false, append(bytes.Clone(udp), 0, 0x17, 0, 4, 2, 0, 0, 0)},             // REQUESTED-ADDRESS-FAMILY
		{stun.MethodRefresh, false, []byte{0, 0x0d, 0, 4, 0xff, 0xff, 0xff, 0xff}}, {stun.MethodRefresh, false, []byte{0, 0x0d, 0, 1, 0, 0, 0, 0}},
		{stun.MethodCreatePermission, false, peer}, {stun.MethodCreatePermission, false, []byte{0, 0x12, 0, 0}},
		{stun.MethodChannelBind, false, append([]byte{0, 0x0c, 0, 4, 0x40, 1, 0, 0}, peer...)}, {stun.MethodChannelBind, false, peer},
		{stun.MethodSend, true, append([]byte{0, 0x13, 0, 0}, peer...)}, {stun.MethodSend, true, []byte{0, 0x13, 0xff, 0xff}}, {stun.MethodData, true, peer},
		{stun.MethodConnect, false, peer}, {stun.MethodConnectionBind, false, []byte{0, 0x2a, 0, 4, 1, 2, 3, 4}},
	} {
		f.Add(uint16(c.method), c.indication, c.attributes)
	}
	f.Fuzz(func(t *testing.T, method uint16, indication bool, attributes []byte) {
		class := stun.ClassRequest
		if indication {
			class = stun.ClassIndication
		}
		for _, conn := range b.conns {
			nonce, err := b.challenge(conn)
			if err != nil {
				t.Fatal(err)
			}
			m, err := stun.Build(stun.TransactionID, stun.NewType(stun.Method(method&0xfff), class), raw(attributes[:min(len(attributes), 1000)]),
				stun.NewUsername(credentials.Username), stun.NewRealm(realm), nonce, stun.NewLongTermIntegrity(credentials.Username, realm, credentials.Password))
			if err != nil {
				return // too much for a message
			}
			if _, err := conn.Write(m.Raw); err != nil {
				t.Fatal(err)
			}
			if _, err := b.answers(conn); err != nil {
				t.Fatal(err)
			}
		}
		if n := b.relay.sockets(); n > allocationsPerUser {
			t.Errorf("%d relay sockets", n)
		}
	})
}

// raw are attributes as they are sent, be they well-formed or not.
type raw []byte

// AddTo implements stun.Setter.
func (r raw) AddTo(m *stun.Message) error {
	m.Raw = append(m.Raw, r...)
	m.Raw = append(m.Raw, make([]byte, -len(r)&3)...)
	m.Length += uint32(len(r)+3) &^ 3
	m.WriteLength()
	return nil
}

// TestGarbageByStream is the same garbage by TCP and TLS: the connection ends, and the next one is served.
func TestGarbageByStream(t *testing.T) {
	r := start(t, withLimits(func(l *limits) { l.handshake = 200 * time.Millisecond }))
	unharmed(t, r)
	_, w := seated(t, r, "Ana")
	for name, g := range garbage() {
		for _, by := range []int{byTCP, byTLS} {
			conn := r.stream(t, w, by)
			_ = conn.SetDeadline(time.Now().Add(patience))
			_, _ = conn.Write(g) // it may have been closed in the middle
			buf, got := make([]byte, 2000), 0
			for {
				n, err := conn.Read(buf)
				if got += n; errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%s: still there", name)
				}
				if err != nil {
					break
				}
			}
			if got > 400 {
				t.Errorf("%s: %d bytes came back for %d", name, got, len(g))
			}
			conn.Close()
		}
	}
	mustAllocateOn(t, r.stream(t, w, byTCP), w)
	mustAllocateOn(t, r.stream(t, w, byTLS), w)
}

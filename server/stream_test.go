package server

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pion/stun/v3"
	"github.com/pion/turn/v5"

	"parley/identity"
	"parley/wire"
)

// The ways to the relay by stream.
const (
	byTCP = 2 // index in wire.Turn.URLs
	byTLS = 3
)

// stream connects to the relay.
func (r *running) stream(t *testing.T, w *wire.Turn, by int) net.Conn {
	t.Helper()
	uri, err := stun.ParseURI(w.URLs[by])
	if err != nil || uri.Proto != stun.ProtoTypeTCP || (uri.Scheme == stun.SchemeTypeTURNS) != (by == byTLS) {
		t.Fatalf("%s: %v", w.URLs[by], err)
	}
	addr := net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: uri.Port}
	conn, err := net.DialTCP("tcp", nil, &addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if by == byTLS {
		return tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	return conn
}

func allocateOn(t *testing.T, conn net.Conn, w *wire.Turn) (*turnClient, error) {
	t.Helper()
	return allocateBy(t, turn.NewSTUNConn(conn), conn.RemoteAddr().String(), w)
}

// By TCP and TLS the relay does what it does by UDP, and refuses the same.
func TestRelayByStream(t *testing.T) {
	r := start(t, allow("127.0.0.2/32"), withLimits(func(l *limits) { l.handshake = 500 * time.Millisecond }))
	_, w := seated(t, r, "Ana")
	open, err := net.ListenPacket("udp4", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	for name, by := range map[string]int{"TCP": byTCP, "TLS": byTLS} {
		wrong := *w
		wrong.Password = "guess"
		if _, err := allocateOn(t, r.stream(t, w, by), &wrong); err == nil {
			t.Errorf("%s: a wrong password", name)
		}
		if _, err := mustAllocateOn(t, r.stream(t, w, by), nil).AllocateTCP(); err == nil {
			t.Errorf("%s: a TCP relay was granted", name)
		}
		c := mustAllocateOn(t, r.stream(t, w, by), w)
		for _, s := range []string{"10.1.2.3", "169.254.169.254", "127.0.0.3", "192.168.1.1"} {
			if c.CreatePermission(&net.UDPAddr{IP: net.ParseIP(s), Port: 80}) == nil {
				t.Errorf("%s: a permission for %s was granted", name, s)
			}
		}
		if err := c.CreatePermission(open.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		<-time.After(600 * time.Millisecond) // longer than a guest may stay
		for _, text := range []string{"hello", "hello again", strings.Repeat("x", 1400)} {
			send(t, c.relay, open.LocalAddr(), text)
			got, from := receive(t, open)
			if got != text {
				t.Errorf("%s: %d bytes, want %d", name, len(got), len(text))
			}
			send(t, open, from, text)
			if got, _ := receive(t, c.relay); got != text {
				t.Errorf("%s: %d bytes back, want %d", name, len(got), len(text))
			}
		}
	}
}

// mustAllocateOn wants an allocation; without credentials, only the client.
func mustAllocateOn(t *testing.T, conn net.Conn, w *wire.Turn) *turnClient {
	t.Helper()
	if w == nil {
		c, _ := allocateOn(t, conn, &wire.Turn{Username: "x", Password: "x"})
		return c
	}
	c, err := allocateOn(t, conn, w)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A client of ours sees that it is this server that it is connected to, and goes on.
func TestRelayProof(t *testing.T) {
	r := start(t)
	_, w := seated(t, r, "Ana")
	conn := r.stream(t, w, byTLS).(*tls.Conn)
	nonce, hello := helloOn(t, conn)
	frame := make([]byte, wire.MaxFrame)
	n, err := wire.NewFrames(conn, 0).Read(frame)
	if err != nil {
		t.Fatal(err)
	}
	state := conn.ConnectionState()
	binding, err := wire.Exporter(&state)
	if err != nil {
		t.Fatal(err)
	}
	s := identity.RelayHello{Server: r.key.Public(), Nonce: nonce, Binding: binding}
	if err := s.Verify(r.key.Public(), wire.RelaySignature(hello, frame[:n])); err != nil {
		t.Error(err)
	}
	mustAllocateOn(t, conn, w)

	// Once is enough, and without TLS there is nothing to sign: it is a Binding request like any other.
	plain := r.stream(t, w, byTCP)
	_, hello = helloOn(t, plain)
	n, err = wire.NewFrames(plain, 0).Read(frame)
	if m := (&stun.Message{Raw: frame[:n]}); err != nil || m.Decode() != nil || m.Type != stun.BindingSuccess || wire.RelaySignature(hello, frame[:n]) != nil {
		t.Errorf("without TLS: %v %x", err, frame[:n])
	}
}

func helloOn(t *testing.T, conn net.Conn) (nonce, hello []byte) {
	t.Helper()
	nonce = identity.NewChallenge()
	hello = wire.RelayHello(nonce[:12], nonce)
	if _, err := conn.Write(hello); err != nil {
		t.Fatal(err)
	}
	return nonce, hello
}

// Each first byte leads where it should, and nowhere else: refused stands beside what is let in, on the same server.
func TestGate(t *testing.T) {
	r := start(t, withLimits(func(l *limits) { l.handshake, l.pendingPerIP = 2*time.Second, 600 }))
	unharmed(t, r)
	_, w := seated(t, r, "Ana")
	binding := stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw
	request := []byte("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	answer := func(by int, first []byte) string {
		conn := r.stream(t, w, by)
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		if _, err := conn.Write(first); err != nil {
			return "closed"
		}
		buf := make([]byte, 100)
		n, _ := conn.Read(buf)
		switch {
		case n == 0:
			return "closed"
		case strings.HasPrefix(string(buf[:n]), "HTTP/1.1 200"):
			return "web"
		case strings.HasPrefix(string(buf[:n]), "HTTP/1."):
			return "web refuses"
		case stun.IsMessage(buf[:n]):
			return "relay"
		}
		return string(buf[:n])
	}
	for _, c := range []struct {
		by    int
		first []byte
		want  string
	}{
		{byTLS, request, "web"}, {byTLS, binding, "relay"}, {byTCP, binding, "relay"}, {byTCP, request, "closed"},
		{byTLS, []byte("XYZZY\r\n\r\n"), "web refuses"}, {byTLS, []byte("get / HTTP/1.1\r\n\r\n"), "closed"},
		{byTLS, []byte{0x40, 0, 0, 0, 0, 0, 0, 0}, "web refuses"}, {byTCP, []byte{0x40, 0, 0, 0}, "closed"},
		{byTLS, []byte{0x16, 3, 1, 0, 0}, "closed"}, {byTLS, []byte("SSH-2.0-x\r\n\r\n"), "web refuses"},
		{byTLS, []byte{0, 1, 0xff, 0xff, 0x21, 0x12, 0xa4, 0x42}, "closed"}, {byTCP, make([]byte, 20), "closed"},
	} {
		if c.first[0] == 0x40 {
			c.want = "closed" // '@', which no request begins with
		}
		if got := answer(c.by, c.first); got != c.want {
			t.Errorf("by %d, %q: %s, want %s", c.by, c.first, got, c.want)
		}
	}
	var others sync.WaitGroup
	for first := range 256 {
		if wire.IsRelayed(byte(first)) || first >= 'A' && first <= 'Z' {
			continue
		}
		others.Go(func() {
			if got := answer(byTLS, []byte{byte(first), 'x', 'x', 'x'}); got != "closed" {
				t.Errorf("first byte %#x: %s", first, got)
			}
		})
	}
	others.Wait()
	for _, protocols := range [][]string{nil, {"http/1.1"}, {"acme-tls/1"}, {"h2"}, {"h2", "http/1.1"}} {
		c, err := tls.Dial("tcp", r.invite().Host, &tls.Config{InsecureSkipVerify: true, NextProtos: protocols})
		got := "refused"
		if err == nil {
			got = c.ConnectionState().NegotiatedProtocol
			c.Close()
		}
		if want := map[string]string{"": "", "http/1.1": "http/1.1", "h2": "refused", "h2 http/1.1": "http/1.1"}; got == "h2" || len(protocols) > 0 && protocols[0] != "acme-tls/1" && got != want[strings.Join(protocols, " ")] {
			t.Errorf("%v: %q", protocols, got)
		}
	}
}

// Five hundred connections that send a byte now and then are closed, on both ports, and meanwhile somebody logs in at once.
func TestSlowSockets(t *testing.T) {
	r := start(t, withLimits(eager), withLimits(func(l *limits) { l.handshake = 3 * time.Second }))
	unharmed(t, r)
	_, w := seated(t, r, "Ana")
	const sockets = 500
	var gone atomic.Int32
	var opened, all sync.WaitGroup
	stop := make(chan struct{})
	opened.Add(sockets)
	for i := range sockets {
		by := byTCP + i%2
		all.Go(func() {
			conn := r.stream(t, w, by)
			opened.Done()
			defer conn.Close()
			if i%4 == 1 { // without so much as TLS
				conn = conn.(*tls.Conn).NetConn()
			}
			trickle(conn, [][]byte{{0, 1, 1, 0}, []byte("GET /gateway HTTP/1.1\r\nX: ")}[i/2%2], stop)
			gone.Add(1)
		})
	}
	opened.Wait()
	// Until the server has taken in the last of them: 64 that come within one login would have it leave the door, as the oldest there.
	for over := time.After(patience); int(gone.Load()) < sockets-defaultLimits().pendingPerIP; {
		select {
		case <-time.After(time.Millisecond):
		case <-over:
			t.Fatalf("%d of %d were sent away", gone.Load(), sockets)
		}
	}
	var took []time.Duration
	for range 9 {
		begin := time.Now()
		c := &client{t: t, key: newKey(t), link: r.invite()}
		c.rawDial()
		c.greet()
		if err := c.tryLogin("Ben", c.link.Secret); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	t.Logf("logins meanwhile: %v", took)
	most := 3 * time.Second // as long as such a socket may stay
	if os.Getenv("PARLEY_SOAK") != "" {
		most = 300 * time.Millisecond // on a machine that does nothing else
	}
	if took[len(took)/2] > most {
		t.Errorf("a login took %v, want %v", took, most)
	}
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Errorf("%d of %d were closed", gone.Load(), sockets)
		close(stop)
		<-ended
	}
}

// trickle sends a byte now and then, until the other end has closed.
func trickle(conn net.Conn, text []byte, stop chan struct{}) {
	closed := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, conn)
		close(closed)
	}()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		_ = conn.SetWriteDeadline(time.Now().Add(patience))
		b := byte('x')
		if i < len(text) {
			b = text[i]
		}
		if _, err := conn.Write([]byte{b}); err != nil {
			conn.Close()
			<-closed
			return
		}
		select {
		case <-tick.C:
		case <-closed:
			return
		case <-stop:
			conn.Close()
			<-closed
			return
		}
	}
}

// Who has an allocation and then says half a frame, or nothing in it that holds, is put out; who is quiet is not.
func TestHalfFrames(t *testing.T) {
	r := start(t, withLimits(func(l *limits) { l.handshake = 300 * time.Millisecond }))
	unharmed(t, r)
	_, w := seated(t, r, "Ana")
	quiet := mustAllocateOn(t, r.stream(t, w, byTCP), w)
	for name, half := range map[string][]byte{
		"half a message": {0, 1, 0, 8, 0x21, 0x12}, "half a packet": {0x40, 0, 0, 9, 'x'}, "no STUN": []byte("GET / HTTP/1.1"),
		"too long a message": {0, 1, 0xff, 0, 0x21, 0x12, 0xa4, 0x42}, "too long a packet": {0x40, 0, 0xff, 0},
	} {
		conn := r.stream(t, w, byTCP)
		mustAllocateOn(t, conn, w)
		before := r.hub.relay.sockets()
		if _, err := conn.Write(half); err != nil {
			t.Fatal(err)
		}
		for begin := time.Now(); r.hub.relay.sockets() == before; {
			if time.Since(begin) > patience {
				t.Fatalf("%s: still there", name)
			}
			<-time.After(10 * time.Millisecond)
		}
	}
	if got := quiet.refresh(t, w); got != stun.ClassSuccessResponse {
		t.Errorf("the quiet one: %v", got)
	}
}

// A client that reads nothing is dropped, and nobody else waits for it.
func TestDeafClient(t *testing.T) {
	const stuck = 3 * time.Second // and nobody else waits so long, however busy the machine is
	r := start(t, allow("127.0.0.2/32"), withLimits(func(l *limits) { l.stuck = stuck }), func(c *Config) { c.RelayRate = 1 << 30 })
	unharmed(t, r)
	_, w := seated(t, r, "Ana")
	peer, err := net.ListenPacket("udp4", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	raw := r.stream(t, w, byTCP)
	if err := raw.(*net.TCPConn).SetReadBuffer(streamBuffer); err != nil { // what the kernel takes for it is soon full
		t.Fatal(err)
	}
	gate := &deafConn{Conn: raw, deaf: make(chan struct{}), over: make(chan struct{})}
	deaf, well := mustAllocateOn(t, gate, w), mustAllocateOn(t, r.stream(t, w, byTLS), w)
	for _, c := range []*turnClient{deaf, well} {
		if err := c.CreatePermission(peer.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	close(gate.deaf)
	packet := make([]byte, 1400)
	for begin := time.Now(); r.hub.relay.sockets() == 2; {
		if time.Since(begin) > patience {
			t.Fatal("the deaf one is still there")
		}
		for range 20 {
			_, _ = peer.WriteTo(packet, deaf.relay.LocalAddr())
		}
		send(t, peer, well.relay.LocalAddr(), "hello")
		sent := time.Now()
		if got, _ := receive(t, well.relay); got != "hello" {
			t.Fatalf("the other got %q", got)
		}
		if d := time.Since(sent); d > stuck*2/3 {
			t.Errorf("the other waited %v", d)
		}
	}
	if got := well.refresh(t, w); got != stun.ClassSuccessResponse {
		t.Errorf("the other: %v", got)
	}
}

// deafConn stops reading.
type deafConn struct {
	net.Conn
	deaf, over chan struct{}
	once       sync.Once
}

func (c *deafConn) Close() error {
	c.once.Do(func() { close(c.over) })
	return c.Conn.Close()
}

func (c *deafConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	select {
	case <-c.deaf:
		<-c.over
	default:
	}
	return n, err
}

// Many connections at once don't get more than the quota.
func TestStreamQuota(t *testing.T) {
	r := start(t, withLimits(func(l *limits) { l.pendingPerIP = 200 }))
	unharmed(t, r)
	_, w := seated(t, r, "Ana")
	conns := make([]net.Conn, allocationsPerUser+20)
	for i := range conns {
		conns[i] = r.stream(t, w, byTCP)
	}
	var granted atomic.Int32
	var all sync.WaitGroup
	for _, conn := range conns {
		all.Go(func() {
			if _, err := allocateOn(t, conn, w); err == nil {
				granted.Add(1)
			}
		})
	}
	all.Wait()
	if n := granted.Load(); n != allocationsPerUser {
		t.Errorf("%d allocations, want %d", n, allocationsPerUser)
	}
	_, ben := seated(t, r, "Ben")
	mustAllocateOn(t, r.stream(t, ben, byTLS), ben)
}

// short is a listener that fails now and then, as where too many files are open, and at last for good.
type short struct {
	net.Listener
	fails atomic.Int32
}

func (s *short) Accept() (net.Conn, error) {
	if s.fails.Add(1) <= 2 {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept", syscall.EMFILE)}
	}
	return s.Listener.Accept()
}

// A machine that is short of files takes connections again as soon as it has some.
func TestShortOfFiles(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, func(c *Config) { c.Listener = &short{Listener: l} })
	join(t, r, "Ana")
}

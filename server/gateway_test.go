package server

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/identity"
	"parley/wire"
)

func TestVersions(t *testing.T) {
	r := start(t)
	c := &client{t: t, key: newKey(t), link: r.invite()}
	c.rawDial()
	c.write(wire.Envelope{ID: 3, Body: wire.Hello{Version: wire.Version + 1, Mode: wire.ModeNative, Nonce: make(wire.Bytes, 32)}})
	e := c.read()
	if m, ok := e.Body.(*wire.Error); !ok || m.Code != wire.BadVersion || e.Re != 3 {
		t.Errorf("a later version: %v", e.Body)
	}
	c.redial() // the right one
}

// A browser's login is bound to the page that makes it: one from elsewhere gets nothing to sign.
func TestWebMode(t *testing.T) {
	r := start(t)
	link := r.invite()
	hello := func(origin string) wire.Message {
		d := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		ws, _, err := d.Dial("wss://"+link.Host+wire.GatewayPath, http.Header{"Origin": {origin}})
		if err != nil {
			t.Fatal(err)
		}
		defer ws.Close()
		data, err := wire.Encode(wire.Envelope{Body: wire.Hello{Version: wire.Version, Mode: wire.ModeWeb, Nonce: make(wire.Bytes, 32)}})
		if err == nil {
			err = ws.WriteMessage(websocket.TextMessage, data)
		}
		if err == nil {
			_, data, err = ws.ReadMessage()
		}
		if err != nil {
			t.Fatal(err)
		}
		e, err := wire.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		return e.Body
	}
	for _, origin := range []string{"https://evil.example", "http://" + link.Host, "null", ""} {
		if m, ok := hello(origin).(*wire.Error); !ok || m.Code != wire.NotAllowed {
			t.Errorf("%q: %v", origin, m)
		}
	}
	own := "https://" + link.Host
	m, ok := hello(own).(*wire.ServerHello)
	if !ok {
		t.Fatal("the server's own page was refused")
	}
	key := identity.PublicKey(link.Key)
	s := identity.ServerHello{Server: key, Nonce: make([]byte, 32), Challenge: m.Challenge, Mode: identity.Web, Binding: []byte(own)}
	if err := s.Verify(key, m.Signature); err != nil {
		t.Error(err)
	}
}

// Where too many stand at the door, whoever has stood there longest has to go; members are not in the way.
func TestDoor(t *testing.T) {
	r := start(t, withLimits(func(l *limits) { l.pendingPerIP = 3 }))
	ana := join(t, r, "Ana")
	var waiting []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", ana.link.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		waiting = append(waiting, c)
	}
	ben := &client{t: t, key: newKey(t), link: r.invite()}
	ben.rawDial()
	ben.greet()
	if err := ben.tryLogin("Ben", ben.link.Secret); err != nil {
		t.Error(err)
	}
	want[*wire.OK](ana, &wire.PresenceSet{Status: wire.Away})
	for i, c := range waiting {
		_ = c.SetDeadline(time.Now().Add(patience))
		if i > 0 {
			_ = c.SetDeadline(time.Now().Add(20 * time.Millisecond))
		}
		if _, err := c.Read(make([]byte, 1)); isTimeout(err) != (i > 0) {
			t.Errorf("number %d: %v", i, err)
		}
	}
}

func TestHandshakeDeadline(t *testing.T) {
	r := start(t, withLimits(func(l *limits) { l.handshake = 200 * time.Millisecond }))
	ends := func(what string, conn io.Reader) {
		t.Helper()
		if _, err := io.ReadAll(conn); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%s: %v", what, err)
		}
	}
	silent, err := net.Dial("tcp", r.invite().Host)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_ = silent.SetDeadline(time.Now().Add(patience))
	ends("no TLS", silent)
	c := dial(t, r.invite(), newKey(t)) // hello, and no more
	if _, err := c.conn.Read(time.Now().Add(patience)); err == nil || isTimeout(err) {
		t.Errorf("no login: %v", err)
	}
}

func TestHealth(t *testing.T) {
	r := start(t)
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer tr.CloseIdleConnections()
	for path, want := range map[string]int{"/healthz": 200, "/": 200, "/page/main.js": 200, "/page/": 404, "/elsewhere": 404, "/gateway": 400} {
		resp, err := (&http.Client{Transport: tr}).Get("https://" + r.invite().Host + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	old := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}
	if c, err := tls.Dial("tcp", r.invite().Host, old); err == nil {
		c.Close()
		t.Error("TLS 1.2 was accepted")
	}
}

// The server can be given its sockets, and two servers live in one process.
func TestGivenSockets(t *testing.T) {
	checkLeaks(t)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	given := startIn(t, t.TempDir(), func(c *Config) { c.Listen, c.Listener, c.PacketConn = "", tcp, udp })
	other := startIn(t, t.TempDir())
	if given.invite().Host != tcp.Addr().String() {
		t.Errorf("invite: %v", given.invite().Host)
	}
	join(t, given, "Ana")
	join(t, other, "Ana")

	if _, err := New(Config{Dir: t.TempDir(), Listen: tcp.Addr().String()}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a port in use: %v", err)
	}
	for _, c := range []Config{{}, {Dir: t.TempDir()}, {Dir: t.TempDir(), Listen: "nonsense"}, {Dir: t.TempDir(), Listen: "127.0.0.1:0", Heartbeat: 1}} {
		if srv, err := New(c); err == nil {
			srv.Close()
			t.Errorf("%+v was taken", c)
		}
	}
}

func TestPublicHost(t *testing.T) {
	for public, want := range map[string]string{"": "127.0.0.1:PORT", "chat.invalid": "chat.invalid:PORT", "chat.invalid:444": "chat.invalid:444",
		"198.51.100.7": "198.51.100.7:PORT", "2001:db8::1": "[2001:db8::1]:PORT",
		"[2001:db8::1]": "[2001:db8::1]:PORT", "[2001:db8::1]:444": "[2001:db8::1]:444", "bücher.invalid": "xn--bcher-kva.invalid:PORT"} {
		p, err := locate(Config{PublicHost: public, Log: slog.New(slog.DiscardHandler)}, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 7440})
		if err != nil || p.host != strings.ReplaceAll(want, "PORT", "7440") {
			t.Errorf("%q: %v %v", public, p.host, err)
		}
	}
	for _, public := range []string{"https://chat.invalid", "https://chat.invalid:443/", "chat.invalid/x", "me@chat.invalid", "chat.invalid:http",
		"chat.invalid:0", "chat.invalid:99999", "chat.invalid:", ":444", "a b", "[::1", "::1]", "[[::1]]", "x?y", "x#y", "a\x00b"} {
		srv, err := New(Config{Dir: t.TempDir(), Listen: "127.0.0.1:0", PublicHost: public})
		if err == nil {
			t.Errorf("%q: taken, for %s", public, srv.Ready().URL)
			srv.Close()
		} else if !strings.Contains(err.Error(), "public host") {
			t.Errorf("%q: %v", public, err)
		}
	}
	p, err := locate(Config{}, &net.TCPAddr{IP: net.IPv6unspecified, Port: 7440})
	if err != nil || p.relay.IsUnspecified() || !p.bind.IsUnspecified() || !p.bind.Is4() || strings.Contains(p.host, "0.0.0.0") {
		t.Errorf("everywhere: %+v %v", p, err)
	}
}

// syncBuffer is a log that the server writes and the test reads.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// The log has what happened, and nothing of what people wrote, where they are, or what lets them in.
func TestLog(t *testing.T) {
	var out syncBuffer
	r := start(t, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	boss, kim := owner(t, r), join(t, r, "Kim Secretname")
	kim.refused(wire.Claim{Secret: "guessed"}, wire.ClaimInvalid)
	_ = dial(t, r.invite(), newKey(t)).tryLogin("Eve", "nosuchinvite")
	want[*wire.OK](boss, wire.Kick{User: kim.id()})
	boss.conn.Close()
	r.stop()
	out.mu.Lock()
	defer out.mu.Unlock()
	log := out.b.String()
	for _, s := range []string{"new member", "kicked", "claim was used", "connection refused", "shutting down"} {
		if !strings.Contains(log, s) {
			t.Errorf("the log lacks %q", s)
		}
	}
	for _, s := range []string{"127.0.0.1", "Secretname", "nosuchinvite", "guessed", r.invite().Secret, r.Ready().OwnerClaim} {
		if strings.Contains(log, s) {
			t.Errorf("the log has %q:\n%s", s, log)
		}
	}
}

// Two hundred people who are merely there cost little. Both ends of each connection are in this process.
func TestIdleMemory(t *testing.T) {
	r := start(t)
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	var secrets []string
	for range 8 {
		i, err := Control(t.Context(), r.dir, Command{Do: DoInvite, Uses: 25})
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, parseLink(t, i.Invites[0].URL).Secret)
	}
	before := heap()
	people := make([]*client, 200)
	for i := range people {
		people[i] = dial(t, r.invite(), newKey(t))
		if err := people[i].tryLogin("P", secrets[i/25]); err != nil {
			t.Fatal(err)
		}
		if n := len(people[i].snap.Users); n != i+1 {
			t.Fatalf("%d users in the snapshot, %d are there", n, i+1)
		}
	}
	each := (heap() - before) / uint64(len(people))
	t.Logf("%d KiB for each person", each>>10)
	if each > 300<<10 {
		t.Errorf("%d KiB for each person", each>>10)
	}
	runtime.KeepAlive(people)
}

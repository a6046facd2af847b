package server

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v3"
	"github.com/pion/turn/v5"

	"parley/identity"
	"parley/wire"
)

// turnClient is pion's, the one that real clients have.
type turnClient struct {
	*turn.Client
	relay  net.PacketConn
	server string
}

func allocate(t *testing.T, w *wire.Turn) (*turnClient, error) {
	t.Helper()
	uri, err := stun.ParseURI(w.URLs[1])
	if err != nil || uri.Scheme != stun.SchemeTypeTURN || uri.Proto != stun.ProtoTypeUDP {
		t.Fatalf("%s: %v", w.URLs[1], err)
	}
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// Where a public host is set, tests still reach the server where it really is.
	addr := fmt.Sprintf("127.0.0.1:%d", uri.Port)
	return allocateBy(t, conn, addr, w)
}

// allocateBy asks the relay at an address by a connection, which it closes at the end.
func allocateBy(t *testing.T, conn net.PacketConn, addr string, w *wire.Turn) (*turnClient, error) {
	t.Helper()
	c, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: addr, TURNServerAddr: addr, Conn: conn,
		Username: w.Username, Password: w.Password, RTO: 200 * time.Millisecond})
	if err == nil {
		err = c.Listen()
	}
	if err != nil {
		t.Fatal(err)
	}
	out := &turnClient{Client: c, server: addr}
	t.Cleanup(func() {
		if out.relay != nil {
			_ = out.relay.Close()
		}
		c.Close()
		_ = conn.Close()
	})
	out.relay, err = c.Allocate()
	return out, err
}

func mustAllocate(t *testing.T, w *wire.Turn) *turnClient {
	t.Helper()
	c, err := allocate(t, w)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func seated(t *testing.T, r *running, name string) (*client, *wire.Turn) {
	t.Helper()
	c := join(t, r, name)
	roster, _ := c.sit(c.channel("General"))
	return c, roster.Relay
}

func receive(t *testing.T, from net.PacketConn) (string, net.Addr) {
	t.Helper()
	if err := from.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1500)
	n, addr, err := from.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n]), addr
}

func send(t *testing.T, from net.PacketConn, to net.Addr, text string) {
	t.Helper()
	if _, err := from.WriteTo([]byte(text), to); err != nil {
		t.Fatal(err)
	}
}

// What runs on this machine, at the relay's own address or another, is not reached; what an operator opens is.
func TestRelayReaches(t *testing.T) {
	r := start(t, allow("127.0.0.2/32"))
	_, w := seated(t, r, "Ana")
	c := mustAllocate(t, w)
	listen := func(host string) net.PacketConn {
		l, err := net.ListenPacket("udp4", host+":0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	own, open := listen("127.0.0.1"), listen("127.0.0.2")
	if err := c.CreatePermission(own.LocalAddr(), open.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	send(t, c.relay, own.LocalAddr(), "to the relay's own address")
	send(t, c.relay, open.LocalAddr(), "to an open one")
	if got, from := receive(t, open); got != "to an open one" || from.String() != c.relay.LocalAddr().String() {
		t.Errorf("%q from %v", got, from)
	} else {
		send(t, open, from, "back")
	}
	if got, _ := receive(t, c.relay); got != "back" {
		t.Errorf("got %q back", got)
	}
	_ = own.SetReadDeadline(time.Now().Add(50 * time.Millisecond)) // it was sent before the one that has arrived
	buf := make([]byte, 100)
	if n, _, err := own.ReadFrom(buf); err == nil {
		t.Errorf("reached: %q", buf[:n])
	}
}

// Two people who both show nothing but the relay meet there, also where it is known by another address than it has.
func TestTwoOnTheRelay(t *testing.T) {
	for _, public := range []string{"", "198.51.100.7"} {
		r := start(t, func(c *Config) { c.PublicHost = public })
		a, w := seated(t, r, "Ana")
		ana := mustAllocate(t, w)
		b, w := seated(t, r, "Ben")
		ben := mustAllocate(t, w)
		if public != "" && ana.relay.LocalAddr().(*net.UDPAddr).IP.String() != public {
			t.Errorf("the relay is at %v", ana.relay.LocalAddr())
		}
		for _, c := range []*turnClient{ana, ben} {
			if err := c.CreatePermission(ana.relay.LocalAddr(), ben.relay.LocalAddr()); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 3 { // the client binds a channel meanwhile: both ways of sending are used
			text := fmt.Sprint("hello ", i)
			send(t, ana.relay, ben.relay.LocalAddr(), text)
			if got, from := receive(t, ben.relay); got != text || from.String() != ana.relay.LocalAddr().String() {
				t.Errorf("%q from %v", got, from)
			}
			send(t, ben.relay, ana.relay.LocalAddr(), text)
			if got, from := receive(t, ana.relay); got != text || from.String() != ben.relay.LocalAddr().String() {
				t.Errorf("%q from %v", got, from)
			}
		}
		a.conn.Close()
		b.conn.Close()
		r.stop()
	}
}

// closed holds an address of each kind that the relay must not reach, in each spelling.
var closed = []string{
	// this machine
	"127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3", "::", "::1", "::1%lo",
	"::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b:1::7f00:1",
	"2002:7f00:1::", "2001:0:7f00:1::", "::ffff:0.0.0.0",
	// private networks
	"10.0.0.0", "10.1.2.3", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.255",
	"::ffff:10.1.2.3", "::ffff:a01:203", "::10.1.2.3", "64:ff9b::a01:203", "2002:a01:203::1", "::ffff:192.168.1.1", "::ffff:172.20.0.1",
	"100.64.0.1", "100.127.255.254", "::ffff:100.64.0.1", "fd00::1", "fc00::1", "fdff:ffff::1", "fec0::1",
	// a cloud's metadata, link local
	"169.254.169.254", "169.254.0.1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "fd00:ec2::254",
	"2002:a9fe:a9fe::", "fe80::1", "fe80::a9fe:a9fe%eth0", "192.0.0.192", "100.100.100.200", "168.63.129.16", "::ffff:168.63.129.16",
	// many, or nobody
	"224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "::ffff:224.0.0.1", "ff02::1", "ff02::fb%eth0", "ff0e::1",
	"192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.254", "192.88.99.1", "2001:db8::1", "3fff::1", "100::1",
}

// addresses is a machine that has these.
func addresses(list ...string) func(netip.Addr) bool {
	return func(a netip.Addr) bool { return slices.Contains(list, a.String()) }
}

func TestPolicy(t *testing.T) {
	n := 0
	p := policy{relay: netip.MustParseAddr("8.8.4.4"), own: addresses("8.8.8.1", "2606:4700::1")}
	for _, s := range closed {
		a := netip.MustParseAddr(s)
		if n++; p.permits(a) || p.permission(nil, a.WithZone("").AsSlice()) {
			t.Errorf("%s is permitted", s)
		}
	}
	if n < 40 {
		t.Errorf("only %d addresses", n)
	}
	for _, s := range []string{"8.8.8.8", "::ffff:8.8.8.8", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "11.0.0.1", "9.9.9.9", "2a00::1", "2606:4700::1111"} {
		if a := netip.MustParseAddr(s); !p.permits(a) || !p.permission(nil, a.AsSlice()) {
			t.Errorf("%s is refused", s)
		}
	}
	for _, s := range []string{"8.8.4.4", "::ffff:8.8.4.4", "8.8.8.1", "::ffff:8.8.8.1", "2606:4700::1", "2606:4700::1%eth0"} {
		if p.permits(netip.MustParseAddr(s)) {
			t.Errorf("this machine's own %s is permitted", s)
		}
	}
	if !p.permission(nil, net.ParseIP("8.8.4.4")) || p.permission(nil, nil) || p.permission(nil, net.IP{1, 2, 3}) {
		t.Error("the relay's own address, or one of no family")
	}

	lan := policy{allow: []netip.Prefix{normalPrefix(netip.MustParsePrefix("::ffff:192.168.7.0/120")), normalPrefix(netip.MustParsePrefix("224.0.0.0/3"))}, own: addresses("192.168.7.1")}
	for s, want := range map[string]bool{"192.168.7.5": true, "::ffff:192.168.7.5": true, "192.168.8.5": false, "192.168.7.1": false,
		"239.1.1.1": false, "255.255.255.255": false} {
		if lan.permits(netip.MustParseAddr(s)) != want {
			t.Errorf("an open LAN, %s: %v", s, !want)
		}
	}
	for _, list := range [][]netip.Prefix{deniedAlways, deniedIPv4, deniedIPv6, {globalIPv6}} {
		for _, p := range list {
			if p != p.Masked() {
				t.Errorf("%v is not canonical, write %v", p, p.Masked())
			}
		}
	}
}

// The policy is in force on the wire, for permissions and for channels.
func TestRelayRefuses(t *testing.T) {
	r := start(t)
	_, w := seated(t, r, "Ana")
	c := mustAllocate(t, w)
	if err := c.CreatePermission(&net.UDPAddr{IP: net.IPv4(8, 8, 8, 8), Port: 53}); err != nil {
		t.Fatal(err)
	}
	for _, s := range closed {
		a := netip.MustParseAddr(s)
		if !a.Is4() || s == "127.0.0.1" { // the relay's own, see TestRelayReaches
			continue
		}
		if c.CreatePermission(&net.UDPAddr{IP: a.AsSlice(), Port: 80}) == nil {
			t.Errorf("%s: a permission was granted", s)
		}
		if c.bind(t, w, 0x4001, a.AsSlice()) != stun.ClassErrorResponse {
			t.Errorf("%s: a channel was bound", s)
		}
	}
	if c.bind(t, w, 0x4001, net.IPv4(8, 8, 8, 8)) != stun.ClassSuccessResponse {
		t.Error("no channel was bound where one may be")
	}
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := c.CreatePermission(&net.UDPAddr{IP: net.ParseIP("2606:4700::1111"), Port: 53}); err == nil {
		t.Error("an IPv6 peer of an IPv4 relay was permitted")
	}
	if _, _, err := r.hub.relay.AllocateListener(turn.AllocateListenerConfig{}); err == nil {
		t.Error("a TCP relay was granted")
	}
	if _, err := r.hub.relay.AllocateConn(turn.AllocateConnConfig{}); err == nil {
		t.Error("a TCP connection was made")
	}
	if _, err := c.AllocateTCP(); err == nil {
		t.Error("a TCP relay was granted")
	}
}

// refresh asks for ten more minutes, as the client's timer does, and returns the class of the answer.
func (c *turnClient) refresh(t *testing.T, w *wire.Turn) stun.MessageClass {
	t.Helper()
	return c.request(t, w, stun.MethodRefresh, stun.RawAttribute{Type: stun.AttrLifetime, Value: binary.BigEndian.AppendUint32(nil, 600)})
}

// request asks by credentials, and returns the class of the answer.
func (c *turnClient) request(t *testing.T, w *wire.Turn, method stun.Method, attributes ...stun.Setter) stun.MessageClass {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp4", c.server)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(more ...stun.Setter) *stun.Message {
		m, err := stun.Build(slices.Concat([]stun.Setter{stun.TransactionID, stun.NewType(method, stun.ClassRequest)}, attributes, more)...)
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.PerformTransaction(m, to, false)
		if err != nil {
			t.Fatal(err)
		}
		return res.Msg
	}
	var nonce stun.Nonce
	var realm stun.Realm
	if m := ask(); nonce.GetFrom(m) != nil || realm.GetFrom(m) != nil {
		t.Fatalf("no nonce in %v", m)
	}
	return ask(stun.NewUsername(w.Username), realm, nonce, stun.NewLongTermIntegrity(w.Username, realm.String(), w.Password)).Type.Class
}

// bind asks for a channel to a peer (RFC 8656, section 12).
func (c *turnClient) bind(t *testing.T, w *wire.Turn, number uint16, peer net.IP) stun.MessageClass {
	t.Helper()
	return c.request(t, w, stun.MethodChannelBind, stun.RawAttribute{Type: stun.AttrChannelNumber, Value: []byte{byte(number >> 8), byte(number), 0, 0}}, peerAddress(peer))
}

// peerAddress is XOR-PEER-ADDRESS.
type peerAddress net.IP

// AddTo implements stun.Setter.
func (p peerAddress) AddTo(m *stun.Message) error {
	return stun.XORMappedAddress{IP: net.IP(p), Port: 80}.AddToAs(m, stun.AttrXORPeerAddress)
}

// Credentials end after an hour; an allocation goes on after that while its user sits in a channel, and not a minute longer.
func TestRelayCredentials(t *testing.T) {
	clock := newClock()
	r := start(t, clock.use)
	unharmed(t, r)
	ana, w := seated(t, r, "Ana")
	c := mustAllocate(t, w)
	refused := func(what string, w wire.Turn) {
		t.Helper()
		if _, err := allocate(t, &w); err == nil {
			t.Errorf("%s: an allocation was granted", what)
		}
	}
	guess := *w
	guess.Password = "guess"
	refused("a wrong password", guess)
	for _, name := range []string{"", ana.id(), "x:" + ana.id(), "9999999999:" + ana.id(), "9999999999:"} {
		guess := *w
		guess.Username = name
		refused("the name "+name, guess)
	}
	if got := c.refresh(t, w); got != stun.ClassSuccessResponse {
		t.Errorf("refresh: %v", got)
	}
	clock.advance(turnLife + time.Minute)
	refused("after an hour", *w)
	if got := c.refresh(t, w); got != stun.ClassSuccessResponse {
		t.Errorf("refresh after an hour: %v", got)
	}
	fresh := want[*wire.Turn](ana, &wire.TurnGet{})
	mustAllocate(t, fresh)
	// Moving is staying.
	ana.sit(ana.channel("Games"))
	if got := c.refresh(t, w); got != stun.ClassSuccessResponse {
		t.Errorf("refresh after a move: %v", got)
	}
	if r.hub.relay.sockets() == 0 {
		t.Error("no relay sockets are left after a move")
	}
	want[*wire.OK](ana, &wire.VoiceLeave{})
	if n := r.hub.relay.sockets(); n != 0 {
		t.Errorf("%d relay sockets are left after leaving", n)
	}
	for name, w := range map[string]*wire.Turn{"old": w, "fresh": fresh} {
		if got := c.refresh(t, w); got != stun.ClassErrorResponse {
			t.Errorf("refresh after leaving, %s credentials: %v", name, got)
		}
		refused("after leaving, "+name+" credentials", *w)
	}
}

// The call of somebody whose connection to the server is lost goes on until the credentials end.
func TestRelayOutlivesSession(t *testing.T) {
	clock := newClock()
	r := start(t, clock.use, func(c *Config) { c.ResumeFor = time.Millisecond })
	ana, w := seated(t, r, "Ana")
	ben := join(t, r, "Ben")
	c := mustAllocate(t, w)
	ana.conn.Close()
	if m := expect[*wire.MemberLeft](ben); m.Reason != wire.LeftLost {
		t.Fatalf("left: %+v", m)
	}
	if got := c.refresh(t, w); got != stun.ClassSuccessResponse {
		t.Errorf("refresh: %v", got)
	}
	clock.advance(turnLife + time.Second)
	if got := c.refresh(t, w); got != stun.ClassErrorResponse {
		t.Errorf("refresh after an hour: %v", got)
	}
}

// A program that was killed ends nothing at the relay. What it had in a channel ends when its user comes back as another member, and
// stays for one who comes back as the same; what it had in a call, which may be alive, stays.
func TestRelayLost(t *testing.T) {
	r := start(t)
	unharmed(t, r)
	ana := join(t, r, "Ana")
	m := &wire.VoiceJoin{Channel: ana.channel("General"), Member: identity.NewMemberID(), Nonce: identity.NewChallenge()}
	c := mustAllocate(t, want[*wire.Roster](ana, m).Relay)
	back := func() {
		t.Helper()
		ana.redial() // and the session that there is is lost
		if err := ana.tryLogin("Ana", ""); err != nil {
			t.Fatal(err)
		}
	}
	sockets := func(what string, n int) {
		t.Helper()
		if got := r.hub.relay.sockets(); got != n {
			t.Errorf("%s: %d relay sockets, want %d", what, got, n)
		}
	}
	back()
	sockets("lost", 1)
	w := want[*wire.Roster](ana, m).Relay
	sockets("the same member", 1)
	if got := c.refresh(t, w); got != stun.ClassSuccessResponse {
		t.Errorf("refresh by the same member: %v", got)
	}
	back()
	_, own := ana.sit(ana.channel("General"))
	sockets("another member", 0)
	mustAllocate(t, want[*wire.Turn](ana, &wire.TurnGet{}))
	ben := join(t, r, "Ben")
	back()
	calls(ana, ben)
	sockets("a call after "+own.Member, 0)
	mustAllocate(t, want[*wire.Turn](ana, &wire.TurnGet{}))
	back()
	ana.sit(ana.channel("Games"))
	sockets("a call that may be alive", 1)
}

func TestRelayKicked(t *testing.T) {
	r := start(t)
	unharmed(t, r)
	boss := owner(t, r)
	kim, w := seated(t, r, "Kim")
	c := mustAllocate(t, w)
	want[*wire.OK](boss, wire.Kick{User: kim.id()})
	if n := r.hub.relay.sockets(); n != 0 {
		t.Errorf("%d relay sockets are left", n)
	}
	if got := c.refresh(t, w); got != stun.ClassErrorResponse {
		t.Errorf("refresh: %v", got)
	}
}

func TestRelayQuota(t *testing.T) {
	r := start(t)
	unharmed(t, r)
	_, w := seated(t, r, "Ana")
	first := mustAllocate(t, w)
	for range allocationsPerUser - 1 {
		mustAllocate(t, w)
	}
	if _, err := allocate(t, w); err == nil {
		t.Error("one more than the quota was granted")
	}
	_, ben := seated(t, r, "Ben")
	mustAllocate(t, ben)
	if err := first.relay.Close(); err != nil { // tells the server: a refresh with lifetime 0
		t.Fatal(err)
	}
	mustAllocate(t, w)
}

// Relay sockets stay in the ports that a firewall was opened for.
func TestRelayPorts(t *testing.T) {
	r := start(t)
	_, w := seated(t, r, "Ana")
	for range allocationsPerUser {
		if port := mustAllocate(t, w).relay.LocalAddr().(*net.UDPAddr).Port; port < 49152 || port > 65535 {
			t.Errorf("port %d", port)
		}
	}
}

// All ports are used, and no other when they are.
func TestFewRelayPorts(t *testing.T) {
	r := start(t, func(c *Config) { c.RelayFirst, c.RelayLast = 20000, 20002 })
	_, w := seated(t, r, "Ana")
	used := map[int]bool{}
	for range 3 {
		used[mustAllocate(t, w).relay.LocalAddr().(*net.UDPAddr).Port] = true
	}
	if len(used) != 3 || !used[20000] || !used[20001] || !used[20002] {
		t.Errorf("used: %v", used)
	}
	if c, err := allocate(t, w); err == nil {
		t.Errorf("a fourth of three: %v", c.relay.LocalAddr())
	}
	for _, port := range []int{19999, 20003, 65536} { // pion asks for the second of a pair by its number
		if conn, _, err := r.hub.relay.AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp4", RequestedPort: port}); err == nil {
			conn.Close()
			t.Errorf("port %d was granted", port)
		}
	}
	for _, ports := range [][2]uint16{{0, 5}, {5, 0}, {6, 5}} {
		if srv, err := New(Config{Dir: t.TempDir(), Listen: "127.0.0.1:0", RelayFirst: ports[0], RelayLast: ports[1]}); err == nil {
			srv.Close()
			t.Errorf("ports %v were taken", ports)
		}
	}
}

// STUN says where a client is seen, without credentials, and on two ports the same where nothing is in between.
func TestStun(t *testing.T) {
	r := start(t)
	_, w := seated(t, r, "Ana")
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ports := map[int]bool{}
	for _, address := range w.STUN {
		uri, err := stun.ParseURI(address)
		if err != nil || uri.Scheme != stun.SchemeTypeSTUN {
			t.Fatalf("%s: %v", address, err)
		}
		ports[uri.Port] = true
		m := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
		send(t, conn, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: uri.Port}, string(m.Raw))
		got, from := receive(t, conn)
		answer := &stun.Message{Raw: []byte(got)}
		var seen stun.XORMappedAddress
		if err := answer.Decode(); err != nil || !bytes.Equal(answer.TransactionID[:], m.TransactionID[:]) || seen.GetFrom(answer) != nil {
			t.Fatalf("%v %v", err, answer)
		}
		if seen.String() != conn.LocalAddr().String() || from.(*net.UDPAddr).Port != uri.Port {
			t.Errorf("seen at %v by %v, is at %v", seen, from, conn.LocalAddr())
		}
	}
	if len(ports) != 2 {
		t.Errorf("ports: %v", ports)
	}
}

// Who sits nowhere gets what a doctor needs, for five minutes, and not what a call needs.
func TestRelayDoctor(t *testing.T) {
	clock := newClock()
	r := start(t, clock.use)
	ana := join(t, r, "Ana")
	ana.refused(&wire.TurnGet{}, wire.NotInChannel)
	w := want[*wire.Turn](ana, &wire.TurnGet{Doctor: true})
	if w.TTL != 300 {
		t.Errorf("good for %d s", w.TTL)
	}
	c := mustAllocate(t, w)
	longer := *w
	longer.Username = restName(clock.now().Add(turnLife), ana.id())
	longer.Password = restPassword(r.hub.relay.secret, longer.Username)
	clock.advance(doctorLife - time.Second)
	if got := c.refresh(t, w); got != stun.ClassSuccessResponse {
		t.Errorf("refresh: %v", got)
	}
	clock.advance(2 * time.Second)
	for name, w := range map[string]*wire.Turn{"its own": w, "an hour's": &longer} {
		if got := c.refresh(t, w); got != stun.ClassErrorResponse {
			t.Errorf("refresh after five minutes, %s credentials: %v", name, got)
		}
		if _, err := allocate(t, w); err == nil {
			t.Errorf("after five minutes: an allocation was granted for %s credentials", name)
		}
	}
	roster, _ := ana.sit(ana.channel("General"))
	if roster.Relay.TTL != 3600 {
		t.Errorf("in a channel: good for %d s", roster.Relay.TTL)
	}
	mustAllocate(t, want[*wire.Turn](ana, &wire.TurnGet{Doctor: true}))
}

// Who has seen somebody else's credentials on their way can't use them with another name, nor another's name with their own, nor
// theirs once they have left.
func TestRelayStolen(t *testing.T) {
	r := start(t)
	unharmed(t, r)
	_, ana := seated(t, r, "Ana")
	ben, bens := seated(t, r, "Ben")
	for what, w := range map[string]wire.Turn{
		"another's name":     {URLs: ana.URLs, Username: ana.Username, Password: bens.Password},
		"another's password": {URLs: ana.URLs, Username: bens.Username, Password: ana.Password},
	} {
		if _, err := allocate(t, &w); err == nil {
			t.Errorf("%s: an allocation was granted", what)
		}
	}
	mustAllocate(t, bens)
	want[*wire.OK](ben, &wire.VoiceLeave{})
	if _, err := allocate(t, bens); err == nil {
		t.Error("of one who has left: an allocation was granted")
	}
}

// An allocation carries what its rate allows, and the next one is not the poorer for it.
func TestRelayRate(t *testing.T) {
	clock := newClock()
	r := start(t, clock.use, allow("127.0.0.2/32"), func(c *Config) { c.RelayRate = 100 })
	_, w := seated(t, r, "Ana")
	sink, err := net.ListenPacket("udp4", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	through := func(c *turnClient, packets int) (n int) {
		t.Helper()
		for i := range packets {
			if i%50 == 0 && i > 0 { // the kernel's queues are short
				n += drain(t, sink)
			}
			send(t, c.relay, sink.LocalAddr(), string(make([]byte, 1000)))
		}
		return n + drain(t, sink)
	}
	first, second := mustAllocate(t, w), mustAllocate(t, w)
	const burst = relayBurst / 1000
	if n := through(first, burst+200); n > burst+1 || n < burst*9/10 {
		t.Errorf("%d packets at once, want %d", n, burst)
	}
	if n := through(first, 20); n > 1 {
		t.Errorf("%d packets more", n)
	}
	if n := through(second, 20); n != 20 {
		t.Errorf("%d of 20 packets by another allocation", n)
	}
	clock.advance(100 * time.Second)
	if n := through(first, 50); n < 10 || n > 11 {
		t.Errorf("%d packets in a hundred seconds, want ten", n)
	}
}

// drain reads what is there.
func drain(t *testing.T, conn net.PacketConn) (n int) {
	t.Helper()
	buf := make([]byte, 2000)
	for {
		_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, _, err := conn.ReadFrom(buf); err != nil {
			return n
		}
		n++
	}
}

// Another's relay is told of with credentials of its secret, under names that say nothing.
func TestExternal(t *testing.T) {
	r := start(t, func(c *Config) {
		c.External = []External{{URLs: []string{"turn:turn.example.org:3478?transport=udp", "turns:turn.example.org:5349?transport=tcp"}, Secret: "shared"}}
	})
	ana, w := seated(t, r, "Ana")
	_, other := seated(t, r, "Ben")
	if len(w.External) != 1 || len(w.External[0].URLs) != 2 {
		t.Fatalf("%+v", w)
	}
	e := w.External[0]
	ends, name, _ := strings.Cut(e.Username, ":")
	mac := hmac.New(sha1.New, []byte("shared"))
	mac.Write([]byte(e.Username))
	if e.Password != base64.StdEncoding.EncodeToString(mac.Sum(nil)) || !strings.HasPrefix(w.Username, ends+":") {
		t.Errorf("%+v beside %s", e, w.Username)
	}
	if again := want[*wire.Turn](ana, &wire.TurnGet{}).External[0]; !strings.HasSuffix(again.Username, ":"+name) {
		t.Errorf("another name for the same: %s", again.Username)
	}
	if strings.Contains(e.Username, ana.id()) || strings.HasSuffix(other.External[0].Username, name) {
		t.Errorf("the name %s", e.Username)
	}
	for _, bad := range []External{
		{}, {URLs: e.URLs}, {Secret: "x"}, {URLs: []string{"http://x"}, Secret: "x"},
		{URLs: []string{"turns:x:1?transport=udp"}, Secret: "x"}, {URLs: make([]string, wire.MaxRelayURLs+1), Secret: "x"},
	} {
		if srv, err := New(Config{Dir: t.TempDir(), Listen: "127.0.0.1:0", External: []External{bad}}); err == nil {
			srv.Close()
			t.Errorf("%+v was taken", bad)
		}
	}
}

// The relay's usual port is taken where it is free, and any where it is not, unless it was asked for.
func TestRelayListen(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	c := Config{Dir: t.TempDir(), Listen: "127.0.0.1:0", RelayListen: busy.Addr().String()}
	if srv, err := New(c); err == nil {
		srv.Close()
		t.Error("a port that is taken")
	}
	for listen, port := range map[string]string{"127.0.0.1:0": "0", "127.0.0.1:7440": "3478", ":443": "3478"} {
		if got := relayPort(Config{Listen: listen}); got != port {
			t.Errorf("%s: %s", listen, got)
		}
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	r := start(t, func(c *Config) { c.RelayListen, c.PublicRelayPort = free.Addr().String(), 9 })
	if got := r.sockets.relay.Addr().String(); got != free.Addr().String() {
		t.Errorf("at %s", got)
	}
	if _, w := seated(t, r, "Ana"); w.URLs[1] != "turn:127.0.0.1:9?transport=udp" {
		t.Errorf("told: %v", w.URLs)
	}
}

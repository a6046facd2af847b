package server

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v3"
	"github.com/pion/turn/v5"

	"parley/wire"
)

const (
	realm    = "parley"
	turnLife = time.Hour
	// allocationsPerUser is enough for a call of eight, each with a connection of its own, and as many again while they
	// restart.
	allocationsPerUser = 24
	allocationsInAll   = 4000

	// The ports of relayed packets, where nothing else is said (RFC 8656, section 7.2): whoever runs the server opens them in
	// a firewall. portTries is enough, since even with allocationsInAll a quarter of them is taken.
	firstRelayPort, lastRelayPort = 49152, 65535
	portTries                     = 100
)

// relay is STUN (RFC 8489) and TURN (RFC 8656) on one UDP socket, for people in a call.
//
// Credentials are those of the REST scheme (draft-uberti-behave-turn-rest-00): the name holds when they end, the password
// is an HMAC of it, so nothing is kept. What is kept is who sits in a channel or a call: only they may begin, and while they stay
// they may go on after the credentials' hour, since pion asks again at every refresh.
type relay struct {
	policy policy
	secret []byte
	bind   netip.Addr // where relay sockets listen, at a port from first to last
	first  uint16
	last   uint16
	now    func() time.Time
	server *turn.Server

	mu    sync.RWMutex
	urls  []string              // never changed, only replaced
	seats map[string]time.Time  // by user; zero: sits in a channel or a call; else: was lost, and may go on until then
	live  map[uint16]*allocated // relay sockets by port
	count map[string]int        // and how many each user has
}

// relayConfig describes a relay.
type relayConfig struct {
	conn   net.PacketConn
	urls   []string   // what clients are told
	addr   netip.Addr // what they are told relayed packets come from
	bind   netip.Addr
	first  uint16 // port
	last   uint16
	allow  []netip.Prefix
	secret []byte
	now    func() time.Time
}

func newRelay(c relayConfig) (*relay, error) {
	here := &machine{now: c.now, list: ownAddresses}
	r := &relay{
		policy: policy{own: here.has, relay: normal(c.addr)},
		secret: c.secret, urls: c.urls, bind: c.bind, first: c.first, last: c.last, now: c.now,
		seats: map[string]time.Time{}, live: map[uint16]*allocated{}, count: map[string]int{},
	}
	for _, p := range c.allow {
		r.policy.allow = append(r.policy.allow, normalPrefix(p))
	}
	var err error
	r.server, err = turn.NewServer(turn.ServerConfig{
		Realm:         realm,
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}, // it logs addresses
		AuthHandler:   r.authenticate,
		QuotaHandler:  r.admit,
		PacketConnConfigs: []turn.PacketConnConfig{
			{PacketConn: c.conn, PermissionHandler: r.policy.permission, RelayAddressGenerator: r},
		},
	})
	return r, err
}

func (r *relay) close() error { return r.server.Close() }

// sit follows a user into a channel or a call.
func (r *relay) sit(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seats[user] = time.Time{}
}

// rise follows a user out of it. Who was lost has only no connection to this server any more: the call may go on.
func (r *relay) rise(user string, lost bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if delete(r.seats, user); lost {
		r.seats[user] = r.now().Add(turnLife)
	}
}

// expel ends what the user has: the read loop of each relay socket sees it closed and deletes its allocation.
func (r *relay) expel(user string) {
	r.mu.Lock()
	delete(r.seats, user)
	var theirs []*allocated
	for _, a := range r.live {
		if a.user == user {
			theirs = append(theirs, a)
		}
	}
	r.mu.Unlock()
	for _, a := range theirs {
		a.Close()
	}
}

// lead changes what clients are told from now on.
func (r *relay) lead(urls []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.urls = urls
}

// credentials are good for turnLife, for somebody who sits in a channel or a call.
func (r *relay) credentials(user string) wire.Turn {
	name := strconv.FormatInt(r.now().Add(turnLife).Unix(), 10) + ":" + user
	r.mu.RLock()
	urls := r.urls
	r.mu.RUnlock()
	return wire.Turn{URLs: urls, Username: name, Password: r.password(name), TTL: int(turnLife / time.Second)}
}

func (r *relay) password(name string) string {
	mac := hmac.New(sha1.New, r.secret) // what the scheme prescribes; as an HMAC with a random key it is sound
	mac.Write([]byte(name))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// authenticate is asked at every request of a client, before its integrity is checked with the key returned.
func (r *relay) authenticate(a *turn.RequestAttributes) (user string, key []byte, ok bool) {
	ends, user, ok := strings.Cut(a.Username, ":")
	unix, err := strconv.ParseInt(ends, 10, 64)
	if !ok || err != nil || !r.may(user, time.Unix(unix, 0), a.Method) {
		return "", nil, false
	}
	return user, turn.GenerateAuthKey(a.Username, a.Realm, r.password(a.Username)), true
}

func (r *relay) may(user string, ends time.Time, method stun.Method) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	lostUntil, seated := r.seats[user]
	sits := seated && lostUntil.IsZero()
	if now := r.now(); now.Before(ends) {
		return sits || seated && now.Before(lostUntil)
	}
	return sits && method != stun.MethodAllocate && r.count[user] > 0
}

// admit is asked at each allocation. Asking and counting are two steps, but the one socket has one read loop.
func (r *relay) admit(user, _ string, _ net.Addr) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.count[user] < allocationsPerUser && len(r.live) < allocationsInAll
}

// Validate, AllocatePacketConn, AllocateListener and AllocateConn make relay a turn.RelayAddressGenerator.
func (r *relay) Validate() error { return nil }

var (
	errUDPOnly = errors.New("the relay carries UDP only")
	errPort    = errors.New("the port is not one of the relay's")
)

// AllocateListener refuses: a relay that accepts and dials TCP (RFC 6062) is a proxy.
func (r *relay) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errUDPOnly
}

// AllocateConn refuses likewise.
func (r *relay) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errUDPOnly }

// AllocatePacketConn opens a relay socket.
func (r *relay) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	conn, err := r.listen(c.Network, c.RequestedPort)
	if err != nil {
		return nil, nil, fmt.Errorf("open a relay socket: %w", err)
	}
	udp, ok := conn.(*net.UDPConn)
	if !ok {
		conn.Close()
		return nil, nil, errUDPOnly
	}
	port := udp.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	a := &allocated{UDPConn: udp, relay: r, user: c.UserID, port: port}
	r.mu.Lock()
	r.live[port] = a
	r.count[a.user]++
	r.mu.Unlock()
	return a, net.UDPAddrFromAddrPort(netip.AddrPortFrom(r.policy.relay, port)), nil
}

// listen opens a socket at the port, or at one that nobody can guess where it is 0.
func (r *relay) listen(network string, port int) (net.PacketConn, error) {
	if port != 0 {
		if port < int(r.first) || port > int(r.last) { // of a pair (EVEN-PORT), the second
			return nil, errPort
		}
		return net.ListenPacket(network, net.JoinHostPort(r.bind.String(), strconv.Itoa(port)))
	}
	err := errPort
	for range portTries {
		var conn net.PacketConn
		port := int(r.first) + rand.IntN(int(r.last)-int(r.first)+1)
		if conn, err = net.ListenPacket(network, net.JoinHostPort(r.bind.String(), strconv.Itoa(port))); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// allocated is one relay socket. pion knows permissions by address alone. The relay's own address must be permitted, or two
// people who both use the relay would not meet; here packets to it are held to the ports where a relay socket listens,
// so that nothing else on this machine is reached.
type allocated struct {
	*net.UDPConn
	relay *relay
	user  string
	port  uint16
	once  sync.Once
}

// WriteTo sends to a peer. What may not go out is dropped without an error, as networks do.
func (a *allocated) WriteTo(p []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.ErrWriteToConnected
	}
	dest := udp.AddrPort()
	switch ip := normal(dest.Addr()); {
	case ip != a.relay.policy.relay:
		if !a.relay.policy.permits(ip) {
			return len(p), nil
		}
		dest = netip.AddrPortFrom(ip, dest.Port())
	case !a.relay.isLive(dest.Port()):
		return len(p), nil
	default:
		// Straight to the other socket: the address that clients are told may be a router's, which need not turn it round.
		dest = netip.AddrPortFrom(a.relay.inside(), dest.Port())
	}
	return a.WriteToUDPAddrPort(p, dest)
}

// ReadFrom undoes that: what comes from a relay socket comes from the relay's address.
func (a *allocated) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := a.ReadFromUDPAddrPort(p)
	if err != nil {
		return n, nil, err
	}
	ip := normal(from.Addr())
	if ip == a.relay.inside() && a.relay.isLive(from.Port()) {
		ip = a.relay.policy.relay
	}
	return n, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, from.Port())), nil
}

// Close frees the port.
func (a *allocated) Close() error {
	a.once.Do(func() {
		r := a.relay
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.live, a.port)
		if r.count[a.user]--; r.count[a.user] <= 0 {
			delete(r.count, a.user)
		}
	})
	return a.UDPConn.Close()
}

func (r *relay) isLive(port uint16) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.live[port] != nil
}

// inside is where one relay socket reaches another.
func (r *relay) inside() netip.Addr {
	switch {
	case !r.bind.IsUnspecified():
		return r.bind
	case r.bind.Is4():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	default:
		return netip.IPv6Loopback()
	}
}

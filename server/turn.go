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
	"golang.org/x/time/rate"

	"parley/wire"
)

const (
	realm      = "parley"
	turnLife   = time.Hour
	doctorLife = 5 * time.Minute
	// allocationsPerUser is enough for a call of eight, each with a connection of its own, by UDP on two ports, and by TCP and TLS
	// where that brings nothing, and as many again while they restart.
	allocationsPerUser = 64
	allocationsInAll   = 4000

	// relayRate is what an allocation may carry each way where nothing else is said, in bytes a second: 12 Mbit/s, several
	// times what sound, a camera and a screen need. relayBurst is how much of it may come at once: some key pictures.
	relayRate  = 1_500_000
	relayBurst = 1 << 20

	// The ports of relayed packets, where nothing else is said (RFC 8656, section 7.2): whoever runs the server opens them in
	// a firewall. portTries is enough, since even with allocationsInAll a quarter of them is taken.
	firstRelayPort, lastRelayPort = 49152, 65535
	portTries                     = 100
)

// relay is STUN (RFC 8489) and TURN (RFC 8656) over UDP, TCP and TLS, for people in a call.
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
	rate   int // of an allocation, each way, in bytes a second
	others []externalRelay
	now    func() time.Time
	start  time.Time // see steady
	server *turn.Server

	mu    sync.RWMutex
	urls  []string // never changed, only replaced; so is stun
	stun  []string
	seats map[string]time.Time  // by user; zero: sits in a channel or a call; else: was lost, or visits, until then
	live  map[uint16]*allocated // relay sockets by port
	count map[string]int        // how many each user has, those that are being opened counted
	inAll int
}

// relayConfig describes a relay.
type relayConfig struct {
	conns  []net.PacketConn // each answers STUN and TURN
	gate   *gate            // hands on those who come by TCP and TLS
	urls   []string         // what clients are told
	stun   []string         // and where doctors may compare what they are seen as
	others []externalRelay  // and of whom else
	addr   netip.Addr       // what they are told relayed packets come from
	bind   netip.Addr
	first  uint16 // port
	last   uint16
	allow  []netip.Prefix
	rate   int
	secret []byte
	now    func() time.Time
}

func newRelay(c relayConfig) (*relay, error) {
	here := &machine{now: c.now, list: ownNetworks}
	r := &relay{
		policy: policy{own: here.has, near: here.near, relay: normal(c.addr)},
		start:  c.now(),
		secret: c.secret, urls: c.urls, stun: c.stun, others: c.others, bind: c.bind, first: c.first, last: c.last, rate: c.rate, now: c.now,
		seats: map[string]time.Time{}, live: map[uint16]*allocated{}, count: map[string]int{},
	}
	for _, p := range c.allow {
		r.policy.allow = append(r.policy.allow, normalPrefix(p))
	}
	config := turn.ServerConfig{
		Realm:         realm,
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}, // it logs addresses
		AuthHandler:   r.authenticate,
		QuotaHandler:  r.admit,
		EventHandler:  c.gate.events(),
		InboundMTU:    wire.MaxFrame + 1, // pion drops what fills it
		// A relay has addresses of one family, whichever its clients come by.
		StrictAddressFamily: c.bind.Is4(),
		// The same policy on each: one forgotten would be an open relay.
		ListenerConfigs: []turn.ListenerConfig{
			{Listener: c.gate.relayed, PermissionHandler: r.policy.permission, RelayAddressGenerator: r},
		},
	}
	for _, conn := range c.conns {
		config.PacketConnConfigs = append(config.PacketConnConfigs,
			turn.PacketConnConfig{PacketConn: conn, PermissionHandler: r.policy.permission, RelayAddressGenerator: r})
	}
	var err error
	r.server, err = turn.NewServer(config)
	return r, err
}

// steady is the time on a clock that nobody sets: credentials that this relay made end when their life is over, whatever happened to
// the machine's clock meanwhile. Those for others' relays are of the time that is there.
func (r *relay) steady() time.Time { return r.start.Add(r.now().Sub(r.start)) }

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
func (r *relay) lead(urls, stun []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.urls, r.stun = urls, stun
}

// visit lets somebody who sits nowhere use the relay for doctorLife, to see whether it can be reached.
func (r *relay) visit(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ends := r.now().Add(doctorLife)
	if until, seated := r.seats[user]; !seated || !until.IsZero() && until.Before(ends) {
		r.seats[user] = ends
	}
}

// credentials are good for turnLife, for somebody who sits in a channel or a call, and for doctorLife for a visitor.
func (r *relay) credentials(user string, life time.Duration) wire.Turn {
	name := restName(r.steady().Add(life), user)
	r.mu.RLock()
	urls, stun := r.urls, r.stun
	r.mu.RUnlock()
	t := wire.Turn{URLs: urls, STUN: stun, Username: name, Password: restPassword(r.secret, name), TTL: int(life / time.Second)}
	for _, e := range r.others {
		t.External = append(t.External, e.credentials(r.now().Add(life), user))
	}
	return t
}

func restName(ends time.Time, user string) string {
	return strconv.FormatInt(ends.Unix(), 10) + ":" + user
}

func restPassword(secret []byte, name string) string {
	mac := hmac.New(sha1.New, secret) // what the scheme prescribes; as an HMAC with a random key it is sound
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
	return user, turn.GenerateAuthKey(a.Username, a.Realm, restPassword(r.secret, a.Username)), true
}

func (r *relay) may(user string, ends time.Time, method stun.Method) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	lostUntil, seated := r.seats[user]
	sits := seated && lostUntil.IsZero()
	if r.steady().Before(ends) {
		return sits || seated && r.now().Before(lostUntil)
	}
	return sits && method != stun.MethodAllocate && r.count[user] > 0
}

// admit is asked at each allocation. Between it and the relay socket somebody else may take the place: see reserve.
func (r *relay) admit(user, _ string, _ net.Addr) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.hasRoomLocked(user)
}

func (r *relay) hasRoomLocked(user string) bool {
	return r.count[user] < allocationsPerUser && r.inAll < allocationsInAll
}

// reserve counts one more relay socket of the user's, or none where that would be too many.
func (r *relay) reserve(user string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.hasRoomLocked(user) {
		return false
	}
	r.count[user]++
	r.inAll++
	return true
}

func (r *relay) releaseLocked(user string) {
	r.inAll--
	if r.count[user]--; r.count[user] <= 0 {
		delete(r.count, user)
	}
}

// Validate, AllocatePacketConn, AllocateListener and AllocateConn make relay a turn.RelayAddressGenerator.
func (r *relay) Validate() error { return nil }

var (
	errUDPOnly = errors.New("the relay carries UDP only")
	errQuota   = errors.New("the user has as many relay sockets as one may have")
	errPort    = errors.New("the port is not one of the relay's")
	errFamily  = errors.New("the relay has no addresses of that family")
)

// AllocateListener refuses: a relay that accepts and dials TCP (RFC 6062) is a proxy.
func (r *relay) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errUDPOnly
}

// AllocateConn refuses likewise.
func (r *relay) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errUDPOnly }

// AllocatePacketConn opens a relay socket.
func (r *relay) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	if network := r.network(); c.Network != network { // asked for by name; what is not named is what there is
		return nil, nil, errFamily
	}
	if !r.reserve(c.UserID) {
		return nil, nil, errQuota
	}
	a, err := r.open(c)
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.releaseLocked(c.UserID)
		return nil, nil, fmt.Errorf("open a relay socket: %w", err)
	}
	return a, net.UDPAddrFromAddrPort(netip.AddrPortFrom(r.policy.relay, a.port)), nil
}

func (r *relay) network() string {
	if r.bind.Is4() {
		return "udp4"
	}
	return "udp6"
}

func (r *relay) open(c turn.AllocateListenerConfig) (*allocated, error) {
	conn, err := r.listen(c.Network, c.RequestedPort)
	if err != nil {
		return nil, err
	}
	udp, ok := conn.(*net.UDPConn)
	if !ok {
		conn.Close()
		return nil, errUDPOnly
	}
	a := &allocated{
		UDPConn: udp, relay: r, user: c.UserID, port: udp.LocalAddr().(*net.UDPAddr).AddrPort().Port(),
		out: rate.NewLimiter(rate.Limit(r.rate), relayBurst), in: rate.NewLimiter(rate.Limit(r.rate), relayBurst),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live[a.port] = a
	return a, nil
}

// listen opens a socket at the port, or at one that nobody can guess where it is 0.
func (r *relay) listen(network string, port int) (net.PacketConn, error) {
	if port != 0 {
		if port < int(r.first) || port > int(r.last) { // of a pair (EVEN-PORT), the second
			return nil, errPort
		}
		return net.ListenPacket(network, net.JoinHostPort(r.bind.String(), strconv.Itoa(port)))
	}
	return listenAmong(network, r.bind, r.first, r.last)
}

// listenAmong opens a socket at a port from first to last that nobody can guess.
func listenAmong(network string, bind netip.Addr, first, last uint16) (net.PacketConn, error) {
	err := errPort
	for range portTries {
		var conn net.PacketConn
		port := int(first) + rand.IntN(int(last)-int(first)+1)
		if conn, err = net.ListenPacket(network, net.JoinHostPort(bind.String(), strconv.Itoa(port))); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

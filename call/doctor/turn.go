package doctor

import (
	"context"
	"errors"
	"net"
	"strconv"

	"github.com/pion/stun/v3"

	"parley/call/relay"
	"parley/identity"
	"parley/probe"
	"parley/wire"
)

// endpoint is one way to a relay.
type endpoint struct {
	step               string // TurnUDP, TurnTCP or TurnTLS
	address            string // HOST:PORT
	username, password string
	own                bool // the server's own relay
}

// endpoints reads what a server says of relays.
func endpoints(t *wire.Turn) (list []endpoint) {
	add := func(s wire.TurnServer, own bool) {
		for _, u := range s.URLs {
			uri, err := stun.ParseURI(u)
			if err != nil || s.Username == "" || s.Password == "" {
				continue
			}
			e := endpoint{"", net.JoinHostPort(uri.Host, strconv.Itoa(uri.Port)), s.Username, s.Password, own}
			switch {
			case uri.Scheme == stun.SchemeTypeTURNS && uri.Proto == stun.ProtoTypeTCP:
				e.step = TurnTLS
			case uri.Scheme == stun.SchemeTypeTURN && uri.Proto == stun.ProtoTypeTCP:
				e.step = TurnTCP
			case uri.Scheme == stun.SchemeTypeTURN:
				e.step = TurnUDP
			default:
				continue
			}
			list = append(list, e)
		}
	}
	add(wire.TurnServer{URLs: t.URLs, Username: t.Username, Password: t.Password}, true)
	for _, e := range t.External {
		add(e, false)
	}
	return list
}

// turnWords is how each way is called.
var turnWords = map[string]string{TurnUDP: "UDP", TurnTCP: "TCP", TurnTLS: "TLS"}

// turn asks the relays by one way, all at once, until one has opened a relay socket.
func (r *run) turn(ctx context.Context, step string, all []endpoint) Finding {
	by := turnWords[step]
	var mine []endpoint
	for _, e := range all {
		if e.step == step {
			mine = append(mine, e)
		}
	}
	if mine = unique(mine); len(mine) == 0 {
		return probe.Omitted("The server has no relay by " + by + ".")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ends := make(chan error, len(mine))
	for _, e := range mine {
		go func() { ends <- r.allocate(ctx, e) }()
	}
	var worst error
	for range mine {
		err := <-ends
		if err == nil {
			cancel()
			return probe.Passed("", "The relay answers by "+by+".")
		}
		if refused := (*probe.Refusal)(nil); worst == nil || errors.As(err, &refused) || errors.Is(err, relay.ErrKey) {
			worst = err // what says more than silence
		}
	}
	return unallocated(worst, step, mine)
}

func (r *run) allocate(ctx context.Context, e endpoint) error {
	conn, err := r.dial(ctx, e)
	if err != nil {
		return err
	}
	defer conn.Close()
	return probe.Allocate(ctx, conn, e.username, e.password)
}

// dial connects as a call does. By UDP that is by IPv4 alone.
func (r *run) dial(ctx context.Context, e endpoint) (net.Conn, error) {
	if e.step == TurnUDP {
		return (&net.Dialer{}).DialContext(ctx, "udp4", e.address)
	}
	s := relay.Security{TLS: e.step == TurnTLS}
	if e.own {
		s.Key = identity.PublicKey(r.config.Link.Key)
	}
	return relay.Dial(ctx, e.address, s)
}

// The codes that a relay refuses by, which say something to people.
const (
	codeBadRequest   = 400 // pion says this where RFC 8489, section 9.2.4 has the next
	codeUnauthorized = 401
	codeQuota        = 486 // RFC 8656, section 19
	codeCapacity     = 508
)

func unallocated(err error, step string, tried []endpoint) Finding {
	var refused *probe.Refusal
	var address *net.AddrError
	by := turnWords[step]
	switch {
	case errors.As(err, &refused) && (refused.Code == codeUnauthorized || refused.Code == codeBadRequest):
		return probe.Failed("unauthorized", "The relay does not take the password that the server has given: their secrets or their clocks differ. Tell whoever runs the server.")
	case errors.As(err, &refused) && (refused.Code == codeQuota || refused.Code == codeCapacity):
		return probe.Failed("quota", "The relay has no room for one more connection of yours. Try again in ten minutes.")
	case errors.As(err, &refused):
		return probe.Failed("refused", "The relay answers by "+by+", but refuses ("+strconv.Itoa(refused.Code)+"). Tell whoever runs the server.")
	case errors.Is(err, relay.ErrKey):
		return probe.Failed("server_key", "Whoever answers at the relay's address is not the server of the invite. Try another network, and tell whoever runs the server.")
	case step == TurnUDP && (errors.As(err, &address) || errors.Is(err, probe.ENETUNREACH)):
		return probe.Omitted("There is no way to the relay by IPv4, and by IPv6 it is asked by TCP and TLS.")
	}
	return probe.Failed("no_answer", "The relay does not answer by "+by+" ("+portsOf(tried)+"): a firewall, yours, the network's or the server's, is in between. "+
		"One of the three ways is enough for a call.")
}

func portsOf(tried []endpoint) string {
	var names []string
	for _, e := range tried {
		_, port, _ := net.SplitHostPort(e.address)
		names = append(names, port)
	}
	return enumerate(names)
}

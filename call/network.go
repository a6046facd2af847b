package call

import (
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"
)

// How often this machine's way into the network is looked at, in a place and outside of one; and from when on a gap between two
// looks means that the machine, or the program, has slept.
const (
	lookAroundEvery = 500 * time.Millisecond
	idleLook        = 2 * time.Second
	sleptAfter      = 5 * time.Second
)

// outlook is how this machine stands in the network: the addresses that it sends from. A change of one, for whatever reason, means
// that no path and no connection from before is to be relied on.
type outlook struct {
	four netip.Addr
	six  netip.Prefix // its addresses change with the hours, and the old ones go on to be of use
	rest []netip.Addr // all there are, where no way leads out
}

func (o outlook) equal(p outlook) bool {
	return o.four == p.four && o.six == p.six && slices.Equal(o.rest, p.rest)
}

// nowhere: there is no network.
func (o outlook) nowhere() bool { return !o.four.IsValid() && !o.six.IsValid() && len(o.rest) == 0 }

// lookout finds out what has changed since it last looked. It is a pure function of what it is told: the two clocks are those of
// the machine, of which a sleep stops the one (on Linux) or neither, and jumps of the wall's mean nothing but that.
type lookout struct {
	seen       outlook
	mono, wall time.Duration
	began      bool
}

func (l *lookout) look(now outlook, mono, wall time.Duration) (ev networkChanged, changed bool) {
	ev = networkChanged{moved: !now.equal(l.seen) && !now.nowhere(), gone: now.nowhere() && !l.seen.nowhere()}
	ev.woke = max(mono-l.mono, wall-l.wall) > sleptAfter
	changed = l.began && (ev.moved || ev.gone || ev.woke)
	l.seen, l.mono, l.wall, l.began = now, mono, wall, true
	return ev, changed
}

// network watches for changes of the network and for sleep as long as the engine lives.
type network struct {
	post  func(event)
	busy  atomic.Bool // somebody sits in a place
	stop  chan struct{}
	ended chan struct{}
}

func startNetwork(post func(event)) *network {
	n := &network{post: post, stop: make(chan struct{}), ended: make(chan struct{})}
	go n.run()
	return n
}

func (n *network) run() {
	defer close(n.ended)
	var l lookout
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-n.stop:
			return
		case <-timer.C:
		}
		now := time.Now()
		if ev, changed := l.look(lookOut(), now.Sub(start), now.Round(0).Sub(start.Round(0))); changed {
			n.post(ev)
		}
		if timer.Reset(idleLook); n.busy.Load() {
			timer.Reset(lookAroundEvery)
		}
	}
}

func (n *network) shutdown() {
	close(n.stop)
	<-n.ended
}

// lookOut asks which addresses this machine would send from. No packet leaves: to connect a UDP socket only asks for the route.
// The addresses asked about are nobody's (RFC 5737, RFC 3849).
func lookOut() (o outlook) {
	o.four = source("udp4", "192.0.2.1:9")
	if six := source("udp6", "[2001:db8::1]:9"); six.IsValid() {
		o.six = networkOf(six)
	}
	if !o.four.IsValid() && !o.six.IsValid() {
		o.rest = addresses()
	}
	return o
}

func source(family, to string) netip.Addr {
	c, err := net.Dial(family, to)
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	return addressOf(c.LocalAddr())
}

// addressOf is a without its port and zone.
func addressOf(a net.Addr) netip.Addr {
	if a == nil {
		return netip.Addr{}
	}
	ap, _ := netip.ParseAddrPort(a.String())
	return ap.Addr().Unmap().WithZone("")
}

// addresses are those of interfaces that are up and plugged in, less what only leads to oneself or one's neighbours.
func addresses() (list []netip.Addr) {
	interfaces, _ := net.Interfaces() // none is what nobody can tell
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagRunning == 0 {
			continue
		}
		addrs, _ := i.Addrs() // it may have gone just now
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().IsGlobalUnicast() {
				list = append(list, p.Addr().Unmap())
			}
		}
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return list
}

// misrouted says that what goes to an address would now be sent from elsewhere than a connection with these ends is: it is cut off,
// or will be.
func misrouted(local, remote net.Addr) bool {
	from, to := addressOf(local), addressOf(remote)
	if !from.IsValid() || !to.IsValid() || to.IsLinkLocalUnicast() {
		return false // or nobody can tell: a neighbour's address needs a zone
	}
	family := "udp4"
	if to.Is6() {
		family = "udp6"
	}
	return !alike(source(family, netip.AddrPortFrom(to, 9).String()), from)
}

// alike says that two addresses of this machine lead the same way: of IPv6 it takes new ones by the hours (RFC 8981).
func alike(a, b netip.Addr) bool {
	if a.Is6() && b.Is6() {
		return networkOf(a) == networkOf(b)
	}
	return a == b
}

// networkOf is the part of an IPv6 address that stays; it is of a length that every address has.
func networkOf(a netip.Addr) netip.Prefix {
	p, _ := a.Prefix(64)
	return p
}

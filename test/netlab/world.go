//go:build linux

package netlab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
)

// World is an internet and what is on it. It is built step by step; after a step that failed the rest do nothing, and Err
// tells. Its addresses look like anybody's: those reserved for tests are refused by whatever tells private from public ones.
// No packet leaves it. One goroutine builds and changes it; only Links are for all.
type World struct {
	Internet *Network

	mark  string
	seed  uint64
	err   error
	nodes []Node
	links []*Link
	hosts []*Host
}

// Network is a router and what is behind it.
type Network struct {
	Node
	Uplink *Port // where the router is plugged in; nil: this is the internet

	world  *World
	router Router
	four   netip.Prefix // of the inside
	six    netip.Prefix
	next   int // number of who is plugged in next
}

// Host is a machine.
type Host struct {
	Node
	Ports []*Port

	world *World
	name  string
}

// What the inside of networks is numbered from. All homes are alike, and all carriers, as they are in the world.
var (
	internet4 = netip.MustParsePrefix("11.0.0.0/16")
	internet6 = netip.MustParsePrefix("2fff::/64")
	home4     = netip.MustParsePrefix("192.168.1.0/24")
	carrier4  = netip.MustParsePrefix("100.64.0.0/16")
)

const firstHost = 10

// NewWorld makes an internet with nothing on it. seed decides what bad links do.
func NewWorld(seed uint64) *World {
	w := &World{mark: newMark(), seed: seed}
	w.Internet = &Network{world: w, four: internet4, six: internet6, next: firstHost}
	if w.err = sweep(); w.err == nil {
		w.Internet.Node = w.node("internet", true)
	}
	return w
}

// Err is what went wrong while the world was built.
func (w *World) Err() error { return w.err }

// try does a step if all before went well.
func (w *World) try(step func() error) {
	if w.err == nil {
		w.err = step()
	}
}

// node makes a namespace that routes, or does not.
func (w *World) node(name string, routes bool) (n Node) {
	w.try(func() (err error) {
		if n, err = newNode(w.mark, name); err != nil {
			return err
		}
		w.nodes = append(w.nodes, n)
		values := []string{"ipv4/conf/all/rp_filter=0", "ipv4/conf/default/rp_filter=0",
			// Nobody else has our addresses: no second of waiting for one who says so.
			"ipv6/conf/all/accept_dad=0", "ipv6/conf/default/accept_dad=0", "ipv6/conf/default/accept_ra=0"}
		if routes {
			values = append(values, "ipv4/ip_forward=1", "ipv6/conf/all/forwarding=1")
		}
		return errors.Join(n.set(values...), n.ip("link set lo up"))
	})
	return n
}

// Network puts a router on a network.
func (w *World) Network(name string, on *Network, r Router) *Network {
	n := &Network{world: w, router: r, four: home4, six: w.prefix(), next: firstHost}
	if !r.LAN {
		n.four = carrier4
	}
	n.Node = w.node(name, true)
	n.Uplink = w.plug(n.Node, on, uplink, 0, r.Families)
	n.Uplink.renumbered = n.apply
	w.try(n.open)
	return n
}

// open makes the inside and the way to it.
func (n *Network) open() error {
	var commands []string
	f := n.router.Families
	if n.router.LAN {
		// A switch is none of the firewall's business. Without the kernel's br_netfilter it never is.
		if err := n.set("bridge/bridge-nf-call-iptables=0", "bridge/bridge-nf-call-ip6tables=0"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		commands = append(commands, "link add lan type bridge", "link set lan up")
		if f.has4() {
			commands = append(commands, fmt.Sprintf("addr add %s/%d dev lan", number(n.four, 1), n.four.Bits()))
		}
		if f.has6() {
			commands = append(commands, fmt.Sprintf("addr add %s/%d dev lan nodad", number(n.six, 1), n.six.Bits()))
		}
	}
	if err := n.ip(commands...); err != nil {
		return err
	}
	if on := n.Uplink.on; f.has6() {
		via := ""
		if on.router.LAN {
			via = " via " + n.Uplink.six.String()
		}
		if err := on.ip(fmt.Sprintf("route add %s%s dev %s", n.six, via, n.Uplink.far)); err != nil {
			return err
		}
	}
	return n.apply()
}

// prefix is one of the IPv6 internet's that nobody has yet.
func (w *World) prefix() netip.Prefix {
	a := internet6.Addr().As16()
	a[6], a[7] = byte(len(w.nodes)>>8), byte(len(w.nodes)) // of at least one, the internet's
	return netip.PrefixFrom(netip.AddrFrom16(a), internet6.Bits())
}

func number(p netip.Prefix, n int) netip.Addr {
	b := p.Addr().AsSlice()
	b[len(b)-2], b[len(b)-1] = b[len(b)-2]+byte(n>>8), b[len(b)-1]+byte(n)
	a, _ := netip.AddrFromSlice(b) // as long as it was
	return a
}

// apply lets the router's rules hold.
func (n *Network) apply() error {
	var outer netip.Addr
	if n.Uplink != nil {
		outer = n.Uplink.four
	}
	return n.nft(n.router.rules(outer))
}

// Become makes the router treat what passes from now on as another would; families and LAN stay as they are.
func (n *Network) Become(r Router) error {
	n.router.NAT, n.router.Hairpin, n.router.Firewall = r.NAT, r.Hairpin, r.Firewall
	return errors.Join(n.apply(), n.Flush())
}

// Flush makes the router forget all connections, as one does that is switched off and on: nothing comes in before
// something goes out, and a symmetric NAT gives other ports. One that maps ports as they are does so again; it is another to the
// world when its Uplink is renumbered.
func (n *Network) Flush() error { return n.Do(flushConnections) }

// Host puts a machine on a network. On the internet it has a name, too, see DNS.
func (w *World) Host(name string, on *Network) *Host {
	h := &Host{world: w, name: name}
	h.Node = w.node(name, false)
	_, _ = h.Plug(on) // see Err
	w.hosts = append(w.hosts, h)
	w.try(w.tellNames)
	return h
}

// Plug gives the host one more way into a network: its interfaces are eth0, eth1 and so on, and it uses the first that is up.
func (h *Host) Plug(on *Network) (*Port, error) {
	w := h.world
	p := w.plug(h.Node, on, fmt.Sprintf("eth%d", len(h.Ports)), len(h.Ports), on.router.Families)
	p.renumbered = w.tellNames
	h.Ports = append(h.Ports, p)
	return p, w.err
}

// DNS is what a host on the internet is called.
func (h *Host) DNS() string { return h.name + ".lab" }

// IP4 is the host's address on its first network; invalid where that has only IPv6.
func (h *Host) IP4() netip.Addr { return h.Ports[0].four }

// IP6 is likewise.
func (h *Host) IP6() netip.Addr { return h.Ports[0].six }

// tellNames writes everybody's /etc/hosts, for programs that are started later.
func (w *World) tellNames() error {
	var b strings.Builder
	b.WriteString("127.0.0.1 localhost\n::1 localhost\n")
	for _, h := range w.hosts {
		if h.Ports[0].on == w.Internet {
			fmt.Fprintf(&b, "%s %s\n%s %s\n", h.IP4(), h.DNS(), h.IP6(), h.DNS())
		}
	}
	for _, h := range w.hosts {
		if err := h.file("hosts", b.String()); err != nil {
			return err
		}
	}
	return nil
}

// Close removes the world. Programs in it lose their network.
func (w *World) Close() error {
	var errs []error
	for _, l := range w.links {
		errs = append(errs, l.close())
	}
	for _, n := range w.nodes {
		errs = append(errs, n.remove())
	}
	w.links, w.nodes = nil, nil
	return errors.Join(errs...)
}

package doctor

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pion/stun/v3"

	"parley/probe"
	"parley/wire"
)

// maxServers bounds how many addresses that a server tells are asked, for each step.
const maxServers = 8

// stun asks by UDP as what one is seen, several servers from one socket: who is seen as the same by all is reached by others
// directly (RFC 5780, section 4.3, as far as it goes with servers that answer from where they are asked).
func (r *run) stun(ctx context.Context, relay *wire.Turn) Finding {
	servers := resolved(ctx, r.stunServers(relay))
	var found [2]probe.Finding // by IPv4, by IPv6
	var both sync.WaitGroup
	for i, network := range []string{"udp4", "udp6"} {
		list := slices.DeleteFunc(slices.Clone(servers), func(a netip.AddrPort) bool { return a.Addr().Is4() != (network == "udp4") })
		if found[i] = probe.Omitted("The server has no address for it."); len(list) > 0 {
			both.Go(func() { found[i] = mapped(ctx, network, list) })
		}
	}
	both.Wait()
	if found[0].Result == probe.Skipped || found[0].Result == probe.Fail && found[1].Result == probe.Pass {
		return found[1]
	}
	return found[0]
}

// stunServers are HOST:PORT. The gateway's port answers too, so there is one to ask before one is let in.
func (r *run) stunServers(relay *wire.Turn) []string {
	list := []string{r.config.Link.Host}
	if relay != nil {
		list = list[:0]
		for _, u := range slices.Concat(relay.STUN, relay.URLs) {
			if uri, err := stun.ParseURI(u); err == nil && uri.Scheme == stun.SchemeTypeSTUN {
				list = append(list, net.JoinHostPort(uri.Host, strconv.Itoa(uri.Port)))
			}
		}
	}
	return unique(list)
}

func unique[T comparable](list []T) (out []T) {
	for _, x := range list {
		if !slices.Contains(out, x) && len(out) < maxServers {
			out = append(out, x)
		}
	}
	return out
}

// resolved are the addresses of HOST:PORTs, one of each family.
func resolved(ctx context.Context, hosts []string) (list []netip.AddrPort) {
	for _, h := range hosts {
		host, port, err := net.SplitHostPort(h)
		n, wrong := strconv.ParseUint(port, 10, 16)
		if err != nil || wrong != nil {
			continue
		}
		for _, network := range []string{"ip4", "ip6"} {
			if addrs, err := net.DefaultResolver.LookupNetIP(ctx, network, host); err == nil && len(addrs) > 0 {
				list = append(list, netip.AddrPortFrom(addrs[0].Unmap(), uint16(n)))
			}
		}
	}
	return unique(list)
}

func mapped(ctx context.Context, network string, servers []netip.AddrPort) Finding {
	conn, err := net.ListenPacket(network, ":0")
	if err != nil {
		return probe.Failed("no_socket", "This computer gives no socket for UDP. See that a security program does not forbid it to Parley.")
	}
	defer conn.Close()
	seen := slices.DeleteFunc(probe.Mapped(ctx, conn, servers), func(a netip.AddrPort) bool { return !a.IsValid() })
	switch {
	case len(seen) == 0:
		return probe.Failed("no_udp", "No answer by UDP ("+portsAt(servers)+"): a firewall, yours or the network's, lets none out. "+
			"Calls go through the relay by TCP or TLS then, with more delay. Have UDP allowed, or try another network.")
	case isOwn(seen[0], conn):
		return probe.Passed("open", "UDP comes through, and nothing stands between this computer and the internet.")
	case len(servers) < 2 || len(seen) < 2:
		return probe.Passed("one", "UDP comes through. Whether your router shows you as the same to everybody can't be told by a single answer.")
	case len(unique(seen)) == 1:
		return probe.Passed("same", "UDP comes through, and your router shows you as the same to everybody: people can connect to you directly.")
	}
	return probe.Passed("different", "UDP comes through, but your router shows you as somebody else to each (a symmetric NAT): a call to people behind such a router goes through the relay.")
}

// isOwn tells whether one is seen as what one is.
func isOwn(seen netip.AddrPort, conn net.PacketConn) bool {
	local, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok || local.AddrPort().Port() != seen.Port() {
		return false
	}
	list, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(list, func(a net.Addr) bool {
		n, ok := a.(*net.IPNet)
		if !ok {
			return false
		}
		own, ok := netip.AddrFromSlice(n.IP)
		return ok && own.Unmap() == seen.Addr()
	})
}

func portsAt(list []netip.AddrPort) string {
	var names []string
	for _, a := range list {
		names = append(names, strconv.Itoa(int(a.Port())))
	}
	return enumerate(names)
}

// enumerate names ports.
func enumerate(ports []string) string {
	if ports = unique(ports); len(ports) == 1 {
		return "port " + ports[0]
	}
	return "ports " + strings.Join(ports, ", ")
}

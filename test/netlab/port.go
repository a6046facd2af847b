//go:build linux

package netlab

import (
	"fmt"
	"net/netip"
)

// Port is where a host or a router is plugged into a network.
type Port struct {
	Device string
	Link   *Link // the cable, which can be bad; nil in a LAN

	node      Node
	on        *Network
	far       string // the device at the network's router
	families  Families
	rank      int // of several devices that are up, the lowest is used
	four, six netip.Addr

	renumbered func() error // who else has to know
}

// mtu is what homes have.
const mtu = 1492

// plug makes the device, its cable and its addresses.
func (w *World) plug(node Node, on *Network, device string, rank int, f Families) *Port {
	p := &Port{Device: device, node: node, on: on, far: fmt.Sprintf("port%d", on.next), families: f, rank: rank}
	p.number()
	if on.router.LAN {
		w.try(p.toSwitch)
	} else {
		w.try(p.toRouter)
	}
	if !f.has6() { // the kernel would have addresses of its own there
		w.try(func() error { return node.set("ipv6/conf/" + device + "/disable_ipv6=1") })
	}
	w.try(p.Up)
	return p
}

// toSwitch lays the cable to the LAN.
func (p *Port) toSwitch() error {
	if err := p.node.ip(fmt.Sprintf("link add %s type veth peer name %s netns %s", p.Device, p.far, p.on.Name)); err != nil {
		return err
	}
	return p.on.ip("link set " + p.far + " master lan up")
}

// toRouter lays a cable that can be bad.
func (p *Port) toRouter() (err error) {
	w := p.on.world
	if p.Link, err = join(w.seed+uint64(2*len(w.links)), p.node, p.Device, p.on.Node, p.far); err != nil {
		return err
	}
	w.links = append(w.links, p.Link)
	return p.on.ip(fmt.Sprintf("link set %s mtu %d up", p.far, mtu))
}

// number takes the network's next addresses.
func (p *Port) number() {
	on := p.on
	if p.families.has4() {
		p.four = number(on.four, on.next)
	}
	if p.families.has6() {
		p.six = number(on.six, on.next)
	}
	on.next++
}

// Up switches the device on, with its addresses and as one that leads to everywhere. It may be so already.
func (p *Port) Up() error {
	commands := []string{fmt.Sprintf("link set %s mtu %d up", p.Device, mtu)}
	var routes []string // at the other side
	for _, a := range []struct {
		mine   netip.Addr
		inside netip.Prefix
		all    string
	}{{p.four, p.on.four, "0.0.0.0/0"}, {p.six, p.on.six, "::/0"}} {
		if !a.mine.IsValid() {
			continue
		}
		bits, via, nodad := a.mine.BitLen(), "", ""
		if p.on.router.LAN {
			bits, via = a.inside.Bits(), " via "+number(a.inside, 1).String()
		} else {
			routes = append(routes, fmt.Sprintf("route replace %s/%d dev %s", a.mine, bits, p.far))
		}
		if a.mine.Is6() {
			nodad = " nodad"
		}
		commands = append(commands,
			fmt.Sprintf("addr replace %s/%d dev %s%s", a.mine, bits, p.Device, nodad),
			fmt.Sprintf("route replace %s%s dev %s metric %d", a.all, via, p.Device, 100+p.rank))
	}
	if err := p.node.ip(commands...); err != nil {
		return err
	}
	return p.on.ip(routes...)
}

// Down switches the device off.
func (p *Port) Down() error { return p.node.ip("link set " + p.Device + " down") }

// Renumber gives the device other addresses in the same network; those before are nobody's any more.
func (p *Port) Renumber() error {
	four, six := p.four, p.six
	p.number()
	var old, routes []string
	for _, a := range []netip.Addr{four, six} {
		if !a.IsValid() {
			continue
		}
		old = append(old, fmt.Sprintf("addr flush dev %s to %s", p.Device, a))
		if !p.on.router.LAN {
			routes = append(routes, fmt.Sprintf("route del %s dev %s", a, p.far))
		}
	}
	if err := p.node.ip(old...); err != nil {
		return err
	}
	if err := p.on.ip(routes...); err != nil {
		return err
	}
	if err := p.Up(); err != nil {
		return err
	}
	return p.renumbered()
}

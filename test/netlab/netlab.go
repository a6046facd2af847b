//go:build linux

// Package netlab makes networks out of nothing: machines, home routers, carriers and the internet between them, on a
// machine that need have no network at all. What they are is declared in a few lines, and changed while programs run in them:
//
//	World    an internet, the networks and the hosts on it
//	Network  what stands behind a router: NAT of several kinds, firewall, hairpin; Flush makes it forget, Become changes it
//	Host     a machine; programs run in its namespace (lab.Command.Netns), or functions (Do)
//	Port     where a host or a router is plugged in: Down, Up, Renumber
//	Link     the cable of a port, with loss, delay, jitter, bursts, reordering, duplicates and rate
//	New      just two machines and a Link between them
//
// Hosts and routers are network namespaces, and routers' rules are nftables'. The kernel need not have netem: a Link is two TUN
// devices and a goroutine between them. All of it needs root, and nothing that it carries leaves the machine. What a process that
// crashed has left behind, the next one sweeps away.
package netlab

import "errors"

// Net is two namespaces, A and B, and the link between them.
type Net struct {
	*Link
	A, B Side
}

// Side is one namespace and its address on the link.
type Side struct {
	Node
	IP string
}

// New makes the namespaces with a perfect link. seed decides which packets a bad one will lose.
func New(seed uint64) (_ *Net, err error) {
	if err := sweep(); err != nil {
		return nil, err
	}
	n, mark := &Net{}, newMark()
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
		}
	}()
	if n.A, err = newSide(mark, "a", "10.199.0.1"); err != nil {
		return nil, err
	}
	if n.B, err = newSide(mark, "b", "10.199.0.2"); err != nil {
		return nil, err
	}
	if n.Link, err = join(seed, n.A.Node, uplink, n.B.Node, uplink); err != nil {
		return nil, err
	}
	return n, errors.Join(n.A.up(), n.B.up())
}

// Nodes is both machines.
func (n *Net) Nodes() [2]*Node { return [2]*Node{&n.A.Node, &n.B.Node} }

func newSide(mark, name, ip string) (Side, error) {
	node, err := newNode(mark, name)
	return Side{node, ip}, err
}

// Device is what the side has on the link.
func (Side) Device() string { return uplink }

func (s Side) up() error {
	return s.ip("link set lo up", "addr add "+s.IP+"/24 dev "+uplink, "link set "+uplink+" mtu 1400 up")
}

// join lays a cable between two namespaces.
func join(seed uint64, a Node, devA string, b Node, devB string) (*Link, error) {
	first, err := a.tun(devA)
	if err != nil {
		return nil, err
	}
	second, err := b.tun(devB)
	if err != nil {
		return nil, errors.Join(err, first.Close())
	}
	return newLink(seed, first, second), nil
}

// Close removes the namespaces; programs in them lose their network.
func (n *Net) Close() error {
	var errs []error
	if n.Link != nil {
		errs = append(errs, n.Link.close())
	}
	for _, s := range []Side{n.A, n.B} {
		if s.Name != "" {
			errs = append(errs, s.remove())
		}
	}
	return errors.Join(errs...)
}

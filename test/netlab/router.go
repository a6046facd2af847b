package netlab

import (
	"fmt"
	"net/netip"
	"strings"
)

// Router is how the router of a network treats what passes. The zero value routes IPv4 and IPv6 alike and hides nothing: an
// internet.
type Router struct {
	Families Families
	NAT      NAT
	Hairpin  bool     // with NAT: what the inside sends to the router's outer address finds the one of the inside that it is for
	Firewall Firewall // what the inside may send; nothing comes in by itself where there is a NAT or a firewall
	LAN      bool     // hosts share one wire, multicast included; else each has a cable to the router, and these can be bad
}

// Families are the versions of IP that there are.
type Families int

// Both is the zero value.
const (
	Both Families = iota
	IPv4Only
	IPv6Only
)

func (f Families) has4() bool { return f != IPv6Only }
func (f Families) has6() bool { return f != IPv4Only }

// NAT is how a router hides what is behind it (RFC 4787). All of them filter by address and port: a packet comes in from
// where one has gone out to. That is what Linux does, and so what most home routers do.
type NAT int

const (
	NoNAT     NAT = iota
	Mapped        // one outer port for one inner port, whatever the destination: endpoint-independent mapping
	Symmetric     // another outer port for each destination, at random: address- and port-dependent mapping
)

// Firewall is what may go out.
type Firewall int

const (
	Open       Firewall = iota // everything; without NAT, everything may come in, too
	OutOnly                    // everything, but nothing comes in that was not asked for
	NoUDP                      // TCP to any port
	OnlyTCP443                 // TCP to port 443
)

// The routers that people have.
var (
	Home         = Router{Families: IPv4Only, NAT: Mapped, LAN: true}
	Carrier      = Router{Families: IPv4Only, NAT: Mapped, Hairpin: true} // RFC 6888 wants the hairpin; homes stand behind it
	SymmetricNAT = Router{Families: IPv4Only, NAT: Symmetric, LAN: true}
	UDPDropped   = Router{Families: IPv4Only, NAT: Mapped, Firewall: NoUDP, LAN: true}
	Only443      = Router{Families: IPv4Only, NAT: Mapped, Firewall: OnlyTCP443, LAN: true}
	SixOnly      = Router{Families: IPv6Only, Firewall: OutOnly, LAN: true}
)

// uplink is a router's device towards the network that it is plugged into.
const uplink = "wan"

// rules are nftables', for a router whose outer address is outer.
func (r Router) rules(outer netip.Addr) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if r.NAT != NoNAT || r.Firewall != Open {
		line("table inet filter {")
		// What comes for the router itself is dropped, and so leaves no trace in the table of connections: a trace of the far
		// end's first packet would take the port that our own first packet to it is about to get.
		line("chain input { type filter hook input priority 0; policy drop; ct state established,related accept; iifname != %q accept; }", uplink)
		line("chain forward { type filter hook forward priority 0; policy drop;")
		switch r.Firewall {
		case NoUDP:
			line("oifname %q meta l4proto udp drop", uplink)
		case OnlyTCP443:
			line("oifname %q meta l4proto != tcp drop", uplink)
			line("oifname %q tcp dport != 443 drop", uplink)
		}
		line("ct state established,related accept")
		line("iifname != %q oifname %q accept", uplink, uplink)
		line("iifname != %q ct status dnat accept", uplink)
		line("}\n}")
	}
	if r.NAT == NoNAT {
		return b.String()
	}
	line("table ip nat {")
	if r.Hairpin {
		line("map inner { type inet_service : ipv4_addr . inet_service; flags dynamic; size 65536; }")
		line("chain prerouting { type nat hook prerouting priority -100;")
		line("iifname != %q ip daddr %s meta l4proto udp dnat ip to udp dport map @inner", uplink, outer)
		line("}")
	}
	line("chain postrouting { type nat hook postrouting priority 100;")
	if r.Hairpin { // masquerade keeps the port, unless it is taken
		line("oifname %q meta l4proto udp update @inner { udp sport : ip saddr . udp sport }", uplink)
		line("oifname != %q ct status dnat meta l4proto udp snat to %s", uplink, outer)
		line("meta l4proto udp ct status dnat accept")
	}
	masquerade := "masquerade"
	if r.NAT == Symmetric {
		masquerade = "masquerade fully-random"
	}
	line("oifname %q %s", uplink, masquerade)
	line("}\n}")
	return b.String()
}

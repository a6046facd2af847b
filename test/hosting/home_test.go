//go:build linux

package hosting

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/test/lab"
)

// home is a house with two computers behind a router, and somebody elsewhere. Nothing leaves it.
//
//	outside 11.7.0.2 ── 11.7.0.1 router 192.168.7.1 ── den 192.168.7.5, attic 192.168.7.6
type home struct {
	t                           *testing.T
	outside, router, den, attic string // namespaces
	address                     string // of the router, outside
}

// newHome builds one whose router has that address outside, and lets nobody in.
func newHome(t *testing.T, address string) *home {
	t.Helper()
	name := func(s string) string { return fmt.Sprintf("parley%d%s", os.Getpid(), s) }
	h := &home{t: t, outside: name("o"), router: name("r"), den: name("d"), attic: name("a"), address: address}
	for _, ns := range []string{h.outside, h.router, h.den, h.attic} {
		if out, err := exec.Command("ip", "netns", "add", ns).CombinedOutput(); err != nil {
			t.Fatalf("make a network namespace (needs root): %v: %s", err, out)
		}
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() })
		h.ip(ns, "link set lo up")
	}
	beyond := address[:strings.LastIndexByte(address, '.')] + ".2"
	h.ip(h.router, "link add lan type bridge", "link set lan up", "addr add 192.168.7.1/24 dev lan")
	h.cable(h.router, "wan", h.outside, beyond)
	h.ip(h.router, "addr add "+address+"/24 dev wan")
	for i, ns := range []string{h.den, h.attic} {
		port := fmt.Sprintf("lan%d", i)
		h.cable(h.router, port, ns, fmt.Sprintf("192.168.7.%d", 5+i))
		h.ip(h.router, "link set "+port+" master lan")
		h.ip(ns, "route add default via 192.168.7.1")
	}
	h.run(h.router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
	h.run(h.router, "nft", `table inet filter {
		chain forward { type filter hook forward priority 0; policy drop; ct state established,related accept; iifname "lan" accept; jump miniupnpd; }
		chain miniupnpd { }
		chain prerouting { type nat hook prerouting priority -100; policy accept; jump prerouting_miniupnpd; }
		chain postrouting { type nat hook postrouting priority 100; policy accept; jump postrouting_miniupnpd; oifname "wan" masquerade; }
		chain prerouting_miniupnpd { }
		chain postrouting_miniupnpd { }
	}`)
	return h
}

func (h *home) run(ns string, name string, args ...string) string {
	h.t.Helper()
	out, err := exec.Command("ip", append([]string{"netns", "exec", ns, name}, args...)...).CombinedOutput()
	if err != nil {
		h.t.Fatalf("%s %q: %v: %s", name, args, err, out)
	}
	return string(out)
}

func (h *home) ip(ns string, commands ...string) {
	h.t.Helper()
	for _, c := range commands {
		if out, err := exec.Command("ip", append([]string{"-n", ns}, strings.Fields(c)...)...).CombinedOutput(); err != nil {
			h.t.Fatalf("ip %s: %v: %s", c, err, out)
		}
	}
}

// cable joins a port of the router with a machine of that address.
func (h *home) cable(from, port, to, address string) {
	h.t.Helper()
	h.ip(from, "link add "+port+" type veth peer name eth0 netns "+to, "link set "+port+" up")
	h.ip(to, "addr add "+address+"/24 dev eth0", "link set eth0 up")
}

// What a router may be set to.
const (
	speaksPMP  = "enable_natpmp=yes\nenable_upnp=no\n"
	speaksUPnP = "enable_natpmp=no\nenable_upnp=yes\n"
	lets       = "allow 1024-65535 192.168.7.0/24 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535\n"
	letsNobody = "deny 0-65535 0.0.0.0/0 0-65535\n"
)

// daemon starts miniupnpd on the router.
func (h *home) daemon(conf string) {
	h.t.Helper()
	dir := scratch(h.t)
	path := filepath.Join(dir, "conf")
	conf = `ext_ifname=wan
listening_ip=lan
port=0
min_lifetime=60
max_lifetime=3600
secure_mode=yes
system_uptime=yes
upnp_table_name=filter
upnp_nat_table_name=filter
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
uuid=00000000-0000-0000-0000-000000000001
` + conf
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		h.t.Fatal(err)
	}
	p, err := lab.Start(lab.Command{Netns: h.router, Path: "miniupnpd", Args: []string{"-d", "-f", path, "-P", filepath.Join(dir, "pid")}}, nil, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { p.Close() })
	await(h.t, "miniupnpd listens", func() bool {
		select {
		case <-p.Done():
			h.t.Fatalf("miniupnpd has ended: %s", p.Stderr())
		default:
		}
		said := p.Stderr()
		return (!strings.Contains(conf, "upnp=yes") || strings.Contains(said, "HTTP listening")) && (!strings.Contains(conf, "natpmp=yes") || strings.Contains(said, "NAT-PMP/PCP traffic"))
	})
}

// mappings counts what the router passes on.
func (h *home) mappings() int {
	h.t.Helper()
	return strings.Count(h.run(h.router, "nft", "list", "chain", "inet", "filter", "prerouting_miniupnpd"), "dnat ip to")
}

// reaches tells whether somebody outside gets through to a server by TCP and UDP.
func (h *home) reaches(tcp, udp string) (bool, bool) {
	h.t.Helper()
	host, port, err := net.SplitHostPort(tcp)
	if err != nil {
		h.t.Fatal(err)
	}
	byTCP := exec.CommandContext(within(h.t, 10*time.Second), "ip", "netns", "exec", h.outside, "bash", "-c", "exec 3<>/dev/tcp/$0/$1", host, port).Run() == nil
	self, err := os.Executable()
	if err != nil {
		h.t.Fatal(err)
	}
	c := exec.CommandContext(within(h.t, 20*time.Second), "ip", "netns", "exec", h.outside, self)
	c.Env = append(os.Environ(), stunTo+"="+udp)
	return byTCP, c.Run() == nil
}

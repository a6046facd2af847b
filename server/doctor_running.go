package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"parley/identity"
	"parley/probe"
	"parley/server/certs"
	"parley/server/router"
	"parley/wire"
)

// portsAnswer connects to each port by TCP, and asks each by UDP. Whether the world reaches them can't be told from within.
func (srv *Server) portsAnswer(ctx context.Context) probe.Finding {
	for _, l := range []net.Listener{srv.sockets.web, srv.sockets.relay} {
		at := inward(l.Addr())
		_, port, _ := net.SplitHostPort(at)
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at)
		if err != nil {
			return probe.Failed("closed", "TCP port "+port+" does not answer this computer itself: see that no firewall on it keeps the port closed.")
		}
		conn.Close()
		if !answersUDP(ctx, at) {
			return probe.Failed("closed", "UDP port "+port+" does not answer this computer itself: see that no firewall on it keeps the port closed, and that no other server listens there.")
		}
	}
	web, relay := portOf(srv.sockets.web.Addr()), portOf(srv.sockets.relay.Addr())
	if srv.sockets.wanted != "" {
		return probe.Failed("in_use", "Port "+srv.sockets.wanted+" belongs to another program, so the relay listens at "+relay+". End that program, or choose a port for the relay by --relay-listen and open it.")
	}
	return probe.Passed("", "Ports "+web+" and "+relay+" answer by TCP and UDP from within. Whether they do for the world, parleyctl doctor tells there.")
}

func portOf(a net.Addr) string {
	_, port, _ := net.SplitHostPort(a.String())
	return port
}

func answersUDP(ctx context.Context, at string) bool {
	to, err := netip.ParseAddrPort(at)
	if err != nil {
		return false
	}
	conn, err := net.ListenPacket("udp", net.JoinHostPort(unspecified(to.Addr()), "0"))
	if err != nil {
		return false
	}
	defer conn.Close()
	return probe.Mapped(ctx, conn, []netip.AddrPort{to})[0].IsValid()
}

func unspecified(a netip.Addr) string {
	if a.Is4() {
		return "0.0.0.0"
	}
	return "::"
}

// certificateHolds looks at the certificate that whoever comes for the domain gets.
func (srv *Server) certificateHolds(ctx context.Context) probe.Finding {
	c := srv.certs.State()
	var shown error
	if c.Issuer != "" {
		shown = srv.showsFor(ctx, c.Domain)
	}
	return certified(c, shown, time.Now())
}

// certified says how a certificate stands; shown is what is wrong with the one that is shown for the domain.
func certified(c certs.State, shown error, now time.Time) probe.Finding {
	left := c.Until.Sub(now)
	days := fmt.Sprintf("%d days", int(left/(24*time.Hour)))
	switch {
	case c.Domain == "":
		return probe.Passed("own", "The server has signed its certificate itself, which is enough for Parley: people's programs look at its key. For browsers give it a name by --domain.")
	case c.Issuer == "" && c.Trouble != "":
		return probe.Failed("not_issued", c.Trouble)
	case c.Issuer == "":
		return probe.Failed("not_issued", "No certificate has been issued for "+c.Domain+" yet: until then the server's own holds, which browsers refuse. Ask again in a minute.")
	case shown != nil:
		return probe.Failed("mismatch", "The certificate that is shown is not one for "+c.Domain+": restart the server with that name as --domain.")
	case left < soonEnds && c.Trouble != "":
		return probe.Failed("ends", "The certificate ends in "+days+" and can't be renewed: "+c.Trouble)
	}
	return probe.Passed("issued", "The certificate for "+c.Domain+" is by "+c.Issuer+" and good for "+days+"; it is renewed by itself.")
}

// showsFor tells whether who asks for a name gets a certificate for it.
func (srv *Server) showsFor(ctx context.Context, name string) error {
	d := tls.Dialer{Config: &tls.Config{
		ServerName: name, MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, // who vouches for it is another question
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				return x509.HostnameError{Host: name}
			}
			return s.PeerCertificates[0].VerifyHostname(name)
		},
	}}
	conn, err := d.DialContext(ctx, "tcp", inward(srv.sockets.web.Addr()))
	if err == nil {
		conn.Close()
	}
	return err
}

// addressLeadsHere looks where the address of invites leads.
func (srv *Server) addressLeadsHere(ctx context.Context) probe.Finding {
	var link wire.Link
	_ = srv.locked(func(h *hub) error { link = h.link; return nil })
	list, found := addressFound(ctx, link.Host)
	if found != nil {
		return *found
	}
	somebody := false
	for _, to := range list {
		answered, ours := srv.probe(ctx, to)
		if answered && ours {
			if !ofTheWorld(to.Addr()) {
				return reachOf(to.Addr())
			}
			return probe.Passed("", "The address that invites carry leads to this server.")
		}
		somebody = somebody || answered
	}
	switch {
	case somebody:
		return probe.Failed("other", "Somebody else answers at the address that invites carry: correct --public-host or the name's record, or what the router passes on.")
	case srv.Router().Reached():
		return probe.Passed("unseen", "The router says that it passes the ports on. From within its own network it can't be seen: let somebody outside run parleyctl doctor with an invite.")
	case srv.place.fixed:
		return probe.Passed("unseen", "Nobody answers from here at the address that invites carry. Many routers don't let their own network in by it: let somebody outside run parleyctl doctor with an invite.")
	}
	return probe.Failed("closed", "Nobody answers at the address that invites carry. See that it is this computer's, or give the right one by --public-host.")
}

// reachOf says of an address that is not of the world who comes by it.
func reachOf(a netip.Addr) probe.Finding {
	if a.IsLoopback() {
		return probe.Passed("loopback", "Invites lead to this computer itself: nobody else can join. Listen on all addresses, or give --public-host.")
	}
	return probe.Passed("lan", "Invites lead to a private address: people in the same network can join, and nobody else. For others have the router asked by --map-ports, or give --public-host.")
}

// addressFound looks a HOST:PORT up; else it says what is wrong.
func addressFound(ctx context.Context, host string) (list []netip.AddrPort, wrong *probe.Finding) {
	name, port, err := net.SplitHostPort(host)
	n, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil {
		f := probe.Failed("bad_address", "The address that invites carry is none: correct --public-host.")
		return nil, &f
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if err != nil || len(addrs) == 0 {
		f := probe.Failed("unknown", "Nobody knows the name that invites carry: give it an A or AAAA record with this server's public address, or correct --public-host.")
		return nil, &f
	}
	for _, a := range addrs {
		list = append(list, netip.AddrPortFrom(normal(a), uint16(n)))
	}
	return list[:min(len(list), 4)], nil
}

// routed says what the router has answered.
func routed(s RouterState) probe.Finding {
	switch s.Outcome {
	case "":
		return probe.Omitted("The router was not asked to let people in. Where there is one, ask it by --map-ports.")
	case router.Open, router.Needless:
		return probe.Passed(string(s.Outcome), s.Text)
	case router.Asking:
		return probe.Omitted(s.Text)
	}
	return probe.Failed(string(s.Outcome), s.Text)
}

// clockIsRight compares the clock with what there is to compare it with: itself since the start, and the authority's.
func (srv *Server) clockIsRight(ctx context.Context) probe.Finding {
	if f := sane(time.Now()); f.Result != probe.Pass {
		return f
	}
	if jump := time.Now().Round(0).Sub(srv.began.Round(0)) - time.Since(srv.began); jump.Abs() > badClock {
		return probe.Passed("jumped", "The clock was set by "+jump.Round(time.Second).String()+" since the server has begun. What people were given before may end too early or too late: restart it, if somebody complains.")
	}
	there, err := srv.certs.Clock(ctx)
	var invalid x509.CertificateInvalidError
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return incomparable()
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return probe.Failed("off", "The certificate authority's own certificate is not good at this clock's time: set the clock, by a time service (NTP).")
	case err != nil:
		return probe.Passed("alone", "The clock shows a sound year. The certificate authority, to compare it with, does not answer.")
	}
	if off := time.Since(there); off.Abs() > badClock {
		return probe.Failed("off", "The clock differs by "+off.Abs().Round(time.Second).String()+" from the certificate authority's: set it, by a time service (NTP).")
	}
	return probe.Passed("", "The clock is right: the certificate authority's agrees.")
}

func sane(now time.Time) probe.Finding {
	if now.Before(builtAfter) || now.Year() > builtAfter.Year()+50 {
		return probe.Failed("wrong", "The clock shows the year "+strconv.Itoa(now.Year())+": set it, by a time service (NTP).")
	}
	return incomparable()
}

func incomparable() probe.Finding {
	return probe.Passed("alone", "The clock shows a sound year. There is nothing here to compare it with more closely.")
}

// allocates asks the relay for a relay socket, as a client does.
func (srv *Server) allocates(ctx context.Context, user string, dial func(context.Context) (net.Conn, error), by string) probe.Finding {
	c := srv.hub.relay.credentials(user, doctorLife)
	conn, err := dial(ctx)
	if err == nil {
		defer conn.Close()
		err = probe.Allocate(ctx, conn, c.Username, c.Password)
	}
	var refused *probe.Refusal
	switch {
	case err == nil:
		return probe.Passed("", "The relay opens relay sockets for who asks by "+by+".")
	case errors.As(err, &refused):
		return probe.Failed("refused", "The relay answers by "+by+" and opens no relay socket: see that its UDP ports, 49152 to 65535 as a rule, are not all taken, and restart the server.")
	}
	return probe.Failed("no_answer", "The relay does not answer this computer itself by "+by+": see that no firewall on it is in the way.")
}

func dialFrames(ctx context.Context, at string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at)
	if err != nil {
		return nil, err
	}
	return wire.NewFrames(conn, stepTime), nil
}

// dialTLS connects to the relay at the gateway's port, and sees that it signs as this server.
func (srv *Server) dialTLS(ctx context.Context) (net.Conn, error) {
	d := tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}} // the key is looked at
	conn, err := d.DialContext(ctx, "tcp", inward(srv.sockets.web.Addr()))
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline) // of a connection that is closed: Read says so
	}
	frames, nonce := wire.NewFrames(conn, stepTime), identity.NewChallenge()
	state := conn.(*tls.Conn).ConnectionState()
	hello, frame := wire.RelayHello([]byte(nonce)[:12], nonce), make([]byte, wire.MaxFrame)
	binding, err := wire.Exporter(&state)
	n := 0
	if err == nil {
		if _, err = conn.Write(hello); err == nil {
			n, err = frames.Read(frame)
		}
	}
	if err == nil {
		signed := identity.RelayHello{Server: srv.key.Public(), Nonce: nonce, Binding: binding}
		err = signed.Verify(srv.key.Public(), wire.RelaySignature(hello, frame[:n]))
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return frames, nil
}

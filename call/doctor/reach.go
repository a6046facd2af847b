package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"

	"parley/call/relay"
	"parley/identity"
	"parley/probe"
	"parley/wire"
)

// reach goes from the server's name to its gateway, as far as it comes.
func (r *run) reach(ctx context.Context) bool {
	for i, s := range []struct {
		step string
		look func(context.Context) Finding
	}{{Name, r.name}, {TCP, r.tcp}, {TLS, r.tls}, {Websocket, r.websocket}} {
		patience := dialTime
		if s.step == Name {
			patience = nameTime
		}
		if !r.take(ctx, s.step, patience, s.look) {
			r.leave("It needs what failed above.", []string{Name, TCP, TLS, Websocket}[i+1:]...)
			return false
		}
	}
	return true
}

func (r *run) name(ctx context.Context) Finding {
	host, _, err := net.SplitHostPort(r.config.Link.Host)
	if err != nil {
		return probe.Failed("bad_link", "The invite holds no address: copy the whole of it.")
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return probe.Passed("address", "The invite holds an address, so no name has to be looked up.")
	}
	list, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	var unknown *net.DNSError
	switch {
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return probe.Failed("unknown", "Nobody knows the server's name. See that the invite is spelled rightly, and ask whoever runs the server whether its name has changed.")
	case err != nil || len(list) == 0:
		return probe.Failed("no_answer", "No name server answers. See that this computer is connected to a network that leads to the internet.")
	}
	return probe.Passed("", "The server's name is known.")
}

func (r *run) tcp(ctx context.Context) Finding {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", r.config.Link.Host)
	switch {
	case err == nil:
		conn.Close()
		return probe.Passed("", "The server's port answers.")
	case errors.Is(err, probe.ECONNREFUSED):
		return probe.Failed("refused", "Nobody listens at the server's port: it is not running, its address has changed, or its router does not pass the port on. Ask whoever runs it.")
	case errors.Is(err, probe.ENETUNREACH) || errors.Is(err, probe.EHOSTUNREACH):
		return probe.Failed("no_route", "There is no way to the server from this network. See that this computer is connected, and by the kind of address (IPv4 or IPv6) that the server has.")
	}
	return probe.Failed("no_answer", "The server's port does not answer: a firewall, yours or the server's, lets nothing through, or the server is off. Try another network, and ask whoever runs the server.")
}

func (r *run) tls(ctx context.Context) Finding {
	link := r.config.Link
	s := relay.Security{TLS: true, Key: identity.PublicKey(link.Key)}
	if link.Mode == wire.ModeWeb {
		return r.certificate(ctx)
	}
	conn, err := relay.Dial(ctx, link.Host, s)
	switch {
	case err == nil:
		conn.Close()
		return probe.Passed("", "The server has shown that it is the one of the invite.")
	case errors.Is(err, relay.ErrKey):
		return probe.Failed("server_key", "Whoever answers is not the server of the invite: it is another one at its address, or somebody in between, such as a proxy that reads along. Ask for a new invite, or try another network.")
	}
	return probe.Failed("no_tls", "The port answers, but does not speak TLS 1.3: something in between stops it, or it is no Parley server. Try another network, and ask whoever runs the server.")
}

// certificate is what counts where a browser or a proxy stands in between.
func (r *run) certificate(ctx context.Context) Finding {
	conn, err := (&tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS13}}).DialContext(ctx, "tcp", r.config.Link.Host)
	var untrusted *tls.CertificateVerificationError
	var expired x509.CertificateInvalidError
	switch {
	case err == nil:
		conn.Close()
		return probe.Passed("certificate", "The server's certificate is good.")
	case errors.As(err, &expired) && expired.Reason == x509.Expired:
		return probe.Failed("certificate", "The server's certificate is not good at this computer's time. Set the clock; if it is right, tell whoever runs the server.")
	case errors.As(err, &untrusted):
		return probe.Failed("certificate", "The server's certificate is not one that this computer trusts. Tell whoever runs the server.")
	}
	return probe.Failed("no_tls", "The port answers, but does not speak TLS 1.3: something in between stops it, or it is no Parley server. Try another network, and ask whoever runs the server.")
}

func (r *run) websocket(ctx context.Context) Finding {
	err := r.config.Greet(ctx)
	var told *wire.Error
	switch {
	case err == nil:
		return probe.Passed("", "The server speaks Parley's protocol.")
	case errors.As(err, &told):
		return probe.Failed(string(told.Code), told.Text)
	}
	return probe.Failed("no_gateway", "The port proves to be the server's, but no websocket comes about: something in between, such as a proxy, lets none through. Try another network, and ask whoever runs the server.")
}

// entered says how the login went.
func entered(err error, reached bool) Finding {
	var told *wire.Error
	switch {
	case err == nil:
		return probe.Passed("", "The server has let you in.")
	case errors.As(err, &told):
		return probe.Failed(string(told.Code), told.Text)
	case !reached:
		return probe.Omitted("It needs what failed above.")
	}
	return probe.Failed("no_answer", "The server did not let you in before the connection ended. Try again in a minute.")
}

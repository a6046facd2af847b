package server

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"parley/probe"
	"parley/wire"
)

// The steps of a server's examination, in the order in which they are shown. What a running server alone can tell is skipped where
// none runs.
const (
	stepServer      = "server"      // it runs
	stepPorts       = "ports"       // they are its own, and answer
	stepCertificate = "certificate" // it is good, and for how long
	stepAddress     = "address"     // what invites lead to
	stepRouter      = "router"      // what it has answered
	stepClock       = "clock"
	stepTurnUDP     = "turn_udp" // the relay opens a relay socket
	stepTurnTCP     = "turn_tcp"
	stepTurnTLS     = "turn_tls"
	stepDisk        = "disk"
	stepFiles       = "files" // how many may be open
)

var steps = []string{stepServer, stepPorts, stepCertificate, stepAddress, stepRouter, stepClock, stepTurnUDP, stepTurnTCP, stepTurnTLS, stepDisk, stepFiles}

const (
	doctorTime = 8 * time.Second // less than the command line waits
	stepTime   = 4 * time.Second

	leastDisk  = 200 << 20 // bytes: a database of 2000 members takes some ten megabytes, and more while it is tidied up
	leastFiles = 4096      // each client takes one, each of its relay sockets another
	badClock   = 2 * time.Minute
	soonEnds   = 7 * 24 * time.Hour // a certificate that is renewed at two thirds of its life never comes so near
)

// builtAfter is no time of the future.
var builtAfter = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// take takes steps side by side, and returns what they have found in their order.
func take(ctx context.Context, looks map[string]func(context.Context) probe.Finding) []probe.Finding {
	ctx, cancel := context.WithTimeout(ctx, doctorTime)
	defer cancel()
	found := make([]probe.Finding, len(steps))
	var all sync.WaitGroup
	for i, step := range steps {
		all.Go(func() {
			begin := time.Now()
			within, cancel := context.WithTimeout(ctx, stepTime)
			defer cancel()
			f := probe.Omitted("Only a running server can tell: start it, and ask again.")
			if look := looks[step]; look != nil {
				f = look(within)
			}
			f.Step, f.TookMS = step, int(time.Since(begin).Milliseconds())
			found[i] = f
		})
	}
	all.Wait()
	return found
}

// examine is the examination of a server that runs.
func (srv *Server) examine(ctx context.Context) []probe.Finding {
	user := "doctor-" + newID() // nobody's: ids of people have no such letters
	srv.hub.relay.visit(user)
	defer srv.hub.relay.rise(user, false)
	turn := func(dial func(context.Context) (net.Conn, error), by string) func(context.Context) probe.Finding {
		return func(ctx context.Context) probe.Finding { return srv.allocates(ctx, user, dial, by) }
	}
	s := srv.sockets
	return take(ctx, map[string]func(context.Context) probe.Finding{
		stepServer: func(context.Context) probe.Finding {
			return probe.Passed("", "The server runs (version "+wire.Release+").")
		},
		stepPorts:       srv.portsAnswer,
		stepCertificate: srv.certificateHolds,
		stepAddress:     srv.addressLeadsHere,
		stepRouter:      func(context.Context) probe.Finding { return routed(srv.Router()) },
		stepClock:       srv.clockIsRight,
		stepTurnUDP: turn(func(ctx context.Context) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "udp", inward(s.relay.Addr()))
		}, "UDP"),
		stepTurnTCP: turn(func(ctx context.Context) (net.Conn, error) { return dialFrames(ctx, inward(s.relay.Addr())) }, "TCP"),
		stepTurnTLS: turn(srv.dialTLS, "TLS"),
		stepDisk:    func(context.Context) probe.Finding { return diskHasRoom(srv.dir) },
		stepFiles:   func(context.Context) probe.Finding { return filesSuffice() },
	})
}

// inward is where this machine reaches a socket of its own.
func inward(a net.Addr) string {
	ap, err := netip.ParseAddrPort(a.String())
	if err == nil && ap.Addr().IsUnspecified() {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), ap.Port()).String()
	}
	return a.String()
}

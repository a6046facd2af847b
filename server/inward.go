package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"runtime/metrics"
	"time"

	"parley/server/certs"
	"parley/server/router"
	"parley/wire"
)

// How the world comes in: by the address that this server was given, or by the router's, where that was asked to pass the server's
// ports on and does.

// Status is how a running server stands with what lies outside of it, and what must not grow inside.
type Status struct {
	Host        string      `json:"host"` // HOST:PORT that an invite carries
	Certificate certs.State `json:"certificate"`
	Router      RouterState `json:"router,omitzero"`
	Sessions    int         `json:"sessions"` // those that are waited for included
	Relayed     int         `json:"relayed"`  // allocations of the relay
	Goroutines  int         `json:"goroutines"`
	Heap        uint64      `json:"heap_bytes"` // that the latest collection of garbage has left
}

// RouterState is what the router answered; the zero value: it was not asked.
type RouterState struct {
	router.State
	Text string `json:"text,omitempty"` // the same as a sentence
}

// MapPorts has the router pass this server's ports on, or ends that. Invites lead to the router's address as soon as that
// can be reached, unless the server was given a public host of the world.
func (srv *Server) MapPorts(on bool) {
	srv.turning.Lock()
	defer srv.turning.Unlock()
	if !on {
		_ = srv.endRouter()
		_ = srv.locked(func(h *hub) error { return srv.leadTo(h, srv.inlet) })
		return
	}
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if srv.router == nil && !srv.closing { // whoever ends the server waits for turning
		srv.router = router.Start(router.Config{Ports: srv.inlet.ports[:], Bind: srv.place.bind, Public: ofTheWorld, Changed: srv.follow, Probe: srv.probe, Log: srv.log})
	}
}

// closeRouter is the end of a mapping with the server.
func (srv *Server) closeRouter() error {
	srv.turning.Lock()
	defer srv.turning.Unlock()
	return srv.endRouter()
}

func (srv *Server) endRouter() error {
	srv.mu.Lock()
	r := srv.router
	srv.router = nil
	srv.mu.Unlock()
	if r == nil {
		return nil
	}
	return r.Close()
}

// Router tells what the router answered.
func (srv *Server) Router() RouterState {
	srv.mu.Lock()
	r := srv.router
	srv.mu.Unlock()
	if r == nil {
		return RouterState{}
	}
	s := r.State()
	return RouterState{s, s.Sentence(srv.inlet.ports[:])}
}

// AwaitRouter waits until the router has answered, or surely will not, or was not asked.
func (srv *Server) AwaitRouter(ctx context.Context) error {
	srv.mu.Lock()
	r := srv.router
	srv.mu.Unlock()
	if r == nil {
		return nil
	}
	if err := r.Wait(ctx); err != nil {
		return fmt.Errorf("wait for the router: %w", err)
	}
	return nil
}

// Status tells how the server stands.
func (srv *Server) Status() Status {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live) // it stops nothing
	s := Status{Certificate: srv.certs.State(), Router: srv.Router(), Goroutines: runtime.NumGoroutine(), Heap: live[0].Value.Uint64()}
	_ = srv.locked(func(h *hub) error {
		s.Host, s.Sessions, s.Relayed = h.link.Host, len(h.sessions), h.relay.sockets()
		return nil
	})
	return s
}

// follow has invites and the relay's addresses lead where the router has opened a way.
func (srv *Server) follow(s router.State) {
	if err := srv.locked(func(h *hub) error { return srv.leadTo(h, srv.inlet.by(s)) }); err != nil {
		srv.log.Warn("the server's new address is not kept", "err", err)
	}
}

// leadTo changes what is told to whoever asks from now on.
func (srv *Server) leadTo(h *hub, e inlet) error {
	if srv.closing {
		return nil
	}
	urls := e.urls()
	if e.at != srv.inlet.at { // whoever is in the same network may not get in by the address outside
		urls = append(urls, srv.inlet.turn()...)
	}
	h.relay.lead(urls, e.stun())
	host := e.at[webTCP]
	if host == h.link.Host {
		return nil
	}
	h.link.Host = host
	for origin := range originsOf(host) {
		srv.origins[origin] = true
	}
	srv.ready.URL, srv.ready.Invite = rehost(srv.ready.URL, host), rehost(srv.ready.Invite, host)
	srv.ready.Page = PageOf(srv.ready.Invite)
	if err := h.store.setMeta(metaHost, []byte(host)); err != nil {
		return fmt.Errorf("write the server's address: %w", err)
	}
	return nil
}

// rehost has a link lead elsewhere.
func rehost(text, host string) string {
	l, err := wire.ParseLink(text)
	if err != nil { // before the first one was made
		return text
	}
	l.Host = host
	return l.String()
}

// PageOf is an invite for a browser.
func PageOf(invite string) string {
	l, err := wire.ParseLink(invite)
	if err != nil { // as above
		return ""
	}
	return l.Page()
}

// probeTimeout bounds a look at one's own address from outside.
const probeTimeout = 3 * time.Second

// probe tells whether anybody answers at an address, and whether it is this server: nobody else has the key of the certificate
// that it has signed itself.
func (srv *Server) probe(ctx context.Context, to netip.AddrPort) (answered, ours bool) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	d := tls.Dialer{
		NetDialer: &net.Dialer{},
		Config:    &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true}, // compared below
	}
	conn, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return false, false
	}
	defer conn.Close()
	seen := conn.(*tls.Conn).ConnectionState().PeerCertificates
	return true, len(seen) > 0 && bytes.Equal(seen[0].Raw, srv.certs.Self().Raw)
}

// takesLogins tells whether a page's logins are taken in web mode.
func (srv *Server) takesLogins(origin string) bool {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	return srv.origins[origin]
}

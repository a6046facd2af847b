// Package server is a Parley server: who is a member, which channels there are, who sits where, and the way for messages
// between peers. It never sees sound or pictures, and can't read what it carries for the relay: both are encrypted between
// the peers, with keys that they sign to each other.
//
//	door     counts who has not logged in            inward  how the world comes in: certificate (certs), router (router)
//	gate     who is for the web and who for the relay
//	gateway  websocket, handshake, requests          outbox       what waits for a client
//	session  events, replies, resume                 dispatch     the table of requests and who may make them
//	hub      members, channels, rosters, presence    voice, call, admin, login   what the requests do
//	store    SQLite: what lasts                      control      the command line's socket
//	doctor   what stands in the way of it
//	turn     STUN and TURN, and its policy           stream  TURN by TCP and TLS     relayed  a relay socket
//	page     what browsers show: for people without the app
//
// There are no package variables but tables and errors: several servers can run in one process.
package server

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"sync"
	"time"

	"parley/identity"
	"parley/server/certs"
	"parley/server/page"
	"parley/server/router"
	"parley/wire"
)

// certsFolder keeps what an authority has issued.
const certsFolder = "acme"

// Config describes a server. Dir and one of Listen and Listener are needed; zero values of the rest are defaults.
type Config struct {
	// Dir keeps everything. It is made where it is missing, and belongs to one running server.
	Dir string
	// Listen is HOST:PORT, for TCP (the gateway) and UDP (the relay). Port 0 is any that is free for both.
	Listen string
	// Listener takes the place of Listen: TCP, without TLS. The server owns it from New on.
	Listener net.Listener
	// PacketConn is the relay's socket beside the gateway, owned likewise. Nil: sockets on the listener's address and port.
	PacketConn net.PacketConn
	// PublicHost is how the world reaches the server, HOST or HOST:PORT. Empty: the address it listens on, or the
	// machine's own where it listens on all.
	PublicHost string
	// MapPorts asks the router to pass the server's ports on; see Server.MapPorts.
	MapPorts bool
	// Certs gives a domain, and the authority to have a certificate of. Its folder and its log are the server's. The domain is the
	// public host where none is given.
	Certs certs.Config
	// Name is the server's name for people; "Parley" by default.
	Name string
	// RelayListen is HOST:PORT for STUN and TURN over UDP and TCP. Empty: the host of Listen and port 3478, or any port that is
	// free where that one is taken, or where Listen's is any. UDP on the port of Listen answers too.
	RelayListen string
	// PublicRelayPort is the port by which the world reaches that of RelayListen; 0: the same.
	PublicRelayPort uint16
	// RelayRate is what one allocation may carry each way, in bytes a second; 0: 1.5 million.
	RelayRate int
	// External are TURN servers of others that clients are told of too.
	External []External
	// RelayAllow opens networks to the relay that its policy keeps closed, such as the LAN the server stands in.
	RelayAllow []netip.Prefix
	// RelayFirst and RelayLast are the first and the last UDP port that relayed packets come from and go to, besides the one
	// of Listen; 49152 and 65535 by default.
	RelayFirst, RelayLast uint16
	// Log gets no addresses, names, secrets or descriptions. Nil discards.
	Log *slog.Logger

	// Heartbeat is how often clients make themselves heard; 15 s by default, at least 100 ms. ResumeFor is how long a
	// session waits for its client; two minutes by default.
	Heartbeat, ResumeFor time.Duration

	// Now is the time of day; time.Now by default, and another in tests of clocks that jump. What only lasts, as the relay's
	// credentials do, goes by the machine's steady clock, which does not.
	Now func() time.Time

	limits *limits          // tests
	now    func() time.Time // tests: both clocks
}

// Ready is what a server that runs tells whoever started it.
type Ready struct {
	URL        string `json:"url"`                   // its address, a wire.Link without secret
	Invite     string `json:"invite"`                // a new invite for each start, with the usual life and uses
	Page       string `json:"page"`                  // the same for a browser
	Version    string `json:"version"`               // of the software
	OwnerClaim string `json:"owner_claim,omitempty"` // makes its first user the owner; empty once there is one
}

// Server is a running server.
type Server struct {
	name  string
	dir   string
	key   identity.Key
	log   *slog.Logger
	began time.Time

	sockets *sockets
	tls     *tls.Config
	gate    *gate
	http    *http.Server
	control net.Listener
	certs   *certs.Certs
	place   place
	inlet   inlet          // how clients come in where no router helps
	closers []func() error // what New has opened, in that order

	turning sync.Mutex // of the router, on or off

	mu      sync.Mutex
	hub     *hub
	ready   Ready
	origins map[string]bool // of pages whose logins are taken in web mode
	router  *router.Router  // nil: not asked
	conns   map[*wire.Conn]struct{}
	closing bool

	attending sync.WaitGroup // connections
}

func (c *Config) validate() error {
	switch {
	case c.Dir == "":
		return errors.New("no data folder given")
	case c.Listen == "" && c.Listener == nil:
		return errors.New("no address to listen on given")
	case c.Heartbeat != 0 && (c.Heartbeat < 100*time.Millisecond || c.Heartbeat > 5*time.Minute):
		return errors.New("heartbeat: out of range")
	case c.RelayFirst > c.RelayLast || c.RelayFirst == 0 && c.RelayLast != 0:
		return errors.New("the relay's ports: the first is 0, or comes after the last")
	case c.RelayRate < 0 || len(c.External) > wire.MaxExternalRelays:
		return errors.New("the relay's rate, or the number of external ones: out of range")
	}
	for _, e := range c.External {
		if err := e.check(); err != nil {
			return err
		}
	}
	if c.RelayRate == 0 {
		c.RelayRate = relayRate
	}
	if c.RelayLast == 0 {
		c.RelayFirst, c.RelayLast = firstRelayPort, lastRelayPort
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = 15 * time.Second
	}
	if c.ResumeFor == 0 {
		c.ResumeFor = 2 * time.Minute
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.Now == nil {
		c.Now = c.now
	}
	if c.limits == nil {
		l := defaultLimits()
		c.limits = &l
	}
	if c.Certs.Domain != "" && c.PublicHost == "" {
		c.PublicHost = c.Certs.Domain
	}
	if c.Name = cleanName(c.Name); c.Name == "" {
		c.Name = "Parley"
	}
	return nil
}

// New opens everything a server needs: folder, key, sockets. Connections are taken when Serve runs. A server that is not
// served is closed by Close.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	srv := &Server{name: c.Name, dir: c.Dir, log: c.Log, began: time.Now(), conns: map[*wire.Conn]struct{}{}}
	if err := srv.prepare(c); err != nil {
		_ = srv.Close()
		closeGiven(c)
		return nil, err
	}
	srv.MapPorts(c.MapPorts)
	return srv, nil
}

func (srv *Server) prepare(c Config) error {
	st, err := openStore(c.Dir)
	if err != nil {
		return err
	}
	srv.closers = append(srv.closers, st.close)
	if srv.key, err = identity.LoadOrCreate(filepath.Join(c.Dir, "server.key")); err != nil {
		return fmt.Errorf("the server's key: %w", err)
	}
	srv.hub = newHub(c, st)
	srv.hub.later = srv.later
	if err := srv.hub.load(); err != nil {
		return err
	}
	if err := srv.open(c); err != nil {
		return err
	}
	return srv.announce()
}

func closeGiven(c Config) {
	if c.Listener != nil {
		c.Listener.Close()
	}
	if c.PacketConn != nil {
		c.PacketConn.Close()
	}
}

func newHub(c Config, st *store) *hub {
	return &hub{
		store: st, limits: *c.limits, resume: c.ResumeFor, beat: c.Heartbeat, now: c.Now, log: c.Log,
		users: map[string]*user{}, sessions: map[string]*session{},
	}
}

// open makes the sockets: the gateway's, the relay's, the command line's.
func (srv *Server) open(c Config) error {
	sockets, err := listen(c)
	if err != nil {
		return err
	}
	srv.closers = append(srv.closers, func() error { sockets.close(); return nil })
	srv.sockets = sockets
	place, err := locate(c, sockets.web.Addr())
	if err != nil {
		return err
	}
	if list, _ := ownAddresses(); place.bind.IsUnspecified() {
		if a, ok := another(list, place.relay); ok {
			sockets.listenElsewhere(c, a)
		}
	}
	c.Certs.Dir, c.Certs.Log = filepath.Join(c.Dir, certsFolder), c.Log
	if srv.certs, err = certs.New(c.Certs); err != nil {
		return err
	}
	srv.tls = srv.certs.TLS()
	srv.place, srv.inlet = place, place.inlet(c, sockets)
	srv.gate = &gate{
		door: &door{limits: *c.limits}, patience: c.limits.handshake, stuck: c.limits.stuck, prove: srv.prove,
		web: newHall(sockets.web.Addr()), relayed: newHall(sockets.relay.Addr()), streams: map[streamKey]*stream{},
	}
	r, err := newRelay(relayConfig{
		conns: sockets.udp, gate: srv.gate, addr: place.relay, bind: place.bind, first: c.RelayFirst, last: c.RelayLast,
		allow: c.RelayAllow, rate: c.RelayRate, secret: []byte(newSecret()), now: c.now,
		urls: srv.inlet.urls(), stun: srv.inlet.stun(), others: c.externals(),
	})
	if err != nil {
		return fmt.Errorf("start the relay: %w", err)
	}
	srv.closers = append(srv.closers, r.close, srv.gate.close)
	srv.hub.relay = r
	srv.hub.link = wire.Link{Host: place.host, Key: wire.Bytes(srv.key.Public()), Mode: wire.ModeNative}
	if err := srv.hub.store.setMeta(metaHost, []byte(place.host)); err != nil {
		return fmt.Errorf("write the server's address: %w", err)
	}
	srv.origins = originsOf(place.host)
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+wire.GatewayPath, srv.gateway)
	mux.HandleFunc("GET /healthz", healthz)
	pages, err := page.Handler()
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	mux.Handle("/{$}", pages)
	mux.Handle(page.Folder, pages)
	srv.http = newHTTP(mux, c.limits.handshake)
	if srv.control, err = listenControl(c.Dir); err != nil {
		return err
	}
	srv.closers = append(srv.closers, func() error { return closeControl(c.Dir, srv.control) }, srv.closeRouter)
	return nil
}

// prove signs a nonce on a connection to the relay over TLS.
func (srv *Server) prove(state tls.ConnectionState, nonce []byte) []byte {
	binding, err := wire.Exporter(&state)
	if err != nil {
		return make([]byte, ed25519.SignatureSize) // by nobody
	}
	return identity.RelayHello{Server: srv.key.Public(), Nonce: nonce, Binding: binding}.Sign(srv.key)
}

// newHTTP is what stands between the door and the gateway. Who gets no further than this holds a place at the door, so a
// connection is for one request, and reading it, body included, and answering it end in time. A websocket is rid of these
// deadlines when it is taken over, and has the gateway's.
func newHTTP(h http.Handler, patience time.Duration) *http.Server {
	s := &http.Server{
		Handler: h, ConnContext: remember, MaxHeaderBytes: 16 << 10,
		ReadHeaderTimeout: patience, ReadTimeout: patience, WriteTimeout: patience,
		ErrorLog: log.New(io.Discard, "", 0), // it would name addresses
	}
	s.SetKeepAlivesEnabled(false)
	return s
}

// healthz is for whoever watches over the process.
func healthz(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") }

// announce makes what Ready tells.
func (srv *Server) announce() error {
	srv.ready = Ready{URL: srv.hub.link.String(), Version: wire.Release}
	i, err := srv.hub.newInvite(0, 0, true)
	if err != nil {
		return fmt.Errorf("make an invite: %w", err)
	}
	srv.ready.Invite = i.URL
	srv.ready.Page = PageOf(i.URL)
	if srv.ready.OwnerClaim, err = srv.hub.startClaim(); err != nil {
		return fmt.Errorf("make the owner's claim: %w", err)
	}
	return nil
}

// Ready tells how to reach the server. It is complete when New has returned; a router that passes ports on changes the address.
func (srv *Server) Ready() Ready {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	return srv.ready
}

// String is the line by which a parleyd says that it is ready.
func (r Ready) String() string {
	b, _ := json.Marshal(r) // four strings
	return "ready " + string(b)
}

// Serve takes connections until ctx ends, then says goodbye and closes everything. It returns nil after such an end.
func (srv *Server) Serve(ctx context.Context) error {
	failed := make(chan error, 3)
	var running sync.WaitGroup
	running.Go(func() { failed <- srv.http.Serve(srv.gate.web) })
	running.Go(func() { failed <- srv.gate.admit(srv.sockets.web, srv.tls) })
	running.Go(func() { failed <- srv.gate.admit(srv.sockets.relay, nil) })
	ordering, stop := context.WithCancel(ctx)
	defer stop()
	running.Go(func() { srv.serveControl(ordering) })
	running.Go(func() { srv.certs.Run(ordering) })
	var err error
	select {
	case <-ctx.Done():
		srv.log.Info("shutting down")
	case err = <-failed:
		err = fmt.Errorf("serve: %w", err)
	}
	stop()
	srv.goodbye()
	err = errors.Join(err, srv.Close())
	running.Wait()
	return err
}

// goodbye ends all connections: those with a session after a last word and what is queued, or after lastWord.
func (srv *Server) goodbye() {
	srv.mu.Lock()
	srv.closing = true
	greeted := map[*wire.Conn]bool{}
	for _, s := range srv.hub.sessions {
		if s.out != nil {
			greeted[s.out.conn] = true
			s.hangUp(wire.Goaway{Reason: wire.ReasonShutdown, Text: "The server is shutting down.", RetryMS: 500})
		}
		if s.expire != nil {
			s.expire()
		}
	}
	for c := range srv.conns {
		if !greeted[c] {
			c.Close()
		}
	}
	srv.mu.Unlock()
	srv.attending.Wait() // each outbox closes its connection after lastWord
}

// Close frees what New has opened, the last first, so that the store, which all others write to, outlives them. It is for a
// server that is not served; Serve does it by itself.
func (srv *Server) Close() error {
	srv.mu.Lock()
	srv.closing = true
	closers := srv.closers
	srv.closers = nil
	srv.mu.Unlock()
	if srv.http != nil {
		_ = srv.http.Close()
	}
	var errs []error
	for i := len(closers) - 1; i >= 0; i-- {
		if err := closers[i](); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// locked runs f as the only one.
func (srv *Server) locked(f func(*hub) error) error {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	return f(srv.hub)
}

// later is hub.later: it and stop are called under the lock. Nothing is put off to a time after the end.
func (srv *Server) later(d time.Duration, f func()) (stop func()) {
	if srv.closing {
		return func() {}
	}
	stopped := false // for a timer that has fired already and waits for the lock
	t := time.AfterFunc(d, func() {
		srv.mu.Lock()
		defer srv.mu.Unlock()
		if !srv.closing && !stopped {
			f()
		}
	})
	return func() {
		stopped = true
		t.Stop()
	}
}

// enter counts a connection in, so that a shutdown finds it.
func (srv *Server) enter(c *wire.Conn) bool {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if srv.closing {
		return false
	}
	srv.conns[c] = struct{}{}
	srv.attending.Add(1)
	return true
}

func (srv *Server) exit(c *wire.Conn) {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	delete(srv.conns, c)
	srv.attending.Done()
}

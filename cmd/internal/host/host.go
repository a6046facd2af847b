// Package host runs a Parley server inside the app: "Host here".
package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"parley/server"
	"parley/wire"
)

// DefaultPort is where a server listens that never had to move.
const DefaultPort = 7440

// Config describes a Host. Dir is needed.
type Config struct {
	Dir      string               // the server's own folder; made where it is missing
	Name     func() string        // what a server that starts is called; nil or empty: the server's default
	Port     func() int           // the port of the last time; nil or 0: DefaultPort
	MapPorts func() bool          // the router is asked to pass the port on, from the start; nil: it is not
	KeepPort func(port int) error // told where the server listens, if that is not Port; nil: nobody is
	Log      *slog.Logger         // nil discards

	look func() (Reach, netip.Addr) // tests
}

// Hosting is a server that runs.
type Hosting struct {
	Key    string // its public key, as an invite has it
	Name   string
	Invite string // with the usual life and uses, made at the start
	Claim  string // makes its first user the owner; empty once there is one
	Reach  Reach
	Host   string // HOST:PORT that an invite carries
}

// Host is a server that can be started and stopped in this process. Its methods may be called from any goroutine.
type Host struct {
	config Config

	server atomic.Pointer[server.Server] // that runs; nil: none. Also in running: a start must not keep anybody who only asks

	mu      sync.Mutex
	running *run // nil: none
}

// run is one life of the server.
type run struct {
	Hosting
	stop context.CancelFunc
	done chan struct{} // closed when it has ended
	err  error         // why, after done
}

// New makes a Host that runs nothing yet.
func New(c Config) *Host {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.look == nil {
		c.look = look
	}
	return &Host{config: c}
}

// Start starts the server and returns when it takes connections, or tells of the one that runs. The server outlives ctx,
// which bounds the start alone.
func (h *Host) Start(ctx context.Context) (Hosting, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.running; r != nil {
		select {
		case <-r.done: // it ended by itself: another one
		default:
			return r.Hosting, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return Hosting{}, fmt.Errorf("host here: %w", err)
	}
	srv, about, err := h.open()
	if err != nil {
		return Hosting{}, sentence(err)
	}
	serving, stop := context.WithCancel(context.Background())
	r := &run{Hosting: about, stop: stop, done: make(chan struct{})}
	h.running = r
	h.server.Store(srv)
	go func() {
		defer close(r.done)
		defer h.server.CompareAndSwap(srv, nil)
		if r.err = srv.Serve(serving); r.err != nil {
			h.config.Log.Error("the server in this process ended", "err", r.err)
		}
	}()
	return about, nil
}

// Stop stops the server, which says goodbye to whoever is connected, and waits for its end. Without one it does nothing.
func (h *Host) Stop() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.running
	if r == nil {
		return nil
	}
	h.running = nil
	r.stop()
	<-r.done
	return r.err
}

// routerPatience is how long a router may take to answer before MapPorts returns without.
const routerPatience = 10 * time.Second

// MapPorts has the router pass the running server's port on, or ends that, and waits for its answer. Without a server it does
// nothing: the next one begins as Config.MapPorts says.
func (h *Host) MapPorts(on bool) {
	srv := h.server.Load()
	if srv == nil {
		return
	}
	srv.MapPorts(on)
	ctx, cancel := context.WithTimeout(context.Background(), routerPatience)
	defer cancel()
	_ = srv.AwaitRouter(ctx) // what is known then, Router tells
}

// Router is what the router answered, as a sentence; empty where it was not asked.
func (h *Host) Router() string {
	if srv := h.server.Load(); srv != nil {
		return srv.Router().Text
	}
	return ""
}

// open opens the server at its port, or at any that is free where that one can't be had, and keeps which.
func (h *Host) open() (*server.Server, Hosting, error) {
	reach, addr := h.config.look()
	port := h.port()
	c := server.Config{Dir: h.config.Dir, Log: h.config.Log}
	if h.config.Name != nil {
		c.Name = h.config.Name()
	}
	c.Listen, c.PublicHost = address(reach, port), addr.String()
	srv, err := server.New(c)
	if listening(err) {
		c.Listen = address(reach, 0)
		srv, err = server.New(c)
	}
	if err != nil {
		return nil, Hosting{}, err
	}
	about, err := describe(srv.Ready(), c.Name, reach)
	if err == nil {
		err = h.keep(about.Host, port)
	}
	if err != nil {
		return nil, Hosting{}, errors.Join(err, srv.Close())
	}
	// Only now: the way in from here is not the router's, which may not let its own network in by the address outside.
	srv.MapPorts(h.config.MapPorts != nil && h.config.MapPorts())
	return srv, about, nil
}

func (h *Host) port() int {
	if h.config.Port != nil {
		if p := h.config.Port(); p > 0 && p <= 65535 {
			return p
		}
	}
	return DefaultPort
}

// keep tells where the server listens now, so that the invites of today are good tomorrow.
func (h *Host) keep(hostport string, before int) error {
	_, text, err := net.SplitHostPort(hostport)
	if err != nil {
		return fmt.Errorf("the server's address: %w", err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("the server's port: %w", err)
	}
	if port == before || h.config.KeepPort == nil {
		return nil
	}
	if err := h.config.KeepPort(port); err != nil {
		h.config.Log.Warn("the server's port is not kept", "err", err) // it works today
	}
	return nil
}

// address is where to listen: only on loopback where nobody else could come.
func address(r Reach, port int) string {
	host := ""
	if r == Machine {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

func describe(r server.Ready, name string, reach Reach) (Hosting, error) {
	link, err := wire.ParseLink(r.URL)
	if err != nil {
		return Hosting{}, fmt.Errorf("the server's link: %w", err)
	}
	return Hosting{Key: link.Key.String(), Name: name, Invite: r.Invite, Claim: r.OwnerClaim, Reach: reach, Host: link.Host}, nil
}

// listening says whether the port was the trouble.
func listening(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "listen"
}

// sentence is what a person is told.
func sentence(err error) error {
	switch {
	case errors.Is(err, server.ErrInUse):
		return fmt.Errorf("a server of another program runs in this profile's folder: stop that one first (%w)", err)
	case listening(err):
		return fmt.Errorf("no port is free to listen on, or something forbids it (%w)", err)
	}
	return fmt.Errorf("start the server: %w", err)
}

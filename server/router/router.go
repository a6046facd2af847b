// Package router asks the router of a home to pass ports on to this machine, by NAT-PMP (RFC 6886) or UPnP's Internet Gateway
// Device, tells what it answered, and takes that back at the end.
//
// A router is a stranger: only the gateway of this machine is asked and listened to, its answers are bounded in size and time, and what
// it says of itself is held against what can be seen from here.
//
// 1. router    asks, again at half of each lease, and when the network changes
// 2. gateway   who is to be asked
// 3. pmp, upnp how
// 4. words     what a person is told
package router

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Port is one that this machine listens on.
type Port struct {
	Protocol string `json:"protocol"` // TCP or UDP
	Inside   uint16 `json:"inside"`
}

// The protocols of a Port.
const (
	TCP = "tcp"
	UDP = "udp"
)

// Mapping is a Port that the router passes on.
type Mapping struct {
	Port
	Outside uint16 `json:"outside"` // the router's port, which need not be the one asked for
}

// State is what the router answered.
type State struct {
	Outcome  Outcome    `json:"outcome"`
	Way      string     `json:"way,omitempty"`     // NAT-PMP or UPnP; empty: no router answered
	External netip.Addr `json:"external,omitzero"` // the router's address outside, as it says; invalid: it does not
	Mapped   []Mapping  `json:"mapped,omitempty"`  // what it passes on
	Refusal  string     `json:"refusal,omitempty"` // what it refused, and how
	Seen     bool       `json:"seen,omitempty"`    // a connection to External came back to this very server
	Next     time.Time  `json:"next,omitzero"`     // when it is asked again
}

// Outcome is how the asking went.
type Outcome string

// The outcomes.
const (
	Asking   Outcome = "asking"   // not answered yet
	Open     Outcome = "open"     // all ports are passed on from a public address
	Behind   Outcome = "behind"   // they are passed on, but the router's own address is not a public one
	Partial  Outcome = "partial"  // some ports are passed on
	Refused  Outcome = "refused"  // the router answers, and passes nothing on
	Silent   Outcome = "silent"   // no router answers
	Missing  Outcome = "missing"  // this machine has no router: it is in no network
	Needless Outcome = "needless" // this machine has a public address itself
	Apart    Outcome = "apart"    // the ports listen on an address that the router does not reach
	Lying    Outcome = "lying"    // somebody else answers at the address that the router calls its own
)

// Reached tells whether the world should come in by the router's address.
func (s State) Reached() bool { return s.Outcome == Open || s.Outcome == Partial }

// Outside is where the world reaches a port, if it does.
func (s State) Outside(p Port) (netip.AddrPort, bool) {
	i := slices.IndexFunc(s.Mapped, func(m Mapping) bool { return m.Port == p })
	if i < 0 || !s.Reached() {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(s.External, s.Mapped[i].Outside), true
}

// Config describes a Router.
type Config struct {
	Ports []Port
	// Bind is the address that they listen on; unspecified or invalid: all.
	Bind netip.Addr
	// Public tells whether the world can send to an address.
	Public func(netip.Addr) bool
	// Changed is told each new state, one after the other. It must not call Close.
	Changed func(State)
	// Probe connects to an address and tells whether anybody answered there and whether it was this server; nil: nobody does. It
	// is called for the first TCP port, and only with a public address.
	Probe func(context.Context, netip.AddrPort) (answered, ours bool)
	Log   *slog.Logger // gets no addresses; nil discards

	place func() (place, error) // tests
	ways  []way                 // tests
	tick  time.Duration         // tests
}

const (
	// lease is short: what a crash leaves open closes itself, and a router that was restarted or has a new address is noticed at
	// its half.
	lease = 20 * time.Minute
	// A router that gives less is asked again sooner, but not at its whim.
	shortestLease = 30 * time.Second
	// The pause after a round that has opened nothing doubles, up to the usual one.
	firstPause = time.Minute
	// The routing table is looked at so often: a machine moves between networks.
	tick = 15 * time.Second
	// goodbye bounds taking everything back.
	goodbye = 3 * time.Second
)

// place is where this machine stands in its network.
type place struct{ gateway, local netip.Addr }

// way is a way of asking a router.
type way struct {
	name string
	find func(context.Context, place) (protocol, error)
}

// protocol talks to a router that was found.
type protocol interface {
	external(context.Context) (netip.Addr, error)
	// open asks for a port outside, and returns the one that was given and how long it is passed on; zero: for good.
	open(ctx context.Context, p Port, outside uint16) (uint16, time.Duration, error)
	shut(context.Context, Mapping) error
}

// Router keeps ports open. Its methods may be called from any goroutine.
type Router struct {
	config Config
	stop   context.CancelFunc
	done   chan struct{}
	first  chan struct{} // closed with the first answer

	mu    sync.Mutex
	state State

	// of run's goroutine
	place    place
	way      string
	protocol protocol  // nil: none found
	held     []Mapping // what the router passes on, as far as it is known
	failed   int       // rounds in a row that have opened nothing
}

// Start begins to ask. Close ends it.
func Start(c Config) *Router {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.place == nil {
		c.place = here
	}
	if c.ways == nil {
		c.ways = []way{{"NAT-PMP", findPMP}, {"UPnP", findUPnP}}
	}
	if c.tick == 0 {
		c.tick = tick
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &Router{config: c, stop: stop, done: make(chan struct{}), first: make(chan struct{}), state: State{Outcome: Asking}}
	go r.run(ctx)
	return r
}

// State tells what the router has answered so far.
func (r *Router) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// Wait waits for the first answer, or for the lack of one.
func (r *Router) Wait(ctx context.Context) error {
	select {
	case <-r.first:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close has the router pass nothing on any more, and waits for that within bounds.
func (r *Router) Close() error {
	r.stop()
	<-r.done
	return nil
}

func (r *Router) run(ctx context.Context) {
	defer close(r.done)
	for {
		wait := r.round(ctx)
		if ctx.Err() != nil || !r.rest(ctx, wait) {
			break
		}
	}
	bye, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	r.release(bye)
}

// rest waits until the lease is at its half, or until this machine stands elsewhere.
func (r *Router) rest(ctx context.Context, wait time.Duration) bool {
	end := time.NewTimer(wait)
	defer end.Stop()
	look := time.NewTicker(r.config.tick)
	defer look.Stop()
	due := time.Now().Add(wait).Round(0) // by the wall: a machine that slept has leases that went on
	for {
		select {
		case <-ctx.Done():
			return false
		case <-end.C:
			return true
		case <-look.C:
			if now, _ := r.config.place(); now != r.place || time.Now().Round(0).After(due) {
				return true
			}
		}
	}
}

// round asks for everything once, tells the outcome, and returns how long that is good.
func (r *Router) round(ctx context.Context) time.Duration {
	now, err := r.config.place()
	if now != r.place { // what another network's router passes on ends by itself
		r.place, r.protocol, r.held, r.failed = now, nil, nil, 0
	}
	switch {
	case err != nil || !now.gateway.IsValid():
		r.tell(State{Outcome: Missing})
		return lease / 2
	case r.config.Public(now.local):
		r.tell(State{Outcome: Needless})
		return lease / 2
	case r.config.Bind.IsValid() && !r.config.Bind.IsUnspecified() && r.config.Bind != now.local:
		r.tell(State{Outcome: Apart})
		return lease / 2
	}
	s, wait := r.ask(ctx)
	if ctx.Err() != nil {
		return 0
	}
	if len(s.Mapped) == 0 {
		wait = min(firstPause<<min(r.failed, 6), lease/2)
		r.failed++
	} else {
		r.failed = 0
		r.look(ctx, &s)
	}
	s.Next = time.Now().Add(wait)
	r.tell(s)
	return wait
}

// ask tries the way that has worked, or else each until one opens something.
func (r *Router) ask(ctx context.Context) (State, time.Duration) {
	if r.protocol != nil {
		if s, wait := r.openAll(ctx); len(s.Mapped) > 0 {
			return s, wait
		}
		r.protocol = nil
	}
	worst := State{Outcome: Silent}
	for _, w := range r.config.ways {
		p, err := w.find(ctx, r.place)
		if err != nil {
			r.config.Log.Debug("no router answers", "way", w.name)
			continue
		}
		r.way, r.protocol = w.name, p
		s, wait := r.openAll(ctx)
		if len(s.Mapped) > 0 {
			return s, wait
		}
		worst = s
	}
	r.protocol = nil
	return worst, 0
}

// openAll asks for every port, those that are held already by the port that they have.
func (r *Router) openAll(ctx context.Context) (State, time.Duration) {
	s := State{Way: r.way}
	var err error
	if s.External, err = r.protocol.external(ctx); err != nil {
		s.Refusal = refusal(err)
	}
	wait := lease
	before := r.held
	r.held = nil
	for _, p := range r.config.Ports {
		outside := p.Inside
		if i := slices.IndexFunc(before, func(m Mapping) bool { return m.Port == p }); i >= 0 {
			outside = before[i].Outside
		}
		given, life, err := r.protocol.open(ctx, p, outside)
		if err != nil {
			s.Refusal = refusal(err)
			continue
		}
		r.held = append(r.held, Mapping{p, given})
		if life > 0 {
			wait = min(wait, max(life, shortestLease))
		}
	}
	s.Mapped = slices.Clone(r.held)
	switch {
	case len(s.Mapped) == 0:
		s.Outcome = Refused
	case !r.config.Public(s.External):
		s.Outcome = Behind
	case len(s.Mapped) < len(r.config.Ports):
		s.Outcome = Partial
	default:
		s.Outcome = Open
	}
	return s, wait / 2
}

// look holds what the router says of its address against what answers there. That nothing does proves nothing: many routers don't
// let their own network in by the address outside.
func (r *Router) look(ctx context.Context, s *State) {
	i := slices.IndexFunc(r.config.Ports, func(p Port) bool { return p.Protocol == TCP })
	if i < 0 || r.config.Probe == nil {
		return
	}
	to, ok := s.Outside(r.config.Ports[i])
	if !ok {
		return
	}
	answered, ours := r.config.Probe(ctx, to)
	if s.Seen = answered && ours; answered && !ours {
		s.Outcome = Lying
	}
}

func (r *Router) tell(s State) {
	r.mu.Lock()
	before := r.state
	r.state = s
	r.mu.Unlock()
	if s.Outcome != before.Outcome {
		r.config.Log.Info("the router was asked to pass ports on", "outcome", s.Outcome, "way", s.Way)
	}
	if r.config.Changed != nil && !same(s, before) {
		r.config.Changed(s)
	}
	if before.Outcome == Asking {
		close(r.first)
	}
}

// same tells whether two states differ in nothing but when they end.
func same(a, b State) bool {
	return a.Outcome == b.Outcome && a.Way == b.Way && a.External == b.External && slices.Equal(a.Mapped, b.Mapped) && a.Refusal == b.Refusal && a.Seen == b.Seen
}

// release takes back what is held.
func (r *Router) release(ctx context.Context) {
	for _, m := range r.held {
		if err := r.protocol.shut(ctx, m); err != nil {
			r.config.Log.Warn("the router did not take a port back; it ends by itself", "err", refusal(err))
		}
	}
	r.held = nil
}

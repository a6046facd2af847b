package doctor

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/pion/transport/v4"

	"parley/call/mesh"
	"parley/probe"
	"parley/wire"
)

// Config says what is looked at, and how.
type Config struct {
	Link wire.Link // of the server; its secret is not used
	// Greet connects to the server anew and sees that it is the one of the link. It tells it nothing. An error's text is not shown,
	// but for a *wire.Error's.
	Greet func(context.Context) error
	// Enter waits until one is logged in, and returns credentials for the relay. There may be some from before although the login
	// fails. An error's text is not shown, but for a *wire.Error's.
	Enter func(context.Context) (*wire.Turn, error)
	// Microphone and Speaker see that a device moves sound; their errors are sentences. Nil: it is left alone.
	Microphone, Speaker func(context.Context) error

	// Peer is what a peer connection is told of what the server says of relays.
	Peer func(*wire.Turn) mesh.Options
	// Within bounds the run; 0: runTime.
	Within time.Duration

	Net    transport.Net // of the call through the relay; nil: the real network
	Report func(Finding) // is told each step as it begins (Running) and when it is over, one at a time
	Log    *slog.Logger  // gets no addresses; nil discards
}

// The patience of a run.
const (
	runTime     = 20 * time.Second // in all
	nameTime    = 3 * time.Second
	dialTime    = 4 * time.Second // to connect by TCP; the same again for TLS, and for the websocket
	enterTime   = 5 * time.Second
	lateTime    = time.Second // to enter, where the server can't be reached
	stunTime    = 2500 * time.Millisecond
	turnTime    = 5 * time.Second
	soundTime   = 6 * time.Second
	connectTime = 8 * time.Second // of the call through the relay
	talkTime    = 3 * time.Second // how long that lasts
)

// Run takes all steps and returns what they have found, in the order of Steps. When ctx ends it does so soon, and what was not
// done is skipped.
func Run(ctx context.Context, c Config) []Finding {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Report == nil {
		c.Report = func(Finding) {}
	}
	if c.Within == 0 {
		c.Within = runTime
	}
	ctx, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	r := &run{config: c, found: map[string]Finding{}}
	var all sync.WaitGroup
	all.Go(func() { r.device(ctx, Microphone, c.Microphone) })
	all.Go(func() { r.device(ctx, Speaker, c.Speaker) })
	all.Go(func() { r.network(ctx) })
	all.Wait()
	return r.all()
}

// run is one run under way.
type run struct {
	config Config

	mu    sync.Mutex
	found map[string]Finding
}

func (r *run) all() (list []Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.found {
		list = append(list, f)
	}
	Sort(list)
	return list
}

// Sort brings findings into the order of Steps.
func Sort(list []Finding) {
	slices.SortFunc(list, func(a, b Finding) int { return slices.Index(Steps, a.Step) - slices.Index(Steps, b.Step) })
}

func (r *run) report(f Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found[f.Step] = f
	r.config.Report(f)
	if f.Result != Running {
		r.config.Log.Debug("doctor", "step", f.Step, "result", f.Result, "code", f.Code)
	}
}

// take takes one step within a time, and tells whether it passed.
func (r *run) take(ctx context.Context, step string, patience time.Duration, f func(context.Context) Finding) bool {
	begin := time.Now()
	r.report(Finding{Step: step, Result: Running})
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found := f(within)
	if ctx.Err() != nil && found.Result != Pass {
		found = probe.Omitted("The examination ended before this was done.")
	}
	found.Step, found.TookMS = step, int(time.Since(begin).Milliseconds())
	r.report(found)
	return found.Result == Pass
}

// leave skips steps.
func (r *run) leave(why string, steps ...string) {
	for _, s := range steps {
		f := probe.Omitted(why)
		f.Step = s
		r.report(f)
	}
}

// network takes what needs one.
func (r *run) network(ctx context.Context) {
	reached := r.reach(ctx)
	patience := enterTime
	if !reached {
		patience = lateTime
	}
	var relay *wire.Turn
	r.take(ctx, Login, patience, func(ctx context.Context) Finding {
		var err error
		relay, err = r.config.Enter(ctx)
		return entered(err, reached)
	})
	var all sync.WaitGroup
	all.Go(func() { r.take(ctx, STUN, stunTime, func(ctx context.Context) Finding { return r.stun(ctx, relay) }) })
	if relay == nil {
		r.leave("The server has to let you in first: it gives the password for its relay.", TurnUDP, TurnTCP, TurnTLS, RelayCall)
		all.Wait()
		return
	}
	ways := endpoints(relay)
	var passed sync.Map
	for _, step := range []string{TurnUDP, TurnTCP, TurnTLS} {
		all.Go(func() {
			if r.take(ctx, step, turnTime, func(ctx context.Context) Finding { return r.turn(ctx, step, ways) }) {
				passed.Store(step, true)
			}
		})
	}
	all.Wait()
	some := false
	passed.Range(func(any, any) bool { some = true; return false })
	if !some {
		r.leave("No relay answers, so there is none to call through.", RelayCall)
		return
	}
	r.take(ctx, RelayCall, connectTime+talkTime, func(ctx context.Context) Finding { return r.relayCall(ctx, relay) })
}

// device sees that one moves sound.
func (r *run) device(ctx context.Context, step string, look func(context.Context) error) {
	if look == nil {
		r.leave("It was left out.", step)
		return
	}
	r.take(ctx, step, soundTime, func(ctx context.Context) Finding {
		err := look(ctx)
		switch {
		case err != nil:
			return probe.Failed("", err.Error())
		case step == Microphone:
			return probe.Passed("", "The microphone gives sound.")
		}
		return probe.Passed("", "The speaker takes sound.")
	})
}

package updates

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"parley/update"
)

// When versions are looked for, if nobody asks: some minutes after the start, and then once a day. Nobody can tell from the time when a
// Parley was started, and not all of them ask at once.
const (
	firstAfter = 3 * time.Minute
	firstMore  = 7 * time.Minute // at most, by chance
	every      = 23 * time.Hour
	everyMore  = 2 * time.Hour
	afterError = time.Hour        // no network, no server, or a list that is refused: after the next error twice as long, up to a day
	nap        = 10 * time.Minute // at most, without a look at the clock: timers stand still while a machine sleeps
	quietEvery = time.Second
)

// Config describes a Keeper. Folder, On and Busy are needed.
type Config struct {
	Origin  Origin
	Copy    Copy
	Current update.Version
	Folder  string       // see Folder
	On      func() bool  // the settings' switch: looking and fetching by itself
	Busy    func() bool  // there is a call, which a download would disturb
	Changed func()       // State says something else; on any goroutine; nil: nobody is told
	Log     *slog.Logger // nil discards
	Client  *http.Client // nil: update's own
}

// Phase is what a Keeper is about.
type Phase uint8

// The phases.
const (
	NoOrigin    Phase = iota // a build from source
	Idle                     // nothing is known but State.Looked
	Checking                 // what is current is being asked for
	Current                  // this version is
	Known                    // there is a newer one, which this copy can't fetch for itself
	Waiting                  // there is a newer one, which is fetched when the call is over
	Downloading              // it is being fetched
	Ready                    // the next start takes it
	Failed                   // it was tried, did not work, and was taken back
)

// String is the phase's name for programs.
func (p Phase) String() string {
	return [...]string{"none", "idle", "checking", "current", "known", "waiting", "downloading", "ready", "failed"}[p]
}

// State is how an update stands.
type State struct {
	Phase   Phase
	Version string    // the newer one
	News    string    // what is new in it, by its makers; more than one line at times
	How     string    // Known: how one gets it, in a sentence
	Done    int64     // bytes that were fetched
	All     int64     // of so many
	Looked  time.Time // when it was last found out what is current; zero: never
	Problem string    // why the last look or download failed; empty: it did not
}

// Keeper looks for new versions and fetches them. Its methods may be called from any goroutine.
type Keeper struct {
	c       Config
	source  update.Source
	program update.Installation
	ask     chan struct{} // capacity 1
	stop    context.CancelFunc
	done    chan struct{}

	mu    sync.Mutex
	state State
}

// New makes a Keeper, which looks at nothing before Start.
func New(c Config) *Keeper {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Changed == nil {
		c.Changed = func() {}
	}
	k := &Keeper{c: c, program: c.Copy.Installation(c.Folder), ask: make(chan struct{}, 1), done: make(chan struct{}), stop: func() {}}
	k.source = update.Source{
		Base: c.Origin.Address, Keys: c.Origin.Keys, Channel: Channel, Current: c.Current, Platform: c.Copy.Platform(),
		Client: c.Client, Folder: c.Folder,
	}
	k.state = State{Phase: NoOrigin}
	if c.Origin.Address == "" {
		return k
	}
	k.state = State{Phase: Idle, Looked: k.looked()}
	if o, ok := k.program.Waiting(c.Current); ok {
		k.state.Phase, k.state.Version, k.state.News = Ready, o.Version.String(), o.News
	} else if v, ok := k.program.Tried(); ok && v.Compare(c.Current) > 0 {
		k.state.Phase, k.state.Version = Failed, v.String()
	}
	return k
}

// Start has it look from now on. Without an origin it does nothing.
func (k *Keeper) Start() {
	if k.c.Origin.Address == "" {
		close(k.done)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	k.stop = stop
	go k.run(ctx)
}

// Close ends what is under way, and waits for that. It is for a Keeper that was started.
func (k *Keeper) Close() error {
	k.stop()
	<-k.done
	return nil
}

// Check looks now, also with the switch off.
func (k *Keeper) Check() {
	select {
	case k.ask <- struct{}{}:
	default:
	}
}

// Now looks at once, fetches what is new, and returns how it stands then. It is for a Keeper that was not started.
func (k *Keeper) Now(ctx context.Context) State {
	if k.c.Origin.Address != "" {
		if err := k.look(ctx, func() bool { return true }); err != nil {
			k.c.Log.Warn("update", "err", err) // and is in the state
		}
	}
	return k.State()
}

// Switched follows the settings' switch: once it is off the next start takes nothing that somebody has not asked for since.
func (k *Keeper) Switched() {
	if k.c.On() {
		return
	}
	if err := k.program.Discard(); err != nil {
		k.c.Log.Warn("update", "err", err)
		return
	}
	k.set(func(s *State) {
		if s.Phase == Ready {
			s.Phase, s.How = Known, "Look again to have it."
		}
	})
}

// State tells how it stands.
func (k *Keeper) State() State {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

func (k *Keeper) set(edit func(*State)) {
	k.mu.Lock()
	before := k.state
	edit(&k.state)
	changed := k.state != before
	k.mu.Unlock()
	if changed {
		k.c.Changed()
	}
}

func (k *Keeper) run(ctx context.Context) {
	defer close(k.done)
	due := time.Now().Add(max(firstAfter, every-time.Since(k.State().Looked)) + rand.N(firstMore))
	errorWait := afterError
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wanted := k.c.On
		select {
		case <-ctx.Done():
			return
		case <-k.ask:
			wanted, errorWait = func() bool { return true }, afterError
		case <-timer.C:
			if left := untilDue(due); left > 0 {
				timer.Reset(min(left, nap))
				continue
			}
		}
		wait := every + rand.N(everyMore)
		if wanted() {
			if err := k.look(ctx, wanted); err != nil && ctx.Err() == nil {
				k.c.Log.Warn("update", "err", err)
				wait = errorWait + rand.N(firstMore)
				errorWait = min(2*errorWait, every)
			} else {
				errorWait = afterError
			}
		}
		due = time.Now().Add(wait)
		timer.Reset(nap)
	}
}

// untilDue is how long it is until then by the clock on the wall, which goes on while the machine sleeps. One that was set back, so that
// it would be very long, is not waited for.
func untilDue(due time.Time) time.Duration {
	left := due.Round(0).Sub(time.Now().Round(0))
	if left > every+everyMore {
		return 0
	}
	return left
}

// look finds out what is current, and fetches it. wanted: it still is.
func (k *Keeper) look(ctx context.Context, wanted func() bool) error {
	before := k.State()
	k.set(func(s *State) { s.Phase, s.Problem = Checking, "" })
	offer, err := k.source.Check(ctx)
	if err == nil {
		k.keepLooked()
	}
	switch {
	case err != nil:
		k.set(func(s *State) { s.Phase, s.Problem = settled(before.Phase), err.Error() })
		return err
	case offer == nil:
		k.set(func(s *State) { *s = State{Phase: Current, Looked: s.Looked} })
		return k.program.Discard() // what waits, if anything, is not newer than what runs
	}
	k.set(func(s *State) { s.Version, s.News, s.How = offer.Version.String(), offer.News, "" })
	how := k.how(offer)
	ready, waits := k.program.Waiting(k.c.Current)
	switch {
	case k.program.Failed(offer.Version):
		k.set(func(s *State) { s.Phase = Failed })
		return nil
	case how != "":
		k.set(func(s *State) { s.Phase, s.How = Known, how })
		return nil
	case waits && ready.File == offer.File:
		return k.ready(wanted)
	}
	if err := k.fetch(ctx, offer, wanted); err != nil {
		k.set(func(s *State) { s.Phase, s.Problem = Known, err.Error() })
		return err
	}
	return nil
}

// settled is the phase after a look that failed: what was known before is still known.
func settled(before Phase) Phase {
	switch before {
	case Known, Ready, Failed, Current:
		return before
	}
	return Idle
}

// how says how one gets an offer that this copy can't fetch; empty: it can.
func (k *Keeper) how(o *update.Offer) string {
	switch {
	case !k.c.Copy.Itself():
		return k.c.Copy.how()
	case o.File.Size == 0:
		return "It is not made for this system."
	}
	if err := k.program.Writable(); err != nil && !errors.Is(err, update.ErrFull) { // a full disk is said by the download
		return k.c.Copy.how()
	}
	return ""
}

// errUnwanted is why a download was stopped.
var errUnwanted = errors.New("updates were switched off")

// fetch downloads while there is no call, and has the next start take it.
func (k *Keeper) fetch(ctx context.Context, o *update.Offer, wanted func() bool) error {
	for {
		if err := k.quiet(ctx, wanted); err != nil {
			return err
		}
		k.set(func(s *State) { s.Phase, s.Done, s.All = Downloading, 0, o.File.Size })
		err := k.download(ctx, o, wanted)
		if err == nil {
			break
		}
		switch {
		case !wanted():
			return errUnwanted
		case ctx.Err() != nil || !k.c.Busy():
			return err
		}
	}
	if err := k.program.Prepare(o); err != nil {
		return err
	}
	return k.ready(wanted)
}

// ready says that the next start takes what was fetched, unless that was switched off meanwhile: see Switched, which comes after this or
// is seen by it.
func (k *Keeper) ready(wanted func() bool) error {
	k.set(func(s *State) { s.Phase, s.Done, s.All = Ready, 0, 0 })
	if wanted() {
		return nil
	}
	k.Switched()
	return nil
}

// quiet waits until nobody talks.
func (k *Keeper) quiet(ctx context.Context, wanted func() bool) error {
	ticker := time.NewTicker(quietEvery)
	defer ticker.Stop()
	for {
		switch {
		case !wanted():
			return errUnwanted
		case !k.c.Busy():
			return nil
		}
		k.set(func(s *State) { s.Phase = Waiting })
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// download is broken off by a call; the next one goes on from there.
func (k *Keeper) download(ctx context.Context, o *update.Offer, wanted func() bool) error {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	watching.Go(func() {
		ticker := time.NewTicker(quietEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if k.c.Busy() || !wanted() {
					cancel()
				}
			}
		}
	})
	percent := int64(-1)
	_, err := k.source.Download(ctx, o, func(done, all int64) {
		if p := done * 100 / all; p != percent { // no more often than anybody sees
			percent = p
			k.set(func(s *State) { s.Done, s.All = done, all })
		}
	})
	return err
}

const lookedName = "looked"

// looked is when what is current was last found out, by the time that the file has.
func (k *Keeper) looked() time.Time {
	if s, err := os.Stat(filepath.Join(k.c.Folder, lookedName)); err == nil && !s.ModTime().After(time.Now()) {
		return s.ModTime()
	}
	return time.Time{}
}

// keepLooked keeps the time. Where it can't, the next start looks earlier than it need.
func (k *Keeper) keepLooked() {
	now := time.Now()
	k.set(func(s *State) { s.Looked = now })
	file := filepath.Join(k.c.Folder, lookedName)
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Chtimes(file, now, now)); err != nil {
		k.c.Log.Debug("update", "err", err)
	}
}

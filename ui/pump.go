package ui

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"

	"parley/assets"
	"parley/call"
	"parley/ui/model"
)

// The pump's beats. A ring, a meter or a countdown changes by the tick and at no other time, and a window where nothing moves
// has no tick at all.
const (
	tickEvery   = time.Second * 2 / 15 // 7.5 a second
	slowTick    = time.Second          // while a countdown or a line is shown; busyStep while the first connection is made
	frameEvery  = 33 * time.Millisecond
	lineStays   = 6 * time.Second
	maxLines    = 3
	idleEvery   = 15 * time.Second
	idleAfter   = 10 * time.Minute
	stallLogged = 50 * time.Millisecond
)

// pump carries what the engine shows to the window:
//
//	Engine.Changed | tick | later ─► run: Snapshot, Stats ─► model.Update ─► fyne.Do(Window.apply)
//
// run is one goroutine. It has at most one apply under way, so that a slow window sees the newest view and no queue of old ones.
type pump struct {
	w     *Window
	model *model.Model
	log   *slog.Logger

	poke     chan struct{} // capacity 1
	quit     chan struct{}
	done     chan struct{}
	once     sync.Once
	alive    atomic.Bool
	idle     atomic.Bool // nobody has touched this machine for idleAfter
	moves    atomic.Bool // the settings show a meter
	starting atomic.Bool // a server is being started in this process

	mu      sync.Mutex
	calls   []func()     // to run on Fyne's goroutine, in order
	lines   []model.Line // of the window itself
	linesAt []time.Time
	hosted  string

	// Of run alone.
	applied chan turned // capacity 1: the apply under way has ended
	busy    bool
	dirty   bool      // something may have changed since the last apply
	last    time.Time // when an apply was last begun
	status  string    // the presence last asked for
	name    string    // likewise
}

// turned is how long a turn waited for Fyne's goroutine, which draws meanwhile, and how long it kept it.
type turned struct{ waited, ran time.Duration }

func newPump(w *Window) *pump {
	log := w.c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &pump{
		w: w, model: model.New(), log: log,
		poke: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}), applied: make(chan turned, 1),
	}
}

func (p *pump) start() {
	p.alive.Store(true)
	go p.run()
	if p.w.c.Desktop.Idle != nil {
		go p.watchIdle()
	}
}

// halt ends the pump and does not wait: nothing is shown any more.
func (p *pump) halt() { p.once.Do(func() { close(p.quit) }) }

func (p *pump) stop() {
	p.halt()
	if p.alive.Load() {
		<-p.done
	}
}

// wake has a view drawn up although the engine has not changed.
func (p *pump) wake() {
	select {
	case p.poke <- struct{}{}:
	default:
	}
}

// later runs f on Fyne's goroutine.
func (p *pump) later(f func()) {
	p.mu.Lock()
	p.calls = append(p.calls, f)
	p.mu.Unlock()
	p.wake()
}

// say shows a line for lineStays.
func (p *pump) say(l model.Line) {
	p.mu.Lock()
	p.lines, p.linesAt = append(p.lines, l), append(p.linesAt, time.Now())
	if over := len(p.lines) - maxLines; over > 0 {
		p.lines, p.linesAt = p.lines[over:], p.linesAt[over:]
	}
	p.mu.Unlock()
	p.wake()
}

// setHosted says which server runs in this process.
func (p *pump) setHosted(key string) {
	p.mu.Lock()
	p.hosted = key
	p.mu.Unlock()
	p.wake()
}

func (p *pump) run() {
	defer close(p.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-p.w.c.Engine.Changed():
			p.dirty = true
		case <-p.poke:
			p.dirty = true
		case <-timer.C:
			p.dirty = true
		case link := <-p.w.c.Opened:
			p.later(func() { p.w.opened(link) })
			continue
		case t := <-p.applied:
			p.busy = false
			if late := max(t.waited, t.ran); late > stallLogged {
				p.log.Warn("ui stall", "ms", late.Milliseconds(), "waited_ms", t.waited.Milliseconds(), "ran_ms", t.ran.Milliseconds())
			}
		}
		if p.busy || !p.dirty {
			continue
		}
		now := time.Now()
		if wait := p.last.Add(frameEvery).Sub(now); wait > 0 {
			timer.Reset(wait)
			continue
		}
		p.dirty = false
		timer.Reset(p.turn(now))
	}
}

// turn shows what there is to show, and says when to look again.
func (p *pump) turn(now time.Time) time.Duration {
	snapshot := p.w.c.Engine.Snapshot()
	p.mu.Lock()
	calls, hosted := p.calls, p.hosted
	p.calls = nil
	own := p.freshLocked(now)
	p.mu.Unlock()
	in := model.Input{
		Now: now, Key: p.w.c.Key, Snapshot: snapshot, Settings: p.w.c.Profile.Settings(), Servers: p.w.c.Profile.Servers(), Hosted: hosted, Idle: p.idle.Load(), Starting: p.starting.Load(),
	}
	live := snapshot.Place.Phase != call.Idle || p.moves.Load()
	if live {
		in.Stats = p.w.c.Engine.Stats()
	}
	view := p.model.Update(in)
	view.Lines = append(view.Lines[:len(view.Lines):len(view.Lines)], own...)
	p.perform(view, in.Settings.SoundVolume)
	p.show(view, calls, now)
	switch {
	case live:
		return tickEvery
	case snapshot.Link == call.Dialing, in.Starting:
		return busyStep
	case len(view.Lines) > 0, snapshot.Link == call.Lost:
		return slowTick
	}
	return time.Hour
}

func (p *pump) freshLocked(now time.Time) []model.Line {
	for len(p.lines) > 0 && now.Sub(p.linesAt[0]) > lineStays {
		p.lines, p.linesAt = p.lines[1:], p.linesAt[1:]
	}
	return append([]model.Line(nil), p.lines...)
}

// show is the only way from this goroutine to Fyne's.
func (p *pump) show(v *model.View, calls []func(), now time.Time) {
	select {
	case <-p.quit: // the driver may be gone
		return
	default:
	}
	p.busy, p.last = true, now
	fyne.Do(func() {
		waited := time.Since(now)
		for _, f := range calls {
			f()
		}
		p.w.apply(v)
		p.applied <- turned{waited, time.Since(now) - waited}
	})
}

// perform does what a view asks for besides being shown.
func (p *pump) perform(v *model.View, volume int) {
	for _, name := range v.Sounds {
		samples, err := assets.Sound(string(name))
		if err != nil {
			p.log.Warn("sound", "err", err)
			continue
		}
		p.w.do(call.Play{Samples: samples, Gain: float32(volume) / 100})
	}
	for _, a := range v.Alerts {
		p.later(func() { p.w.alert(a) })
	}
	if v.Status != "" && v.Status != p.status {
		p.w.do(call.SetPresence{Status: v.Status})
	}
	p.status = v.Status
	if v.Name != "" && v.Name != p.name {
		p.w.do(call.SetName{Name: v.Name})
	}
	p.name = v.Name
}

func (p *pump) watchIdle() {
	ticker := time.NewTicker(idleEvery)
	defer ticker.Stop()
	for {
		since, ok := p.w.c.Desktop.Idle()
		if idle := ok && since >= idleAfter; p.idle.Swap(idle) != idle {
			p.wake()
		}
		select {
		case <-ticker.C:
		case <-p.quit:
			return
		}
	}
}

package ui

import (
	"log/slog"
	"slices"
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
	tickEvery   = time.Second * 2 / 15  // 7.5 a second
	slowTick    = time.Second           // while a countdown or a line is shown; busyStep while the first connection is made
	frameEvery  = 33 * time.Millisecond // between two turns, on average
	frameEarly  = 10 * time.Millisecond // so much of a delay the next picture makes up for
	flowsFor    = 3 * frameEvery        // after a picture the next one is expected for so long,
	joinWithin  = frameEvery / 2        // and what may wait for it waits so much longer than a picture would
	lineStays   = 6 * time.Second
	maxLines    = 3
	idleEvery   = 15 * time.Second
	idleAfter   = 10 * time.Minute
	stallLogged = 50 * time.Millisecond
)

// pump carries what the engine shows to the window:
//
//	Engine.Changed | tick | later ─► run: Snapshot, Stats ─► model.Update ─┬► fyne.Do(Window.apply, picture.draw)
//	                          picture.run: newest picture, of each, ready ─┘
//
// run is one goroutine. It has at most one turn under way, so that a slow window sees the newest view and no queue of old ones. Fyne
// paints the whole window for the least change: while pictures come, what else there is to show waits for the next of them.
type pump struct {
	w     *Window
	model *model.Model
	log   *slog.Logger

	do       func(func())  // has a function run on Fyne's goroutine
	poke     chan struct{} // capacity 1
	ready    chan struct{} // capacity 1: a picture is ready
	eager    atomic.Bool   // and it is one that does not wait
	quit     chan struct{}
	done     chan struct{}
	once     sync.Once
	alive    atomic.Bool
	idle     atomic.Bool                 // nobody has touched this machine for idleAfter
	moves    atomic.Bool                 // the settings show a meter
	starting atomic.Bool                 // a server is being started in this process
	read     atomic.Uint64               // Seq of the last text that was in sight
	looks    atomic.Pointer[model.Looks] // how one wants to see pictures; nil: one has not said

	mu      sync.Mutex
	calls   []func()     // to run on Fyne's goroutine, in order
	lines   []model.Line // of the window itself
	linesAt []time.Time
	hosted  string

	pictures []*picture // that are on; of Fyne's goroutine alone

	// Of run alone.
	applied chan turned // capacity 1: the apply under way has ended
	busy    bool
	dirty   bool      // something may have changed since the last apply
	fresh   bool      // a picture is ready
	last    time.Time // when a turn was last begun
	due     time.Time // when the next one may begin
	flowed  time.Time // when a picture was last drawn that does not wait
	drawing func()    // draw, made once
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
	p := &pump{
		w: w, model: model.New(), log: log, do: func(f func()) { fyne.Do(f) }, poke: make(chan struct{}, 1), ready: make(chan struct{}, 1),
		quit: make(chan struct{}), done: make(chan struct{}), applied: make(chan turned, 1),
	}
	p.drawing = func() { p.onScreen(nil, nil) }
	return p
}

func (p *pump) start() {
	p.alive.Store(true)
	go p.run()
	if p.w.c.Desktop.Idle != nil {
		go p.watchIdle()
	}
}

// stop ends the pump: nothing is sent to Fyne's goroutine any more when it returns. It does not wait for that goroutine.
func (p *pump) stop() {
	p.once.Do(func() { close(p.quit) })
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

// pictured says that a picture is ready to be drawn.
func (p *pump) pictured(patient bool) {
	if !patient {
		p.eager.Store(true)
	}
	select {
	case p.ready <- struct{}{}:
	default:
	}
}

// drop forgets a picture that is off. The list is a new one: onScreen may be on its way through it, as another picture's shape has come
// to decide about this one.
func (p *pump) drop(gone *picture) {
	p.pictures = slices.DeleteFunc(slices.Clone(p.pictures), func(q *picture) bool { return q == gone })
}

func (p *pump) run() {
	defer close(p.done)
	tick, pace := time.NewTimer(0), time.NewTimer(time.Hour)
	defer tick.Stop()
	defer pace.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-p.w.c.Engine.Changed():
			p.dirty = true
		case <-p.poke:
			p.dirty = true
		case <-tick.C:
			p.dirty = true
		case <-p.ready:
			p.fresh = true
		case <-pace.C:
		case link := <-p.w.c.Opened:
			p.later(func() { p.w.opened(link) })
			continue
		case t := <-p.applied:
			p.busy = false
			if late := max(t.waited, t.ran); late > stallLogged {
				p.log.Warn("ui stall", "ms", late.Milliseconds(), "waited_ms", t.waited.Milliseconds(), "ran_ms", t.ran.Milliseconds())
			}
		}
		if p.busy || !p.dirty && !p.fresh {
			continue
		}
		now := time.Now()
		if wait := p.next(now).Sub(now); wait > 0 {
			pace.Reset(wait)
			continue
		}
		if !p.dirty {
			p.show(p.drawing, now)
			continue
		}
		p.dirty = false
		tick.Reset(p.turn(now))
	}
}

// next is when a turn may begin.
func (p *pump) next(now time.Time) time.Time {
	if !p.eager.Load() && now.Sub(p.flowed) < flowsFor {
		return p.due.Add(joinWithin)
	}
	return p.due
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
		Read: p.read.Load(), Looks: p.w.looks(),
	}
	live := snapshot.Place.Phase != call.Idle || p.moves.Load()
	if live {
		in.Stats = p.w.c.Engine.Stats()
	}
	view := p.model.Update(in)
	view.Lines = append(view.Lines[:len(view.Lines):len(view.Lines)], own...)
	p.perform(view, in.Settings.SoundVolume)
	p.show(func() { p.onScreen(view, calls) }, now)
	switch {
	case live:
		return tickEvery
	case snapshot.Link == call.Dialing, in.Starting, snapshot.Ring != nil:
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
func (p *pump) show(run func(), now time.Time) {
	select {
	case <-p.quit: // the driver may be gone
		return
	default:
	}
	if p.eager.Swap(false) {
		p.flowed = now
	}
	p.busy, p.fresh, p.last = true, false, now
	if early := now.Add(-frameEarly); p.due.Before(early) {
		p.due = early
	}
	p.due = p.due.Add(frameEvery)
	p.do(run)
}

// onScreen is a turn on Fyne's goroutine.
func (p *pump) onScreen(v *model.View, calls []func()) {
	begin := time.Now()
	for _, f := range calls {
		f()
	}
	if v != nil {
		p.w.apply(v)
	}
	for _, shown := range p.pictures {
		shown.draw()
	}
	p.applied <- turned{begin.Sub(p.last), time.Since(begin)}
}

// perform does what a view asks for besides being shown.
func (p *pump) perform(v *model.View, volume int) {
	for _, name := range v.Sounds {
		p.play(name, call.Play{Gain: float32(volume) / 100})
	}
	for _, name := range v.Aside {
		p.later(func() {
			if p.w.aside() {
				p.play(name, call.Play{Gain: float32(volume) / 100})
			}
		})
	}
	if v.Hush {
		p.w.do(call.StopRing{})
	}
	if r := v.Rung; r != nil {
		p.play(r.Sound, call.Play{Gain: r.Gain * float32(volume) / 100, Ring: r.Ringer})
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

func (p *pump) play(name model.Sound, how call.Play) {
	var err error
	if how.Samples, err = assets.Sound(string(name)); err != nil {
		p.log.Warn("sound", "err", err)
		return
	}
	p.w.do(how)
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

package audio

import (
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// FollowConfig says which devices a Follow keeps open.
type FollowConfig struct {
	Backend Backend
	Capture *Capture // as in Use
	Playout *Playout
	Input   string        // ID or name of the microphone; empty follows the system
	Output  string        // and of the loudspeaker
	Stereo  bool          // as in SetStereo
	OnAir   bool          // as in SetOnAir
	Period  time.Duration // of both; 0: as short as each device carries, chosen by Pace, or 10 ms where Learnt is nil
	// Learnt tells the period with which a device worked before, 0 if it is not known to work, and Learned what to remember. Both
	// run on Follow's goroutine. A nil Learnt remembers nothing; then nobody knows that this is the first start, and a microphone
	// is not passed over for its silence.
	Learnt  func(k Kind, id string) time.Duration
	Learned func(k Kind, id string, period time.Duration)
	// Switched is told, on Follow's goroutine, that sound passes another device from now on: the way from loudspeaker to microphone
	// is another. It is not told when the same device is opened again, say with another period. nil: nobody is.
	Switched func(k Kind, id string)
	// Notify is told what happens, on Follow's goroutine: it must return soon and must not call Close. nil: nobody is.
	Notify func(Notice)
	// Changed is told likewise, at the start and whenever something in it is new. nil: nobody is.
	Changed func(Devices)
	Log     *slog.Logger // nil discards
}

// Devices is what there is, and what is in use.
type Devices struct {
	List          []Info // not changed afterwards
	Input, Output string // names; empty: none is open
}

// Event is what happened to a device.
type Event uint8

// What can happen to a device.
const (
	Opened    Event = iota // Name is in use: at the start, by SetInput or SetOutput, or because the system's default changed
	Lost                   // Name was in use and is gone; what follows tells the rest
	FellBack               // Name is in use in the place of the one that was asked for
	Returned               // Name, which was asked for, is there again and in use
	None                   // there is no device of this kind; one that appears will be opened
	Failed                 // Name did not open, or fell silent, for Err; it is tried again
	Plugged                // Name has appeared; Used says whether it is in use now. A Returned or FellBack of it says that itself
	Unplugged              // Name has vanished and was not in use
	Passed                 // Name moves no sound at the first start, and another does, which is taken
)

func (e Event) String() string {
	return [...]string{"opened", "lost", "fell-back", "returned", "none", "failed", "plugged", "unplugged", "passed-over"}[min(e, Passed)]
}

// Notice tells people about a device.
type Notice struct {
	Kind  Kind
	Event Event
	Name  string
	Err   error
	Used  bool // of Plugged
}

// Follow keeps a microphone and a loudspeaker open: those that were asked for while they are there, else what the system
// says. It looks at the list of devices each second, because no sound system tells, and reopens one that has fallen silent.
//
//	start ─► Opened ─► (vanishes) Lost ─► FellBack ─► (appears) Returned
//	  │         │                  └────► None ─────► (appears) Returned
//	  │         └────► (the first start, dead) Passed ─► Opened
//	  └────► None, FellBack
//
// Beside that, and told to nobody, each device is reopened with the period that it carries (Pace).
type Follow struct {
	backend Backend
	period  time.Duration // 0: Pace's
	learnt  func(Kind, string) time.Duration
	learned func(Kind, string, time.Duration)
	moved   func(Kind, string)
	start   time.Time
	notify  func(Notice)
	tell    func(Devices)
	log     *slog.Logger
	ports   [2]*port      // by Kind
	uses    chan use      // Use to run
	changed chan struct{} // capacity 1: a wish to run
	steady  atomic.Bool
	onAir   atomic.Bool
	quit    chan struct{}
	done    chan struct{}
	once    sync.Once

	// Of run.
	looked bool // list is one that was seen
	list   []Info
	told   Devices
	said   []Notice // in the poll that runs
}

// use is a Use on its way to run.
type use struct {
	capture *Capture
	playout *Playout
	done    chan struct{}
}

const (
	watchEvery = 100 * time.Millisecond
	pollEvery  = time.Second
	silent     = 500 * time.Millisecond // no callback for so long: reopen
	slowStart  = 3 * time.Second        // but not sooner after opening: Bluetooth and a waking server take their time
	maxBackoff = 8 * time.Second
)

// StartFollow opens the devices, on its own goroutine, and returns at once.
func StartFollow(c FollowConfig) *Follow {
	f := &Follow{
		backend: c.Backend, period: c.Period, learnt: c.Learnt, learned: c.Learned, moved: c.Switched, start: time.Now(),
		notify: c.Notify, tell: c.Changed, log: c.Log,
		ports:   [2]*port{newPort(Input, c.Input), newPort(Output, c.Output)},
		uses:    make(chan use),
		changed: make(chan struct{}, 1),
		quit:    make(chan struct{}),
		done:    make(chan struct{}),
	}
	if f.period == 0 && f.learnt == nil {
		f.period = FrameTime
	}
	if f.learned == nil {
		f.learned = func(Kind, string, time.Duration) {}
	}
	if f.moved == nil {
		f.moved = func(Kind, string) {}
	}
	if f.notify == nil {
		f.notify = func(Notice) {}
	}
	if f.tell == nil {
		f.tell = func(Devices) {}
	}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	f.ports[Input].stereo.Store(c.Stereo)
	f.onAir.Store(c.OnAir)
	f.ports[Output].stereo.Store(true)
	f.serve(c.Capture, c.Playout)
	go f.run()
	return f
}

// Use says what the devices work for from now on: a nil Capture needs no microphone, a nil Playout no loudspeaker. When it has
// returned, what is not needed any more is closed; what is needed opens soon.
func (f *Follow) Use(c *Capture, p *Playout) {
	u := use{c, p, make(chan struct{})}
	select {
	case f.uses <- u:
		<-u.done
	case <-f.done:
	}
}

func (f *Follow) serve(c *Capture, p *Playout) {
	var ends [2]end
	if c != nil { // a nil pointer in an interface is not nil
		ends[Input] = c
	}
	if p != nil {
		ends[Output] = p
	}
	for kind, e := range ends {
		f.ports[kind].serve(e)
	}
}

// SetOnAir says that others hear the microphone: then one that gives nothing but zeros is kept, as its own switch may have muted it,
// and another in its place would let them hear what they should not. One that gives nothing at all is passed over all the same.
func (f *Follow) SetOnAir(on bool) { f.onAir.Store(on) }

// SetSteady keeps the periods as they are while on: who measures the way from loudspeaker to microphone wants it to stay.
func (f *Follow) SetSteady(on bool) { f.steady.Store(on) }

// SetInput changes the microphone: an ID or a name, empty to follow the system. It does not wait.
func (f *Follow) SetInput(want string) { f.set(Input, want) }

// SetOutput changes the loudspeaker likewise.
func (f *Follow) SetOutput(want string) { f.set(Output, want) }

// SetStereo says whether the microphone is to give two channels; one that is open for another number is opened anew. The loudspeaker
// always has two.
func (f *Follow) SetStereo(on bool) {
	if f.ports[Input].stereo.Swap(on) != on {
		wake(f.changed)
	}
}

func (f *Follow) set(k Kind, want string) {
	f.ports[k].want.Store(&want)
	wake(f.changed)
}

// Close closes the devices and waits. Capture and Playout are not called afterwards. It can be called more than once.
func (f *Follow) Close() {
	f.once.Do(func() { close(f.quit) })
	<-f.done
}

func (f *Follow) run() {
	defer close(f.done)
	defer func() {
		for _, p := range f.ports {
			p.close()
		}
	}()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	next := f.poll(time.Now())
	for {
		select {
		case <-f.quit:
			return
		case u := <-f.uses:
			f.serve(u.capture, u.playout)
			close(u.done)
			next = f.poll(time.Now())
		case <-f.changed:
			next = f.poll(time.Now())
		case now := <-tick.C:
			if f.watch(now) || !now.Before(next) {
				next = f.poll(now)
			}
		}
	}
}

// poll looks at the devices and does what follows; it tells when to look again.
func (f *Follow) poll(now time.Time) (next time.Time) {
	list, err := f.backend.Devices()
	before := f.list
	if err != nil { // the sound server has died or is starting: what runs goes on, and nothing else would open
		f.log.Warn("list sound devices", "err", err)
		list = before
	}
	for _, p := range f.ports {
		switch {
		case p.end == nil:
		case err == nil:
			f.steer(p, list, now)
		default:
			f.complain(p)
		}
		if p.device != nil {
			p.end.SetDeviceLatency(p.device.Latency()) // a sound server knows better after a while
		}
	}
	if f.looked {
		f.said = plugging(f.said, before, list)
	}
	f.looked, f.list = f.looked || err == nil, list
	f.report()
	return now.Add(pollEvery)
}

// report tells what this poll has found.
func (f *Follow) report() {
	for _, n := range f.said {
		f.notify(n)
	}
	f.said = f.said[:0]
	now := Devices{f.list, f.ports[Input].name(), f.ports[Output].name()}
	if now.Input != f.told.Input || now.Output != f.told.Output || !slices.Equal(now.List, f.told.List) {
		f.told = now
		f.tell(now)
	} else {
		f.list = f.told.List // so that who keeps it sees the same one
	}
}

// watch finds devices that have fallen silent: their stream was killed, or the sound server has died. They are opened
// anew; true if there are any.
func (f *Follow) watch(now time.Time) (again bool) {
	for _, p := range f.ports {
		if f.try(p, now) {
			again = true
		}
		if !p.stopped(now) {
			continue
		}
		p.close()
		p.silent, again = true, true
	}
	return again
}

func (f *Follow) say(n Notice) { f.said = append(f.said, n) }

// ErrSilent is why a device is reopened that was open and did nothing.
var ErrSilent = errors.New("sound device has fallen silent")

// steer brings one port to where the list says it should be.
func (f *Follow) steer(p *port, list []Info, now time.Time) {
	if want := *p.want.Load(); want != p.wanted {
		p.wanted, p.event = want, Opened
		clear(p.shunned)
		p.endTrial()
		p.tried = true // somebody has chosen
		clear(p.passed)
	} else if p.using.ID != "" && !slices.ContainsFunc(list, p.uses) {
		f.say(Notice{Kind: p.kind, Event: Lost, Name: p.using.Name})
		p.using = Info{}
	}
	f.complain(p)
	p.forgive(list)
	c, ok := choose(p.usable(list, now), p.kind, p.wanted)
	switch {
	case ok && p.device != nil && p.request == c.open && p.channels == p.width():
		if p.using.ID != c.ID { // the system's default has changed, and the system has moved us along
			f.settled(p, c)
			p.take(f.paceOf(p, c.ID), f.since(now))
		}
		f.keepPace(p, now)
	case ok:
		f.open(p, c, now)
	default:
		p.close()
		if _, some := choose(list, p.kind, p.wanted); !some && p.event != None {
			p.event, p.using = None, Info{}
			f.say(Notice{Kind: p.kind, Event: None})
		}
	}
}

// complain says that a device has fallen silent, once.
func (f *Follow) complain(p *port) {
	if p.silent && p.using.ID != "" && !p.complained {
		p.complained = true
		f.say(Notice{Kind: p.kind, Event: Failed, Name: p.using.Name, Err: ErrSilent})
		p.using = Info{}
	}
	p.silent = false
}

// open changes to another device: the new one is opened first, so that there is next to no gap, unless the old one is in
// its way. One that does not open is shunned for a while, for whatever else there is.
func (f *Follow) open(p *port, c choice, now time.Time) {
	_, again := p.shunned[c.ID]
	pace := f.paceOf(p, c.ID)
	if err := f.exchange(p, c.open, f.periodOf(pace), !again, now); err != nil {
		if !again {
			f.say(Notice{Kind: p.kind, Event: Failed, Name: c.Name, Err: err})
			if p.device == nil {
				p.using = Info{} // that it opens again later is news
			}
		}
		p.shun(c.ID, now)
		wake(f.changed)
		return
	}
	delete(p.shunned, c.ID)
	f.settled(p, c)
	p.take(pace, f.since(now))
	f.beginTrial(p, c, now)
}

// exchange puts a new device in the place of the one that is open. When it fails, that one goes on, or is closed if it may have
// been in the way.
func (f *Follow) exchange(p *port, id string, period time.Duration, inWay bool, now time.Time) error {
	width := p.width()
	v := &valve{io: p.io(width), output: p.kind == Output, period: period, channels: width}
	r := Request{Kind: p.kind, ID: id, Period: period, Channels: width}
	d, err := f.backend.Open(r, v.call)
	if err != nil && inWay && p.device != nil {
		p.close()
		d, err = f.backend.Open(r, v.call)
	}
	if err != nil {
		return err
	}
	p.close() // returns after its last callback: only one device may touch the ring
	if e, ok := p.end.(*Playout); ok {
		e.fill.begin(samples(period))
	}
	v.open.Store(true)
	p.device, p.valve, p.request, p.period, p.channels = d, v, id, period, width
	p.beats, p.lastBeat, p.opened = 0, now, now
	has, ok := d.(Periodic)
	p.fixed = ok && has.Period() != period
	p.end.SetDeviceLatency(d.Latency())
	return nil
}

// settled says which device is in use now, and why, if that is news.
func (f *Follow) settled(p *port, c choice) {
	event := Opened
	switch {
	case c.fell:
		event = FellBack
	case p.event == FellBack || p.event == None:
		event = Returned
	}
	news := p.using.ID != c.ID || event != p.event && event != Opened
	p.using, p.event = c.Info, event
	if p.told != c.ID {
		p.told = c.ID
		f.moved(p.kind, c.ID)
	}
	if news {
		f.say(Notice{Kind: p.kind, Event: event, Name: c.Name})
	}
}

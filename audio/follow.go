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
	Capture *Capture      // nil: no microphone is opened
	Playout *Playout      // nil: no loudspeaker is opened
	Input   string        // ID or name of the microphone; empty follows the system
	Output  string        // and of the loudspeaker
	Period  time.Duration // of both; 0: 10 ms
	// Notify is told what happens, on Follow's goroutine: it must return soon and must not call Close. nil: nobody is.
	Notify func(Notice)
	Log    *slog.Logger // nil discards
}

// Event is what happened to a device.
type Event uint8

// What can happen to a device.
const (
	Opened   Event = iota // Name is in use: at the start, by SetInput or SetOutput, or because the system's default changed
	Lost                  // Name was in use and is gone; what follows tells the rest
	FellBack              // Name is in use in the place of the one that was asked for
	Returned              // Name, which was asked for, is there again and in use
	None                  // there is no device of this kind; one that appears will be opened
	Failed                // Name did not open, or fell silent, for Err; it is tried again
)

func (e Event) String() string {
	return [...]string{"opened", "lost", "fell-back", "returned", "none", "failed"}[min(e, Failed)]
}

// Notice tells people about a device.
type Notice struct {
	Kind  Kind
	Event Event
	Name  string
	Err   error
}

// Follow keeps a microphone and a loudspeaker open: those that were asked for while they are there, else what the system
// says. It looks at the list of devices each second, because no sound system tells, and reopens one that has fallen silent.
//
//	start ─► Opened ─► (vanishes) Lost ─► FellBack ─► (appears) Returned
//	  │                            └────► None ─────► (appears) Returned
//	  └────► None, FellBack
type Follow struct {
	backend Backend
	period  time.Duration
	notify  func(Notice)
	log     *slog.Logger
	ports   []*port
	list    atomic.Pointer[[]Info]
	changed chan struct{} // capacity 1: a wish to run
	quit    chan struct{}
	done    chan struct{}
	once    sync.Once
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
		backend: c.Backend, period: c.Period, notify: c.Notify, log: c.Log,
		changed: make(chan struct{}, 1),
		quit:    make(chan struct{}),
		done:    make(chan struct{}),
	}
	if f.period == 0 {
		f.period = FrameTime
	}
	if f.notify == nil {
		f.notify = func(Notice) {}
	}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	f.list.Store(new([]Info))
	if c.Capture != nil {
		f.ports = append(f.ports, newPort(Input, c.Input, c.Capture.Write, c.Capture.SetDeviceLatency))
	}
	if c.Playout != nil {
		f.ports = append(f.ports, newPort(Output, c.Output, c.Playout.Read, c.Playout.SetDeviceLatency))
	}
	go f.run()
	return f
}

// SetInput changes the microphone: an ID or a name, empty to follow the system. It does not wait.
func (f *Follow) SetInput(want string) { f.set(Input, want) }

// SetOutput changes the loudspeaker likewise.
func (f *Follow) SetOutput(want string) { f.set(Output, want) }

func (f *Follow) set(k Kind, want string) {
	for _, p := range f.ports {
		if p.kind == k {
			p.want.Store(&want)
		}
	}
	wake(f.changed)
}

// Devices is the list as it was last seen.
func (f *Follow) Devices() []Info { return slices.Clone(*f.list.Load()) }

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
	if err != nil { // the sound server has died or is starting: what runs goes on, and nothing else would open
		f.log.Warn("list sound devices", "err", err)
	} else {
		f.list.Store(&list)
	}
	for _, p := range f.ports {
		if err == nil {
			f.steer(p, list, now)
		} else {
			f.complain(p)
		}
		if p.device != nil {
			p.latency(p.device.Latency()) // a sound server knows better after a while
		}
	}
	return now.Add(pollEvery)
}

// watch finds devices that have fallen silent: their stream was killed, or the sound server has died. They are opened
// anew; true if there are any.
func (f *Follow) watch(now time.Time) (again bool) {
	for _, p := range f.ports {
		if !p.stopped(now) {
			continue
		}
		p.close()
		p.silent, again = true, true
	}
	return again
}

// ErrSilent is why a device is reopened that was open and did nothing.
var ErrSilent = errors.New("sound device has fallen silent")

// steer brings one port to where the list says it should be.
func (f *Follow) steer(p *port, list []Info, now time.Time) {
	if want := *p.want.Load(); want != p.wanted {
		p.wanted, p.event = want, Opened
		clear(p.shunned)
	} else if p.using.ID != "" && !slices.ContainsFunc(list, p.uses) {
		f.notify(Notice{p.kind, Lost, p.using.Name, nil})
		p.using = Info{}
	}
	f.complain(p)
	c, ok := choose(p.usable(list, now), p.kind, p.wanted)
	switch {
	case ok && p.device != nil && p.request == c.open:
		if p.using.ID != c.ID { // the system's default has changed, and the system has moved us along
			f.tell(p, c)
		}
	case ok:
		f.open(p, c, now)
	default:
		p.close()
		if _, some := choose(list, p.kind, p.wanted); !some && p.event != None {
			p.event, p.using = None, Info{}
			f.notify(Notice{p.kind, None, "", nil})
		}
	}
}

// complain says that a device has fallen silent, once.
func (f *Follow) complain(p *port) {
	if p.silent && p.using.ID != "" && !p.complained {
		p.complained = true
		f.notify(Notice{p.kind, Failed, p.using.Name, ErrSilent})
		p.using = Info{}
	}
	p.silent = false
}

// open changes to another device: the new one is opened first, so that there is next to no gap, unless the old one is in
// its way. One that does not open is shunned for a while, for whatever else there is.
func (f *Follow) open(p *port, c choice, now time.Time) {
	v := &valve{io: p.io, output: p.kind == Output}
	r := Request{Kind: p.kind, ID: c.open, Period: f.period}
	d, err := f.backend.Open(r, v.call)
	_, again := p.shunned[c.ID]
	if err != nil && !again && p.device != nil {
		p.close()
		d, err = f.backend.Open(r, v.call)
	}
	if err != nil {
		if !again {
			f.notify(Notice{p.kind, Failed, c.Name, err})
		}
		p.shun(c.ID, now)
		wake(f.changed)
		return
	}
	delete(p.shunned, c.ID)
	p.close() // returns after its last callback: only one device may touch the ring
	v.open.Store(true)
	p.device, p.valve, p.request = d, v, c.open
	p.beats, p.lastBeat, p.opened = 0, now, now
	p.latency(d.Latency())
	f.tell(p, c)
}

// tell says which device is in use now, and why, if that is news.
func (f *Follow) tell(p *port, c choice) {
	event := Opened
	switch {
	case c.fell:
		event = FellBack
	case p.event == FellBack || p.event == None:
		event = Returned
	}
	news := p.using.ID != c.ID || event != p.event && event != Opened
	p.using, p.event = c.Info, event
	if news {
		f.notify(Notice{p.kind, event, c.Name, nil})
	}
}

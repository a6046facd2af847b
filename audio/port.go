package audio

import (
	"slices"
	"sync/atomic"
	"time"
)

// port is what Follow keeps of one direction. All but want and stereo belongs to Follow.run.
type port struct {
	kind Kind
	end  end // nil: no device is to be open
	want atomic.Pointer[string]

	stereo atomic.Bool // two channels are wanted

	wanted   string // the wish that the rest is about
	device   Device // nil: none is open
	valve    *valve // in its callback
	request  string // what it was opened as
	period   time.Duration
	channels int    // and with how many
	fixed    bool   // it has no other
	using    Info   // what that means now
	told     string // the last ID that Switched was told
	event    Event  // what was said last of Opened, FellBack, Returned and None

	beats      uint64 // the valve's, when last looked at
	opened     time.Time
	lastBeat   time.Time
	silent     bool // watch has found it so
	complained bool // and it was said

	shunned map[string]shun // by ID, the devices that did not open

	pace     *Pace            // of the device in use; nil: none is, or the period is fixed
	paces    map[string]*Pace // by ID
	underran uint64           // the device's and the ring's, when last looked at
	missed   uint64
	late     uint64 // the valve's

	trial  trial
	tried  bool            // there was a first start
	probes []probe         // the others that are listened to in a trial
	passed map[string]bool // by ID, those that do not move sound
	system string          // ID of the system's default when they were passed over
}

// end is the Capture or Playout that a device works for.
type end interface {
	SetDeviceLatency(time.Duration)
}

// shun is for how long something else is taken in a device's place.
type shun struct {
	until   time.Time
	backoff time.Duration
}

func newPort(k Kind, want string) *port {
	p := &port{kind: k, wanted: want, shunned: map[string]shun{}, paces: map[string]*Pace{}, passed: map[string]bool{}}
	p.want.Store(&want)
	return p
}

// serve changes whom the device works for, nil for nobody. One that is open for another is closed when it returns.
func (p *port) serve(e end) {
	if p.end == e {
		return
	}
	p.close()
	p.end, p.using, p.event = e, Info{}, Opened
	p.silent, p.complained = false, false
	clear(p.shunned)
}

// width is how many channels are wanted.
func (p *port) width() int {
	if p.stereo.Load() {
		return 2
	}
	return 1
}

// io is what a device of so many channels calls.
func (p *port) io(channels int) func([]float32) {
	switch e := p.end.(type) {
	case *Capture:
		if channels == 2 {
			return e.WriteStereo
		}
		return e.Write
	case *Playout:
		if channels == 2 {
			return e.ReadStereo
		}
		return e.Read
	}
	return nil
}

// name is of the device in use; empty: none is.
func (p *port) name() string {
	if p.device == nil {
		return ""
	}
	return p.using.Name
}

func (p *port) uses(d Info) bool { return d.Kind == p.kind && d.ID == p.using.ID }

// usable is the list without what is shunned, and without what was passed over as long as there is something else.
func (p *port) usable(list []Info, now time.Time) []Info {
	list = slices.DeleteFunc(slices.Clone(list), func(d Info) bool {
		return d.Kind == p.kind && now.Before(p.shunned[d.ID].until)
	})
	rest := slices.DeleteFunc(slices.Clone(list), func(d Info) bool { return d.Kind == p.kind && p.passed[d.ID] })
	if _, ok := choose(rest, p.kind, p.wanted); ok {
		return rest
	}
	return list
}

// shun notes that a device did not open.
func (p *port) shun(id string, now time.Time) {
	backoff := min(max(2*p.shunned[id].backoff, pollEvery), maxBackoff)
	p.shunned[id] = shun{now.Add(backoff), backoff}
}

// close returns after the device's last callback.
func (p *port) close() {
	p.endTrial()
	if p.device != nil {
		_ = p.device.Close() // nothing can be done about it, and the device is not used again
		p.device = nil
	}
}

// stopped tells whether an open device does not call any more.
func (p *port) stopped(now time.Time) bool {
	if p.device == nil {
		return false
	}
	if n := p.valve.beats.Load(); n != p.beats {
		p.beats, p.lastBeat, p.complained = n, now, false
	}
	return now.Sub(p.lastBeat) >= silent && now.Sub(p.opened) >= slowStart
}

// valve stands between a device's callback and the ring while two devices are open: only one of them passes. A valve without
// io only looks.
type valve struct {
	io     func([]float32)
	output bool
	open   atomic.Bool
	beats  atomic.Uint64
	late   atomic.Uint64 // callbacks that came when the device's buffer was over
	sound  atomic.Bool   // a microphone has given something else than zeros

	period   time.Duration
	channels int       // interleaved in a buffer; 0: one
	last     time.Time // the callback's own
}

// lateBy is what a callback may come late besides the buffer of two periods that a device has: the clock is read after the wait
// for a core.
const lateBy = 5 * time.Millisecond

func (v *valve) call(buf []float32) {
	v.beats.Add(1)
	now := time.Now()
	if !v.last.IsZero() && now.Sub(v.last) > 2*max(v.period, duration(len(buf)/max(v.channels, 1)))+lateBy {
		v.late.Add(1)
	}
	v.last = now
	if !v.output && !v.sound.Load() && slices.ContainsFunc(buf, func(s float32) bool { return s != 0 }) {
		v.sound.Store(true)
	}
	switch {
	case v.open.Load():
		v.io(buf)
	case v.output:
		clear(buf)
	}
}

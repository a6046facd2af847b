package audio

import (
	"slices"
	"sync/atomic"
	"time"
)

// port is what Follow keeps of one direction. All but want belongs to Follow.run.
type port struct {
	kind    Kind
	io      func([]float32)     // Capture.Write or Playout.Read
	latency func(time.Duration) // tells them what the device adds
	want    atomic.Pointer[string]

	wanted  string // the wish that the rest is about
	device  Device // nil: none is open
	valve   *valve // in its callback
	request string // what it was opened as
	using   Info   // what that means now
	event   Event  // what was said last of Opened, FellBack, Returned and None

	beats      uint64 // the valve's, when last looked at
	opened     time.Time
	lastBeat   time.Time
	silent     bool // watch has found it so
	complained bool // and it was said

	shunned map[string]shun // by ID, the devices that did not open
}

// shun is for how long something else is taken in a device's place.
type shun struct {
	until   time.Time
	backoff time.Duration
}

func newPort(k Kind, want string, io func([]float32), latency func(time.Duration)) *port {
	p := &port{kind: k, io: io, latency: latency, wanted: want, shunned: map[string]shun{}}
	p.want.Store(&want)
	return p
}

func (p *port) uses(d Info) bool { return d.Kind == p.kind && d.ID == p.using.ID }

// usable is the list without what is shunned.
func (p *port) usable(list []Info, now time.Time) []Info {
	return slices.DeleteFunc(slices.Clone(list), func(d Info) bool {
		return d.Kind == p.kind && now.Before(p.shunned[d.ID].until)
	})
}

// shun notes that a device did not open.
func (p *port) shun(id string, now time.Time) {
	backoff := min(max(2*p.shunned[id].backoff, pollEvery), maxBackoff)
	p.shunned[id] = shun{now.Add(backoff), backoff}
}

// close returns after the device's last callback.
func (p *port) close() {
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

// valve stands between a device's callback and the ring while two devices are open: only one of them passes.
type valve struct {
	io     func([]float32)
	output bool
	open   atomic.Bool
	beats  atomic.Uint64
}

func (v *valve) call(buf []float32) {
	v.beats.Add(1)
	switch {
	case v.open.Load():
		v.io(buf)
	case v.output:
		clear(buf)
	}
}

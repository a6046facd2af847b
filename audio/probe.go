package audio

import (
	"slices"
	"time"
)

// probe is a device that is open beside the one in use, for a moment, to see whether it moves sound. What it hears goes nowhere.
type probe struct {
	id     string
	device Device
	valve  *valve
}

// alive is how many callbacks show that a device works: a sound server may ask for a first buffer of a device that is dead.
const alive = 10

// maxProbes is how many are opened at once.
const maxProbes = 4

// beginTrial tries the first device that the system says, unless it is known to work.
func (f *Follow) beginTrial(p *port, c choice, now time.Time) {
	if !p.tried && p.wanted == "" && f.remembered(p.kind, c.ID) == 0 {
		p.trial.begin(now)
	}
	p.tried = true
}

// try goes on with a trial; true if a device was passed over, and the list is to be looked at.
func (f *Follow) try(p *port, now time.Time) bool {
	if p.device == nil || p.trial.state == trialOver {
		return false
	}
	others := slices.DeleteFunc(slices.Clone(f.list), func(d Info) bool {
		return d.Kind != p.kind || d.Monitor || d.ID == p.using.ID
	})
	s := trialSeen{called: p.valve.beats.Load() >= alive, sounds: p.valve.sound.Load(), others: len(others) > 0}
	s.sounds = s.sounds || f.learnt == nil || f.onAir.Load()
	s.works = slices.ContainsFunc(p.probes, p.works)
	switch p.trial.step(now, p.kind, s) {
	case trialProbe:
		f.probe(p, others)
	case trialKeep:
		p.endTrial()
	case trialPass:
		f.pass(p)
		return true
	}
	return false
}

func (p *port) works(o probe) bool {
	return o.valve.beats.Load() >= alive && (p.kind == Output || o.valve.sound.Load())
}

// probe opens the others. What does not open does not work.
func (f *Follow) probe(p *port, others []Info) {
	for _, d := range others[:min(len(others), maxProbes)] {
		v := &valve{output: p.kind == Output}
		if o, err := f.backend.Open(Request{Kind: p.kind, ID: d.ID, Period: FrameTime}, v.call); err == nil {
			p.probes = append(p.probes, probe{d.ID, o, v})
		} else {
			p.passed[d.ID] = true
		}
	}
}

// pass leaves the device in use, and those before the first that works, out of what is chosen from.
func (f *Follow) pass(p *port) {
	f.say(Notice{Kind: p.kind, Event: Passed, Name: p.using.Name})
	p.passed[p.using.ID] = true
	for _, o := range p.probes {
		if !p.works(o) {
			p.passed[o.id] = true
		}
	}
	p.system = p.using.ID
	p.closeProbes()
}

// endTrial ends what is being tried; what is in use stays.
func (p *port) endTrial() {
	if p.trial.state != trialOver {
		clear(p.passed) // of an examination that came to nothing
	}
	p.trial = trial{}
	p.closeProbes()
}

func (p *port) closeProbes() {
	for _, o := range p.probes {
		_ = o.device.Close() // nothing can be done about it
	}
	p.probes = nil
}

// forgive gives a device that was passed over another chance: it was plugged in anew, or the system's default is another.
func (p *port) forgive(list []Info) {
	if len(p.passed) == 0 || p.trial.state != trialOver {
		return
	}
	for id := range p.passed {
		if !slices.ContainsFunc(list, func(d Info) bool { return d.Kind == p.kind && d.ID == id }) {
			delete(p.passed, id)
		}
	}
	for _, d := range list {
		if d.Kind == p.kind && d.Default && d.ID != p.system {
			clear(p.passed)
		}
	}
}

package audio

import (
	"time"
)

// maxPaces is how many devices are remembered at once: a list with more is not one of things that were plugged in.
const maxPaces = 64

// since is Follow's own time, which Pace counts in.
func (f *Follow) since(now time.Time) time.Duration { return now.Sub(f.start) }

// paceOf is what is known of a device's period; nil: it is not to be chosen.
func (f *Follow) paceOf(p *port, id string) *Pace {
	if f.period != 0 {
		return nil
	}
	if p.paces[id] == nil {
		if len(p.paces) >= maxPaces {
			clear(p.paces)
		}
		p.paces[id] = NewPace(f.remembered(p.kind, id))
	}
	return p.paces[id]
}

func (f *Follow) remembered(k Kind, id string) time.Duration {
	if f.learnt == nil {
		return 0
	}
	return f.learnt(k, id)
}

func (f *Follow) periodOf(pace *Pace) time.Duration {
	if pace == nil {
		return f.period
	}
	return pace.Period()
}

// keepPace reopens a device with another period if that is due. Nobody is told: it is the same device.
func (f *Follow) keepPace(p *port, now time.Time) {
	pace, at := p.pace, f.since(now)
	if pace == nil || p.fixed || p.trial.state != trialOver {
		return
	}
	before := pace.Learnt()
	want, change := pace.Period(), pace.Period() != p.period // the system has moved us to a device that carries another
	if !change {
		want, change = pace.Step(at, p.look())
	}
	if change && !f.steady.Load() {
		f.repace(p, want, now)
	}
	if l := pace.Learnt(); l != before {
		f.learned(p.kind, p.using.ID, l)
	}
}

func (f *Follow) repace(p *port, want time.Duration, now time.Time) {
	before := p.period
	err := f.exchange(p, p.request, want, true, now)
	if err == nil {
		f.log.Info("sound device's period", "device", p.using.Name, "period", want, "before", before)
		p.pace.Opened(f.since(now), want)
		p.looked()
		return
	}
	p.pace.Refused(f.since(now))
	f.log.Warn("change a sound device's period", "device", p.using.Name, "period", want, "err", err)
	switch {
	case p.device == nil:
		wake(f.changed) // it opens as it was, or is shunned
	case p.pace.Period() != before:
		p.pace.Opened(f.since(now), before)
	}
}

// take begins to watch the device that is in use now.
func (p *port) take(pace *Pace, at time.Duration) {
	if p.pace = pace; pace != nil && pace.Period() == p.period {
		pace.Opened(at, p.period)
	}
	p.looked()
}

// looked forgets what the device did until now.
func (p *port) looked() { _ = p.look() }

// look is what happened since the last time.
func (p *port) look() (s PaceSeen) {
	late, missed, underran := p.valve.late.Load(), uint64(0), uint64(0)
	s.Late = late - min(p.late, late)
	switch e := p.end.(type) {
	case *Playout:
		_, missed = e.ring.Lost()
		s.Quiet = e.level.get() < unheard
	case *Capture:
		s.Quiet = !e.Speaking()
	}
	if missed != p.missed {
		s.Underruns++
	}
	if d, ok := p.device.(Counting); ok {
		underran = d.Underruns()
		s.Underruns += underran - min(p.underran, underran)
		if p.kind == Output {
			s.Late = 0 // what was lost is known; a late microphone costs delay at the far side, too
		}
	}
	p.late, p.missed, p.underran = late, missed, underran
	return s
}

// unheard is the level below which a gap in what is played is none.
const unheard = -60 // dBFS

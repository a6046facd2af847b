package audio

import (
	"sync/atomic"
	"time"

	"parley/audio/mix"
)

// Sound is one of the program's own that Play has begun.
type Sound struct {
	samples []float32
	gain    float32
	done    func()
	stop    atomic.Bool

	// Of Playout.run.
	at     int
	waited int // frames without a loudspeaker
}

// Stop fades it out.
func (s *Sound) Stop() { s.stop.Store(true) }

const (
	maxSounds = 16              // at once; one more is not played
	maxWait   = 2 * time.Second // for a loudspeaker to open; a sound that comes later says something old
)

// Play mixes a sound of the program's own to what people say: mono, 48 kHz, not to be changed until done was called, once,
// on a goroutine that must not be held up. It is neither deafened nor changed by SetMaster. It begins when a loudspeaker
// asks, and is dropped where none does in two seconds.
func (p *Playout) Play(samples []float32, gain float32, done func()) *Sound {
	if gain != gain {
		gain = 1 // not a number
	}
	s := &Sound{samples: samples, gain: min(max(gain, 0), 2), done: done}
	select {
	case p.begun <- s:
	default:
		s.end()
	}
	select {
	case <-p.done: // run may have looked for the last time
		p.refuseSounds()
	default:
	}
	return s
}

func (s *Sound) end() {
	if s.done != nil {
		s.done()
	}
}

// addSounds adds what is played of the program's own to the sum. Where no loudspeaker asks it only waits.
func (p *Playout) addSounds(served bool) {
	for more := true; more && len(p.sounds) < cap(p.sounds); {
		select {
		case s := <-p.begun:
			p.sounds = append(p.sounds, s)
		default:
			more = false
		}
	}
	kept := p.sounds[:0]
	for _, s := range p.sounds {
		if s.mix(p.sum, served) {
			kept = append(kept, s)
		} else {
			s.end()
		}
	}
	clear(p.sounds[len(kept):]) // for the collector
	p.sounds = kept
}

// mix adds one frame; false: that was the last.
func (s *Sound) mix(sum []float32, served bool) bool {
	if !served {
		s.waited++
		return !s.stop.Load() && s.waited < int(maxWait/FrameTime)
	}
	n := min(len(sum), len(s.samples)-s.at)
	to := s.gain
	if s.stop.Load() {
		to = 0
	}
	if n > 0 && s.at == 0 && to == 0 {
		return false
	}
	mix.Add(sum, s.samples[s.at:s.at+n], s.gain, to)
	s.at += n
	return to > 0 && s.at < len(s.samples)
}

// endSounds is run's last look: what is playing will not be heard to its end.
func (p *Playout) endSounds() {
	for _, s := range p.sounds {
		s.end()
	}
	p.sounds = nil
}

// refuseSounds tells of those that nobody takes out of the queue any more.
func (p *Playout) refuseSounds() {
	for {
		select {
		case s := <-p.begun:
			s.end()
		default:
			return
		}
	}
}

package audio

import (
	"math"
	"time"
)

// While somebody with priority speaks, the others are turned down; who has it too is not, and nor are the program's own sounds.
const (
	duckTo   = 0.25                   // -12 dB
	duckFade = 50 * time.Millisecond  // down, and up again
	duckHold = 300 * time.Millisecond // from the end of the priority to the way up

	// How long they may be silent: who holds a key and says nothing, or never lets go of it, turns nobody down.
	prioritySilence = 2 * time.Second
)

// duckStep is what the gain is divided by, or multiplied with, in a frame.
var duckStep = float32(math.Pow(duckTo, -float64(FrameTime)/float64(duckFade)))

// SetPriority says that a speaker is to be heard before the others, at once or for when it is added. Remove forgets it.
func (p *Playout) SetPriority(key string, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if delete(p.priorities, key); on {
		p.priorities[key] = true
	}
	for _, s := range *p.streams.Load() {
		if s.key == key {
			s.priority.Store(on)
		}
	}
}

// ducks looks at the frame before: whether the others are turned down in this one.
func (p *Playout) ducks(list []*Stream) bool {
	for _, s := range list {
		if s.priority.Load() && s.unspoken < prioritySilence && s.volume.get() > 0 {
			p.ducked = duckHold
			return true
		}
	}
	p.ducked = max(p.ducked-FrameTime, 0)
	return p.ducked > 0
}

// giveWay returns how loud the stream is beside those with priority, and notes whether it spoke in the frame that was pulled.
func (s *Stream) giveWay(ducks bool) float32 {
	if s.quiet == 0 {
		s.unspoken = 0
	} else if s.unspoken < prioritySilence {
		s.unspoken += FrameTime
	}
	if ducks && !s.priority.Load() {
		s.duck = max(s.duck/duckStep, duckTo)
	} else {
		s.duck = min(s.duck*duckStep, 1)
	}
	return s.duck
}

package audio

import (
	"math"

	"parley/audio/mix"
)

// widen decides whether the second channel of the frame in hand is heard, and fades it in or out where that changes. It is not while a
// stage runs, which knows of the first only and makes it late.
func (c *Capture) widen(plain bool) {
	was, want := c.wide.on, c.wide.want && plain && !c.levelled.Load()
	c.wide.on, c.wide.frame = want, want || was
	if !c.wide.frame {
		clear(c.side)
		return
	}
	mix.Clean(c.side, loudest)
	switch {
	case !was:
		mix.Scale(c.side, 0, 1)
	case !want:
		mix.Scale(c.side, 1, 0)
	}
}

// rms is the level of the frame in hand, of both channels together.
func (c *Capture) rms(frame []float32) float32 {
	if !c.wide.frame {
		return mix.RMS(frame)
	}
	return float32(math.Hypot(float64(mix.RMS(frame)), float64(mix.RMS(c.side))))
}

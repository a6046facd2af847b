package audio

import (
	"sync/atomic"
	"time"
)

// Everybody is the audience that a Capture begins with.
const Everybody = 0

// audience says for whom the microphone's packets are: a number that each of them carries. Whoever sends them knows who that is.
//
// What was said for some alone is still on its way through device, ring and stages when the audience changes, and an encoder remembers
// what it has coded: the next packet holds some of it, as overlap and as redundancy (FEC). So between two audiences there is a cut.
//
//	everybody ─► some    at once: what was on its way is withheld from the rest
//	some ─► everybody    when all that was said before has gone to those, the gate's release too; then a cut
//	some ─► others       at once, with a cut: what was on its way goes to nobody
type audience struct {
	now   atomic.Uint32 // what packets are made for; written with exit held
	after atomic.Uint32 // what was set last; likewise

	// The rest belongs to run.
	made uint32 // what the frame in hand is for
	past bool   // what keeps the gate open may have been said for some
	left int    // samples until now becomes after
	shut int    // samples that go to nobody
}

// SetAudience says for whom the packets are that are made of what the microphone hears from now on: Everybody, or a number that
// stands for some, a new one for others. When it has returned, no packet goes to more people than these or those before it, and what
// was meant for some alone never goes to others.
func (c *Capture) SetAudience(number uint32) {
	c.exit.Lock()
	defer c.exit.Unlock()
	c.audience.after.Store(number)
	if number != Everybody {
		c.audience.now.Store(number)
	}
}

// SetForce opens the gate in every mode, but nothing of a muted microphone leaves.
func (c *Capture) SetForce(on bool) { c.forced.Store(on) }

// address makes out whom the frame in hand is for, and tells whether that is nobody.
func (c *Capture) address() (nobody bool) {
	a := &c.audience
	switch now := a.now.Load(); {
	case now != a.made:
		if a.made != Everybody {
			c.cut()
			a.shut = c.underWay()
		}
		a.made, a.left = now, 0
	case now == Everybody || a.after.Load() == now:
		a.left = 0
	case a.left == 0:
		a.left = c.underWay() + c.lastWords()
	default:
		if a.left -= FrameSize; a.left <= 0 {
			c.open()
		}
	}
	if a.shut > 0 {
		a.shut -= FrameSize
		return true
	}
	return false
}

// open goes back to everybody, unless others were chosen just now.
func (c *Capture) open() {
	a := &c.audience
	c.exit.Lock()
	if a.after.Load() == Everybody {
		a.now.Store(Everybody)
	}
	c.exit.Unlock()
	a.left = 0
	if a.now.Load() == Everybody {
		a.made, a.past = Everybody, true
		c.talking = false // nor is everybody told that somebody has talked
		c.stats.speaking.Store(false)
		c.cut()
	}
}

// cut forgets what was collected and what the encoder remembers.
func (c *Capture) cut() {
	c.filled, c.inSpurt, c.ends = 0, false, 0
	if e, ok := c.config.Encoder.(interface{ Reset() error }); ok {
		if err := e.Reset(); err != nil {
			c.stats.failed(c.config.Log, "reset the encoder", err)
		}
	}
}

const (
	unknownDelay = 20 * time.Millisecond  // of a device that does not say its own, and what it says too little
	longestDelay = 300 * time.Millisecond // of one that says anything
)

// underWay is how many samples may be on their way from the air to the frame after the one in hand.
func (c *Capture) underWay() int {
	device := min(max(time.Duration(c.stats.device.Load()), 0), longestDelay) + unknownDelay
	return c.ring.Len() + FrameSize + samples(device+c.stagesDelay())
}

// lastWords is how many samples the gate stays open for after it was forced, and it takes to tell of the end.
func (c *Capture) lastWords() int {
	n := samples(c.gate.Release()) + FrameSize
	if c.lossy {
		n += manyEnds * len(c.pcm)
	}
	return n + len(c.pcm)
}

// private tells whether packets are not for everybody.
func (c *Capture) private() bool { return c.audience.now.Load() != Everybody }

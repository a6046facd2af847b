package audio

import (
	"log/slog"
	"time"
)

// Before records what the canceller is given.
func (t *EchoTape) Before(frame []float32) { t.before(frame) }

// After records what it makes of that.
func (t *EchoTape) After(frame []float32) { t.after(frame) }

// Recorded is what there is.
func (t *EchoTape) Recorded() (dry, wet []float32) {
	n := t.filled.Load()
	return t.dry[:n], t.wet[:n]
}

// Lone is a Stream without a Playout, for tests that make their own time: zero is when it was made.
type Lone struct{ *Stream }

// NewLone makes one.
func NewLone(d Decoder) Lone {
	return Lone{newStream("a", d, time.Time{}, slog.New(slog.DiscardHandler))}
}

// Turn makes one frame of any length.
func (l Lone) Turn(out []float32, now time.Duration) (sound bool) { return l.pull(out, now, now) }

// At is a time as Push takes it.
func (l Lone) At(now time.Duration) time.Time { return l.start.Add(now) }

// Next is the timestamp of the sample that the next turn begins with.
func (l Lone) Next() uint32 { return l.buffer.Head() - uint32(len(l.rest)) }

// Read takes the oldest frame.
func (f *FarEnd) Read(frame []float32) bool { return f.read(frame) }

// Missed is how many samples found the loudspeaker's ring full, and how many it was not given in time.
func (p *Playout) Missed() (dropped, missed uint64) { return p.ring.Lost() }

// Side is the second channel of the last turn.
func (l Lone) Side() []float32 { return l.side.frame }

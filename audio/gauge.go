package audio

import (
	"math"
	"sync/atomic"
	"time"
)

// gauge is a number that one goroutine writes and any may read.
type gauge struct{ bits atomic.Uint64 }

func (g *gauge) set(v float64)      { g.bits.Store(math.Float64bits(v)) }
func (g *gauge) get() float64       { return math.Float64frombits(g.bits.Load()) }
func (g *gauge) getLevel() float32  { return float32(g.get()) }
func (g *gauge) setLevel(v float32) { g.set(float64(v)) }

// smooth moves towards v by a sixteenth: of frames of 10 ms it is the mean over the last 0.3 s or so.
func (g *gauge) smooth(v float64) { g.set(g.get() + (v-g.get())/16) }

// milliseconds is d as the number that statistics show.
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// samples is how many samples last d, and duration how long n samples last.
func samples(d time.Duration) int  { return int(d * SampleRate / time.Second) }
func duration(n int) time.Duration { return time.Duration(n) * time.Second / SampleRate }

// wake makes one non-blocking send on a channel of capacity 1: whoever waits there runs, now or when it next looks.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

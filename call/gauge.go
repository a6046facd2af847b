package call

import (
	"math"
	"sync/atomic"
	"time"
)

// gauge is a time in milliseconds that one goroutine measures and any may read.
type gauge struct{ bits atomic.Uint64 }

func (g *gauge) get() float64 { return math.Float64frombits(g.bits.Load()) }

// smooth moves it by a sixteenth.
func (g *gauge) smooth(d time.Duration) {
	old := g.get()
	g.bits.Store(math.Float64bits(old + (float64(d)/float64(time.Millisecond)-old)/16))
}

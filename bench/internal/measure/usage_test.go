package measure

import (
	"math"
	"os"
	"testing"
	"time"
)

// TestSampler measures this process while it is busy.
func TestSampler(t *testing.T) {
	s := Sample(map[string]int{"self": os.Getpid(), "gone": 1 << 30})
	x := 0.0
	for busy := time.Now(); time.Since(busy) < 300*time.Millisecond; {
		for i := range 1000 {
			x += math.Sqrt(float64(i))
		}
	}
	groups, machine := s.Stop()
	if self := groups["self"]; self.Cores < 0.05 || self.PSS < 1 || self.Procs < 1 || machine < self.Cores/2 {
		t.Errorf("busy for 300 ms: %+v, machine %.2f (%v)", self, machine, x)
	}
	if gone := groups["gone"]; gone != (Usage{}) {
		t.Errorf("no process: %+v", gone)
	}
}

package rate

import (
	"testing"
	"time"
)

// run sends packets for so long, and returns how many bytes have gone, and how many at once at most.
func (s *Spread) run(now *time.Duration, took time.Duration) (bytes, together int) {
	for end := *now + took; *now < end; *now += ms {
		n := 0
		for ; s.Wait(*now) <= 0 && n < 100; n++ {
			s.Sent(*now, 1000)
			bytes += 1000
		}
		together = max(together, n)
	}
	return bytes, together
}

func TestSpread(t *testing.T) {
	var s Spread
	now := time.Second
	if _, together := s.run(&now, ms); together != 100 {
		t.Error("without a rate something has to wait")
	}
	s.SetRate(1_000_000)
	if bytes, together := s.run(&now, time.Second); bytes < 245_000 || bytes > 256_000 || together > 3 {
		t.Errorf("%d bytes at 2 Mbit/s, %d packets at once", bytes, together)
	}
	now += time.Minute
	if bytes, _ := s.run(&now, 10*ms); bytes > 5_000 {
		t.Errorf("%d bytes in 10 ms after a pause", bytes)
	}
	s.Begin(Probe{Rate: 8_000_000, Bytes: 30_000})
	now += 10 * ms
	if bytes, _ := s.run(&now, 15*ms); bytes < 15_000 || bytes > 21_000 || !s.Probing() {
		t.Errorf("%d bytes of a probe in 15 ms", bytes)
	}
	if s.run(&now, 20*ms); s.Probing() {
		t.Error("a probe has no end")
	}
	if bytes, _ := s.run(&now, time.Second); bytes > 256_000 {
		t.Errorf("%d bytes in the second after it", bytes)
	}
}

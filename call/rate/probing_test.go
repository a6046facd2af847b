package rate

import (
	"testing"
	"time"
)

// TestProbe: what a cluster of packets says, and what it can't say.
func TestProbe(t *testing.T) {
	for _, k := range []struct {
		name        string
		gap, late   float64 // between packets, and by how much each comes later than the one before: times what the rate asks for
		lost        int     // of them, the first
		least, most float64 // target, as a part of the probe's rate
	}{
		{"it gets through", 1, 0, 0, 0.94, 0.96},
		{"it comes together, which no path does", 1, -1, 0, 0.94, 0.96},
		{"half of it gets through", 1, 1, 0, 0.4, 0.45},
		{"it is sent too slowly", 1.6, 0, 0, 0.3, 0.35},
		{"too little is heard of it", 1, 0, 2, 0.3, 0.35},
	} {
		c := NewController(100_000, 300_000, 2_500_000)
		now, number := feed(c)
		p, ok := c.Probe(now)
		if !ok || p.Rate < 2*c.Target() || p.Bytes < probePackets*packetSize {
			t.Fatalf("%s: asks for %+v", k.name, p)
		}
		apart := float64(8*packetSize) / float64(p.Rate) * float64(time.Second)
		var list []Status
		for i := range (p.Bytes + packetSize - 1) / packetSize {
			sent := now + time.Duration(float64(i)*k.gap*apart)
			c.Sent(number, packetSize, sent, true)
			late := time.Duration(float64(i) * k.late * apart)
			list = append(list, Status{Number: number, Arrived: time.Hour + sent + 10*ms + late, Lost: i < k.lost})
			number++
		}
		now += 200 * ms
		c.Feedback(now, list)
		if got := float64(c.Target()) / float64(p.Rate); got < k.least || got > k.most {
			t.Errorf("%s: of %d a target of %d", k.name, p.Rate, c.Target())
		}
	}
}

// TestFewPackets: where few packets go, the jitter of one is no queue, and what keeps coming late is.
func TestFewPackets(t *testing.T) {
	for _, k := range []struct {
		late  []time.Duration
		queue time.Duration
	}{{[]time.Duration{0, 40 * ms}, 0}, {[]time.Duration{40 * ms}, 40 * ms}} {
		c := NewController(100_000, 300_000, 2_500_000)
		now, number := feed(c)
		for i := range 20 {
			now += 200 * ms
			c.Sent(number, 1000, now, false)
			c.Feedback(now+60*ms, []Status{{Number: number, Arrived: time.Hour + now + 10*ms + k.late[i%len(k.late)]}})
			number++
			if q := c.Stats().Queue; i > 5 && q != k.queue {
				t.Errorf("%v late: a queue of %v", k.late, q)
			}
		}
	}
}

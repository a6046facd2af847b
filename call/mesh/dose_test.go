package mesh

import (
	"math/rand/v2"
	"testing"
)

// dosed gives a dose one report a second, of 50 packets each, and returns the depths.
func dosed(d *dose, n int, loss func(second int) float64) (depths []int) {
	for i := range n {
		d.reported(loss(i), d.sent+50, d.resent, false)
		depths = append(depths, int(d.depth.Load()))
	}
	return depths
}

func TestDose(t *testing.T) {
	steady := func(share float64) func(int) float64 {
		r := rand.New(rand.NewPCG(3, 3))
		return func(int) float64 {
			lost := 0
			for range 50 {
				if r.Float64() < share {
					lost++
				}
			}
			return float64(lost) / 50
		}
	}
	share := func(depths []int, want int) float64 {
		n := 0
		for _, d := range depths {
			if d == want {
				n++
			}
		}
		return float64(n) / float64(len(depths))
	}
	for _, c := range []struct {
		loss  float64
		depth int
		least float64 // of the time after three reports
	}{{0, 0, 1}, {0.05, 2, 0.95}, {0.1, 2, 1}, {0.2, 2, 1}, {0.3, 2, 1}, {0.7, 2, 0.9}} {
		depths := dosed(&dose{}, 603, steady(c.loss))
		if got := share(depths[3:], c.depth); got < c.least {
			t.Errorf("%v: %d copies %.0f %% of the time", c.loss, c.depth, 100*got)
		}
	}
	one := func(second int) float64 { // packet a minute
		if second%60 == 0 {
			return 0.02
		}
		return 0
	}
	if got := share(dosed(&dose{}, 600, one), 0); got != 1 {
		t.Errorf("one packet a minute: copies %.0f %% of the time", 100*(1-got))
	}
	// On the edge it does not change all the time.
	changes, depths := 0, dosed(&dose{}, 600, steady(0.015))
	for i := range depths[1:] {
		if depths[i] != depths[i+1] {
			changes++
		}
	}
	if changes > 60 {
		t.Errorf("%d changes in ten minutes", changes)
	}
	// It ends with the loss.
	d := &dose{}
	dosed(d, 20, steady(0.2))
	if depths := dosed(d, 40, steady(0)); depths[39] != 0 || depths[0] != 2 {
		t.Errorf("after the loss %v", depths)
	}
}

// What was sent once more counts as received at the far end.
func TestDoseCountsRepeats(t *testing.T) {
	d := &dose{}
	if got := d.reported(0.02, 100, 8, false); got != 0.1 {
		t.Errorf("%v", got)
	}
	if got := d.reported(0.5, 110, 18, false); got != 1 {
		t.Errorf("%v", got)
	}
	if got := d.reported(0.5, 110, 20, false); got != 0.5 {
		t.Errorf("%v with nothing sent", got)
	}
}

// A path on which the copies themselves make the loss is soon without them, and less often troubled each time; one that loses as
// much without them gets them back.
func TestDoseIsNotTheIllness(t *testing.T) {
	d := &dose{}
	narrow := func(int) float64 {
		return []float64{0.04, 0.3, 0.6}[d.depth.Load()]
	}
	depths := dosed(d, 600, narrow)
	with := 0
	for _, n := range depths {
		with += min(n, 1)
	}
	if with > 40 || with == 0 {
		t.Errorf("copies for %d of 600 seconds on a path without room: %v", with, depths)
	}
	r := rand.New(rand.NewPCG(4, 4))
	for range 200 { // a path that begins to lose gets its copies, whatever it loses
		d, share := &dose{}, 0.5*r.Float64()
		dosed(d, 3, func(int) float64 { return 0 })
		depths := dosed(d, 20, func(int) float64 { return min(max(share+r.NormFloat64()*0.06, 0), 1) })
		if share > 0.1 && (depths[10] != 2 || depths[19] != 2) {
			t.Errorf("at a loss of %.2f %v", share, depths)
		}
	}
	d = &dose{}
	worse := func(second int) float64 {
		if second < 2 {
			return 0.02
		}
		return 0.5
	}
	if depths := dosed(d, 60, worse); depths[12] != 2 || depths[59] != 2 {
		t.Errorf("on a path that became worse: %v", depths)
	}
}

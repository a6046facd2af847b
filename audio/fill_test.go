package audio

import (
	"testing"
	"time"
)

// One gap costs 5 ms for some seconds; gaps that come back cost it for longer, and a device that asks for more at once gets it.
func TestFillAdapts(t *testing.T) {
	var f fill
	f.init()
	f.begin(240)
	now, missed := time.Unix(1, 0), uint64(0)
	f.adapt(now, 0, false)
	pass := func(d time.Duration, left int) {
		for end := now.Add(d); now.Before(end); now = now.Add(5 * ms) {
			f.taken(240, left)
			f.adapt(now, missed, true)
		}
	}
	gap := func(n uint64) { missed += n; pass(5*ms, 0) }
	expect := func(what string, least, most int) {
		t.Helper()
		if g := f.target(); g < least || g > most {
			t.Errorf("%s: the target is %d, want %d to %d", what, g, least, most)
		}
	}
	pass(time.Second, 120)
	expect("at first", 240, 240)
	gap(2000)
	expect("a long gap", 480, 480)
	pass(9*time.Second, 480)
	expect("still regretted", 480, 480)
	pass(12*time.Second, 480)
	expect("over", 240, 240)
	gap(1)
	expect("a short gap", 360, 360)
	pass(5*time.Second, 480)
	gap(1)
	expect("another", 480, 480)
	pass(15*time.Second, 480)
	expect("regretted for longer", 480, 480)
	pass(15*time.Second, 480)
	expect("over, too", 240, 240)
	f.taken(1440, 0)
	pass(5*ms, 0)
	expect("a device that asks for 30 ms", 1440, 1440)
	for range 100 {
		gap(5000)
	}
	expect("nothing but gaps", maxFill, maxFill)
}

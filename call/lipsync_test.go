package call

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"parley/call/mesh"
)

// theatre is a far end with a clock of its own, whose sound is heard late.
type theatre struct {
	sync    lipsync
	now     time.Time
	far     time.Time     // the far end's clock at now
	delay   time.Duration // from its microphone to the loudspeaker here
	silent  bool
	reports bool
}

const (
	firstSample = 0xffffff00
	firstTick   = 0xffff0000
)

func newTheatre(start time.Time, delay time.Duration) *theatre {
	t := &theatre{now: start, far: time.Date(1999, 5, 4, 3, 2, 1, 0, time.UTC), delay: delay, reports: true}
	begin := t.far
	t.sync = lipsync{
		start: start,
		heard: func(now time.Time) (uint32, bool) {
			at := t.far.Add(now.Sub(t.now) - t.delay)
			return firstSample + uint32(int64(at.Sub(begin))*48/int64(time.Millisecond)), !t.silent
		},
		clocks: func() (sound, picture mesh.SenderClock) {
			sound = mesh.SenderClock{NTP: begin, Timestamp: firstSample, Rate: 48000, Known: t.reports}
			picture = mesh.SenderClock{NTP: begin, Timestamp: firstTick, Rate: 90000, Known: t.reports}
			return sound, picture
		},
	}
	return t
}

func (t *theatre) pass(d time.Duration) { t.now, t.far = t.now.Add(d), t.far.Add(d) }

// picture is the timestamp of one that was taken so long ago.
func (t *theatre) picture(ago time.Duration) uint32 {
	begin := time.Date(1999, 5, 4, 3, 2, 1, 0, time.UTC)
	return firstTick + uint32(int64(t.far.Add(-ago).Sub(begin))*90/int64(time.Millisecond))
}

// watch shows pictures for a time and returns how late after its sound the last one was.
func (t *theatre) watch(d, ago time.Duration) (hold time.Duration) {
	for end := t.now.Add(d); t.now.Before(end); t.pass(33 * time.Millisecond) {
		ts := t.picture(ago + time.Duration(rand.N(8))*time.Millisecond)
		due := t.sync.due(ts, t.now)
		hold = due.Sub(t.now)
		t.sync.shown(ts, due)
	}
	return hold
}

// Pictures wait for their sound, from 0 to 300 ms and never longer, whatever the far end's clock says the time is.
func TestLipSyncHolds(t *testing.T) {
	for _, c := range []struct{ sound, picture, hold, late time.Duration }{
		{110, 40, 70, 0},
		{60, 40, 20, 0},
		{40, 90, 0, 50}, // sound is not held for pictures
		{700, 40, 300, -360},
	} {
		r := newTheatre(time.Now(), c.sound*time.Millisecond)
		got := r.watch(5*time.Second, c.picture*time.Millisecond)
		if d := got - c.hold*time.Millisecond; d < -9*time.Millisecond || d > 9*time.Millisecond {
			t.Errorf("sound %d ms late, pictures %d: held %v", c.sound, c.picture, got)
		}
		if late := r.sync.late.get(); math.Abs(late-float64(c.late)) > 9 {
			t.Errorf("sound %d ms late, pictures %d: %.1f ms out of step", c.sound, c.picture, late)
		}
	}
}

// Nothing is held where nothing is known, or where what is said makes no sense.
func TestLipSyncKnowsNothing(t *testing.T) {
	r := newTheatre(time.Now(), 100*time.Millisecond)
	r.reports = false
	if hold := r.watch(time.Second, 40*time.Millisecond); hold != 0 || r.sync.late.get() != 0 {
		t.Errorf("without reports: held %v", hold)
	}
	r.reports, r.silent = true, true
	if hold := r.watch(time.Second, 40*time.Millisecond); hold != 0 {
		t.Errorf("in silence from the start: held %v", hold)
	}
	r.silent, r.delay = false, time.Hour
	if hold := r.watch(time.Second, 40*time.Millisecond); hold != 0 || r.sync.late.get() != 0 {
		t.Errorf("an hour apart: held %v", hold)
	}
}

// A pause in talk changes nothing, a long silence ends the hold, and a change of delay is followed without a jump.
func TestLipSyncFollows(t *testing.T) {
	r := newTheatre(time.Now(), 100*time.Millisecond)
	r.watch(2*time.Second, 40*time.Millisecond)
	r.silent = true
	if hold := r.watch(3*time.Second, 40*time.Millisecond); hold < 50*time.Millisecond || hold > 70*time.Millisecond {
		t.Errorf("held %v in a pause", hold)
	}
	if hold := r.watch(20*time.Second, 40*time.Millisecond); hold != 0 {
		t.Errorf("held %v after a long silence", hold)
	}
	r.silent = false
	r.watch(2*time.Second, 40*time.Millisecond)
	r.delay = 200 * time.Millisecond
	before := time.Duration(0)
	for i := range 150 {
		due := r.sync.due(r.picture(40*time.Millisecond), r.now)
		if hold := due.Sub(r.now); i > 0 && hold-before > maxDrift+time.Microsecond {
			t.Fatalf("a jump of %v", hold-before)
		} else {
			before = hold
		}
		r.pass(33 * time.Millisecond)
	}
	if before < 155*time.Millisecond || before > 165*time.Millisecond {
		t.Errorf("held %v in the end", before)
	}
}

// A packet's moment of coming follows the samples' clock through 15 ms of tremble, over the timestamps' turnover, and a gap is
// believed.
func TestMicrophoneClock(t *testing.T) {
	var c microphoneClock
	start := time.Now()
	worst := time.Duration(0)
	for i := range 500 {
		at := start.Add(time.Duration(i) * 20 * time.Millisecond)
		if i >= 250 {
			at = at.Add(time.Minute) // the machine slept
		}
		got := c.came(firstSample+uint32(i*960), at.Add(time.Duration(rand.N(15))*time.Millisecond))
		if i%250 > 100 {
			worst = max(worst, got.Sub(at).Abs())
		}
	}
	if worst > 11*time.Millisecond {
		t.Errorf("%v off", worst)
	}
}

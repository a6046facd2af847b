package vp9

import (
	"testing"
	"time"

	"parley/video"
)

const interval = time.Second / 30

// run lets frames take what cost says of the level they are coded at, and returns how often the level changed.
func run(s *speed, frames int, cost func(level int) time.Duration) (changes int) {
	for range frames {
		if s.frame(cost(s.level), interval, false) {
			changes++
		}
	}
	return changes
}

func TestSpeedGoesUpAtOnce(t *testing.T) {
	s := newSpeed(1, 0, 4)
	slow := func(level int) time.Duration { return time.Duration(45-8*level) * time.Millisecond } // 37, 29, 21, 13 ms
	run(&s, 3, slow)
	if s.level < 3 {
		t.Errorf("level %d after three frames that took too long", s.level)
	}
	if changes := run(&s, 1000, slow); s.level != 3 && s.level != 4 || changes > 4 {
		t.Errorf("level %d, %d changes", s.level, changes)
	}
	s = newSpeed(4, 0, 4)
	if run(&s, 100, func(int) time.Duration { return time.Second }) != 0 {
		t.Error("there is nothing above the cheapest")
	}
}

func TestSpeedGoesDownWhenIdle(t *testing.T) {
	s := newSpeed(3, 1, 4)
	quick := func(int) time.Duration { return 2 * time.Millisecond }
	if run(&s, int(patience/interval)-2, quick) != 0 {
		t.Error("went down before it was calm for long")
	}
	run(&s, 1000, quick)
	if s.level != 1 {
		t.Errorf("level %d, not the best that is allowed", s.level)
	}
}

// TestSpeedDoesNotSwing has a level that is idle and below it one that is too much: each try must wait longer.
func TestSpeedDoesNotSwing(t *testing.T) {
	s := newSpeed(3, 0, 4)
	changes := run(&s, 30*60*10, func(level int) time.Duration {
		if level >= 3 {
			return 8 * time.Millisecond
		}
		return 26 * time.Millisecond
	})
	if changes == 0 || changes > 24 || s.level != 3 && s.level != 2 {
		t.Errorf("%d changes in ten minutes", changes)
	}
}

// TestSpeedTellsOfLateness: where the cheapest level does not get done, for long.
func TestSpeedTellsOfLateness(t *testing.T) {
	for _, c := range []struct {
		level int
		took  time.Duration
		late  bool
	}{{4, 2 * interval, true}, {4, interval / 2, false}, {1, interval / 4, false}} {
		s := newSpeed(c.level, 1, 4)
		if run(&s, int(lateness/interval)/2, func(int) time.Duration { return c.took }); s.late >= lateness {
			t.Errorf("%+v: too soon", c)
		}
		if run(&s, int(lateness/interval), func(int) time.Duration { return c.took }); (s.late >= lateness) != c.late {
			t.Errorf("%+v: %v late", c, s.late)
		}
	}
}

func TestSpeedForgivesKeyFrames(t *testing.T) {
	s := newSpeed(2, 0, 4)
	if s.frame(10*interval, interval, true) || s.level != 2 {
		t.Error("a key frame went against it")
	}
	if !s.frame(interval, interval, false) {
		t.Error("another did not")
	}
}

func TestClock(t *testing.T) {
	var c clock
	c.step(0xffffff00)
	for range 50 {
		if got := c.step(c.last + 6000); got != 6000 { // wraps on the way
			t.Fatal(got)
		}
	}
	if c.pts != 50*6000 || c.interval < 5900 || c.interval > 6000 {
		t.Errorf("%+v", c)
	}
	before := c.pts
	for _, bad := range []uint32{c.last, c.last - 1, c.last - 1<<30, c.last + 1<<30} { // stands, goes back, jumps
		got := c.step(bad)
		if got < 1 || got > 7000 {
			t.Errorf("%d after %d", got, bad)
		}
	}
	if c.pts <= before || c.between() < time.Second/20 || c.between() > time.Second/10 {
		t.Errorf("%+v", c)
	}
}

func TestBucket(t *testing.T) {
	var b bucket
	if !b.room(0, 100) {
		t.Error("empty and full")
	}
	b.add(1 << 20) // eight megabits at 100 kbit/s
	if b.room(0, 100) {
		t.Error("full and empty")
	}
	if b.room(video.ClockRate/4, 100) || !b.room(video.ClockRate/4, 100) {
		t.Error("one huge picture is forgiven after half a second")
	}
}

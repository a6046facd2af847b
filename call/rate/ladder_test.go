package rate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// climb has a ladder at a rate for some seconds, and returns where it is then.
func climb(l *Ladder, now *time.Duration, rate int, took time.Duration) Rung {
	var r Rung
	for end := *now + took; *now < end; *now += 100 * ms {
		r = l.Step(*now, rate)
	}
	return r
}

func TestLadder(t *testing.T) {
	l, now := NewLadder(CameraRungs, 1), time.Duration(0)
	for _, k := range []struct {
		name        string
		rate        int
		took        time.Duration
		height, fps int
	}{
		{"begins where it is", 220_000, 100 * ms, 270, 30},
		{"soon up at first", 2_600_000, time.Second, 1080, 30},
		{"a moment less", 1_750_000, 400 * ms, 1080, 30},
		{"a little less is no reason", 1_850_000, time.Minute, 1080, 30},
		{"down", 1_600_000, time.Second, 720, 30},
		{"down at once", 300_000, 100 * ms, 360, 30},
		{"a little more is no reason", 540_000, 30 * time.Second, 360, 30},
		{"patience", 1_200_000, 2 * time.Second, 360, 30},
		{"up", 1_200_000, 2 * time.Second, 720, 30},
		{"soon down", 300_000, 100 * ms, 360, 30},
		{"more patience", 1_200_000, 5 * time.Second, 360, 30},
		{"up again", 1_200_000, 2 * time.Second, 720, 30},
		{"the lowest", 1, time.Second, 270, 8},
	} {
		if got := climb(l, &now, k.rate, k.took); got.Height != k.height || got.FPS != k.fps {
			t.Errorf("%s: %+v, not %d at %d", k.name, got, k.height, k.fps)
		}
	}
}

// A rate that swings around a rung's moves nothing to and fro.
func TestLadderSwing(t *testing.T) {
	l, changes := NewLadder(CameraRungs, 1), 0
	last := l.Step(0, 900_000)
	for now := time.Duration(0); now < 5*time.Minute; now += 100 * ms {
		rate := 900_000 * (1 + 0.25*math.Sin(now.Seconds()))
		if r := l.Step(now, int(rate)); r != last {
			last = r
			changes++
		}
	}
	if changes > 3 {
		t.Errorf("%d changes in five minutes", changes)
	}
}

func TestLadderSource(t *testing.T) {
	for _, k := range []struct{ source, height, most int }{
		{2160, 1080, 4_000_000}, {1080, 1080, 4_000_000}, {720, 720, 2_500_000}, {480, 540, 1_400_000}, {240, 270, 400_000}, {0, 1080, 4_000_000},
	} {
		l, now := NewLadder(CameraRungs, 1), time.Duration(0)
		l.SetSource(k.source)
		if got := climb(l, &now, 9_000_000, time.Minute); got.Height != k.height || l.Most() != k.most || got.FPS != 30 {
			t.Errorf("%d: %+v, most %d", k.source, got, l.Most())
		}
	}
	l, now := NewLadder(CameraRungs, 1), time.Duration(0)
	climb(l, &now, 9_000_000, time.Second)
	if l.SetSource(360); climb(l, &now, 9_000_000, 100*ms).Height != 360 {
		t.Error("a smaller source is made larger")
	}
}

// A screen keeps its size, and VP8 takes more.
func TestLadderCost(t *testing.T) {
	for _, k := range []struct {
		rungs       []Rung
		cost        float64
		rate        int
		height, fps int
	}{
		{ScreenRungs, 1, 700_000, 0, 15}, {ScreenRungs, 0.25, 700_000, 0, 30}, {ScreenRungs, 1, 50_000, 0, 5}, {ScreenRungs, 4, 700_000, 0, 5},
		{CameraRungs, 1.5, 1_000_000, 540, 30}, {CameraRungs, math.NaN(), 9_000_000, 1080, 30},
	} {
		l, now := NewLadder(k.rungs, k.cost), time.Duration(0)
		if got := climb(l, &now, k.rate, time.Minute); got.Height != k.height || got.FPS != k.fps {
			t.Errorf("%v: %+v", k.cost, got)
		}
	}
}

// A window that is made larger and smaller keeps its rung where that is right yet, and what was learnt of patience.
func TestLadderOtherCost(t *testing.T) {
	l, now := NewLadder(ScreenRungs, 0.5), time.Duration(0)
	climb(l, &now, 400_000, time.Minute)
	climb(l, &now, 200_000, time.Second) // it has gone down once: no rung is climbed for three seconds
	for i := range 20 {
		l.SetCost([]float64{0.5, 0.45}[i%2])
		if got := climb(l, &now, 360_000, 100*time.Millisecond); got.FPS != 10 {
			t.Fatalf("%d: %+v", i, got)
		}
	}
	l.SetCost(3)
	if got := climb(l, &now, 360_000, 100*time.Millisecond); got.FPS != 5 {
		t.Errorf("%+v for far larger pictures", got)
	}
	l.SetCost(0.1)
	if got := climb(l, &now, 360_000, 2*upAfter); got.FPS != 30 {
		t.Errorf("%+v for far smaller ones", got)
	}
}

// Whatever the rate and the clock, there is a rung, none that makes the source larger.
func TestLadderGarbage(t *testing.T) {
	dice := rand.New(rand.NewPCG(2, 9))
	l := NewLadder(CameraRungs, 1)
	for range 20_000 {
		height := int(dice.Int32()>>dice.IntN(31)) - dice.IntN(2)<<30
		l.SetSource(height)
		l.SetCost(dice.NormFloat64() * 3)
		r := l.Step(time.Duration(dice.Int64()), int(dice.Int64())-1<<62)
		smaller := func(s Rung) bool { return height > 0 && s.Height >= height && s.Height < r.Height }
		if !slices.Contains(CameraRungs, r) || slices.ContainsFunc(CameraRungs, smaller) {
			t.Fatalf("%+v for %d lines", r, height)
		}
	}
}
